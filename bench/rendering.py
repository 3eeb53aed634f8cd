"""From the archive to notes: speed and memory of `tobs render`, and what ten new messages cost."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.figure import Figure
from bench.processes import Cost, run, run_tobs, serving

MESSAGES = 100_000
NEW = 10
RUNS = 3  # the quickest counts: whatever else the machine does only adds


def rendering() -> Iterator[Figure]:
    """All notes of a big chat anew, of a fifth and of twice of it, and an export that finds a little more of it."""
    with tempfile.TemporaryDirectory() as name:
        vaults = {count: Path(name) / str(count) for count in (1, MESSAGES // 5, MESSAGES, 2 * MESSAGES)}
        costs = {count: rendered(export_big(count, vault)) for count, vault in vaults.items()}
        idle, small, one, large = costs.values()
        rate = MESSAGES / (one.cpu - idle.cpu)
        yield Figure("tobs render, 100,000 messages, of processor time", rate, "messages/s", "≥ 20,000", rate >= 20_000)
        ratio = large.peak_mb / small.peak_mb
        yield Figure("peak memory of it", one.peak_mb, "MB")
        yield Figure("memory, 200,000 against 20,000", ratio, "×", "≤ 1.15", ratio <= 1.15)
        vault = vaults[MESSAGES]
        before = inodes(vault)
        export_big(MESSAGES + NEW, vault)
        changed = [path for path, inode in inodes(vault).items() if before.get(path) != inode]
        yield Figure("10 more messages: notes written", len(changed), "notes", "≤ 3", len(changed) <= 3)


def export_big(count: int, vault: Path) -> Path:
    """Export the big chat with that many messages into `vault`."""
    big = ("--scenario", "big", "--messages", str(count))
    with tempfile.TemporaryDirectory() as name, serving(Path(name), *big) as server:
        run_tobs(server, vault)
    return vault


def rendered(vault: Path) -> Cost:
    """Every note of the vault anew, into an empty folder."""
    config = vault / "config.toml"
    config.write_text(f'[export]\nvault = "{vault}"\n')
    runs = [anew(vault, config) for _ in range(RUNS)]
    return min(runs, key=lambda cost: cost.cpu)


def anew(vault: Path, config: Path) -> Cost:
    shutil.rmtree(vault / "Telegram")
    return run(sys.executable, "-m", "tobs", "render", "--config", str(config))


def inodes(vault: Path) -> dict[Path, int]:
    """Each note by its path: a note is written by renaming a new file into its place."""
    return {path: path.stat().st_ino for path in vault.rglob("*.md")}
