"""Killed again and again while files come: the right files in the end, and next to nothing fetched twice.

Whole processes, kill -9, real sockets. ``make kills`` takes larger files and kills twenty times.
"""

import hashlib
import os
import random
import time
from pathlib import Path

import pytest

from tests.processes import ended, export, serving, start_export
from tobs.telegram.client import LANES
from tobs.telegram.download import MEGABYTE
from tobs.testing.files import Generated
from tobs.testing.manyfiles import Batch

KILLS = int(os.environ.get("TOBS_KILLS", "1"))
WORKERS = 16  # files at once by default


def digests(vault: Path) -> set[str]:
    files = [path for path in (vault / "Telegram").rglob("*") if path.suffix in (".zip", ".jpg")]
    return {hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def expected(batch: Batch) -> set[str]:
    contents = (Generated(batch.size, seed=number) for number in range(1, batch.count + 1))
    return {hashlib.sha256(content.read(0, batch.size)).hexdigest() for content in contents}


def kill_while_files_come(server: Path, vault: Path, seconds: float) -> None:
    """Kill an export so long after its first file began to grow."""
    process = start_export(server, vault)
    parts = vault / ".tobs" / "parts"
    began = {path.name: path.stat().st_mtime_ns for path in parts.glob("*")} if parts.exists() else {}
    while process.poll() is None and not any(grows(path, began) for path in parts.glob("*")):
        time.sleep(0.01)
    time.sleep(seconds)
    process.kill()
    ended(process)


def grows(path: Path, began: dict[str, int]) -> bool:
    try:
        return path.stat().st_mtime_ns != began.get(path.name)
    except FileNotFoundError:  # it is whole, and has moved
        return True


@pytest.mark.parametrize(
    ("name", "in_flight", "bandwidth"),
    [
        ("1x200M" if KILLS > 2 else "1x48M", LANES * MEGABYTE, "8" if KILLS > 2 else "4"),
        ("500x100k" if KILLS > 2 else "80x100k", WORKERS * 100_000, "0.5"),
    ],
)
def test_nothing_but_what_was_under_way_is_fetched_twice(
    tmp_path: Path, name: str, in_flight: int, bandwidth: str
) -> None:
    batch, server, vault = Batch.parse(name), tmp_path / "server", tmp_path / "vault"
    options = ("--scenario", "files", "--files", name, "--bandwidth-mb", bandwidth)
    moments = random.Random(0)
    with serving(server, *options) as facts:
        for _ in range(KILLS):
            kill_while_files_come(server, vault, moments.uniform(0.05, 0.5))
        run = export(server, vault)
        assert run.code == 0, run.err
    assert digests(vault) == expected(batch)
    size = batch.count * batch.size
    assert size <= facts["file_bytes"] <= size + KILLS * in_flight
