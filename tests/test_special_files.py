"""Files that are not for everybody, not for ever, or not a message's own: what comes, and what the note says else."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import trio
from telethon.tl import types

import tobs
from tests.loopback import EPOCH, add_channel, open_loopback, small_account, text
from tests.snapshots import notes
from tests.test_sharing import SIZE, document
from tobs.config import ExportConfig, SyncConfig
from tobs.sync import sync
from tobs.testing.account import Account
from tobs.testing.faults import Fail, Faults
from tobs.testing.files import Generated, StoredFile
from tobs.testing.rpc import RpcError

CATS = -1000000000501
NOTE = "Telegram/Chats/Cats/Cats messages.md"


def cats(*media: Any, **fields: Any) -> Account:
    """An account whose channel Cats has a message with each of these."""
    account = small_account()
    channel = add_channel(account, 501, "Cats", **fields)
    for number, each in enumerate(media, 1):
        account.add_message(channel, text(number, media=each, noforwards=fields.get("noforwards")))
    return account


def photo(files: Account, number: int) -> types.Photo:
    files.files.add(StoredFile(number, 77, 2, "image/jpeg", {"x": Generated(SIZE, number)}))
    return types.Photo(number, 77, b"", EPOCH, [types.PhotoSize("x", 640, 480, SIZE)], 2)


def put(account: Account, *media: Any) -> None:
    for number, each in enumerate(media, 1):
        account.add_message(CATS, text(number, media=each))


async def run(folder: Path, account: Account, *faults: Fail, way: Any = tobs.export) -> tuple[tobs.Report, int]:
    """The report, and how often a file was asked for."""
    config = ExportConfig(vault=folder / "vault", chats=("all",), timezone="UTC", sync=SyncConfig(days=0))
    (server_folder := folder / "server").mkdir(exist_ok=True)
    for session in server_folder.glob("sessions/*.session"):
        session.unlink()
    with trio.fail_after(60):
        async with open_loopback(account, server_folder, faults=Faults(fails=faults)) as (server, telegram):
            async with tobs.open_telegram(telegram) as source:
                return await way(source, config), server.calls["upload.getFile"]


async def test_a_size_that_no_file_has_costs_that_file_alone(tmp_path: Path) -> None:
    """A disk never has room for it: each run would end there."""
    account = small_account()
    for number, size in ((1001, 2**62), (1002, SIZE)):
        whole = document(account, number)
        whole.size = size
        media = types.MessageMediaDocument(document=whole)
        account.add_message(add_channel(account, number, f"Cats {number}"), text(1, media=media))
    report, _ = await run(tmp_path, account)
    assert [failure.reason for failure in report.failures] == [f"No file on Telegram has {2**62:,} bytes."]
    assert len([*(tmp_path / "vault").rglob("*.zip")]) == 1


def rows(folder: Path, columns: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "vault" / ".tobs" / "archive.sqlite3")) as db:
        return db.execute(f"SELECT {columns} FROM media ORDER BY message_id").fetchall()


def note(folder: Path) -> str:
    return notes(folder / "vault")[NOTE].decode()


def attachments(folder: Path) -> list[bytes]:
    return [data for name, data in notes(folder / "vault").items() if "/attachments/" in name]


async def test_what_may_not_be_forwarded_is_fetched_all_the_same(tmp_path: Path) -> None:
    account = cats(noforwards=True)
    account.add_message(
        CATS, text(1, noforwards=True, media=types.MessageMediaDocument(document=document(account, 900)))
    )
    report, _ = await run(tmp_path, account)
    assert not report.failures
    assert attachments(tmp_path) == [Generated(SIZE, 900).read(0, SIZE)]
    assert "[[20240503-000100_1.zip|a.zip]]" in note(tmp_path)


async def test_what_destroyed_itself_before_is_told_and_not_asked_for(tmp_path: Path) -> None:
    gone = types.MessageMediaPhoto(ttl_seconds=10), types.MessageMediaDocument(ttl_seconds=0x7FFFFFFF, voice=True)
    for _ in range(2):
        report, asked = await run(tmp_path, cats(*gone))
        assert (asked, report.failures) == (0, ())
        assert rows(tmp_path, "state") == []
    assert "*(self-destructed photo)*" in note(tmp_path)
    assert "*(self-destructed voice message)*" in note(tmp_path)


async def test_what_destroys_itself_before_it_came_is_told_and_never_asked_for_again(tmp_path: Path) -> None:
    account = cats()
    put(account, types.MessageMediaPhoto(photo=photo(account, 900), ttl_seconds=10))
    strange = Fail("upload.getFile", range(1, 99), RpcError(400, "SOMETHING_NEW"))
    await run(tmp_path, account, strange)
    assert rows(tmp_path, "state") == [("pending",)]
    account.history(CATS).slice(0, 1)[0].media = types.MessageMediaPhoto(ttl_seconds=10)
    report, asked = await run(tmp_path, account)
    assert (asked, [failure.reason for failure in report.failures]) == (0, ["The file has destroyed itself."])
    assert rows(tmp_path, "state, next_try") == [("failed", 0)]
    assert "*(not downloaded: The file has destroyed itself.)*" in note(tmp_path)
    report, asked = await run(tmp_path, account)
    assert (asked, report.failures) == (0, ())


async def test_what_can_be_seen_once_is_kept_if_it_is_there(tmp_path: Path) -> None:
    account = cats()
    put(account, types.MessageMediaPhoto(photo=photo(account, 900), ttl_seconds=0x7FFFFFFF))
    report, _ = await run(tmp_path, account)
    assert not report.failures
    assert attachments(tmp_path) == [Generated(SIZE, 900).read(0, SIZE)]


async def test_paid_media_shows_its_price_until_it_is_bought(tmp_path: Path) -> None:
    account = cats()
    locked = types.MessageExtendedMediaPreview(w=640, h=480)
    put(account, types.MessageMediaPaidMedia(50, [locked, locked]))
    report, asked = await run(tmp_path, account)
    assert (asked, report.failures) == (0, ())
    assert "🔒 ⭐ 50 · 2 paid files: preview of a photo or video 640×480" in note(tmp_path)
    assert rows(tmp_path, "state") == []
    bought = [types.MessageExtendedMedia(types.MessageMediaPhoto(photo=photo(account, n))) for n in (900, 901)]
    account.edit(CATS, 1, media=types.MessageMediaPaidMedia(50, bought), edit_date=EPOCH + timedelta(hours=1))
    report, asked = await run(tmp_path, account, way=sync)
    assert (asked, report.failures) == (2, ())
    assert sorted(attachments(tmp_path)) == sorted(Generated(SIZE, n).read(0, SIZE) for n in (900, 901))
    assert note(tmp_path).count("![[") == 2


async def test_a_story_that_came_along_is_fetched_and_one_that_is_gone_is_named(tmp_path: Path) -> None:
    account = cats()
    bob = types.PeerUser(7002)
    item = types.StoryItem(4, EPOCH, EPOCH, media=types.MessageMediaPhoto(photo=photo(account, 900)), caption="Sea")
    stories = [item, types.StoryItemDeleted(5), types.StoryItemSkipped(6, EPOCH, EPOCH), None]
    put(account, *[types.MessageMediaStory(bob, 4 + n, story=each) for n, each in enumerate(stories)])
    report, asked = await run(tmp_path, account)
    assert (asked, report.failures) == (1, ())
    assert attachments(tmp_path) == [Generated(SIZE, 900).read(0, SIZE)]
    lines = [line.removeprefix("> ") for line in note(tmp_path).splitlines() if "📖 story" in line]
    assert [line.split(" of ")[0] for line in lines] == [f"📖 story {n}" for n in (4, 5, 6, 7)]
    gone = [line.endswith(("*(deleted)*", "*(deleted or expired)*")) for line in lines]
    assert gone == [False, True, True, True]  # the last two were asked for, and Bob has them no more
    assert all("Bob" in line for line in lines)


async def test_the_picture_of_a_link_is_a_file_of_its_message(tmp_path: Path) -> None:
    account = cats()
    page = types.WebPage(1, "https://example.org", "example.org", 0, title="Sea", photo=photo(account, 900))
    put(account, types.MessageMediaWebPage(webpage=page))
    report, _ = await run(tmp_path, account)
    assert not report.failures
    assert attachments(tmp_path) == [Generated(SIZE, 900).read(0, SIZE)]
    assert "> ![[20240503-000100_1.jpg" in note(tmp_path)
