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

MESSAGES = int(os.environ.get("TOBS_MESSAGES", "100000"))  # the promises are about a million


def desktop() -> Iterator[Figure]:
    """An import, the same import again, and an import of nothing."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        export, nothing = folder / "export", folder / "nothing"
        size = write(export, MESSAGES)
        write(nothing, 1)
        idle = imported(nothing, folder / "idle")
        first = imported(export, folder / "vault")
        again = imported(export, folder / "vault")
    rate = MESSAGES / (first.cpu - idle.cpu)
    what = f"tobs import, {MESSAGES:,} messages ({size / 1e6:,.0f} MB), of processor time"
    yield Figure(what, rate, "messages/s", "≥ 8,000", rate >= 8000)
    yield Figure("peak memory of it", first.peak_mb, "MB", "≤ 200", first.peak_mb <= 200)
    ratio = first.cpu / again.cpu
    yield Figure("the same import again, times as fast", ratio, "×", "≥ 5", ratio >= 5)


def imported(export: Path, vault: Path) -> Cost:
    """``tobs import`` as a process."""
    return run(sys.executable, "-m", "tobs", "import", str(export), "--vault", str(vault), "--json")


def write(folder: Path, count: int) -> int:
    """The big chat as Telegram Desktop would export it; the size of its JSON in bytes."""
    folder.mkdir()
    history = BigHistory(BIG_ID, count)
    with (folder / "result.json").open("w", encoding="utf-8") as file:
        file.write(f'{{\n "name": "Big Chat",\n "type": "public_supergroup",\n "id": {BIG_ID},\n "messages": [\n')
        for start in range(0, count, 1000):
            for message in history.slice(start, min(start + 1000, count)):
                separator = ",\n" if message.id > 1 else ""
                file.write(separator + json.dumps(as_desktop(message), indent=1, ensure_ascii=False))
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
