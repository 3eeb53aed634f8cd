"""Old session files: which of them go, decided without looking, and their removal.

A session is a way into the account for whoever finds it, so those that nobody
uses any more are signed out on Telegram and deleted.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import aclosing
from pathlib import Path

import attrs
import trio

from tobs.config import SessionsConfig, TelegramConfig
from tobs.errors import NotAuthorized, SourceError
from tobs.telegram.login import logout
from tobs.telegram.sessions import delete_session, is_ours

DAY = 86_400
REVOKE_SECONDS = 15.0  # an export waits for this at its start: once, for each session that goes


@attrs.frozen
class SessionFile:
    """A session in the folder: its name, when it was last used (seconds since 1970), and whether tobs made it."""

    name: str
    used: float
    ours: bool


@attrs.frozen
class Removal:
    """What became of a session that was to go; `problem` says why it is still there."""

    name: str
    problem: str = ""


def scan_sessions(folder: Path) -> list[SessionFile]:
    """The sessions in `folder`, newest first. A folder that is not there has none; links are not followed."""
    if not folder.is_dir():
        return []
    paths = [path for path in folder.glob("*.session") if path.is_file() and not path.is_symlink()]
    found = [SessionFile(path.stem, path.stat().st_mtime, is_ours(path)) for path in paths]
    return sorted(found, key=_newest_first)


def plan_gc(files: Collection[SessionFile], now: float, policy: SessionsConfig, active: Collection[str]) -> list[str]:
    """The names of the sessions to remove, oldest last.

    Never one of `active`, one that tobs did not make, one of the newest
    `gc_keep_last_n` of its own, or one used in the last `gc_max_age_days`.
    """
    own = sorted((file for file in files if file.ours), key=_newest_first)
    old = now - policy.gc_max_age_days * DAY
    return [file.name for file in own[policy.gc_keep_last_n :] if file.used < old and file.name not in active]


def _newest_first(file: SessionFile) -> tuple[float, str]:
    return -file.used, file.name


async def remove_sessions(config: TelegramConfig, names: Sequence[str]) -> AsyncGenerator[Removal, None]:
    """Sign each session out on Telegram and delete its files.

    One that is in use, or that Telegram could not be told of, stays for the
    next time: its file is the only means of signing it out. Cancelling leaves
    whole sessions.
    """
    for name in names:
        yield await _remove(attrs.evolve(config, session=name))


async def _remove(config: TelegramConfig) -> Removal:
    try:
        with trio.fail_after(REVOKE_SECONDS):
            await logout(config)
    except NotAuthorized:
        pass  # signed out already
    except trio.TooSlowError:
        return Removal(config.session, "Telegram did not answer in time.")
    except SourceError as exc:
        return Removal(config.session, str(exc))
    delete_session(config)
    return Removal(config.session)


async def collect_sessions(
    config: TelegramConfig, policy: SessionsConfig, now: float, others: Collection[str] = ()
) -> list[Removal]:
    """Remove what `plan_gc` says, the session of `config` being the active one and `others` other accounts'."""
    names = plan_gc(scan_sessions(config.sessions_dir), now, policy, {config.session, *others})
    async with aclosing(remove_sessions(config, names)) as removals:
        return [removal async for removal in removals]
