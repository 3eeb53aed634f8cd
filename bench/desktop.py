"""Importing a big export of Telegram Desktop: speed, memory, and importing it again."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.figure import Figure
from bench.processes import Cost, run
from tobs.testing.big import BIG_ID, BigHistory

MESSAGES = int(os.environ.get("TOBS_MESSAGES", "100000"))
MILLION = int(os.environ.get("TOBS_MILLION", "1000000"))  # what the promises are about
NESTED = 100_000
MORE = 1000  # messages that the second export has at its end and lacks at its beginning


def desktop() -> Iterator[Figure]:
    """Imports of a middling chat."""
    yield from imports_of(MESSAGES)


def desktop_million() -> Iterator[Figure]:
    """Imports of a big chat: some minutes."""
    yield from imports_of(MILLION)


def imports_of(messages: int) -> Iterator[Figure]:
    """An import, the same import again, one of an export that overlaps with it, and an import of nothing."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = write(folder / "export", 0, messages)
        write(folder / "nothing", 0, 1)
        idle = imported(folder / "nothing", folder / "idle")
        first = imported(folder / "export", folder / "vault")
        again = imported(folder / "export", folder / "vault")
        write(folder / "later", MORE, messages + MORE)
        later = imported(folder / "later", folder / "vault")
    rate = messages / (first.cpu - idle.cpu)
    what = f"tobs import, {messages:,} messages ({size / 1e6:,.0f} MB), of processor time"
    yield Figure(what, rate, "messages/s", "≥ 8,000", rate >= 8000)
    peak = max(first.peak_mb, again.peak_mb, later.peak_mb)
    yield Figure("peak memory of it and of those that follow", peak, "MB", "≤ 200", peak <= 200)
    ratio = first.cpu / again.cpu
    yield Figure("the same import again, times as fast", ratio, "×", "≥ 5", ratio >= 5)
    # Beyond start-up, which is half of what reading a thousand new messages among known ones takes.
    ratio = (first.cpu - idle.cpu) / (later.cpu - idle.cpu)
    yield Figure(f"an export {MORE:,} messages later, times as fast beyond start-up", ratio, "×", "≥ 5", ratio >= 5)


def giant() -> Iterator[Figure]:
    """A text of a gigabyte and an object nested 100,000 deep, between two messages that can be read."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_giants(folder / "export")
        cost = imported(folder / "export", folder / "vault", code=1)  # two messages cannot be read
    report = cost.report
    found = report["messages"], len(report["failures"])
    yield Figure("messages of which two are monstrous: read", found[0], "messages", "2", found == (2, 2))
    yield Figure("peak memory with a text of 1 GB", cost.peak_mb, "MB", "≤ 200", cost.peak_mb <= 200)


def write_giants(folder: Path) -> None:
    """An export of four messages, two of which no program should be asked to hold."""
    folder.mkdir()
    with (folder / "result.json").open("w", encoding="utf-8") as file:
        file.write('{"name": "Giants", "type": "public_supergroup", "id": 7, "messages": [')
        file.write(f"{json.dumps(small(1))},\n")
        file.write(json.dumps(small(2)).removesuffix('small"}'))
        for _ in range(1024):
            file.write("x" * 1024 * 1024)
        file.write('"},\n')
        nested = "[" * NESTED + "]" * NESTED
        file.write(json.dumps(small(3)).replace('"small"', nested) + ",\n")
        file.write(f"{json.dumps(small(4))}]}}")


def small(number: int) -> dict[str, Any]:
    """A message of one word."""
    return {"id": number, "type": "message", "date_unixtime": "1700000000", "from": "Ann", "from_id": "user9",
            "text": "small"}  # fmt: skip


def imported(export: Path, vault: Path, code: int = 0) -> Cost:
    """``tobs import`` as a process."""
    return run(sys.executable, "-m", "tobs", "import", str(export), "--vault", str(vault), "--json", code=code)


def write(folder: Path, begin: int, end: int) -> int:
    """Some messages of the big chat as Telegram Desktop would export them; the size of the JSON in bytes."""
    folder.mkdir()
    history = BigHistory(BIG_ID, end)
    with (folder / "result.json").open("w", encoding="utf-8") as file:
        file.write(f'{{\n "name": "Big Chat",\n "type": "public_supergroup",\n "id": {BIG_ID},\n "messages": [')
        for start in range(begin, end, 1000):
            for message in history.slice(start, min(start + 1000, end)):
                separator = ",\n  " if message.id > begin + 1 else "\n  "
                said = json.dumps(as_desktop(message), indent=1, ensure_ascii=False)
                file.write(separator + said.replace("\n", "\n  "))
        file.write("\n ]\n}")
    return (folder / "result.json").stat().st_size


def as_desktop(message: Any) -> dict[str, Any]:
    """A message as Telegram Desktop writes it."""
    when, sender = int(message.date.timestamp()), message.from_id.user_id
    said = {
        "id": message.id,
        "type": "message",
        "date": message.date.strftime("%Y-%m-%dT%H:%M:%S"),
        "date_unixtime": str(when),
        "from": f"Person {sender}",
        "from_id": f"user{sender}",
        "text": message.message,
        "text_entities": [{"type": "plain", "text": message.message}],
    }
    if message.reply_to:
        said["reply_to_message_id"] = message.reply_to.reply_to_msg_id
    return said
