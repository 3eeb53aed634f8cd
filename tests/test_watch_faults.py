"""What a watch bears for months: disks, drives, floods, sleep, other runs, and being stopped in any way."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest
import trio
from telethon.tl import types

import tobs
from tests.loopback import open_loopback, text
from tests.processes import ended
from tests.processes import tobs as tobs_command
from tests.test_custom_emoji import emoji, reacted
from tests.test_pictures import film, photo
from tests.watched import BOB, NEWS, Watched, export_config, here, watched_by_a_process, watching, world
from tobs.archive.store import open_archive
from tobs.config import MediaConfig
from tobs.errors import ArchiveInUse
from tobs.health import Health
from tobs.runs import read_runs
from tobs.shutdown import Shutdown
from tobs.telegram.client import open_telegram
from tobs.testing.account import Account
from tobs.testing.authkeys import AuthKeys
from tobs.testing.faults import Fail, Faults, Flood
from tobs.testing.folder import Serving, open_account
from tobs.testing.rpc import RpcError

pytestmark = pytest.mark.usefixtures("patience")
HOURS = 7200
FILM = 3_000_000


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """New attempts come soon."""
    module = importlib.import_module("tobs.watch")  # the name alone is the function
    monkeypatch.setattr(module, "LONGEST_PAUSE", 0.2)
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.2)
    monkeypatch.setattr("tobs.watchfiles.ROOM_SECONDS", 0.2)


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A file system of its own, which can be full."""
    folder.mkdir()
    if sys.platform != "linux" or os.geteuid():
        pytest.skip("needs root to mount a small disk")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", folder], check=False)
    if mounted.returncode:
        pytest.skip("may not mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(disk: Path, leave: int) -> Path:
    """Leave so many bytes on a disk; gives the file that is in the way."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while (left := shutil.disk_usage(disk).free - leave) > 0:
            file.write(bytes(min(left, 65_536)))
    return ballast


def long(n: int) -> types.Message:
    message = text(n)
    message.message = f"Message {n}\n" + "x" * 3000
    return message


async def test_a_full_disk_is_waited_for(tmp_path: Path) -> None:
    """Nothing gets into the archive or the notes, and everything does when there is room."""
    account = world()
    with small_disk(tmp_path / "disk", 12) as disk:
        (tmp_path / "vault").symlink_to(disk)
        async with watching(account, tmp_path) as watched:
            ballast = fill(disk, 0)
            for n in range(20, 120):
                account.add_message((BOB, types.PeerChannel(NEWS))[n % 2], long(n))
            await watched.until(lambda: watched.health.state == "waiting")
            assert "make room" in watched.health.trouble
            assert watched.ids != here(account)
            ballast.unlink()
            await watched.until(lambda: watched.health.state == "watching")
            await watched.is_whole()
            await watched.noted("Message 118", "Message 119")
            assert not watched.health.trouble
        assert tobs.verify_vault(export_config(tmp_path / "vault")).findings == ()


async def test_stopped_before_there_was_room_it_says_so_and_the_next_one_has_everything(tmp_path: Path) -> None:
    account, keys = world(), AuthKeys()
    with small_disk(tmp_path / "disk", 12) as disk:
        (tmp_path / "vault").symlink_to(disk)
        with pytest.RaisesGroup(pytest.RaisesExc(tobs.TobsError, match="make room"), flatten_subgroups=True):
            async with watching(account, tmp_path, keys=keys) as watched:
                ballast = fill(disk, 0)
                for n in range(20, 60):
                    account.add_message(BOB, long(n))
                await watched.until(lambda: watched.health.state == "waiting")
        ballast.unlink()
        async with watching(account, tmp_path, keys=keys) as watched:
            await watched.is_whole()
            await watched.noted("Message 59")


async def test_files_wait_for_room_and_messages_do_not(tmp_path: Path) -> None:
    account = world()
    with small_disk(tmp_path / "disk", 12) as disk:
        (tmp_path / "vault").symlink_to(disk)
        async with watching(account, tmp_path, media=MediaConfig(min_free_mb=4)) as watched:
            ballast = fill(disk, 3_000_000)
            account.add_message(BOB, text(20, media=photo(account, 3001)))
            await watched.until(lambda: "Make room" in watched.health.no_room)
            account.add_message(BOB, text(21))
            await watched.noted("Message 20", "Message 21")
            assert watched.health.state == "watching"
            ballast.unlink()
            await watched.until(lambda: watched.rows("SELECT state FROM media") == [("done",)])
            await watched.until(lambda: not watched.health.no_room)
            assert watched.health.connections == 1


async def test_a_vault_that_is_taken_away_is_waited_for(tmp_path: Path) -> None:
    account = world()
    vault, aside = tmp_path / "vault", tmp_path / "aside"
    async with watching(account, tmp_path) as watched:
        vault.rename(aside)
        account.add_message(BOB, text(20))
        await watched.until(lambda: watched.health.state == "waiting")
        assert "not there any more" in watched.health.trouble
        account.add_message(BOB, text(21))
        before = watched.health.connections
        await watched.until(lambda: watched.health.connections > before + 1)
        assert not vault.exists(), "no other vault is begun where the drive is to come back"
        aside.rename(vault)
        await watched.is_whole()
        await watched.noted("Message 20", "Message 21")


async def test_a_vault_in_use_is_left_alone_at_the_beginning_and_waited_for_later(tmp_path: Path) -> None:
    account, config = world(), export_config(tmp_path / "vault")
    async with open_loopback(account, tmp_path) as (_server, telegram):
        opener = partial(open_telegram, telegram)
        with (
            open_archive(config.vault, "tobs import"),
            pytest.raises(ArchiveInUse, match="tobs import"),
        ):
            await tobs.watch(opener, config)
        async with trio.open_nursery() as nursery:
            shutdown = Shutdown()
            health = await nursery.start(partial(tobs.watch, opener, config, shutdown=shutdown))
            watched = Watched(account, _server, health, shutdown, config.vault)
            await watched.until(lambda: health.state == "watching")
            config.vault.rename(tmp_path / "aside")
            account.add_message(BOB, text(20))
            await watched.until(lambda: health.state == "waiting")
            with open_archive(tmp_path / "aside", "tobs import"):
                (tmp_path / "aside").rename(config.vault)
                await watched.until(lambda: "tobs import" in health.trouble)
            await watched.noted("Message 20")
            shutdown.drain()


async def test_a_flood_on_one_chat_holds_up_no_other(tmp_path: Path) -> None:
    """Telegram tells too little of the channel, and has its history wait for hours."""
    account, keys, news = world(), AuthKeys(), types.PeerChannel(NEWS)
    async with watching(account, tmp_path, keys=keys) as watched:
        watched.server.faults = Faults(lost=range(1, 3), floods=(Flood("messages.getHistory", calls=0, seconds=3000),))
        account.add_message(news, text(20))
        account.add_message(news, text(21))
        account.events.boxes[account.key_of(news)].forget()
        account.add_message(news, text(22))
        await watched.until(lambda: "messages" in watched.health.progress.waits)
        account.add_message(BOB, text(30))
        await watched.noted("Message 30")
    async with watching(account, tmp_path, keys=keys) as watched:
        await watched.is_whole()


async def test_a_flood_on_reading_by_number_leaves_another_way(tmp_path: Path) -> None:
    """The short form of a private text has to be read; what happened in channels is told whole."""
    account = world()
    async with watching(account, tmp_path) as watched:
        watched.server.faults = Faults(floods=(Flood("messages.getMessages", calls=0, seconds=HOURS),))
        for n in range(20, 24):
            account.add_message((BOB, types.PeerChannel(NEWS))[n % 2], text(n))
        await watched.noted(*(f"Message {n}" for n in range(20, 24)))
        account.add_message(BOB, text(24))
        await watched.noted("Message 24")
        await watched.is_whole()
        assert watched.health.connections == 1


@pytest.mark.parametrize("chat", [BOB, types.PeerChannel(NEWS)])
async def test_what_was_told_and_could_not_be_taken_is_asked_for_once_more(
    chat: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer tells of a message whose reaction is a custom emoji, and what that is is not told."""
    monkeypatch.setattr("tobs.telegram.updates.RETRY_SECONDS", 0.2)
    account = world()
    async with watching(account, tmp_path) as watched:
        refused = Fail("messages.getCustomEmojiDocuments", error=RpcError(400, "DOCUMENT_INVALID"))
        watched.server.faults = Faults(lost={1}, fails=(refused,))
        account.add_message(chat, text(20, reactions=reacted(77)))
        account.add_message(chat, text(21))
        await watched.is_whole()
        await watched.noted("Message 20", "Message 21")
        assert watched.health.connections == 1


async def test_a_flood_on_custom_emoji_holds_up_nothing_and_they_are_told_behind_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tobs.telegram.updates.PATIENCE", 0.5)
    account, flood = world(), Flood("messages.getCustomEmojiDocuments", calls=0, wait=4)
    emoji(account, 77)
    async with watching(account, tmp_path) as watched:
        watched.server.faults = Faults(floods=(flood,))
        account.add_message(types.PeerChannel(NEWS), text(20, reactions=reacted(77)))
        account.add_message(BOB, text(21))
        await watched.noted("Message 20", "Message 21")
        assert "🙂" not in watched.notes
        watched.server.faults = Faults()
        await watched.noted("🙂")
        assert watched.health.connections == 1


@asynccontextmanager
async def served(folder: Path, account: Account | None = None) -> AsyncIterator[tuple[Serving, Watched]]:
    """A server for watches in processes of their own, and what they write."""
    async with open_account(account or world(), folder) as serving:
        vault = Watched(serving.account, serving.server, Health(), Shutdown(), folder / "export")
        yield serving, vault


async def said(process: subprocess.Popen[str], key: str) -> dict[str, object]:
    """The first object that has something under `key`."""

    def read() -> dict[str, object]:
        assert process.stdout is not None
        for line in process.stdout:
            health: dict[str, object] = json.loads(line)
            if health[key]:
                return health
        raise AssertionError(f"it ended without {key}")

    return await trio.to_thread.run_sync(read)


async def finished(process: subprocess.Popen[str]) -> tuple[int, str]:
    """The exit code and what was said on stderr."""
    done = await trio.to_thread.run_sync(ended, process, 30)
    return done.code, done.err


async def test_a_flood_of_hours_is_told_holds_up_no_other_chat_and_ctrl_c_ends_it_at_once(tmp_path: Path) -> None:
    async with served(tmp_path) as (serving, vault), watched_by_a_process(serving) as process:
        serving.server.faults = Faults(lost={1}, floods=(Flood("updates.*", calls=0, seconds=HOURS),))
        vault.account.add_message(types.PeerChannel(NEWS), text(20))
        vault.account.add_message(types.PeerChannel(NEWS), text(21))
        health = await said(process, "pauses")
        assert health["state"] == "watching"
        assert HOURS - 60 < health["pauses"]["updates"] <= HOURS  # type: ignore[index]
        vault.account.add_message(BOB, text(30))
        await vault.noted("Message 30")
        started = trio.current_time()
        process.send_signal(signal.SIGINT)
        assert await finished(process) == (0, "")
        assert trio.current_time() - started < 10


async def test_a_second_ctrl_c_aborts_and_the_archive_is_whole(tmp_path: Path) -> None:
    account = world()
    async with served(tmp_path, account) as (serving, vault):
        async with watched_by_a_process(serving) as process:
            serving.server.faults = Faults(bandwidth=100_000)  # the film would take half a minute
            media = types.MessageMediaDocument(document=film(account, 1001, size=FILM))
            account.add_message(BOB, text(20, media=media))
            await vault.until(lambda: any((vault.vault / ".tobs" / "parts").glob("*1001*")))
            account.add_message(BOB, text(21))
            process.send_signal(signal.SIGINT)
            while (await said(process, "state"))["state"] != "stopping":
                pass
            process.send_signal(signal.SIGINT)
            code, err = await finished(process)
            assert (code, err) == (130, "")
        serving.server.faults = Faults()
        (run,) = read_runs(vault.vault)
        assert (run.command, run.ended, run.report.interrupted) == ("watch", True, True)
        async with watched_by_a_process(serving) as process:
            await vault.noted("Message 21")
            await vault.is_whole()
            await vault.until(lambda: vault.rows("SELECT state FROM media") == [("done",)])
            process.send_signal(signal.SIGINT)
            assert await finished(process) == (0, "")
        config = ("--config", str(serving.config))
        assert (await trio.to_thread.run_sync(partial(tobs_command, "verify", *config))).code == 0


async def test_a_session_that_is_revoked_ends_it_with_what_to_do(tmp_path: Path) -> None:
    async with served(tmp_path) as (serving, vault), watched_by_a_process(serving) as process:
        vault.account.add_message(BOB, text(20))
        await vault.is_whole()
        for key in [*serving.server.keys]:
            serving.server.keys.forget(key.dc_id, key.key_id)
        serving.server.cut()
        code, err = await finished(process)
        assert code == 3
        assert err.count("\n") == 1
        assert "Run `tobs login" in err
        (run,) = read_runs(vault.vault)
        assert (run.ended, run.report.messages) == (True, len(here(vault.account)))
        assert "tobs login" in run.error


async def test_the_report_of_a_watch_is_one_entry_that_a_kill_leaves(tmp_path: Path) -> None:
    async with served(tmp_path) as (serving, vault):
        async with watched_by_a_process(serving) as process:
            vault.account.add_message(BOB, text(20))
            await vault.noted("Message 20")
            process.kill()
        (killed,) = read_runs(vault.vault)
        assert (killed.command, killed.ended) == ("watch", False)
        async with watched_by_a_process(serving) as process:
            vault.account.add_message(BOB, text(21))
            await vault.noted("Message 21")
            process.send_signal(signal.SIGTERM)
            assert await finished(process) == (0, "")
        _, stopped = read_runs(vault.vault)
        assert (stopped.ended, stopped.error, stopped.report.messages, stopped.report.interrupted) == (
            True,
            "",
            1,
            False,
        )


async def test_sleep_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The computer slept while something happened, of which nothing was told."""
    monkeypatch.setattr("tobs.telegram.sleep.LOOK_SECONDS", 0.05)
    monkeypatch.setattr("tobs.telegram.sleep.SLEPT_SECONDS", 0.5)
    account = world()
    async with watching(account, tmp_path) as watched:
        watched.server.faults = Faults(lost=range(100))
        account.add_message(BOB, text(20))
        await trio.sleep(1)
        assert "Message 20" not in watched.notes
        time.sleep(1)  # noqa: ASYNC251  # no clock of this process moves on, nor does any task
        await watched.noted("Message 20")
