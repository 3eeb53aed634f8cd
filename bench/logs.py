"""What a line of the log costs, written and counted, and how much of an export that is."""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figure import Figure
from bench.processes import run_tobs, serving
from tobs.cli.log import set_up_log
from tobs.config import Config, LoggingConfig

MESSAGES = 30_000
LINES = 50_000


def logs() -> Iterator[Figure]:
    """The cost of a line at DEBUG, and the lines of an export."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        written, counted = (line_cost(folder / f"{interval}.log", interval) for interval in (0.0, 5.0))
        lines, cpu = lines_of_an_export(folder)
    yield Figure("a line at DEBUG: each written", written, "µs")
    yield Figure("a line at DEBUG: counted", counted, "µs", "<= 0.95 × each written", counted <= 0.95 * written)
    yield Figure("lines at DEBUG of an export, per 1,000 messages", lines / MESSAGES * 1000, "lines")
    yield Figure("part of an export's processor time saved by counting", lines * (written - counted) / cpu / 1e4, "%")


def line_cost(file: Path, interval: float) -> float:
    """Microseconds of processor time a line, into a file."""
    set_up_log(Config(logging=LoggingConfig(file=str(file), batch_interval_seconds=interval)), debug=True)
    logger = logging.getLogger("tobs.bench")
    started = time.process_time()
    for number in range(LINES):
        logger.debug("chat %d: %d messages archived", 7, number)
    logging.shutdown()
    seconds = time.process_time() - started
    logging.basicConfig(force=True, level=logging.WARNING)
    return seconds / LINES * 1e6


def lines_of_an_export(folder: Path) -> tuple[int, float]:
    """How many lines an export logs at DEBUG, and its processor time in seconds."""
    log = folder / "export.log"
    with serving(folder, "--scenario", "big", "--messages", str(MESSAGES)) as server:
        table = f'\n[logging]\nlevel = "DEBUG"\nbatch_interval_seconds = 0\nfile = "{log}"\n'
        server.config.write_text(server.config.read_text() + table)
        cost = run_tobs(server, folder / "vault")
    return len(log.read_text().splitlines()), cost.cpu
