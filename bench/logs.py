"""What the log costs an export, each line written and repeats counted."""

from __future__ import annotations

import json
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import attrs

from bench.figure import Figure
from bench.processes import Server, run, serving

MESSAGES = 30_000
ROUNDS = 3
EACH, COUNTED = 0.0, 5.0  # batch_interval_seconds


@attrs.frozen
class Logged:
    """What an export logged at INFO and below, in seconds of processor time, and its own: all of it and its hot path.

    That is reading, preparing and archiving: without the start of the process, and without writing notes.
    """

    lines: int
    seconds: float
    cpu: float
    hot: float


def logs() -> Iterator[Figure]:
    """What a line costs within an export, and how much of an export that is."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with serving(folder, "--scenario", "big", "--messages", str(MESSAGES)) as server:
            rounds = [[logged(server, level, interval) for level, interval in KINDS] for _ in range(ROUNDS)]
    each, counted, info = (list(kind) for kind in zip(*rounds, strict=True))
    saved = median([100 * (one.seconds - two.seconds) / one.hot for one, two in zip(each, counted, strict=True)])
    yield Figure("lines at DEBUG of an export, per 1,000 messages", median([one.lines for one in each]) / 30, "lines")
    yield Figure("a line at DEBUG: each written", median(map(microseconds, each)), "µs")
    yield Figure("a line at DEBUG: counted", median(map(microseconds, counted)), "µs")
    yield Figure("the hot path without the log, per 1,000 messages", median(map(quiet, info)), "ms")
    yield Figure("DEBUG, each written, of an export's processor time", median(map(share, each)), "%")
    yield Figure("DEBUG, counted, of an export's processor time", median(map(share, counted)), "%")
    yield Figure("INFO, of an export's processor time", median(map(share, info)), "%")
    yield Figure("saved by counting in the hot path at DEBUG", saved, "%", ">= 5 %", saved >= 5)


KINDS = (("DEBUG", EACH), ("DEBUG", COUNTED), ("INFO", COUNTED))


def median(values: object) -> float:
    """The middle one."""
    return float(statistics.median(values))  # type: ignore[call-overload]


def microseconds(one: Logged) -> float:
    """What a line took."""
    return one.seconds / max(one.lines, 1) * 1e6


def quiet(one: Logged) -> float:
    """Milliseconds of the hot path for 1,000 messages, without its lines."""
    return (one.hot - one.seconds) * 1e6 / MESSAGES


def share(one: Logged) -> float:
    """Per cent of all processor time that lines took."""
    return 100 * one.seconds / one.cpu


def logged(server: Server, level: str, interval: float) -> Logged:
    """An export, and another one of the same vault, which has nothing to do but to start."""
    vault, log, config = server.folder / "vault", server.folder / "export.log", server.folder / "logging.toml"
    table = f'\n[logging]\nlevel = "{level}"\nbatch_interval_seconds = {interval}\nfile = "{log}"\n'
    config.write_text(server.config.read_text() + table)
    config.chmod(0o600)
    spent, start = export(config, vault), export(config, vault)
    shutil.rmtree(vault)
    return Logged(int(spent["lines"]), spent["seconds"], spent["cpu"], spent["cpu"] - start["cpu"] - spent["notes"])


def export(config: Path, vault: Path) -> dict[str, float]:
    """What it spent, and on what."""
    spent = config.with_name("spent.json")
    arguments = ("export", "--config", str(config), "--vault", str(vault), "--json")
    run(sys.executable, "-m", "bench.logged", str(spent), *arguments)
    found: dict[str, float] = json.loads(spent.read_text())
    return found
