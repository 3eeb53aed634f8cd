"""Speed and memory of an export, its resume, and what the pipeline gains."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.figure import Figure
from bench.processes import Cost, run_bare, run_tobs, serving

MESSAGES = 100_000


def throughput(runs: int = 3) -> Iterator[Figure]:
    """Messages a second of a whole export against bare Telethon, in turn, on one server."""
    bare, ours = [], []
    with tempfile.TemporaryDirectory() as name, serving(Path(name), *big(MESSAGES)) as server:
        for turn in range(runs):
            bare.append(MESSAGES / run_bare(server).seconds)
            ours.append(MESSAGES / run_tobs(server, Path(name) / f"vault{turn}").seconds)
        ratio = statistics.median(mine / theirs for mine, theirs in zip(ours, bare, strict=True))
        yield Figure("bare Telethon, 100,000 messages", statistics.median(bare), "messages/s")
        yield Figure("tobs export, 100,000 messages", statistics.median(ours), "messages/s")
        yield Figure("tobs against bare Telethon", ratio, "×", "≥ 0.5", ratio >= 0.5)
        yield from resume(lambda: run_tobs(server, Path(name) / "vault0"), server.folder)


def resume(again: Callable[[], Cost], folder: Path) -> Iterator[Figure]:
    """A second run over a chat that is all there, against a run over a chat with one message."""
    with tempfile.TemporaryDirectory() as name, serving(Path(name), *big(1)) as server:
        run_tobs(server, Path(name) / "vault")
        start_up = min(run_tobs(server, Path(name) / "vault").seconds for _ in range(3))
    beyond = min(again().seconds for _ in range(3)) - start_up
    yield Figure("start-up, connecting and an empty export", start_up, "s")
    yield Figure("resume of 100,000 messages beyond that", beyond, "s", "≤ 1.2", beyond <= 1.2)


def growth() -> Iterator[Figure]:
    """Peak memory and time a message, from few messages to many."""
    small, large = cost_of(20_000), cost_of(200_000)
    tiny = cost_of(10_000)
    idle = cost_of(1)
    ratio = large.peak_mb / small.peak_mb
    yield Figure("peak memory, 20,000 messages", small.peak_mb, "MB", "< 200", small.peak_mb < 200)
    yield Figure("peak memory, 200,000 messages", large.peak_mb, "MB", "< 200", large.peak_mb < 200)
    yield Figure("memory, 200,000 against 20,000", ratio, "×", "0.85 … 1.15", 0.85 <= ratio <= 1.15)
    each = (tiny.seconds - idle.seconds) / 10_000, (large.seconds - idle.seconds) / 200_000
    yield Figure("time a message, 10,000 messages", each[0] * 1e6, "µs")
    yield Figure("time a message, 200,000 messages", each[1] * 1e6, "µs")
    yield Figure(
        "time a message, 200,000 against 10,000", each[1] / each[0], "×", "0.8 … 1.2", 0.8 <= each[1] / each[0] <= 1.2
    )


def overlap() -> Iterator[Figure]:
    """What the pipeline gains over page by page when a round trip takes 20 ms."""
    with tempfile.TemporaryDirectory() as name, serving(Path(name), *big(20_000), "--rtt-ms", "20") as server:
        piped = run_tobs(server, Path(name) / "piped").seconds
        text = server.config.read_text()
        server.config.write_text(text + "\n[pipeline]\nenabled = false\n")
        paged = run_tobs(server, Path(name) / "paged").seconds
    yield Figure("20,000 messages at 20 ms, page by page", paged, "s")
    yield Figure("20,000 messages at 20 ms, pipeline", piped, "s")
    yield Figure("pipeline against page by page", paged / piped, "×", "≥ 1.5", paged / piped >= 1.5)


def cost_of(messages: int) -> Cost:
    """A whole export of a chat with that many messages."""
    with tempfile.TemporaryDirectory() as name, serving(Path(name), *big(messages)) as server:
        return run_tobs(server, Path(name) / "vault")


def big(messages: int) -> tuple[str, ...]:
    """Options of a server with one chat of that size."""
    return ("--scenario", "big", "--messages", str(messages))
