"""An export on a terminal: a bar a chat while it is read, one for all of them, and countdowns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import attrs
import trio
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from tobs.cli.plain import plain
from tobs.cli.summary import summary
from tobs.progress import ChatProgress, Progress, Report

SECONDS = 0.1  # between two drawings
SHOWN = 8  # chats; a terminal has few lines


@attrs.define(eq=False)
class Bars:
    """Draws on a console. Rich honours NO_COLOR; texts are `Text`, in which markup means nothing."""

    console: Console = attrs.field(factory=Console)

    async def follow(self, progress: Progress) -> None:
        """Draw ten times a second."""
        # Not with Rich's own thread: the numbers belong to trio's.
        with Live(console=self.console, auto_refresh=False, transient=True) as live:
            while True:
                live.update(drawing(progress, trio.current_time()), refresh=True)
                await trio.sleep(SECONDS)

    def conclude(self, report: Report, vault: Path) -> None:
        """Print the tables of the report."""
        self.console.print(summary(report, vault))


def drawing(progress: Progress, now: float) -> RenderableType:
    """What to show at the time `now`."""
    chats = list(progress.chats.values())
    table = Table.grid(padding=(0, 1))
    for chat in [chat for chat in chats if chat.phase == "reading"][:SHOWN]:
        table.add_row(Text(plain(chat.title, 30)), _bar(*_done(chat)), _count(*_done(chat)))
    done = sum(_done(chat)[0] for chat in chats)
    total = sum(max(_done(chat)) for chat in chats)
    finished = sum(chat.phase in ("done", "failed") for chat in chats)
    table.add_row(Text(f"{finished} of {len(chats)} chats", "bold"), _bar(done, total), _count(done, total))
    return Group(table, *_notes(progress, now))


def _done(chat: ChatProgress) -> tuple[int, int]:
    return chat.known + chat.messages, chat.total


def _bar(done: int, total: int) -> ProgressBar:
    return ProgressBar(total=max(total, done, 1), completed=done, width=30)


def _count(done: int, total: int) -> Text:
    return Text(f"{done:,} of {total:,}" if total >= done else f"{done:,}")


def _notes(progress: Progress, now: float) -> Iterator[Text]:
    seconds = now - progress.started
    files = sum(chat.media for chat in progress.chats.values())
    speed = progress.messages / seconds if seconds > 0 else 0.0
    yield Text(f"{speed:,.0f} messages/s · {files:,} files, {progress.media_bytes / 1e6:,.1f} MB", "dim")
    for wait in progress.waits.values():
        if wait.until > now:
            yield Text(f"Telegram asks to wait for {plain(wait.kind, 30)}: {wait.until - now:.0f} s", "yellow")
