"""A server that is far away: what pages under way gain, how many requests that takes, and a very large chat."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bench.figure import Figure
from bench.processes import Cost, Server, run, run_bare, run_tobs, serving

MESSAGES = 50_000
CHATS = {"supergroup": "big", "private chat": "big-private"}


def far() -> Iterator[Figure]:
    """Reading and exporting against bare Telethon, one request behind the other, at 80 ms."""
    for kind, scenario in CHATS.items():
        what, options = f"{kind}, 50,000 messages at 80 ms", ("--scenario", scenario, "--rtt-ms", "80")
        bare, _ = measured(options, run_bare)
        reading, requests = measured(options, run_reading)
        export, _ = measured(options, run_export)
        yield Figure(f"{what}: bare Telethon", bare.seconds, "s")
        yield Figure(f"{what}: tobs, reading", reading.seconds, "s")
        yield Figure(f"{what}: tobs, export", export.seconds, "s")
        gain, share = bare.seconds / reading.seconds, requests / (MESSAGES / 100)
        yield Figure(f"{what}: reading against bare Telethon", gain, "×", "≥ 8", gain >= 8)
        yield Figure(f"{what}: export against bare Telethon", bare.seconds / export.seconds, "×")
        yield Figure(f"{what}: requests a page", share, "×", "≤ 1.1", share <= 1.1)


def million() -> Iterator[Figure]:
    """Peak memory of reading, and of exporting, a million messages."""
    for kind, scenario in CHATS.items():
        for name, command in (("reading", run_reading), ("export", run_export)):
            cost, _ = measured(("--scenario", scenario), command, messages=1_000_000)
            holds = cost.peak_mb <= 200
            yield Figure(f"peak memory, {kind} of 1,000,000 messages, {name}", cost.peak_mb, "MB", "≤ 200", holds)


def measured(options: Sequence[str], command: Callable[[Server], Cost], messages: int = MESSAGES) -> tuple[Cost, int]:
    """What a command took, against a server of its own, and how many pages it asked that one for."""
    with tempfile.TemporaryDirectory() as name:
        with serving(Path(name), *options, "--messages", str(messages)) as server:
            cost = command(server)
        return cost, server.calls["messages.getHistory"]


def run_export(server: Server) -> Cost:
    """``tobs export`` into the server's folder."""
    return run_tobs(server, server.folder / "vault")


def run_reading(server: Server) -> Cost:
    """tobs reading the chat into nowhere."""
    return run(sys.executable, "-m", "bench.reading", str(server.config))
