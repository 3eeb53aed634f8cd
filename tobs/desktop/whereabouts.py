"""Where the files of messages are in their exports."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager

import attrs


@attrs.define(eq=False)
class Whereabouts:
    """The files of a run by message, on disk: exports have millions, and memory is to stay flat."""

    _db: sqlite3.Connection

    def note(self, chat: int, message: int, place: int, files: Iterable[tuple[str, str]]) -> None:
        """Remember the files of a message: `File.thumb` of each, and its path in the export with this number."""
        self._db.executemany(
            "INSERT OR IGNORE INTO files VALUES (?, ?, ?, ?, ?)",
            [(chat, message, thumb, place, path.encode("utf-8", "replace")) for thumb, path in files],
        )

    def find(self, chat: int, message: int, thumb: str) -> list[tuple[int, str]]:
        """Where a file is: numbers of exports, and paths there."""
        query = "SELECT place, path FROM files WHERE chat = ? AND message = ? AND thumb = ?"
        return [(place, path.decode()) for place, path in self._db.execute(query, (chat, message, thumb))]


@contextmanager
def open_whereabouts() -> Iterator[Whereabouts]:
    """None yet. They are gone when the block ends, or the process."""
    # A database without a name is a temporary file, deleted by SQLite as soon as it is open.
    with closing(sqlite3.connect("", isolation_level=None, check_same_thread=False)) as db:
        db.execute("PRAGMA journal_mode = OFF")
        db.execute("PRAGMA synchronous = OFF")
        db.execute("BEGIN")  # never committed: nothing is to survive
        db.execute(
            "CREATE TABLE files (chat INTEGER, message INTEGER, thumb TEXT, place INTEGER, path BLOB, "
            "PRIMARY KEY (chat, message, thumb, place, path)) WITHOUT ROWID"
        )
        yield Whereabouts(db)
