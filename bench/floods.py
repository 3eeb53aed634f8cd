"""A server that counts requests: what an export makes of its limits, and what other ways of reading do."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import attrs

from bench.figure import Figure
from bench.processes import Cost, Server, run, run_tobs, serving

MESSAGES = 100_000
PAGES = MESSAGES // 100
RATE, BURST = 10, 30
STEADY = (
    f"{RATE}/{BURST}",
    (PAGES - BURST) / RATE,
)  # what `serve --bucket` is told, and the seconds that takes at best
HALF = PAGES // 2
HALVING = (f"{RATE}/{BURST},{HALF}:{RATE // 2}", (HALF - BURST) / RATE + HALF / (RATE // 2))
RTT = ("--rtt-ms", "25")  # what a city has to the next data centre: one request behind the other is beyond the limit
GIVE_UP = 2.5 * STEADY[1]  # seconds after which it is clear that starting again from the beginning leads nowhere


@attrs.frozen
class Met:
    """What a way of reading took, the requests it made, and how many of them were refused."""

    cost: Cost
    requests: int
    refused: int


def floods() -> Iterator[Figure]:
    """All ways at a time, each against a server of its own: they wait most of the time."""
    with ThreadPoolExecutor() as pool:
        steady = pool.submit(twice, STEADY[0])
        halving = pool.submit(met, HALVING[0], run_export)
        peers = {way: pool.submit(met, STEADY[0], peer(way)) for way in ("sleep", "resume", "restart")}
        yield from ours("10 pages a second", STEADY[1], steady.result()[0])
        yield from ours("10, half-way 5", HALVING[1], halving.result())
        yield from ours("10, the next run of the account", STEADY[1], steady.result()[1])
        yield from theirs(peers)


def ours(limit: str, best: float, met: Met) -> Iterator[Figure]:
    """An export against the least time that the limit allows."""
    what, factor = f"100,000 messages, {limit}: tobs export", met.cost.seconds / best
    waits = met.cost.report["flood_waits"]
    yield Figure(what, met.cost.seconds, "s")
    yield Figure(f"{what} against the least time", factor, "×", "≤ 1.1", factor <= 1.1)
    yield Figure(f"{what}, flood waits", waits, "", "≤ 5", waits <= 5)
    yield Figure(f"{what}, requests refused", met.refused, "")
    yield Figure(f"{what}, requests a page", met.requests / PAGES, "×", "≤ 1.1", met.requests <= 1.1 * PAGES)


def theirs(peers: dict[str, Future[Met]]) -> Iterator[Figure]:
    """Bare Telethon, in the ways of other exporters."""
    names = {"sleep": "a second between pages", "resume": "as fast as possible, on from the last message"}
    for way, name in names.items():
        met = peers[way].result()
        what = f"100,000 messages, 10 pages a second: bare Telethon, {name}"
        yield Figure(what, met.cost.seconds, "s")
        yield Figure(f"{what}, requests refused", met.refused, "")
    met = peers["restart"].result()
    what = "the same from the beginning again: messages it got at most"
    yield Figure(f"{what}, in {met.cost.seconds:.0f} s", int(met.cost.output), "")
    yield Figure("requests it was refused", met.refused, "")


def twice(bucket: str) -> tuple[Met, Met]:
    """An export, and another one by the same session of all that again, when the account has its whole burst again."""
    with tempfile.TemporaryDirectory() as name:
        first = met(bucket, run_export, Path(name))
        time.sleep(BURST / RATE)  # a new server grants the burst at once, and so would this one by then
        return first, met(bucket, lambda server: run_tobs(server, server.folder / "another vault"), Path(name))


def met(bucket: str, command: Callable[[Server], Cost], folder: Path | None = None) -> Met:
    """What a command took against a server of its own with such a limit."""
    if folder is None:
        with tempfile.TemporaryDirectory() as name:
            return met(bucket, command, Path(name))
    options = ("--scenario", "big", "--messages", str(MESSAGES), *RTT, "--bucket", bucket)
    with serving(folder, *options) as server:
        cost = command(server)
    return Met(cost, server.calls["messages.getHistory"], server.refused)


def run_export(server: Server) -> Cost:
    """``tobs export`` into the server's folder."""
    return run_tobs(server, server.folder / "vault")


def peer(way: str) -> Callable[[Server], Cost]:
    """Bare Telethon in one of its ways."""
    return lambda server: run(sys.executable, "-m", "bench.peers", str(server.config), way, str(GIVE_UP))
