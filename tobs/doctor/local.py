"""What can be looked at without a network. Nothing is written."""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import tzinfo
from importlib.metadata import version
from pathlib import Path

from tobs.archive.migrations import STEPS, check_ours, version_of
from tobs.config import Config, TelegramConfig
from tobs.configfile import is_private
from tobs.doctor import Check, fine, problem, warning
from tobs.errors import ArchiveError
from tobs.telegram.hours import hour_in_words
from tobs.telegram.sessions import session_path
from tobs.telegram.takeoutdelay import TakeoutDelay
from tobs.vault.publish import local_zone

LOW_DISK = 2_000_000_000  # bytes; photos of one busy group fill a gigabyte within days
PYTHONS = ((3, 11), (3, 14))  # trio-asyncio needs what Python 3.14 has removed


def check_locally(config: Config, path: Path) -> Iterator[Check]:
    """Versions, the configuration at `path`, session, vault, disk and archive."""
    yield check_versions()
    yield check_config(path)
    yield check_account(config.telegram)
    yield check_session(config.telegram)
    if config.telegram.takeout:
        until = TakeoutDelay(session_path(config.telegram)).read()
        yield check_takeout(until, time.time(), local_zone(config.export.timezone))
    yield check_vault(config.export.vault)
    yield check_disk(config.export.vault)
    yield check_archive(config.export.root.archive(config.export.vault))


def check_versions() -> Check:
    """Python and what tobs stands on."""
    low, high = PYTHONS
    python = platform.python_version()
    parts = ", ".join(f"{name} {version(name)}" for name in ("tobs", "telethon", "trio"))
    if low <= tuple(map(int, python.split(".")[:2])) < high:
        return fine("versions", f"Python {python}, {parts}, SQLite {sqlite3.sqlite_version}")
    return problem("versions", f"Python {python}", "Install tobs with Python 3.11, 3.12 or 3.13.")


def check_config(path: Path) -> Check:
    """The file was read already; here it is about who else can read it."""
    if is_private(path):
        return fine("configuration", str(path))
    return warning("configuration", f"Others on this computer can read {path}.", _chmod(600, path))


def _chmod(mode: int, path: Path) -> str:
    return f"Run: chmod {mode} {shlex.quote(str(path))}"


def check_account(telegram: TelegramConfig) -> Check:
    """Whether Telegram can be asked at all."""
    if telegram.api_id and telegram.api_hash:
        return fine("api_id", "api_id and api_hash are there")
    advice = "Get both from https://my.telegram.org, under API development tools; `tobs init` asks for them."
    return problem("api_id", "api_id or api_hash is missing.", advice)


def check_session(telegram: TelegramConfig) -> Check:
    """Whether there is a session file, and who can use it."""
    path = session_path(telegram)
    if not path.is_file():
        return problem("session", f"There is no session {path}.", "Run: `tobs login`")
    for each, mode in ((path.parent, 700), (path, 600)):
        if os.name == "posix" and each.stat().st_mode & 0o077:
            return warning("session", f"Others on this computer can use {each}.", _chmod(mode, each))
    return fine("session", str(path))


def check_takeout(until: float, now: float, zone: tzinfo) -> Check:
    """Whether Telegram has said that a takeout may begin later only. Both are in seconds since 1970."""
    if until <= now:
        return fine("takeout", "Telegram has not asked to wait for it")
    advice = "Confirm it in the Telegram app, wait, or run: `tobs export --no-takeout`"
    return warning("takeout", f"Telegram lets one begin from {hour_in_words(until, now, zone)} on.", advice)


def check_vault(vault: Path) -> Check:
    """Whether notes can be written."""
    place = existing(vault)
    if not place.is_dir():
        return problem("vault", f"{place} is a file.", "Choose another folder for vault under [export].")
    if not os.access(place, os.W_OK | os.X_OK):
        advice = "Change its permissions, or choose another folder for vault under [export]."
        return problem("vault", f"{place} cannot be written.", advice)
    return fine("vault", f"{vault}" if place == vault else f"{vault} will be made")


def check_disk(vault: Path) -> Check:
    """Room for media."""
    free = shutil.disk_usage(existing(vault)).free
    if free < LOW_DISK:
        advice = "Make room, choose a folder on another disk, or set max_size_mb under [media]."
        return warning("disk", f"{free / 1e9:.1f} GB are free.", advice)
    return fine("disk", f"{free / 1e9:,.0f} GB are free")


def existing(path: Path) -> Path:
    """The folder itself, or the nearest above it that is there."""
    return next(each for each in (path, *path.parents) if each.exists())


def check_archive(path: Path) -> Check:
    """Whether the archive is whole. Reads it through, which takes seconds a gigabyte."""
    if not path.exists():
        return fine("archive", "none yet; the first export makes it")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            check_ours(connection, path)
            ((found,),) = connection.execute("PRAGMA quick_check(1)").fetchall()
            schema = version_of(connection)
    except ArchiveError as exc:
        return problem("archive", str(exc), "")
    except sqlite3.Error as exc:
        found, schema = str(exc), 0
    if found != "ok":
        advice = "Restore that file from a backup; or move it elsewhere, and `tobs export` reads everything anew."
        return problem("archive", f"{path} is damaged: {found}.", advice)
    later = "" if schema == len(STEPS) else f"; the next export brings it from schema {schema} to {len(STEPS)}"
    return fine("archive", f"{path}, {path.stat().st_size / 1e6:,.1f} MB{later}")
