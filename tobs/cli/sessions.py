"""``tobs sessions`` and ``tobs sessions gc``"""

from __future__ import annotations

import json as jsonlib
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from cyclopts import App

from tobs.cli.called import Called
from tobs.cli.flowing import flowing
from tobs.cli.outcome import Exit, complain
from tobs.cli.plain import plain
from tobs.cli.settings import DEFAULT, ConfigPath, Switch, require_account, settings

if TYPE_CHECKING:
    from tobs.cli.signals import Interrupts
    from tobs.config import Config
    from tobs.telegram.sessiongc import Removal, SessionFile


def make_sessions() -> App:
    """The commands about session files."""
    app = App(name="sessions", help_format="plaintext")
    app.default(flowing(sessions))
    app.command(flowing(gc))
    return app


def sessions(*, config: ConfigPath = DEFAULT, json: Switch = False, debug: Switch = False) -> int:
    """List the session files: name, last use, and what the next clean-up makes of them.

    Examples:
        tobs sessions

    Parameters
    ----------
    json
        Print one JSON object a line, as is done without a terminal.
    debug
        Log everything, and show tracebacks.
    """
    from tobs.telegram.sessiongc import plan_gc, scan_sessions

    chosen = settings(config, debug=debug)
    found = scan_sessions(chosen.telegram.sessions_dir)
    going = plan_gc(found, time.time(), chosen.sessions, {chosen.telegram.session, *chosen.other_sessions})
    rows = [(file, _state(file, chosen, going)) for file in found]
    if json or not sys.stdout.isatty():
        for file, state in rows:
            print(jsonlib.dumps({"name": file.name, "used": int(file.used), "state": state}))
    else:
        _print_table(rows)
    return Exit.DONE


def gc(*, config: ConfigPath = DEFAULT, dry_run: Switch = False, debug: Switch = False) -> int:
    """Sign old sessions out on Telegram and delete their files.

    Which ones is said by [sessions] in the configuration. The active session, files that another program made and
    sessions that are in use stay.

    Examples:
        tobs sessions gc --dry-run
        tobs sessions gc

    Parameters
    ----------
    dry_run
        Only say which sessions would go.
    debug
        Log everything, and show tracebacks.
    """
    from tobs.cli.signals import run
    from tobs.telegram.sessiongc import collect_sessions, plan_gc, scan_sessions

    chosen = settings(config, debug=debug)
    if dry_run:
        found = scan_sessions(chosen.telegram.sessions_dir)
        going = plan_gc(found, time.time(), chosen.sessions, {chosen.telegram.session, *chosen.other_sessions})
        for name in going:
            print(f"{plain(name)} would go")
        print(f"{len(going)} of {len(found)} sessions would go")
        return Exit.DONE
    require_account(chosen, config)

    async def work(_interrupts: Interrupts) -> list[Removal]:
        return await collect_sessions(chosen.telegram, chosen.sessions, time.time(), chosen.other_sessions)

    removals = run(work)
    for removal in removals:
        if removal.problem:
            complain(Called(config).says(f"{removal.name} stays: {removal.problem}"))
    stayed = sum(bool(removal.problem) for removal in removals)
    print(f"{len(removals) - stayed} sessions signed out and deleted")
    return Exit.SOME_FAILED if stayed else Exit.DONE


def _state(file: SessionFile, config: Config, going: Sequence[str]) -> str:
    if file.name == config.telegram.session:
        return "active"
    if file.name in config.other_sessions:
        return "another account"
    if not file.ours:
        return "foreign"
    return "old" if file.name in going else "kept"


def _print_table(rows: Sequence[tuple[SessionFile, str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("session", "last used", "state")
    for file, state in rows:
        used = datetime.fromtimestamp(file.used).astimezone().isoformat(" ", "minutes")
        table.add_row(Text(plain(file.name)), used, state)
    Console().print(table)
