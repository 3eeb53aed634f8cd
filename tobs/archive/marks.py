"""How far what happens on Telegram is known, and which messages that happened to the archive has."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable

import attrs
import orjson

from tobs.live import Mark
from tobs.raw import CHANNEL_MARK


def put_mark(db: sqlite3.Connection, mark: Mark) -> None:
    """Everything up to `mark` is in the archive; to be called in the transaction that makes it so."""
    db.execute("INSERT OR REPLACE INTO marks VALUES (?, ?, ?, ?, ?)", attrs.astuple(mark))


def read_marks(db: sqlite3.Connection) -> dict[int, Mark]:
    """The marks, by chat."""
    return {row[0]: Mark(*row) for row in db.execute("SELECT chat_id, pts, qts, date, seq FROM marks").fetchall()}


def known_ids(db: sqlite3.Connection, chat_id: int, ids: Iterable[int]) -> set[int]:
    """Those of `ids` that the archive has."""
    query = "SELECT id FROM messages WHERE chat_id = ? AND id IN (SELECT value FROM json_each(?))"
    return {number for (number,) in db.execute(query, (chat_id, orjson.dumps([*ids]).decode())).fetchall()}


def places(db: sqlite3.Connection, ids: Collection[int]) -> dict[int, list[int]]:
    """The chats that messages of people and basic groups are in: their ids are the account's, and in one chat each."""
    if not ids:
        return {}
    found: dict[int, list[int]] = {}
    for chat_id, number in db.execute(PLACES, (orjson.dumps([*ids]).decode(), CHANNEL_MARK)).fetchall():
        found.setdefault(chat_id, []).append(number)
    return found


PLACES = """
SELECT chat_id, id FROM messages
WHERE chat_id IN (SELECT id FROM chats WHERE id > ?2) AND id IN (SELECT value FROM json_each(?1))
"""
