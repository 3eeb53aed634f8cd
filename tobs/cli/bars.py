"""An export on a terminal: a bar a chat while it is read, one for all of them, and countdowns."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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
from tobs.cli.units import size_words, time_words
from tobs.progress import ChatProgress, Progress, Report
from tobs.transfers import PictureCount, Transfers

SECONDS = 0.2  # between two drawings: each takes some 3 ms of a processor, of which the bars may have 2 %
SHOWN = 8  # chats; a terminal has few lines


@attrs.define(eq=False)
class Bars:
    """Draws on a console. Rich honours NO_COLOR; texts are `Text`, in which markup means nothing."""

    console: Console = attrs.field(factory=Console)

    async def follow(self, progress: Progress) -> None:
        """Draw five times a second."""
        # Not with Rich's own thread: the numbers belong to trio's.
        with titled(self.console), Live(console=self.console, auto_refresh=False, transient=True) as live:
            while True:
                live.update(drawing(progress, trio.current_time()), refresh=True)
                self.console.set_window_title(title(progress))
                await trio.sleep(SECONDS)

    def conclude(self, report: Report, vault: Path) -> None:
        """Print the tables of the report."""
        self.console.print(summary(report, vault))


@contextmanager
def titled(console: Console) -> Iterator[None]:
    """The window has a title of ours for the block, and its own behind it."""
    ours = console.is_terminal and not console.is_dumb_terminal and not console.legacy_windows
    # xterm keeps titles on a stack (https://invisible-island.net/xterm/ctlseqs/ctlseqs.html); others ignore that.
    if ours:
        console.file.write("\x1b[22;0t")
    try:
        yield
    finally:
        if ours:
            console.file.write("\x1b[23;0t")


def title(progress: Progress) -> str:
    """What the title of the window says: numbers, and nothing that a stranger wrote."""
    finished, chats = finished_chats(progress), len(progress.chats)
    return f"tobs: {finished} of {chats} chats, {progress.messages + progress.checked:,} messages"


def finished_chats(progress: Progress) -> int:
    """How many chats need no more reading."""
    return sum(chat.phase in ("done", "failed") for chat in progress.chats.values())


def drawing(progress: Progress, now: float) -> RenderableType:
    """What to show at the time `now`."""
    chats = list(progress.chats.values())
    table = Table.grid(padding=(0, 1))
    for chat in [chat for chat in chats if chat.phase == "reading"][:SHOWN]:
        table.add_row(Text(plain(chat.title, 30)), _bar(*_done(chat)), _count(*_done(chat)))
    done = sum(_done(chat)[0] for chat in chats)
    nobody_knows = any(chat.goal < 0 and chat.phase in ("waiting", "reading") for chat in chats)
    total = -1 if nobody_knows else sum(max(_done(chat)) for chat in chats)
    table.add_row(
        Text(f"{finished_chats(progress)} of {len(chats)} chats", "bold"), _bar(done, total), _count(done, total)
    )
    for row in (*_files(progress.transfers), *_pictures(progress.pictures)):
        table.add_row(*row)
    return Group(table, *_notes(progress, now))


def _files(transfers: Transfers) -> Iterator[tuple[RenderableType, ...]]:
    """A line for each large file under way, and one for all files."""
    for one in transfers.large[:SHOWN]:
        yield (
            Text(plain(f"{plain(one.chat, 15)}: {one.name}", 40)),
            _bar(one.received, one.size),
            Text(amounts(one.received, one.size)),
        )
    if total := max(transfers.total, transfers.files):
        size = max(transfers.total_bytes, transfers.received)
        yield (
            Text(f"{transfers.files:,} of {total:,} files", "bold"),
            _bar(transfers.received, size),
            Text(amounts(transfers.received, size)),
        )


def _pictures(count: PictureCount) -> Iterator[tuple[RenderableType, ...]]:
    if count.total:
        yield Text("pictures", "bold"), _bar(count.done, count.total), _count(count.done, count.total)


def amounts(part: int, whole: int) -> str:
    """How much of how much."""
    return f"{size_words(part)} of {size_words(whole)}"


def _done(chat: ChatProgress) -> tuple[int, int]:
    return chat.done, chat.goal


def _bar(done: int, total: int) -> ProgressBar:
    return ProgressBar(total=max(total, 1) if total >= done else None, completed=done, width=30)


def _count(done: int, total: int) -> Text:
    return Text(f"{done:,} of {total:,}" if total >= done else f"{done:,}")


def _notes(progress: Progress, now: float) -> Iterator[Text]:
    seconds = now - progress.started
    speed = (progress.messages + progress.checked) / seconds if seconds > 0 else 0.0
    left = f" · about {time_words(progress.seconds_left)} left" if progress.seconds_left else ""
    yield Text(f"{speed:,.0f} messages/s{left}", "dim")
    if rate := progress.transfers.per_second(now):
        left = time_words(progress.transfers.seconds_left(now) or 0)
        yield Text(f"files: {size_words(rate)}/s · about {left} left", "dim")
    prepare, write = progress.pages_waiting
    yield Text(f"{progress.requests_under_way()} requests under way · {prepare + write} pages wait", "dim")
    for wait in progress.waits.values():
        if wait.until > now:
            yield Text(f"Telegram asks to wait for {plain(wait.kind, 30)}: {wait.until - now:.0f} s", "yellow")
