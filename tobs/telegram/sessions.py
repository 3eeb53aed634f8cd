"""Session files: as good as a password, and for one process at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from tobs.config import TelegramConfig
from tobs.errors import ConfigError, SourceError


def session_path(config: TelegramConfig) -> Path:
    return config.sessions_dir / f"{config.session}.session"


@contextmanager
def hold_session(config: TelegramConfig) -> Iterator[Path]:
    """The session file, there and readable by its owner only, and locked against other processes.

    Two processes on one session make Telegram revoke it. Raises `SourceError`
    when another process has it, `ConfigError` when the folder cannot be used.
    """
    path = session_path(config)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.parent.chmod(0o700)
        # The lock is kept beside the session and never removed: removing it would let two processes lock two files.
        lock = FileLock(path.with_suffix(".lock"), timeout=0, mode=0o600)
        lock.acquire()
    except Timeout:
        raise SourceError(f"The session {path} is in use by another tobs; wait until that one has ended.") from None
    except OSError as exc:
        reason = exc.strerror or str(exc)
        raise ConfigError([f"{path.parent} cannot be used ({reason}) @ config.toml: telegram.sessions_dir"]) from exc
    try:
        _make_private(path)
        yield path
    finally:
        lock.release()


def _make_private(path: Path) -> None:
    # Before SQLite creates it, so that it is never readable by others, not even for a moment.
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    path.chmod(0o600)
