"""Session files: as good as a password, and for one process at a time."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from tobs.config import TelegramConfig
from tobs.errors import ConfigError, SessionInUse
from tobs.holder import holder_of, name_holder
from tobs.telegram.centrekeys import SUFFIX as KEYS
from tobs.telegram.lastvault import SUFFIX as VAULT
from tobs.telegram.limits import SUFFIX as LIMITS
from tobs.telegram.takeoutdelay import SUFFIX as TAKEOUT

_LOG = logging.getLogger(__name__)
_APPLICATION_ID = 0x746F6273  # "tobs" in the header of a session that tobs made, which no other program writes there
_MAGIC = b"SQLite format 3\0"  # begins each file of SQLite
_HEADER = 100  # bytes; https://www.sqlite.org/fileformat.html#the_database_header
_AT = slice(68, 72)
_COMPANIONS = ("", "-journal", "-wal", "-shm", KEYS, f"{KEYS}.part", LIMITS, TAKEOUT, VAULT)


def session_path(config: TelegramConfig) -> Path:
    return config.sessions_dir / f"{config.session}.session"


@contextmanager
def hold_session(config: TelegramConfig, who: str = "") -> Iterator[Path]:
    """The session file, there and readable by its owner only, and locked against other processes.

    Two processes on one session make Telegram revoke it. Raises `SessionInUse`
    when another process has it, `ConfigError` when the folder cannot be used.
    """
    path = session_path(config)
    with _locked(path, who):
        _make_private(path)
        yield path


def delete_session(config: TelegramConfig) -> None:
    """Remove the session's files. Raises `SessionInUse` when another process has it."""
    path = session_path(config)
    with _locked(path):
        for companion in _COMPANIONS:
            path.with_name(path.name + companion).unlink(missing_ok=True)


def is_ours(path: Path) -> bool:
    """Whether tobs made this session file; one that was copied here from another program is not."""
    with path.open("rb") as file:
        return file.read(_HEADER)[_AT] == _APPLICATION_ID.to_bytes(4, "big")


@contextmanager
def _locked(path: Path, who: str = "") -> Iterator[None]:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _close_to_others(path.parent, 0o700)
        # The lock is kept beside the session and never removed: removing it would let two processes lock two files.
        lock = FileLock(path.with_suffix(".lock"), timeout=0, mode=0o600)
        lock.acquire()
        name_holder(path.with_suffix(".lock"), who)
    except Timeout:
        holder = holder_of(path.with_suffix(".lock"))
        raise SessionInUse(f"The session {path} is in use by {holder}; wait until that one has ended.") from None
    except OSError as exc:
        reason = exc.strerror or str(exc)
        raise ConfigError([f"{path.parent} cannot be used ({reason}) @ config.toml: telegram.sessions_dir"]) from exc
    try:
        yield
    finally:
        lock.release()


def _make_private(path: Path) -> None:
    # Before SQLite creates it, so that it is never readable by others, not even for a moment.
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    for each in (path, path.with_name(path.name + KEYS)):
        if each.exists():
            _close_to_others(each, 0o600)
    if path.stat().st_size == 0:
        connection = sqlite3.connect(path)
        connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        connection.close()
    elif not path.read_bytes().startswith(_MAGIC):
        raise ConfigError([f"{path} is damaged or no session; delete it, and run `tobs login`"])
    os.utime(path)  # when it was last used


def _close_to_others(path: Path, mode: int) -> None:
    """Repair the mode of a session file or its folder, and say so."""
    if os.name == "posix" and path.stat().st_mode & 0o077:
        path.chmod(mode)
        _LOG.warning("others on this computer could use %s; it is yours alone now", path)
