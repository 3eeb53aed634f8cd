"""Blocks of messages of export files that were imported before."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import attrs
import orjson

from tobs.archive.codec import Codec
from tobs.model import Chat, Raw
from tobs.raw import CHANNEL_MARK
from tobs.rawfields import mapping
from tobs.source import Span

Names = list[tuple[int, str]]  # marked ids, and what the block calls them


def block_key(digest: bytes) -> str:
    """The key of a block in ``meta``; its value is the names."""
    return f"imported {digest.hex()}"


@attrs.define(eq=False)
class Imported:
    """What is known of blocks; read beside the archive while it is written."""

    _db: sqlite3.Connection | None

    def names(self, digest: bytes) -> Names | None:
        """Whom a block names, None if it was not imported before."""
        if self._db is None or not digest:
            return None
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (block_key(digest),)).fetchone()
        return [(number, name) for number, name in orjson.loads(row[0])] if row else None

    def lacks_files(self, chat_id: int, ids: Span) -> bool:
        """Whether files of these messages are still to be had."""
        assert self._db is not None
        return self._db.execute(LACKING, (chat_id, *ids)).fetchone() is not None


def keep_block(db: sqlite3.Connection, digest: bytes, names: Sequence[tuple[int, str]]) -> None:
    """Know a block again, in the transaction that its messages are written in."""
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (block_key(digest), orjson.dumps(names)))


def adopt_groups(db: sqlite3.Connection, codec: Codec, chats: Sequence[Chat]) -> Iterator[int]:
    """Give the groups that supergroups were the ids that Telegram says they have; yields those that changed.

    An export file has their messages without it, and calls them by the id of
    the supergroup until then.
    """
    for chat in chats:
        made_up = chat.id - CHANNEL_MARK
        if chat.migrated_from in (0, made_up) or db.execute(IS_KNOWN, (chat.migrated_from,)).fetchone():
            continue
        if db.execute(IS_KNOWN, (made_up,)).fetchone():
            db.execute("PRAGMA defer_foreign_keys = ON")
            for table, column in CHAT_IDS:
                db.execute(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", (chat.migrated_from, made_up))
            for moved in (chat.migrated_from, chat.id):
                _say_group(db, codec, moved, -made_up, -chat.migrated_from)
            yield chat.migrated_from


def _say_group(db: sqlite3.Connection, codec: Codec, chat_id: int, made_up: int, group: int) -> None:
    """Have the messages of a chat that only export files told of name a group by its own id."""
    encode, last = codec.encoder(), 0
    while rows := db.execute(REDUCED, (chat_id, last)).fetchall():
        last = rows[-1][0]
        found = ((number, _regrouped(codec.decode(raw), made_up, group)) for number, raw in rows)
        moved = [(encode(said), chat_id, number) for number, said in found if said is not None]
        db.executemany("UPDATE messages SET raw = ? WHERE chat_id = ? AND id = ?", moved)


def _regrouped(raw: Raw, made_up: int, group: int) -> Raw | None:
    """The message with the group's own id where it is in it or answers something in it; None if neither is so."""
    before, after = ({"_": "PeerChat", "chat_id": number} for number in (made_up, group))
    header = mapping(raw, "reply_to")
    said = {**raw, "peer_id": after} if raw.get("peer_id") == before else raw
    if header.get("reply_to_peer_id") == before:
        said = {**said, "reply_to": {**header, "reply_to_peer_id": after}}
    return None if said is raw else said


@contextmanager
def open_imported(path: Path) -> Iterator[Imported]:
    """The blocks that the archive at `path` knows now; none if there is no archive."""
    if not path.exists():
        yield Imported(None)
        return
    uri = f"{path.resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)) as db:
        yield Imported(db)


# What Telegram itself told has a layer, and the ids that it told.
REDUCED = "SELECT id, raw FROM messages WHERE chat_id = ? AND layer = 0 AND id > ? ORDER BY id LIMIT 1000"
IS_KNOWN = "SELECT 1 FROM chats WHERE id = ?"
# Every column that names a chat whose messages are archived.
CHAT_IDS = (
    ("chats", "id"), ("chats", "migrated_from"), ("messages", "chat_id"), ("spans", "chat_id"), ("media", "chat_id"),
    ("unpublished", "chat_id"), ("notes", "chat_id"), ("refs", "chat_id"), ("layouts", "chat_id"), ("seen", "chat_id"),
    ("threads", "chat_id"), ("versions", "chat_id"), ("tombstones", "chat_id"), ("emoji", "chat_id"),
    ("story_uses", "chat_id"),
)  # fmt: skip
LACKING = """
SELECT 1 FROM media WHERE chat_id = ? AND message_id BETWEEN ? AND ?
AND state IN ('pending', 'failed') LIMIT 1
"""
