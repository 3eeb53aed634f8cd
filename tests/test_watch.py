"""Watching: what happens on the server is in the archive and in the notes, once, whatever happens to the connection."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio
from telethon.tl import types

import tobs
from tests.loopback import add_channel, open_loopback, small_account, text
from tests.processes import ended, serving, start_tobs
from tests.processes import tobs as tobs_command
from tests.snapshots import assert_same
from tobs.config import ExportConfig, Filters, MediaConfig
from tobs.errors import DiskFull, NotAuthorized
from tobs.health import Health
from tobs.shutdown import Shutdown
from tobs.telegram.client import open_telegram
from tobs.testing.account import Account
from tobs.testing.authkeys import AuthKeys
from tobs.testing.faults import Faults
from tobs.testing.folder import Serving, open_account
from tobs.testing.sample import sample_account
from tobs.testing.server import TelegramServer

BOB = 7002
NEWS = 5001
GROUP = 5002


def world() -> Account:
    """Bob, a basic group, a supergroup and a channel, each with something in it."""
    account = small_account()
    account.add_message(BOB, text(1))
    add_channel(account, NEWS, "News", 3)
    add_channel(account, GROUP, "Crowd", 3, broadcast=False, megagroup=True)
    group = types.Chat(600, "Family", types.ChatPhotoEmpty(), 2, text(0).date, 1)
    account.add_chat(group)
    account.add_message(group, text(2))
    return account


@attrs.define(eq=False)
class Watched:
    """A watch that is under way, and what it has written."""

    account: Account
    server: TelegramServer
    health: Health
    shutdown: Shutdown
    vault: Path

    def rows(self, query: str) -> list[Any]:
        with closing(sqlite3.connect(f"file:{self.vault}/.tobs/archive.sqlite3?mode=ro", uri=True)) as db:
            return db.execute(query).fetchall()

    @property
    def ids(self) -> list[tuple[int, int]]:
        return self.rows("SELECT chat_id, id FROM messages ORDER BY 1, 2")

    @property
    def notes(self) -> str:
        return "\n".join(path.read_text() for path in sorted((self.vault / "Telegram").rglob("*.md")))

    async def until(self, condition: Callable[[], bool]) -> None:
        with trio.fail_after(20):
            while not condition():  # noqa: ASYNC110  # on disk, where nothing tells of changes
                await trio.sleep(0.02)

    async def noted(self, *words: str) -> None:
        await self.until(lambda: all(word in self.notes for word in words))

    async def is_whole(self) -> None:
        await self.until(lambda: self.ids == here(self.account))


def here(account: Account) -> list[tuple[int, int]]:
    return sorted((key, n) for key, history in account.histories.items() for n in history.ids(0, len(history)))


def export_config(vault: Path, *chats: str, **values: Any) -> ExportConfig:
    return ExportConfig(vault=vault, chats=chats or ("all",), timezone="UTC", **values)


@asynccontextmanager
async def watching(
    account: Account,
    folder: Path,
    *chats: str,
    keys: AuthKeys | None = None,
    **values: Any,
) -> AsyncIterator[Watched]:
    """A watch of everything on a server, until the block ends; then it is drained."""
    config = export_config(folder / "vault", *chats, **values)
    async with open_loopback(account, folder, keys=keys) as (server, telegram):
        async with trio.open_nursery() as nursery:
            shutdown = Shutdown()
            opener = partial(open_telegram, telegram)
            health = await nursery.start(partial(tobs.watch, opener, config, shutdown=shutdown))
            watched = Watched(account, server, health, shutdown, config.vault)
            await watched.until(lambda: health.state == "watching")
            yield watched
            shutdown.drain()


async def export(account: Account, folder: Path, config: ExportConfig, keys: AuthKeys) -> tobs.Report:
    async with open_loopback(account, folder, keys=keys) as (_server, telegram), open_telegram(telegram) as source:
        return await tobs.export(source, config)


async def test_what_happens_is_in_the_notes(tmp_path):
    async with watching(world(), tmp_path) as watched:
        account = watched.account
        account.add_message(BOB, text(10, message_id=0))
        account.add_message(-600, text(11))
        account.add_message(account.key_of(types.PeerChannel(NEWS)), text(12))
        account.add_message(account.key_of(types.PeerChannel(GROUP)), text(13))
        await watched.noted("Message 10", "Message 11", "Message 12", "Message 13")
        await watched.is_whole()
        assert watched.health.new == 4


async def test_edits_deletions_reactions_and_pins(tmp_path):
    async with watching(world(), tmp_path) as watched:
        account, news, crowd = watched.account, types.PeerChannel(NEWS), types.PeerChannel(GROUP)
        account.edit(news, 1, message="Corrected news")
        account.edit(BOB, 1, message="Corrected by Bob")
        account.delete(crowd, 2)
        account.delete(-600, 2)
        reaction = types.ReactionCount(types.ReactionEmoji("🔥"), 7)
        account.react(crowd, 1, types.MessageReactions([reaction]))
        account.pin(crowd, 3)
        await watched.noted("Corrected news", "Corrected by Bob", "🔥 7", "📌")
        await watched.until(lambda: watched.health.deleted == 2)
        assert watched.rows("SELECT chat_id, id FROM tombstones ORDER BY 1") == [(account.key_of(crowd), 2), (-600, 2)]
        assert watched.rows("SELECT chat_id, id FROM versions ORDER BY 1") == [(account.key_of(news), 1), (BOB, 1)]


async def test_a_watched_vault_is_an_exported_one(tmp_path):
    folder = tmp_path / "watched"
    folder.mkdir()
    account, keys = world(), AuthKeys()
    async with watching(account, folder, keys=keys) as watched:
        for n in range(20, 60):
            account.add_message((BOB, -600, types.PeerChannel(NEWS), types.PeerChannel(GROUP))[n % 4], text(n))
            await trio.sleep(0.02)
        await watched.is_whole()
    report = await export(account, folder, export_config(folder / "vault"), keys)
    assert report.messages == 0
    await export(account, folder, export_config(tmp_path / "exported"), keys)
    assert_same(folder / "vault", tmp_path / "exported")


async def test_what_is_lost_on_the_way_is_asked_for(tmp_path):
    async with watching(world(), tmp_path) as watched:
        watched.server.faults = Faults(lost=set(range(1, 40, 2)))
        news = types.PeerChannel(NEWS)
        for n in range(20, 40):
            watched.account.add_message(news if n % 2 else BOB, text(n))
        watched.server.faults = Faults()
        watched.account.add_message(news, text(40))
        watched.account.add_message(BOB, text(41))
        await watched.is_whole()


async def test_what_happened_while_nobody_watched(tmp_path):
    account, keys, news = world(), AuthKeys(), types.PeerChannel(NEWS)
    async with watching(account, tmp_path, keys=keys):
        pass
    for n in range(100, 350):
        account.add_message(BOB, text(n))
        account.add_message(news, text(n))
    account.edit(BOB, 1, message="Corrected by Bob")
    account.edit(news, 1, message="Corrected news")
    account.delete(news, 2)
    async with watching(account, tmp_path, keys=keys) as watched:
        await watched.noted("Corrected by Bob", "Corrected news", "Message 349")
        gone = [(account.key_of(news), 2)]
        assert watched.ids == sorted([*here(account), *gone])
        assert watched.rows("SELECT chat_id, id FROM tombstones") == gone


async def test_a_difference_that_is_too_long_is_read(tmp_path):
    account, keys, news = world(), AuthKeys(), types.PeerChannel(NEWS)
    async with watching(account, tmp_path, keys=keys):
        pass
    for n in range(100, 120):
        account.add_message(BOB, text(n))
        account.add_message(news, text(n))
    account.events.boxes[0].forget()
    account.events.boxes[account.key_of(news)].forget()
    async with watching(account, tmp_path, keys=keys) as watched:
        await watched.is_whole()
        account.add_message(BOB, text(200))
        account.add_message(news, text(201))
        await watched.noted("Message 200", "Message 201")


async def test_a_broken_connection_comes_back(tmp_path):
    async with watching(world(), tmp_path) as watched:
        account = watched.account
        for n in range(20, 26):
            watched.server.cut()
            account.add_message(BOB, text(n))
            account.add_message(types.PeerChannel(GROUP), text(n + 10))
            await watched.noted(f"Message {n}\n", f"Message {n + 10}\n")
        await watched.is_whole()


@asynccontextmanager
async def coming_and_going(account: Account, folder: Path) -> AsyncIterator[tuple[Watched, Callable[[], Any]]]:
    """A watch, and how to open its server; what it is connected to is away until then."""
    keys, shutdown, config = AuthKeys(), Shutdown(), export_config(folder / "vault")
    async with open_loopback(account, folder, keys=keys) as (server, telegram):
        ports = tuple(server.ports[dc] for dc in server.dc_ids)
    opener = partial(open_telegram, telegram, connect_seconds=0.5)
    async with trio.open_nursery() as nursery:
        health = await nursery.start(partial(tobs.watch, opener, config, shutdown=shutdown))
        watched = Watched(account, server, health, shutdown, config.vault)
        yield watched, partial(open_loopback, account, folder, keys=keys, ports=ports)
        shutdown.drain()


async def test_a_server_that_is_away_is_waited_for(tmp_path):
    account = world()
    async with coming_and_going(account, tmp_path) as (watched, open_again):
        await watched.until(lambda: bool(watched.health.trouble))
        assert watched.health.state == "reconnecting"
        async with open_again():
            await watched.until(lambda: watched.health.state == "watching")
            await watched.is_whole()
            assert not watched.health.trouble
        account.add_message(BOB, text(20))
        await watched.until(lambda: watched.health.state == "reconnecting")
        account.add_message(types.PeerChannel(NEWS), text(21))
        async with open_again():
            account.add_message(types.PeerChannel(GROUP), text(22))
            await watched.noted("Message 20", "Message 21", "Message 22")
            await watched.is_whole()


async def test_a_session_that_is_revoked_ends_it(tmp_path):
    with pytest.RaisesGroup(pytest.RaisesExc(NotAuthorized, match="tobs login"), flatten_subgroups=True):
        await revoke(tmp_path, AuthKeys())


async def revoke(folder: Path, keys: AuthKeys) -> None:
    async with watching(world(), folder, keys=keys) as watched:
        for key in keys:
            keys.forget(key.dc_id, key.key_id)
        watched.server.cut()
        await trio.sleep_forever()


async def test_new_chats_are_met(tmp_path, monkeypatch):
    monkeypatch.setattr("tobs.watching.STRANGER_SECONDS", 0.1)
    async with watching(world(), tmp_path) as watched:
        account = watched.account
        add_channel(account, 5003, "Brand new", 2)
        account.add_user(types.User(7003, access_hash=33, first_name="Carol"))
        account.add_message(7003, text(30, from_id=types.PeerUser(7003)))
        await watched.noted("Message 30", "Carol")
        await watched.is_whole()
        account.add_message(types.PeerChannel(5003), text(31))
        await watched.noted("Message 31")


async def test_only_what_is_chosen(tmp_path):
    chosen = Filters(sender="@bobby")
    async with watching(world(), tmp_path, "Crowd", "Bob Baker", filters=chosen) as watched:
        account, crowd = watched.account, types.PeerChannel(GROUP)
        account.add_message(crowd, text(20, from_id=types.PeerUser(7001)))
        account.add_message(crowd, text(21))
        account.add_message(types.PeerChannel(NEWS), text(22))
        await watched.noted("Message 21")
        assert "Message 20" not in watched.notes
        assert "Message 22" not in watched.notes
        account.edit(crowd, 1, message="Corrected")
        await watched.noted("Corrected")
        assert {chat for chat, _ in watched.ids} == {account.key_of(crowd), BOB}


def test_the_command_stops_softly_and_tells_how_it_went(tmp_path):
    with serving(tmp_path):
        config = ("--config", str(tmp_path / "config.toml"))
        watch = start_tobs("watch", *config, "--json")
        assert watch.stdout is not None
        while (health := json.loads(watch.stdout.readline()))["state"] != "watching":
            pass
        assert health["chats"] > 5
        second = tobs_command("export", *config)
        assert second.code == 1
        assert "tobs watch" in second.err
        watch.send_signal(signal.SIGTERM)
        stopped = ended(watch)
        assert stopped.code == 0, stopped.err
        last = json.loads(stopped.out.splitlines()[-1])
        assert (last["state"], last["waiting"], last["lag_seconds"]) == ("stopping", 0, 0)
        assert tobs_command("verify", *config).code == 0


@asynccontextmanager
async def watched_by_a_process(serving: Serving) -> AsyncIterator[subprocess.Popen[str]]:
    """``tobs watch`` as a process of its own, which has read what was there; killed at the end."""
    with start_tobs("watch", "--config", str(serving.config), "--json") as process:
        try:
            await trio.to_thread.run_sync(until_watching, process)
            yield process
        finally:
            process.kill()


def until_watching(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    while json.loads(process.stdout.readline())["state"] != "watching":
        pass


async def test_after_a_kill_nothing_is_lost_or_doubled(tmp_path):
    account = world()
    async with open_account(account, tmp_path) as serving:
        vault = Watched(account, serving.server, Health(), Shutdown(), tmp_path / "export")
        for start in (100, 200, 300):
            async with watched_by_a_process(serving) as process:
                for n in range(start, start + 30):
                    account.add_message((BOB, types.PeerChannel(NEWS))[n % 2], text(n))
                    await trio.sleep(0.01)
                account.edit(BOB, 1, message=f"Corrected {start}")
                await vault.until(lambda: len(vault.ids) > len(here(account)) - 25)
                process.kill()
        async with watched_by_a_process(serving) as process:
            await vault.noted("Message 329", "Corrected 300")
            await vault.is_whole()
            process.send_signal(signal.SIGINT)
            assert await trio.to_thread.run_sync(process.wait) == 0
    said = [line for line in vault.notes.splitlines() if line.startswith("> Message ")]
    assert len(said) == len(here(account)) - 1  # of Bob's first one, there is what it says now


async def test_a_full_disk_ends_it_with_what_arrived_in_its_notes(tmp_path):
    account = world()
    media = MediaConfig(min_free_mb=10**9)
    with pytest.RaisesGroup(pytest.RaisesExc(DiskFull, match="Make room"), flatten_subgroups=True):
        await fill(account, tmp_path, media)
    notes = "\n".join(path.read_text() for path in (tmp_path / "vault").rglob("*.md"))
    assert "Message 20" in notes


async def fill(account: Account, folder: Path, media: MediaConfig) -> None:
    async with watching(account, folder, media=media) as watched:
        account.add_message(BOB, text(20))
        file = sample_account()
        photo = next(
            message.media
            for history in file.histories.values()
            for message in history.slice(0, len(history))
            if isinstance(getattr(message, "media", None), types.MessageMediaPhoto)
        )
        account.add_message(BOB, text(21, media=photo))
        await watched.until(lambda: False)
