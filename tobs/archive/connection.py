"""SQLite as the archive uses it: durable writing, reading without a trace, and errors in sentences."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tobs.errors import ArchiveError, ArchiveFull

CACHE_KIB = 4_096  # holds the upper B-tree pages of an archive of millions; flat whatever its size


def prepare_connection(connection: sqlite3.Connection) -> None:
    """Write-ahead logging: a kill loses nothing, a power cut at most the last commits, and neither corrupts."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")


@contextmanager
def open_read_only(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that cannot write."""
    log = path.with_name(f"{path.name}-wal")
    # A killed run leaves a log, which has to be read too. Without one, "immutable" leaves no trace beside the file.
    mode = "mode=ro" if log.exists() and log.stat().st_size else "immutable=1"
    db = sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True, isolation_level=None)
    try:
        yield db
    finally:
        db.close()


NO_ROOM = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """SQLite's errors as `ArchiveError` sentences."""
    try:
        yield
    except sqlite3.Error as error:
        kind = ArchiveFull if code_of(error) in NO_ROOM else ArchiveError
        raise kind(path, explain(path, error)) from error


def code_of(error: sqlite3.Error) -> int:
    """The primary result code (https://sqlite.org/rescode.html), the low byte of an extended one."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def explain(path: Path, error: sqlite3.Error) -> str:
    """What a person can do about an SQLite error."""
    code = code_of(error)
    if code in NO_ROOM:
        return f"the disk with {path} is full or failing; make room and run tobs again, nothing is lost."
    match code:
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return f"cannot write the archive {path}; check the permissions of its folder."
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT:
            return f"{path} is damaged or no archive; restore it from a backup or move it away to start anew."
    return f"the archive {path} cannot be used: {error}."
