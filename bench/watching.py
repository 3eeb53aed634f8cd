"""A watch in bad weather: how soon everything is in the vault, and what memory it takes while messages go on.

The connection is cut twice and the server restarted once while messages come. TOBS_WATCH_SECONDS (60) and
TOBS_WATCH_MESSAGES (1000) scale that; TOBS_WATCH_MINUTES (30) is how long memory is looked at behind it.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import count, cycle
from pathlib import Path
from statistics import median

import attrs
import trio
from telethon.tl import types

from bench.figure import Figure
from tobs.testing.account import Account
from tobs.testing.folder import Serving, open_account

SECONDS = float(os.environ.get("TOBS_WATCH_SECONDS", "60"))
MESSAGES = int(os.environ.get("TOBS_WATCH_MESSAGES", "1000"))
MINUTES = float(os.environ.get("TOBS_WATCH_MINUTES", "30"))
AWAY = 3.0  # seconds for which the server is down
PATIENCE = 120.0  # seconds after which what is not there is missing
RATE = 5.0  # messages a second while memory is looked at
LOOK_SECONDS = 5.0  # between two looks at it
CHATS = (7002, -600, -1000000005001, -1000000005002, -1000000005003)


def watching() -> Iterator[Figure]:
    """The storm, then the time after it."""
    with tempfile.TemporaryDirectory() as folder:
        yield from trio.run(partial(measure, Path(folder)))


async def measure(folder: Path) -> list[Figure]:
    """All figures."""
    world = World(make_account(), folder)
    async with trio.open_nursery() as nursery:
        await world.begin(nursery)
        with watch(folder / "config.toml") as process:
            await until_watching(process)
            figures = [*await storm(world), *await afterwards(world, process)]
        await world.end()
    return figures


async def storm(world: World) -> list[Figure]:
    """Messages, a cut, a restart, a cut."""
    events = {MESSAGES // 4: world.cut, MESSAGES // 2: world.restart, 3 * MESSAGES // 4: world.cut}
    began = trio.current_time()
    for number in range(MESSAGES):
        await trio.sleep_until(began + SECONDS * number / MESSAGES)
        world.send()
        if number in events:
            events[number]()
    late = await world.seconds_until_whole()
    notes = Counter(world.noted())
    what = f"{MESSAGES:,} messages to {len(CHATS)} chats over {SECONDS:.0f} s, two cuts, one restart"
    missing = MESSAGES - len(notes)
    doubled = sum(notes.values()) - len(notes)
    return [
        Figure(f"{what}: all in the vault behind the last", late, "s", "≤ 5", late <= 5),
        Figure(f"{what}: missing in the notes", missing, "", "0", missing == 0),
        Figure(f"{what}: twice in the notes", doubled, "", "0", doubled == 0),
    ]


async def afterwards(world: World, process: subprocess.Popen[str]) -> list[Figure]:
    """Memory while messages go on."""
    looks: list[float] = []
    end = trio.current_time() + MINUTES * 60
    while trio.current_time() < end:
        looks.append(megabytes(process.pid))
        for _ in range(int(RATE * LOOK_SECONDS)):
            world.send()
            await trio.sleep(1 / RATE)
    if len(looks) < 8:
        return []
    quarter = len(looks) // 4
    parts = [median(looks[part * quarter : (part + 1) * quarter]) for part in range(4)]
    what = f"memory of a watch, {RATE:.0f} messages a second for {MINUTES:.0f} min"
    growth = parts[3] / parts[1]
    return [
        *(Figure(f"{what}: quarter {part + 1}", value, "MB") for part, value in enumerate(parts)),
        Figure(f"{what}: the last quarter against the second", growth, "×", "≤ 1.05", growth <= 1.05),
    ]


def make_account() -> Account:
    """Five chats: a person, a basic group, a channel and two supergroups."""
    account = Account(types.User(7001, is_self=True, access_hash=1, first_name="Me"))
    account.add_user(types.User(7002, access_hash=2, first_name="Bob"))
    date, photo = datetime(2026, 11, 1, tzinfo=UTC), types.ChatPhotoEmpty()
    account.open_dialog(7002)
    account.add_chat(types.Chat(600, "Family", photo, 2, date, 1))
    account.add_chat(types.Channel(5001, "News", photo, date, access_hash=51, broadcast=True))
    account.add_chat(types.Channel(5002, "Crowd", photo, date, access_hash=52, megagroup=True))
    account.add_chat(types.Channel(5003, "Club", photo, date, access_hash=53, megagroup=True))
    return account


@attrs.define(eq=False)
class World:
    """A server with an account, and the vault of whoever watches it."""

    account: Account
    folder: Path
    port: int = attrs.field(factory=lambda: free_ports())
    nursery: trio.Nursery | None = None
    serving: Serving | None = None
    scope: trio.CancelScope = attrs.field(factory=trio.CancelScope)
    numbers: Iterator[int] = attrs.field(factory=lambda: count(1))
    chats: Iterator[int] = attrs.field(factory=lambda: cycle(CHATS))

    async def begin(self, nursery: trio.Nursery) -> None:
        """Serve from now on."""
        self.nursery = nursery
        await nursery.start(self._serve)

    async def _serve(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        with trio.CancelScope() as self.scope:
            async with open_account(self.account, self.folder, port=self.port) as self.serving:
                task_status.started()
                await trio.sleep_forever()

    async def end(self) -> None:
        """Serve no longer."""
        self.scope.cancel()

    def send(self) -> None:
        """One more message."""
        text = f"Message {next(self.numbers)} of many"
        sent = types.Message(0, None, message=text, date=datetime.now(UTC), from_id=types.PeerUser(7002))
        self.account.add_message(next(self.chats), sent)

    def cut(self) -> None:
        """All connections break."""
        assert self.serving is not None
        self.serving.server.cut()

    def restart(self) -> None:
        """The server goes away, and comes back on the same port with the same keys."""
        assert self.nursery is not None
        self.scope.cancel()
        self.nursery.start_soon(self._come_back)

    async def _come_back(self) -> None:
        await trio.sleep(AWAY)
        await self._serve()

    async def seconds_until_whole(self) -> float:
        """How long it takes from now on until archive and notes have everything."""
        began = trio.current_time()
        there = {(key, n) for key in CHATS for n in self.account.history(key).ids(0, len(self.account.history(key)))}
        while trio.current_time() < began + PATIENCE:
            if self.archived() == there and len(set(self.noted())) >= len(there):
                break
            await trio.sleep(0.1)
        return trio.current_time() - began

    def archived(self) -> set[tuple[int, int]]:
        """What the archive has."""
        with closing(sqlite3.connect(f"file:{self.folder}/export/.tobs/archive.sqlite3?mode=ro", uri=True)) as db:
            return set(db.execute("SELECT chat_id, id FROM messages").fetchall())

    def noted(self) -> Sequence[str]:
        """The messages in the notes, one that stands there twice twice."""
        notes = (self.folder / "export").rglob("*.md")
        return [line for note in notes for line in note.read_text().splitlines() if line.startswith("> Message ")]


def free_ports() -> int:
    """A port that is free, with the one behind it."""
    while True:
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            try:
                other.bind(("127.0.0.1", one.getsockname()[1] + 1))
            except OSError:
                continue
            return int(one.getsockname()[1])


@contextmanager
def watch(config: Path) -> Iterator[subprocess.Popen[str]]:
    """``tobs watch`` as a process."""
    command = [sys.executable, "-m", "tobs", "watch", "--config", str(config), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)


async def until_watching(process: subprocess.Popen[str]) -> None:
    """Wait until everything that was there has been read."""
    assert process.stdout is not None
    while True:
        line = await trio.to_thread.run_sync(process.stdout.readline)
        if json.loads(line)["state"] == "watching":
            return


def megabytes(pid: int) -> float:
    """What a process has in memory."""
    return int(Path(f"/proc/{pid}/status").read_text().split("VmRSS:")[1].split()[0]) / 1024
