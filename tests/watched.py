"""A watch under way over a loopback account, in this process or in one of its own."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import trio
from telethon.tl import types

import tobs
from tests.loopback import add_channel, open_loopback, small_account, text
from tests.processes import start_tobs
from tobs.config import ExportConfig
from tobs.health import Health
from tobs.shutdown import Shutdown
from tobs.telegram.client import open_telegram
from tobs.testing.account import Account
from tobs.testing.authkeys import AuthKeys
from tobs.testing.folder import Serving
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
