"""``tobs report``"""

from __future__ import annotations

import json as jsonlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from tobs.cli.called import Called
from tobs.cli.outcome import Exit, Says
from tobs.cli.settings import DEFAULT, ConfigPath, Switch, settings
from tobs.errors import VaultError

if TYPE_CHECKING:
    from tobs.runs import Run


def report(
    number: int = 1,
    *,
    config: ConfigPath = DEFAULT,
    vault: Path | None = None,
    json: Switch = False,
    debug: Switch = False,
) -> int:
    """Show what the last runs did, and one of them in full.

    Per chat what was new, edited, deleted and failed, where the time went, and how many messages came when.

    Examples:
        tobs report
        tobs report 3

    Parameters
    ----------
    number
        Which run to show in full: 1 is the last one, 2 the one before it.
    vault
        Folder of the vault, instead of the one in the configuration.
    json
        Print one JSON object a run, the newest last, as is done without a terminal.
    debug
        Log everything, and show tracebacks.
    """
    from tobs.runs import read_runs, report_path

    chosen = settings(config, vault, debug=debug).export
    folder, root = chosen.vault, chosen.root
    runs = read_runs(folder, root)
    if not 1 <= number <= len(runs):
        path = report_path(folder, root)
        raise VaultError(path, f"{folder} has {len(runs)} runs to tell of; `tobs export` adds one.")
    runs = [told(run, Called(config, vault).says) for run in runs]
    if json or not sys.stdout.isatty():
        _print_json(runs, folder)
    else:
        _show(runs, number, folder)
    return Exit.DONE


def told(run: Run, says: Says) -> Run:
    """The run with its sentences as `says` puts them."""
    from tobs.cli.views import told_report

    return attrs.evolve(run, report=told_report(run.report, says), error=says(run.error))


def _print_json(runs: Sequence[Run], vault: Path) -> None:
    from tobs.cli.jsonlines import report_dict

    for run in runs:
        print(
            jsonlib.dumps(
                {
                    "event": "run",
                    "command": run.command,
                    "error": run.error,
                    "ended": run.ended,
                    **report_dict(run.report, vault),
                }
            )
        )


def _show(runs: Sequence[Run], number: int, vault: Path) -> None:
    from rich.console import Console

    from tobs.cli.summary import run_list, summary, throughput

    console, chosen = Console(), runs[-number]
    console.print(run_list(runs))
    console.print(throughput(chosen.report, console.width, console.encoding))
    console.print(summary(chosen.report, vault))
