"""An export as JSON, one object a line: for programs, logs and pipes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TextIO

import attrs
import trio

from tobs.progress import ChatProgress, Progress, Report, Wait

SECONDS = 1.0  # between two looks at the progress; a log of an hour stays readable


@attrs.define(eq=False)
class JsonLines:
    """Writes events to `out`: ``chat`` when its phase changes, ``wait``, ``progress``, and at the end ``report``.

    Everything beyond ASCII is escaped, so no title can act on a terminal.
    """

    out: TextIO
    _phases: dict[int, str] = attrs.field(factory=dict)
    _waits: set[Wait] = attrs.field(factory=set)
    _moved: tuple[int, int, int, int] = (0, 0, 0, 0)

    async def follow(self, progress: Progress) -> None:
        """Write what changed, once a second."""
        try:
            while True:
                await trio.sleep(SECONDS)
                self._changes(progress)
        finally:
            self._changes(progress)

    def conclude(self, report: Report, vault: Path) -> None:
        """Write the report."""
        self._write("report", report_dict(report, vault))

    def _changes(self, progress: Progress) -> None:
        for chat in progress.chats.values():
            if self._phases.get(chat.id) != chat.phase:
                self._phases[chat.id] = chat.phase
                self._write("chat", _chat(chat))
        for wait in set(progress.waits.values()) - self._waits:
            self._waits.add(wait)
            self._write("wait", {"kind": wait.kind, "seconds": round(wait.until - trio.current_time(), 1)})
        files, pictures = progress.transfers, progress.pictures
        moved = progress.messages + progress.checked, files.files, files.received, pictures.done + pictures.failed
        if self._moved != moved:
            self._moved = moved
            self._write("progress", _progress(progress))

    def _write(self, event: str, values: dict[str, Any]) -> None:
        print(json.dumps({"event": event, **values}), file=self.out, flush=True)


def _progress(progress: Progress) -> dict[str, Any]:
    left, files, now = progress.seconds_left, progress.transfers, trio.current_time()
    files_left = files.seconds_left(now)
    return {
        "messages": progress.messages,
        "checked": progress.checked,
        "files": files.files,
        "files_total": max(files.total, files.files),
        "bytes": files.received,
        "bytes_total": max(files.total_bytes, files.received),
        "bytes_per_second": round(files.per_second(now)),
        "files_seconds_left": None if files_left is None else round(files_left),
        "pictures": progress.pictures.done,
        "pictures_total": progress.pictures.total,
        "large_files": [attrs.asdict(one) for one in files.large],
        "requests": progress.requests_under_way(),
        "pages_waiting": sum(progress.pages_waiting),
        "seconds_left": None if left is None else round(left),
    }


def _chat(chat: ChatProgress) -> dict[str, Any]:
    return {
        "id": chat.id,
        "title": chat.title,
        "phase": chat.phase,
        "messages": chat.messages,
        "known": chat.known,
        "checked": chat.checked,
        "total": chat.total,
    }


def report_dict(report: Report, vault: Path) -> dict[str, Any]:
    """A report as plain data."""
    stages = [
        {**attrs.asdict(stage), "items_per_second": round(stage.items / stage.seconds) if stage.seconds else None}
        for stage in report.stages
    ]
    return {
        **attrs.asdict(report),
        "stages": stages,
        "messages": report.messages,
        "checked": report.checked,
        "messages_per_second": round(report.messages_per_second),
        "vault": str(vault),
    }
