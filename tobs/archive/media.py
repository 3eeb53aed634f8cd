"""Writing down which files messages have."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Collection, Sequence
from itertools import chain, count
from typing import NamedTuple

import attrs

from tobs.archive.bloom import Seen
from tobs.archive.rows import MediaRow
from tobs.archive.sharing import ROWS, join, leave

NUMBER = re.compile(r"(?<=_)(\d+)-\d+$")  # what the further files of a message are told apart by


def put_media(
    db: sqlite3.Connection,
    chat_id: int,
    messages: Collection[int],
    rows: Sequence[MediaRow],
    seen: Callable[[], Seen],
) -> set[int]:
    """Have these files, and no others, for these messages of a chat; gives the messages whose files changed.

    A file that its message still has keeps its state and its place, unless
    another one of the message is to lie there now. A message with earlier
    versions keeps what those showed, and a new file lies beside that. Files
    that other messages have as well are shared with them (`tobs.archive.sharing`),
    and notes of those whose place changes are marked.
    """
    if not messages:
        return set()
    span = (chat_id, min(messages), max(messages))
    edited = {number for (number,) in db.execute(EDITED, span).fetchall()}
    known = [Known(*row) for row in db.execute(KNOWN, span).fetchall()]
    rows = beside(rows, known, edited)
    wanted = {(row.message_id, row.file_id, row.thumb): row.kind for row in rows}
    owners = {row.path: (row.message_id, row.file_id, row.thumb) for row in rows}
    kept, gone = set(), []
    for each in known:
        key = (each.message, each.file, each.thumb)
        if each.message in edited and each.message in messages:
            db.execute(RETURN if key in wanted else REPLACE, (REPLACED, chat_id, *key))
            kept.add(key)
        elif wanted.get(key) == each.kind and owners.get(each.own, key) == key:
            kept.add(key)
        elif each.message in messages:
            gone.append(key)
    removed = [remove(db, chat_id, key) for key in gone]
    new = [row for row in rows if (row.message_id, row.file_id, row.thumb) not in kept]
    db.executemany(INSERT, [attrs.astuple(row)[:12] for row in new])
    for row in removed:
        leave(db, row)
    if new:
        join(db, new, seen())
    make_way(db, removed, new)
    return {message for message, _, _ in (*gone, *(wanted.keys() - kept))}


class Known(NamedTuple):
    """A file that is written down already."""

    message: int
    file: int
    thumb: str
    kind: str
    own: str


def remove(db: sqlite3.Connection, chat_id: int, key: tuple[int, int, str]) -> MediaRow:
    """Forget a file of a message; gives what was known of it."""
    row = MediaRow(*db.execute(f"{ROWS} {WHERE}", (chat_id, *key)).fetchone())
    db.execute(f"DELETE FROM media {WHERE}", (chat_id, *key))
    return row


def make_way(db: sqlite3.Connection, removed: Sequence[MediaRow], new: Sequence[MediaRow]) -> None:
    """Have files removed that no message has any more, where another one is to lie now."""
    wanted = {row.path for row in new}
    for row in removed:
        if row.state == "done" and row.path in wanted and not db.execute(THERE, (row.name, row.path)).fetchone():
            db.execute("INSERT INTO moves (old, new) VALUES (?, '')", (row.path,))


def beside(rows: Sequence[MediaRow], known: Sequence[Known], edited: Collection[int]) -> list[MediaRow]:
    """The same with free places for the new files of `edited` messages."""
    mine = {(each.message, each.file, each.thumb) for each in known}
    taken = {each.own for each in known if each.message in edited}
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


KNOWN = "SELECT message_id, file_id, thumb, kind, own FROM media WHERE chat_id = ? AND message_id BETWEEN ? AND ?"
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
WHERE = "WHERE chat_id = ? AND message_id = ? AND file_id = ? AND thumb = ?"
THERE = "SELECT 1 FROM media WHERE name = ? AND path = ? AND state = 'done'"
INSERT = """
INSERT INTO media (chat_id, message_id, file_id, kind, dc_id, size, thumb, name, path, state, reason, sha256,
                   own, date)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,
        ?9, (SELECT date FROM messages WHERE chat_id = ?1 AND id = ?2))
"""
