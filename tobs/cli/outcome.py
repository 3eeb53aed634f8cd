"""How a command ends: an exit code and, when something went wrong, sentences on stderr."""

from __future__ import annotations

import enum
import os
import sys
import traceback
from collections.abc import Callable

from tobs.cli.plain import plain
from tobs.errors import ArchiveError, ConfigError, LoginFailed, NotAuthorized, TobsError, VaultError, leaves

Says = Callable[[str], str]  # a sentence as this run puts it


class Exit(enum.IntEnum):
    """What the exit code of ``tobs`` says."""

    DONE = 0
    SOME_FAILED = 1  # the rest is exported; also: Telegram could not be reached to the end, or asks to come back later
    FIX_FIRST = 2  # usage, configuration, an archive that is in use or newer, a disk that is full
    NOT_LOGGED_IN = 3
    INTERRUPTED = 130  # run it again to go on


_CODES: tuple[tuple[type[BaseException], Exit], ...] = (
    (KeyboardInterrupt, Exit.INTERRUPTED),
    (NotAuthorized, Exit.NOT_LOGGED_IN),
    (LoginFailed, Exit.NOT_LOGGED_IN),
    (ConfigError, Exit.FIX_FIRST),
    (ArchiveError, Exit.FIX_FIRST),
    (VaultError, Exit.FIX_FIRST),
)


def conclude(command: Callable[[], int], says: Says = str, *, debug: bool) -> int:
    """The exit code of `command`; its errors become sentences, told as `says` puts them.

    With `debug` the traceback follows.
    """
    try:
        return command()
    except (Exception, BaseExceptionGroup, KeyboardInterrupt) as error:  # the outermost edge
        errors = list(leaves(error)) if isinstance(error, BaseExceptionGroup) else [error]
        if all(isinstance(each, BrokenPipeError) for each in errors):
            return _without_reader()
        for sentence in dict.fromkeys(sentence for each in errors for sentence in _sentences(each)):
            complain(says(sentence))
        if debug:
            traceback.print_exception(error)
        return max(_code(each) for each in errors)


def _without_reader() -> int:
    """Whoever read our output has gone, as in ``tobs chats | head``."""
    # Python would complain once more when it flushes at the end.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return Exit.DONE


def _code(error: BaseException) -> Exit:
    return next((code for kind, code in _CODES if isinstance(error, kind)), Exit.SOME_FAILED)


def _sentences(error: BaseException) -> tuple[str, ...]:
    match error:
        case ConfigError():
            return error.problems
        case TobsError():
            return (str(error),)
        case KeyboardInterrupt():
            return ("interrupted; run it again to go on.",)
        case _:
            return (f"this should not happen: {error!r}; run it again with --debug and report what it shows.",)


def complain(sentence: str) -> None:
    """One line on stderr. Sentences quote titles and file names, so they are made harmless here."""
    print(f"tobs: {plain(sentence, width=1000)}", file=sys.stderr)
