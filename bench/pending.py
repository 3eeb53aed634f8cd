"""A hundred thousand files that wait: what the next one costs, and what memory an export takes meanwhile."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import attrs
import psutil
import trio

from bench.bloom import CHAT, FILES, fill
from bench.figure import Figure
from bench.processes import Server, serving
from tobs.archive.store import Archive, open_archive
from tobs.archive.waiting import open_files
from tobs.config import MediaOrder
from tobs.pending import PendingFiles

ENDS = 2_000  # files at either end that are compared
FETCHED = 1_000  # files that an export has to fetch before its memory counts


def pending() -> Iterator[Figure]:
    """Handing out files in each order."""
    orders: tuple[MediaOrder, ...] = ("oldest", "newest", "smallest")
    for order in orders:
        with tempfile.TemporaryDirectory() as name, open_archive(Path(name)) as archive:
            fill(archive)
            started = time.process_time()
            assert sum(1 for _ in open_files(archive)) == FILES
            looked = time.process_time() - started
            first, last = trio.run(ends, archive, order)
        ratio = last / first
        if order == orders[0]:  # the others make no difference
            yield Figure(
                "a look at each of 100,000 files that wait, when a run begins", looked, "s", "<= 2", looked <= 2
            )
        yield Figure(f"the next of 100,000 files, {order} first, with writing it down: at the start", first, "µs")
        yield Figure("the same at the end, against that", ratio, "×", "<= 1.5", ratio <= 1.5)


async def ends(archive: Archive, order: MediaOrder) -> tuple[float, float]:
    """Microseconds of processor time for the next file, at the start and at the end."""
    send, receive = trio.open_memory_channel[int](1)
    files = PendingFiles(archive, receive, order)
    with send:
        send.send_nowait(CHAT)
    costs = []
    for count in (ENDS, FILES - 2 * ENDS, ENDS):
        started = time.process_time()
        for _ in range(count):
            row = await files.next()
            assert row is not None
            done = attrs.evolve(row, state="done", sha256=f"{row.message_id:064x}")
            archive.record_media(done)
            files.finish(done)
        costs.append((time.process_time() - started) / count * 1e6)
    assert await files.next() is None
    return costs[0], costs[-1]


def waiting() -> Iterator[Figure]:
    """The memory of an export with 100,000 files before it."""
    with (
        tempfile.TemporaryDirectory() as name,
        serving(Path(name), "--scenario", "files", "--files", "100000x3k") as on,
    ):
        peak = peak_until(on, Path(name) / "vault")
    yield Figure("peak memory of an export while 100,000 files wait", peak, "MB", "<= 200", peak <= 200)


def peak_until(server: Server, vault: Path) -> float:
    """The peak in megabytes of an export that is stopped when it has fetched some of the files."""
    command = [sys.executable, "-m", "tobs", "export", "--json"]
    options = ["--config", str(server.config), "--vault", str(vault)]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        peak = 0
        for line in process.stdout:
            event = json.loads(line)
            if event["event"] == "report":
                break
            peak = max(peak, psutil.Process(process.pid).memory_info().rss)
            if event.get("files", 0) >= FETCHED:
                process.send_signal(signal.SIGINT)
    return peak / 1e6
