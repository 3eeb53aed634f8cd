"""Writing down which files messages have."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence

import attrs

from tobs.archive.rows import MediaRow


def put_media(db: sqlite3.Connection, chat_id: int, messages: Collection[int], rows: Sequence[MediaRow]) -> set[int]:
    """Have these files, and no others, for these messages of a chat; gives the messages whose files changed.

    A file that its message still has keeps its state and its place, unless
    another one of the message is to lie there now.
    """
    if not messages:
        return set()
    wanted = {(row.message_id, row.file_id, row.thumb): row.kind for row in rows}
    owners = {row.path: (row.message_id, row.file_id, row.thumb) for row in rows}
    kept, gone = set(), []
    for message, file, thumb, kind, path in db.execute(KNOWN, (chat_id, min(messages), max(messages))).fetchall():
        key = (message, file, thumb)
        if wanted.get(key) == kind and owners.get(path, key) == key:
            kept.add(key)
        elif message in messages:
            gone.append(key)
    db.executemany(DELETE, [(chat_id, *key) for key in gone])
    db.executemany(INSERT, [attrs.astuple(row) for row in rows])
    return {message for message, _, _ in (*gone, *(wanted.keys() - kept))}


KNOWN = "SELECT message_id, file_id, thumb, kind, path FROM media WHERE chat_id = ? AND message_id BETWEEN ? AND ?"
DELETE = "DELETE FROM media WHERE chat_id = ? AND message_id = ? AND file_id = ? AND thumb = ?"
INSERT = """
INSERT INTO media (chat_id, message_id, file_id, kind, dc_id, size, thumb, name, path, state, reason, sha256)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (chat_id, message_id, file_id, thumb) DO NOTHING
"""
