"""The commands of ``tobs`` and what every one of them has in common.

Nothing here or at the top of a command's file imports trio or Telethon, so
that ``tobs --help`` is quick and ``tobs render`` works without a network.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from cyclopts import App, CycloptsError, Parameter

import tobs
from tobs.cli import (
    chats,
    completion,
    demo,
    doctor,
    export,
    imports,
    init,
    login,
    logout,
    plan,
    render,
    report,
    sessions,
    sync,
    verify,
    watch,
)
from tobs.cli.called import Called
from tobs.cli.flowing import flowed, flowing
from tobs.cli.outcome import Exit, conclude
from tobs.errors import ConfigError

_HELP = """Keeps your Telegram in Obsidian: every message in a local archive, shown as a vault of notes.

Without an account: tobs demo. With your own: tobs init, then tobs export.

Exit codes: 0 all done; 1 some of it failed, the rest is exported, or Telegram asks to come back later; 2 something
has to be put right first (usage, configuration, archive, disk); 3 not logged in; 130 interrupted, run it again
to go on.
"""


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code. Never raises and never shows a traceback, save with --debug."""
    for stream in (sys.stdout, sys.stderr):
        # Names come in all alphabets, and a terminal in the C locale must not end the run.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    debug = "--debug" in arguments
    return conclude(lambda: _dispatch(arguments, debug=debug), debug=debug)


def _dispatch(arguments: Sequence[str], *, debug: bool) -> int:
    try:
        command, bound, _ = make_app().parse_args(list(arguments), exit_on_error=False, print_error=False)
    except CycloptsError as error:
        raise ConfigError([f"{error} See tobs --help"]) from error
    return conclude(
        lambda: _code_of(command(*bound.args, **bound.kwargs)), Called.of(bound.arguments).says, debug=debug
    )


def _code_of(result: object) -> int:
    return result if isinstance(result, int) else Exit.DONE


def _told(default: object) -> object:
    """A default that says something: that an option is not given by itself goes without saying."""
    return default or None


def make_app() -> App:
    """The command line as an object."""
    app = App(
        name="tobs",
        help=flowed(_HELP),
        help_format="plaintext",
        version=lambda: f"tobs {tobs.__version__}",
        version_flags=["--version"],
        result_action="return_value",
        default_parameter=Parameter(show_default=_told),
        suppress_keyboard_interrupt=False,
    )
    commands: tuple[Callable[..., int], ...] = (
        demo.demo,
        init.init,
        login.login,
        logout.logout,
        chats.chats,
        plan.plan,
        export.export,
        sync.sync,
        watch.watch,
        render.render,
        verify.verify,
        report.report,
        doctor.doctor,
        completion.completion,
    )
    app.command(flowing(imports.import_), name="import")
    for command in commands:
        app.command(flowing(command))
    app.command(sessions.make_sessions())
    return app
