"""What the bars of an export cost while it runs."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator

import trio
from rich.console import Console
from rich.live import Live

from bench.figure import Figure
from tobs.cli.bars import SECONDS, SHOWN, drawing, title
from tobs.progress import ChatProgress, Progress

CHATS = 200
DRAWINGS = 300


def display() -> Iterator[Figure]:
    """The part of a processor that drawing takes, with as many bars as there ever are."""
    drawn = trio.run(seconds_a_drawing)
    share = drawn / SECONDS * 100
    yield Figure("the bars of an export, of a processor's time", share, "%", "<= 2", share <= 2)


async def seconds_a_drawing() -> float:
    """Processor time of one drawing."""
    progress = Progress()
    for number in range(CHATS):
        phase = "reading" if number < SHOWN else "waiting"
        progress.chats[number] = ChatProgress(number, f"Chat number {number} ☕", 100_000, phase, 10)
    console = Console(file=io.StringIO(), width=100, height=40, force_terminal=True, legacy_windows=False)
    with Live(console=console, auto_refresh=False, transient=True) as live:
        started = time.process_time()
        for count in range(DRAWINGS):
            progress.chats[0].messages = count
            live.update(drawing(progress, 12.0), refresh=True)
            console.set_window_title(title(progress))
        seconds = time.process_time() - started
    return seconds / DRAWINGS
