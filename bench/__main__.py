"""Run all benchmarks, or those named."""

from __future__ import annotations

import json
import platform
import sys

import attrs
from rich.console import Console
from rich.table import Table

from bench.bloom import bloom
from bench.changes import changes
from bench.cost import cost
from bench.desktop import desktop, desktop_million, giant
from bench.display import display
from bench.far import far, million
from bench.figure import Figure
from bench.files import dcs, files, huge
from bench.floods import floods
from bench.history import growth, overlap, throughput
from bench.logs import logs
from bench.pending import pending, waiting
from bench.rendering import rendering
from bench.watching import watching
from tobs.cli.collector import calm_collector

SUITES = {
    "cost": cost,
    "throughput": throughput,
    "growth": growth,
    "overlap": overlap,
    "far": far,
    "files": files,
    "dcs": dcs,
    "logs": logs,
    "display": display,
    "desktop": desktop,
    "rendering": rendering,
    "bloom": bloom,
    "pending": pending,
}
LONG_SUITES = {
    "million": million,
    "huge": huge,
    "desktop-million": desktop_million,
    "giant": giant,
    "floods": floods,
    "watching": watching,
    "changes": changes,
    "waiting": waiting,
}  # only when named


def main(arguments: list[str]) -> int:
    """Print one table, or with ``--json`` one object; 1 if a promise does not hold."""
    calm_collector()
    suites = SUITES | LONG_SUITES
    names = [argument for argument in arguments if argument in suites] or list(SUITES)
    figures = [figure for name in names for figure in suites[name]()]
    if "--json" in arguments:
        machine = f"{platform.machine()}, Python {platform.python_version()}"
        print(json.dumps({"machine": machine, "figures": [attrs.asdict(figure) for figure in figures]}))
    else:
        Console().print(table(figures))
    return int(any(figure.holds is False for figure in figures))


def table(figures: list[Figure]) -> Table:
    """The figures for a person."""
    drawn = Table("what", "value", "unit", "promised", "holds")
    for figure in figures:
        holds = {True: "yes", False: "NO", None: ""}[figure.holds]
        drawn.add_row(figure.name, f"{figure.value:,.2f}", figure.unit, figure.promise, holds)
    return drawn


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
