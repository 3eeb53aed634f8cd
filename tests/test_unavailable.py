"""Files that do not come: why is in the note, and whether they are asked for again depends on it."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
import trio

import tobs
from tests.loopback import add_channel, open_loopback, small_account
from tests.snapshots import notes
from tests.test_sharing import document, send
from tobs.config import ExportConfig
from tobs.files import RETRY_AFTER
from tobs.testing.account import Account
from tobs.testing.faults import Fail, Faults
from tobs.testing.rpc import RpcError

NOTE = "Telegram/Chats/Cats/Cats messages.md"
LOST = Fail("upload.getFile", range(1, 1000), RpcError(400, "LOCATION_NOT_AVAILABLE"))
STRANGE = Fail("upload.getFile", range(1, 1000), RpcError(400, "SOMETHING_NEW"))


def one_file() -> Account:
    account = small_account()
    send(account, add_channel(account, 501, "Cats", 2), 30, document(account, 900))
    return account


async def export(folder: Path, account: Account, *faults: Fail) -> tuple[tobs.Report, int]:
    """The report, and how often a file was asked for."""
    server_folder = Path(tempfile.mkdtemp(dir=folder))
    config = ExportConfig(vault=folder / "vault", chats=("all",), timezone="UTC")
    with trio.fail_after(60):
        async with open_loopback(account, server_folder, faults=Faults(fails=faults)) as (server, telegram):
            async with tobs.open_telegram(telegram) as source:
                return await tobs.export(source, config), server.calls["upload.getFile"]


def sql(folder: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / "vault" / ".tobs" / "archive.sqlite3", isolation_level=None)) as db:
        return db.execute(query).fetchall()


def line(folder: Path) -> str:
    """How the note shows the file."""
    return next(line for line in notes(folder / "vault")[NOTE].decode().splitlines() if "📎" in line)


async def test_what_telegram_refuses_is_asked_for_again_ever_later_and_not_for_ever(tmp_path: Path) -> None:
    for count in range(1, len(RETRY_AFTER) + 2):
        report, asked = await export(tmp_path, one_file(), LOST)
        assert asked == 1
        assert ["no longer has" in failure.reason for failure in report.failures] == [True]
        assert "*(not downloaded: Telegram no longer has this file.)*" in line(tmp_path)
        _, asked = await export(tmp_path, one_file(), LOST)
        assert asked == 0, "it is not time yet"
        ((tries, wait),) = sql(tmp_path, "SELECT tries, next_try - unixepoch() FROM media")
        assert tries == count
        if count <= len(RETRY_AFTER):
            assert RETRY_AFTER[count - 1] - 600 < wait <= RETRY_AFTER[count - 1]  # type: ignore[operator]
            sql(tmp_path, "UPDATE media SET next_try = 1")
    assert sql(tmp_path, "SELECT next_try, state FROM media") == [(0, "failed")]


async def test_what_is_there_again_comes(tmp_path: Path) -> None:
    await export(tmp_path, one_file(), LOST)
    sql(tmp_path, "UPDATE media SET next_try = 1")
    report, _ = await export(tmp_path, one_file())
    assert not report.failures
    assert sql(tmp_path, "SELECT state, reason, tries, next_try FROM media") == [("done", "", 0, 0)]
    assert "[[20240503-003000_3.zip|a.zip]]" in line(tmp_path)


async def test_what_goes_wrong_on_the_way_is_fetched_by_the_next_run(tmp_path: Path) -> None:
    report, asked = await export(tmp_path, one_file(), STRANGE)
    assert asked == 1
    assert len(report.failures) == 1
    assert "a.zip" in line(tmp_path)
    assert "*(not downloaded yet: " in line(tmp_path)
    report, _ = await export(tmp_path, one_file())
    assert not report.failures
    assert "[[20240503-003000_3.zip|a.zip]]" in line(tmp_path)


@pytest.mark.parametrize("edited", [True, False])
async def test_what_is_gone_is_not_asked_for_again(tmp_path: Path, edited: bool) -> None:
    await export(tmp_path, one_file(), STRANGE)
    account = one_file()
    if edited:
        account.history(-1000000000501).slice(2, 3)[0].media = None
    else:
        account.delete(-1000000000501, 3)
    await export(tmp_path, account)
    assert sql(tmp_path, "SELECT state, next_try FROM media") == [("failed", 0)]
    reason = "The message no longer has this file." if edited else "The message of this file was deleted."
    assert f"*(not downloaded: {reason})*" in line(tmp_path)


async def test_a_file_that_many_messages_have_is_not_asked_for_through_all_of_them(tmp_path: Path) -> None:
    account = small_account()
    cats, shared = add_channel(account, 501, "Cats"), document(account, 900)
    for number in range(1, 30):
        send(account, cats, number, shared)
    report, asked = await export(tmp_path, account, LOST)
    assert asked == 5
    assert len(report.failures) == 1
    assert sql(tmp_path, "SELECT DISTINCT state, reason FROM media") == [
        ("failed", "Telegram no longer has this file.")
    ]
