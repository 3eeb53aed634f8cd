"""What `tobs sync` finds of changes in a large chat, how many requests that takes, and what a second one writes."""

from __future__ import annotations

import hashlib
import json
import random
import re
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import attrs
import trio

from bench.figure import Figure
from tobs.testing import open_account
from tobs.testing.account import Account
from tobs.testing.big import big_account
from tobs.testing.folder import Serving
from tobs.testing.history import of

MESSAGES = 100_000
EDITS, DELETIONS = 1_000, 100


@attrs.frozen
class Found:
    """What a run told, after how many seconds, by the wall and of processors, and requests."""

    report: dict[str, int]
    seconds: float
    cpu: float
    requests: int


def changes() -> Iterator[Figure]:
    """100,000 messages, of which 1,000 are edited and 100 deleted after their export."""
    with tempfile.TemporaryDirectory() as name:
        yield from trio.run(measure, Path(name))


async def measure(folder: Path) -> list[Figure]:
    """The server runs here, so that its account can be changed; tobs is a process of its own."""
    account, key = changeable()
    edited, deleted = chosen()
    vault = folder / "vault"
    async with open_account(account, folder) as serving:
        await run_tobs(serving, "export", vault)
        for number in edited:
            account.edit(key, number, message=f"Edited {number}", entities=None, edit_date=datetime.now(UTC))
        account.delete(key, *deleted)
        first = await run_tobs(serving, "sync", vault)
        before = state(vault)
        second = await run_tobs(serving, "sync", vault)
    return [*figures(first, vault, edited, deleted), *unchanged(second, before, state(vault))]


def changeable() -> tuple[Account, int]:
    """The big account with a history that can be changed, and the key of its chat."""
    account = big_account(MESSAGES)
    ((key, history),) = account.histories.items()
    account.histories[key] = of(history.slice(0, MESSAGES))
    return account, key


def chosen() -> tuple[list[int], list[int]]:
    """The messages to edit and to delete."""
    numbers = random.Random(4).sample(range(1, MESSAGES), EDITS + DELETIONS)
    return sorted(numbers[:EDITS]), sorted(numbers[EDITS:])


async def run_tobs(serving: Serving, command: str, vault: Path) -> Found:
    before, started, spent = serving.server.calls.total(), time.perf_counter(), of_children()
    everything = ["--all"] if command == "sync" else []
    options = ["--config", str(serving.config), "--vault", str(vault), "--json", *everything]
    done = await trio.run_process([sys.executable, "-m", "tobs", command, *options], capture_stdout=True)
    report = json.loads(done.stdout.splitlines()[-1])
    sums = {name: sum(chat[name] for chat in report["chats"]) for name in ("checked", "edited", "updated", "deleted")}
    requests = serving.server.calls.total() - before
    return Found(sums, time.perf_counter() - started, of_children() - spent, requests)


def of_children() -> float:
    """Processor seconds of the processes that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def figures(found: Found, vault: Path, edited: list[int], deleted: list[int]) -> Iterator[Figure]:
    with sqlite3.connect(vault / ".tobs" / "archive.sqlite3") as db:
        versions, stones = (
            [number for (number,) in db.execute(f"SELECT id FROM {table} ORDER BY id")]
            for table in ("versions", "tombstones")
        )
    text = "".join(path.read_text() for path in vault.rglob("*.md"))
    says = {int(number) for number in re.findall(r"^> Edited (\d+)$", text, re.MULTILINE)}
    folded = text.count("[!quote]- Earlier version")
    gone = [int(number) for number in re.findall(r"🗑 deleted.*?\n\n\^m(\d+)$", text, re.DOTALL | re.MULTILINE)]
    what = "100,000 messages, 1,000 edited, 100 deleted"
    yield Figure(f"{what}: edits found", len(versions), "messages", "those", versions == edited)
    yield Figure(f"{what}: deletions found", len(stones), "messages", "those", stones == deleted)
    yield Figure("the same in notes: edits", folded, "", "= 1,000", folded == EDITS and says == {*edited})
    yield Figure("the same in notes: deletions", len(gone), "", "= 100", sorted(gone) == deleted)
    yield Figure("changed otherwise", found.report["updated"], "", "= 0", found.report["updated"] == 0)
    share = found.requests / (MESSAGES / 100)
    yield Figure("sync: requests a page of 100, all included", share, "", "≤ 1.1", share <= 1.1)
    yield Figure("tobs sync, 100,000 messages, of processor time", MESSAGES / found.cpu, "messages/s")
    yield Figure("the same by the wall, with a server that has to make its messages", found.seconds, "s")


def unchanged(found: Found, before: dict[str, object], after: dict[str, object]) -> Iterator[Figure]:
    changed = sum(before.get(name) != after.get(name) for name in before.keys() | after.keys())
    yield Figure("a second sync, of processor time", MESSAGES / found.cpu, "messages/s")
    yield Figure("a second sync: notes, files and tables it changed", changed, "", "= 0", changed == 0)


def state(vault: Path) -> dict[str, object]:
    """Every file of the vault with its time and place on the disk, and every table of the archive."""
    found: dict[str, object] = {}
    for path in vault.rglob("*"):
        if path.is_file() and ".tobs" not in path.relative_to(vault).parts:
            stat = path.stat()
            found[str(path)] = hashlib.sha256(path.read_bytes()).digest(), stat.st_mtime_ns, stat.st_ino
    with sqlite3.connect(vault / ".tobs" / "archive.sqlite3") as db:
        for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            rows = hashlib.sha256()
            for row in db.execute(f"SELECT * FROM {table}"):
                rows.update(repr(row).encode())
            found[f"table {table}"] = rows.digest()
    return found
