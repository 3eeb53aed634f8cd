"""Writing down which files messages have."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Collection, Sequence
from itertools import chain, count

import attrs

from tobs.archive.rows import MediaRow

NUMBER = re.compile(r"(?<=_)(\d+)-\d+$")  # what the further files of a message are told apart by


def put_media(db: sqlite3.Connection, chat_id: int, messages: Collection[int], rows: Sequence[MediaRow]) -> set[int]:
    """Have these files, and no others, for these messages of a chat; gives the messages whose files changed.

    A file that its message still has keeps its state and its place, unless
    another one of the message is to lie there now. A message with earlier
    versions keeps what those showed, and a new file lies beside that.
    """
    if not messages:
        return set()
    span = (chat_id, min(messages), max(messages))
    edited = {number for (number,) in db.execute(EDITED, span).fetchall()}
    known = db.execute(KNOWN, span).fetchall()
    rows = beside(rows, known, edited)
    wanted = {(row.message_id, row.file_id, row.thumb): row.kind for row in rows}
    owners = {row.path: (row.message_id, row.file_id, row.thumb) for row in rows}
    kept, gone = set(), []
    for message, file, thumb, kind, path in known:
        key = (message, file, thumb)
        if message in edited and message in messages:
            db.execute(RETURN if key in wanted else REPLACE, (REPLACED, chat_id, *key))
            kept.add(key)
        elif wanted.get(key) == kind and owners.get(path, key) == key:
            kept.add(key)
        elif message in messages:
            gone.append(key)
    db.executemany(DELETE, [(chat_id, *key) for key in gone])
    db.executemany(INSERT, [attrs.astuple(row) for row in rows])
    return {message for message, _, _ in (*gone, *(wanted.keys() - kept))}


def beside(
    rows: Sequence[MediaRow], known: Sequence[tuple[int, int, str, str, str]], edited: Collection[int]
) -> list[MediaRow]:
    """The same with free places for the new files of `edited` messages."""
    mine = {(message, file, thumb) for message, file, thumb, _, _ in known}
    taken = {path for message, _, _, _, path in known if message in edited}
    placed = []
    for row in rows:
        if row.message_id in edited and (row.message_id, row.file_id, row.thumb) not in mine:
            row = free(row, taken)
            taken.add(row.path)
        placed.append(row)
    return placed


def free(row: MediaRow, taken: Collection[str]) -> MediaRow:
    """A file at its place, or counted on as the further files of a message are."""
    folder, _, name = row.path.rpartition("/")
    stem, dot, endings = name.partition(".")
    plain = NUMBER.sub(r"\1", stem)
    names = (f"{plain}-{number}{dot}{endings}" for number in count(2))
    name = next(each for each in chain((name,), names) if f"{folder}/{each}" not in taken)
    return attrs.evolve(row, name=name, path=f"{folder}/{name}")


KNOWN = "SELECT message_id, file_id, thumb, kind, path FROM media WHERE chat_id = ? AND message_id BETWEEN ? AND ?"
EDITED = "SELECT DISTINCT id FROM versions WHERE chat_id = ? AND id BETWEEN ? AND ?"
REPLACED = "another file took its place before it was fetched"
REPLACE = """
UPDATE media SET state = 'failed', reason = ?1
WHERE chat_id = ?2 AND message_id = ?3 AND file_id = ?4 AND thumb = ?5 AND state = 'pending'
"""
RETURN = """
UPDATE media SET state = 'pending', reason = ''
WHERE chat_id = ?2 AND message_id = ?3 AND file_id = ?4 AND thumb = ?5 AND state = 'failed' AND reason = ?1
"""
DELETE = "DELETE FROM media WHERE chat_id = ? AND message_id = ? AND file_id = ? AND thumb = ?"
INSERT = """
INSERT INTO media (chat_id, message_id, file_id, kind, dc_id, size, thumb, name, path, state, reason, sha256)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (chat_id, message_id, file_id, thumb) DO NOTHING
"""
