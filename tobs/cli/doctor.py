"""``tobs doctor``"""

from __future__ import annotations

import json as jsonlib
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from tobs.cli.called import Called
from tobs.cli.outcome import Exit
from tobs.cli.plain import plain
from tobs.cli.settings import DEFAULT, ConfigPath, Switch, settings

if TYPE_CHECKING:
    from tobs.cli.signals import Interrupts
    from tobs.config import Config
    from tobs.doctor import Check

_MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "problem": ("✗", "red")}


def doctor(
    *, config: ConfigPath = DEFAULT, offline: Switch = False, json: Switch = False, debug: Switch = False
) -> int:
    """Look for what would stop an export, and say what to do.

    Looks at versions, configuration, permissions, session, vault, disk, archive, clock and network. Changes nothing.
    Exit code 0 if an export would work, else 1.

    Examples:
        tobs doctor
        tobs doctor --offline --json

    Parameters
    ----------
    offline
        Leave the network out.
    json
        Print one JSON object a line, as is done without a terminal.
    debug
        Log everything, and show tracebacks.
    """
    from tobs.doctor.local import check_locally

    chosen = settings(config, takeout=None, debug=debug)
    checks = list(check_locally(chosen, config.path))
    if not offline and not any(check.state == "problem" for check in checks if check.what in ("api_id", "session")):
        checks += look_online(chosen)
    says = Called(config).says
    checks = [attrs.evolve(each, finding=says(each.finding), advice=says(each.advice)) for each in checks]
    if json or not sys.stdout.isatty():
        for check in checks:
            print(jsonlib.dumps(attrs.asdict(check)))
    else:
        show(checks)
    return Exit.SOME_FAILED if any(check.state == "problem" for check in checks) else Exit.DONE


def look_online(config: Config) -> list[Check]:
    """What Telegram says."""
    from contextlib import aclosing

    from tobs.cli.signals import run
    from tobs.doctor.online import check_online

    async def work(_interrupts: Interrupts) -> list[Check]:
        async with aclosing(check_online(config.telegram)) as checks:
            return [check async for check in checks]

    return run(work)


def show(checks: Sequence[Check]) -> None:
    """The checks for a person."""
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    table = Table.grid("", "", Column(overflow="fold"), padding=(0, 2))  # no path is cut
    for check in checks:
        mark, colour = _MARKS[check.state]
        said = Text(plain(check.finding, width=1000))
        if check.advice:
            said.append(f"\n→ {plain(check.advice, width=1000)}", "bold")
        table.add_row(Text(mark, colour), Text(check.what), said)
    Console().print(table)
