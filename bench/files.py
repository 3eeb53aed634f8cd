"""Files: against Telethon's download_media, over slow connections, in great number, from five data centres."""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import mean, quantiles
from typing import Any

import cryptg

from bench.figure import Figure
from bench.processes import Cost, Server, run, serving

PART = 512 * 1024
LARGE = 500_000_000
PHOTOS, SEQUENTIAL = 2000, 200  # of the second kind fewer: one behind the other they take alike
WORKERS = 16  # files at once, as [media] has it
CONNECTIONS, EACH = 4, 2_000_000
# Round trip, time to open a connection (ms), and megabytes a second on each: from the next city to one far away.
CENTRES = ("1:110/300/2", "2:40/80/6", "3:180/600/1.5", "4:35/60/8", "5:210/900/2.5")
MIXED = {"60k": 40, "300k": 20, "6M": 4}  # on each
SLOW = "3:180/600/0.2"  # a data centre where a connection gives 200 KB a second


def files() -> Iterator[Figure]:
    """One large file, one over slow connections, and two thousand photos."""
    yield from large()
    yield from slow_connections()
    yield from photos()


def large() -> Iterator[Figure]:
    """One file without limits, and what its decryption alone costs."""
    with channel([f"1x{LARGE // 1_000_000}M"]) as (server, folder):
        bare, telethon = download(server, folder)
        tobs, cost = fetch(server, folder)
        served = server.cpu()
    yield Figure("one file of 500 MB: download_media", LARGE / bare["total"] / 1e6, "MB/s")
    yield Figure("the same: tobs", LARGE / tobs["total"] / 1e6, "MB/s")
    gain, alone = bare["total"] / tobs["total"], decryption(LARGE)
    yield Figure("tobs against download_media", gain, "×", "≥ 1.3", gain >= 1.3)
    yield Figure("processor time: decryption alone", alone, "s")
    yield Figure("processor time: download_media, the whole process", telethon.cpu, "s")
    yield Figure("processor time: tobs, the whole process", cost.cpu, "s")
    yield Figure("processor time: the server, for both", served, "s")
    yield Figure("peak memory, one file of 500 MB", cost.peak_mb, "MB", "≤ 200", cost.peak_mb <= 200)


def slow_connections() -> Iterator[Figure]:
    """A server that gives each connection 2 MB/s."""
    with channel(["1x60M"], "--bandwidth-mb", str(EACH / 1e6)) as (server, folder):
        times, _ = fetch(server, folder, connections=CONNECTIONS)
    share = times["bytes"] / times["total"] / (CONNECTIONS * EACH)
    yield Figure("4 connections of 2 MB/s each: of 8 MB/s", share, "×", "≥ 0.9", share >= 0.9)


def photos() -> Iterator[Figure]:
    """Small files far away."""
    far = ("--rtt-ms", "40")
    with channel([f"{SEQUENTIAL}x80k"], *far) as (server, folder):
        bare, _ = download(server, folder)
    with channel([f"{PHOTOS}x80k"], *far) as (server, folder):
        times, _ = fetch(server, folder)
    gain = (PHOTOS / times["total"]) / (SEQUENTIAL / bare["total"])
    yield Figure("photos at 40 ms: download_media", SEQUENTIAL / bare["total"], "a second")
    yield Figure("2,000 photos at 40 ms: tobs", PHOTOS / times["total"], "a second")
    yield Figure("tobs against download_media", gain, "×", "≥ 10", gain >= 10)


def huge() -> Iterator[Figure]:
    """Peak memory of a file as large as there are."""
    with channel(["1x4G"]) as (server, folder):
        times, cost = fetch(server, folder)
    yield Figure("peak memory, one file of 4 GB", cost.peak_mb, "MB", "≤ 200", cost.peak_mb <= 200)
    yield Figure("the same: rate", times["bytes"] / times["total"] / 1e6, "MB/s")


def dcs() -> Iterator[Figure]:
    """Five data centres: each strategy, and what connecting ahead gains."""
    found = {name: spread(strategy=name) for name in ("smart", "sticky", "round_robin")}
    found["enabled = false"] = spread(enabled=False)
    for name, times in found.items():
        yield from table(name, times)
    gain = 1 - mean(found["smart"]["took"]) / mean(found["round_robin"]["took"])
    yield Figure("smart: mean below that of round_robin by", gain * 100, "%", "≥ 20", gain >= 0.2)
    later = found["smart"]["total"] / found["sticky"]["total"]
    yield Figure("smart: total against sticky", later, "×", "≤ 1", later <= 1)
    cold = spread(prewarm_enabled=False)
    gain = cold["first"] / found["smart"]["first"]
    yield Figure("smart, not connected ahead: first byte", cold["first"], "s")
    yield Figure("connected ahead: first byte earlier", gain, "×", "> 1", gain > 1)
    first, second = runs_far_away()
    gain = first["first"] / second["first"]
    yield Figure("a data centre far away, first run: first byte", first["first"], "s")
    yield Figure("with the key of that run: first byte earlier", gain, "×", "> 1", gain > 1)
    sticky, smart = (photos_of(SLOW, strategy=name) for name in ("sticky", "smart"))
    gain = sticky["total"] / smart["total"]
    yield Figure("150 photos of 30 KB from a slow data centre: smart earlier than sticky", gain, "×", "≥ 2", gain >= 2)


def table(name: str, times: dict[str, Any]) -> Iterator[Figure]:
    """One row of strategies × figures."""
    yield Figure(f"five data centres, {name}: first byte", times["first"], "s")
    yield Figure(f"five data centres, {name}: mean", mean(times["took"]), "s")
    yield Figure(f"five data centres, {name}: p95", quantiles(times["took"], n=20)[-1], "s")
    yield Figure(f"five data centres, {name}: total", times["total"], "s")


def spread(**routing: Any) -> dict[str, Any]:
    """Mixed files from five data centres, which had two seconds to be connected to."""
    batches = [f"1x{size}@{dc_id}" for size, count in MIXED.items() for dc_id in range(1, 6) for _ in range(count)]
    random.Random(0).shuffle(batches)  # as a channel has them
    options = ["--dcs", "5", *(word for centre in CENTRES for word in ("--dc", centre))]
    with channel(batches, *options) as (server, folder):
        times, _ = fetch(server, folder, ahead=2.0, **routing)
    return times


def runs_far_away() -> list[dict[str, Any]]:
    """Two runs of one session that fetch a photo from the last data centre, not connected ahead."""
    with channel(["1x60k@5"], "--dcs", "5", "--dc", CENTRES[-1]) as (server, folder):
        return [fetch(server, folder, prewarm_enabled=False)[0] for _ in range(2)]


def photos_of(centre: str, **routing: Any) -> dict[str, Any]:
    """Small files alone, from one data centre."""
    with channel([f"150x30k@{centre.partition(':')[0]}"], "--dcs", "5", "--dc", centre) as (server, folder):
        times, _ = fetch(server, folder, **routing)
    return times


@contextmanager
def channel(batches: Sequence[str], *options: str) -> Iterator[tuple[Server, Path]]:
    """A server with such files, and a folder for them."""
    asked = [word for batch in batches for word in ("--files", batch)]
    with tempfile.TemporaryDirectory() as name:
        (folder := Path(name) / "files").mkdir()
        with serving(Path(name) / "server", "--scenario", "files", *asked, *options) as server:
            yield server, folder


def fetch(server: Server, folder: Path, ahead: float = 0.0, **routing: Any) -> tuple[dict[str, Any], Cost]:
    """tobs fetching all files."""
    arguments = (str(server.config), str(folder), str(WORKERS), str(ahead), json.dumps(routing))
    cost = run(sys.executable, "-m", "bench.fetching", *arguments)
    return json.loads(cost.output.splitlines()[-1]), cost


def download(server: Server, folder: Path) -> tuple[dict[str, Any], Cost]:
    """Bare Telethon downloading all files."""
    cost = run(sys.executable, "-m", "bench.downloading", str(server.config), str(folder))
    return json.loads(cost.output.splitlines()[-1]), cost


def decryption(size: int) -> float:
    """Seconds of processor time that decrypting so many bytes takes."""
    data, key, iv = os.urandom(PART), os.urandom(32), os.urandom(32)
    began = time.process_time()
    for _ in range(size // PART):
        cryptg.decrypt_ige(data, key, iv)
    return time.process_time() - began
