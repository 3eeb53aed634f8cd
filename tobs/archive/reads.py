"""Reading the archive: small queries, each returning frozen rows.

No query leaves a cursor open: long results are read in blocks by key, so
that pages can be committed on the same connection in between.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

import attrs
import orjson

from tobs.archive.codec import Codec
from tobs.archive.rows import ArchivedChat, MediaRow, Note, Outline, Tombstone, Version
from tobs.archive.sharing import ROWS
from tobs.archive.storied import with_stories
from tobs.model import Chat, Peer, Topic
from tobs.source import Span

BLOCK = 5_000  # outlines a query: some 0.5 MB, and the price of a query vanishes
PARAMETERS = 500  # values in one IN (…); SQLite allows at least 999
PROFILES_AT_ONCE = 500  # people with all that is known of them
PERSON = ("private", "bot", "saved")  # kinds of peers that are people


@attrs.frozen
class Dirty:
    """What of a chat is newer than its notes. `upto` is the newest mark that was read."""

    spans: tuple[Span, ...] = ()
    upto: int = 0


@attrs.frozen
class Statistics:
    """How many messages of a chat are here, and their first and last date; 0 if there are none."""

    count: int
    first_date: int
    last_date: int


class Head(NamedTuple):
    """The first message of the block that shows a message, and the forum topic it is in."""

    id: int
    topic_id: int = 0


def in_topic(topic_id: int) -> str:
    """The condition for one topic, in a form that the partial index answers; "" for all."""
    return f"AND topic_id = {topic_id:d} AND topic_id <> 0" if topic_id else ""


@attrs.define(eq=False)
class Reads:
    """The archive's contents. One thread at a time, as for `Archive`."""

    _db: sqlite3.Connection
    _codec: Codec

    def chats(self) -> list[ArchivedChat]:
        """All chats, by id."""
        return [self._chat(row) for row in self._db.execute(f"SELECT {CHAT} FROM chats ORDER BY id").fetchall()]

    def chat(self, chat_id: int) -> ArchivedChat | None:
        row = self._db.execute(f"SELECT {CHAT} FROM chats WHERE id = ?", (chat_id,)).fetchone()
        return self._chat(row) if row else None

    def _chat(self, row: tuple[Any, ...]) -> ArchivedChat:
        *plain, topics, raw, folder, aliases, layout, pinned = row
        found = tuple(Topic(**topic) for topic in orjson.loads(topics))
        chat = attrs.evolve(Chat(*(*plain, found, self._codec.decode(raw))), pinned_origins=tuple(orjson.loads(pinned)))
        return ArchivedChat(chat, folder, tuple(orjson.loads(aliases)), layout)

    def outlines(self, chat_id: int, from_id: int = -(2**63), topic_id: int = 0) -> Iterator[Outline]:
        """What decides which note a message belongs to, ascending by id. Flat memory. `topic_id` 0 is all topics."""
        for rows in self._blocks("id, date, grouped_id, weight", chat_id, from_id, topic_id):
            yield from map(Outline._make, rows)

    def dates(self, chat_id: int, topic_id: int = 0) -> Iterator[int]:
        """The date of every message, ascending by id. Flat memory."""
        for rows in self._blocks("id, date", chat_id, -(2**63), topic_id):
            for row in rows:
                yield row[1]

    def _blocks(self, columns: str, chat_id: int, from_id: int, topic_id: int) -> Iterator[list[tuple[int, ...]]]:
        query = f"SELECT {columns} FROM messages WHERE chat_id = ? {in_topic(topic_id)} AND id >= ? ORDER BY id LIMIT ?"
        while rows := self._db.execute(query, (chat_id, from_id, BLOCK)).fetchall():
            yield rows
            if len(rows) < BLOCK:
                return
            from_id = rows[-1][0] + 1

    def messages(self, chat_id: int, low: int, high: int, topic_id: int = 0) -> list[dict[str, Any]]:
        """The raw messages of a note, ascending by id."""
        rows = self._db.execute(MESSAGES.format(in_topic(topic_id)), (chat_id, low, high)).fetchall()
        decode = self._codec.decode
        return with_stories(self._db, self._codec, chat_id, [decode(raw) for (raw,) in rows])

    def message(self, chat_id: int, message_id: int) -> dict[str, Any] | None:
        """One raw message."""
        return next(iter(self.messages(chat_id, message_id, message_id)), None)

    def layer(self, chat_id: int, message_id: int) -> int:
        """The TL layer that a message was read with, 0 if it is not here."""
        row = self._db.execute(
            "SELECT layer FROM messages WHERE chat_id = ? AND id = ?", (chat_id, message_id)
        ).fetchone()
        return int(row[0]) if row else 0

    def versions(self, chat_id: int, low: int, high: int) -> list[Version]:
        """What messages said before they were edited, by message, oldest first."""
        rows = self._db.execute(VERSIONS, (chat_id, low, high)).fetchall()
        return [Version(row[0], row[1], row[2], self._codec.decode(row[3])) for row in rows]

    def tombstones(self, chat_id: int, low: int, high: int) -> list[Tombstone]:
        """The messages that are gone, ascending by id."""
        rows = self._db.execute(TOMBSTONES, (chat_id, low, high)).fetchall()
        return [Tombstone(row[0], row[1], row[2], bool(row[3])) for row in rows]

    def gone_counts(self) -> dict[int, int]:
        """Per chat how many of its messages are gone."""
        return dict(self._db.execute("SELECT chat_id, count(*) FROM tombstones GROUP BY chat_id").fetchall())

    def head(self, chat_id: int, message_id: int, *, forum: bool = False) -> Head:
        """The first message of the album that a message belongs to, itself if it is in none; 0 if it is not here.

        An album is a run of messages with one `grouped_id`, as in a note.
        With `forum` the topic of the message is told, too.
        """
        row = self._db.execute(GROUP, (chat_id, message_id)).fetchone()
        if row is None:
            return Head(0)
        group, topic_id = row if forum else (row[0], 0)
        if group:
            # Ten at most (https://core.telegram.org/api/files#albums-grouped-media); more only in strange archives.
            query = BEFORE.format(in_topic(topic_id))
            for before, other in self._db.execute(query, (chat_id, message_id)).fetchall():
                if other != group:
                    break
                message_id = before
        return Head(message_id, topic_id)

    def media(self, chat_id: int, low: int, high: int) -> list[MediaRow]:
        """The files of a note's messages."""
        return self._media("chat_id = ? AND message_id BETWEEN ? AND ?", chat_id, low, high)

    def ambiguous_files(self) -> frozenset[str]:
        """File names that lie in several folders."""
        return frozenset(name for (name,) in self._db.execute(AMBIGUOUS).fetchall())

    def messages_with(self, file_name: str) -> list[tuple[int, int]]:
        """The (chat, message) of all that have a file of this name."""
        return self._db.execute("SELECT chat_id, message_id FROM media WHERE name = ?", (file_name,)).fetchall()

    def peers(self, ids: Collection[int]) -> list[Peer]:
        """The known ones of some peers, without their raw form."""
        wanted = sorted(ids)
        found = []
        for start in range(0, len(wanted), PARAMETERS):
            part = wanted[start : start + PARAMETERS]
            marks = ",".join("?" * len(part))
            found += self._db.execute(f"SELECT {PEER} FROM peers WHERE id IN ({marks}) ORDER BY id", part).fetchall()
        return [Peer(*row) for row in found]

    def names(self) -> dict[int, str]:
        """The name of every peer."""
        return dict(self._db.execute("SELECT id, name FROM peers").fetchall())

    def people(self) -> list[Peer]:
        """All people of the archive, by id, without their raw form: those seen in a chat, and whose account it is."""
        return [Peer(*row) for row in self._db.execute(PEOPLE).fetchall()]

    def profiles(self) -> Iterator[Peer]:
        """The same people with their raw form. Flat memory."""
        return self._in_full(PROFILES)

    def everybody(self) -> Iterator[Peer]:
        """All people, groups and channels that were ever told of, by id, with their raw form. Flat memory."""
        return self._in_full(EVERYBODY)

    def _in_full(self, query: str) -> Iterator[Peer]:
        last = -(2**63)
        while rows := self._db.execute(query, (last, PROFILES_AT_ONCE)).fetchall():
            for *plain, raw in rows:
                yield Peer(*(*plain, self._codec.decode(raw)))
            last = rows[-1][0]

    def seen_in(self) -> dict[int, list[int]]:
        """The chats in which each person was seen."""
        found: dict[int, list[int]] = {}
        for peer_id, chat_id in self._db.execute("SELECT peer_id, chat_id FROM seen ORDER BY 1, 2").fetchall():
            found.setdefault(peer_id, []).append(chat_id)
        return found

    def dirty(self) -> dict[int, Dirty]:
        """Per chat what is newer than its notes."""
        found: dict[int, tuple[list[Span], int]] = {}
        for rowid, chat_id, low, high in self._db.execute("SELECT rowid, * FROM unpublished ORDER BY rowid").fetchall():
            spans = found[chat_id][0] if chat_id in found else []
            spans.append((low, high))
            found[chat_id] = (spans, rowid)
        return {chat_id: Dirty(tuple(spans), upto) for chat_id, (spans, upto) in found.items()}

    def notes(self, kind: str | None = None, chat_id: int | None = None) -> list[Note]:
        """The notes that stand in the vault; period notes in the order of their messages."""
        where = "(?1 IS NULL OR kind = ?1) AND (?2 IS NULL OR chat_id = ?2)"
        rows = self._db.execute(f"SELECT * FROM notes WHERE {where} ORDER BY chat_id, first_id, path", (kind, chat_id))
        return [Note(*row) for row in rows.fetchall()]

    def statistics(self, chat_id: int) -> Statistics:
        """Counts of a chat's messages; some 0.2 s for a million."""
        return Statistics(*self._db.execute(STATISTICS, (chat_id,)).fetchone())

    def tallies(self, kind: str) -> dict[int, dict[Any, int]]:
        """Per chat the messages of its notes by sender, by month or by origin."""
        found: dict[int, dict[Any, int]] = {}
        for chat_id, key, count in self._db.execute(TALLIES, (kind,)).fetchall():
            found.setdefault(chat_id, {})[key] = count
        return found

    def pictures(self) -> dict[int, int]:
        """Per chat the photos that are there or on their way."""
        return dict(self._db.execute(PICTURES).fetchall())

    def topic_tallies(self, chat_id: int, kind: str) -> dict[int, dict[Any, int]]:
        """Per topic of a forum the messages of its notes by sender or by month, or the titles that it was given."""
        found: dict[int, dict[Any, int]] = {}
        for topic_id, key, count in self._db.execute(TOPIC_TALLIES, (chat_id, kind)).fetchall():
            found.setdefault(topic_id, {})[key] = count
        return found

    def topics(self, chat_id: int) -> list[int]:
        """The topics that a chat has messages of."""
        return [topic for (topic,) in self._db.execute(TOPICS, (chat_id,)).fetchall()]

    def layouts(self, chat_id: int) -> dict[int, str]:
        """The settled layout of each topic of a forum."""
        return dict(self._db.execute("SELECT topic_id, layout FROM layouts WHERE chat_id = ?", (chat_id,)).fetchall())

    def threads(self, post_chat: int, low: int, high: int) -> dict[int, list[tuple[int, int]]]:
        """Per post of a channel the (chat, message) that its comments answer."""
        found: dict[int, list[tuple[int, int]]] = {}
        for post_id, chat_id, root_id in self._db.execute(THREADS, (post_chat, low, high)).fetchall():
            found.setdefault(post_id, []).append((chat_id, root_id))
        return found

    def comments(self, chat_id: int, root_id: int, limit: int) -> tuple[int, list[dict[str, Any]]]:
        """How many messages answer a copy of a post, and the first `limit` of them."""
        (count,) = self._db.execute(COUNT_COMMENTS, (chat_id, root_id)).fetchone()
        rows = self._db.execute(COMMENTS, (chat_id, root_id, limit)).fetchall() if count else []
        return count, with_stories(self._db, self._codec, chat_id, [self._codec.decode(raw) for (raw,) in rows])

    def comment_counts(self, post_chat: int, from_id: int) -> dict[int, int]:
        """How many comments the posts of a channel from an id on have."""
        return dict(self._db.execute(COMMENT_COUNTS, (post_chat, from_id)).fetchall())

    def refs_within(self, chat_id: int) -> list[tuple[str, int, int]]:
        """Which notes of a chat refer to messages of the same chat outside of them: path, lowest and highest id."""
        return self._db.execute(REFS_WITHIN, (chat_id,)).fetchall()

    def avatars(self) -> dict[int, str]:
        """The name of the picture of each chat and person who has one in the vault."""
        return {owner: path.rpartition("/")[2] for owner, path in self._db.execute(AVATARS)}

    def raws_of(self, peer_id: int) -> list[dict[str, Any]]:
        """A chat or person as Telegram told of them: among those who were seen, and as a chat."""
        return [self._codec.decode(raw) for (raw,) in self._db.execute(RAWS_OF, (peer_id,)).fetchall()]

    def thumbnail(self, file_id: int) -> str:
        """The name of the small picture of a file, "" if it is not in the vault."""
        row = self._db.execute(THUMBNAIL, (file_id,)).fetchone()
        return str(row[0]).rpartition("/")[2] if row else ""

    def _media(self, where: str, *values: int) -> list[MediaRow]:
        query = f"{ROWS} WHERE {where} ORDER BY chat_id, message_id, file_id, thumb"
        return [MediaRow(*row) for row in self._db.execute(query, values).fetchall()]

    def meta(self, name: str) -> bytes:
        """A value that publishing keeps for itself, b"" if there is none."""
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (name,)).fetchone()
        return bytes(row[0]) if row else b""


CHAT = (
    "id, kind, title, username, description, count, top_message, members, migrated_from, linked_chat, "
    "topics, raw, folder, aliases, layout, pinned_origins"
)
PEER = "id, kind, name, username, phone"
MESSAGES = "SELECT raw FROM messages WHERE chat_id = ? {} AND id BETWEEN ? AND ? ORDER BY id"
VERSIONS = """
SELECT id, number, layer, raw FROM versions WHERE chat_id = ? AND id BETWEEN ? AND ? ORDER BY id, number
"""
TOMBSTONES = """
SELECT id, seen_at, found_at, hidden FROM tombstones WHERE chat_id = ? AND id BETWEEN ? AND ? ORDER BY id
"""
GROUP = "SELECT grouped_id, topic_id FROM messages WHERE chat_id = ? AND id = ?"
BEFORE = "SELECT id, grouped_id FROM messages WHERE chat_id = ? {} AND id < ? ORDER BY id DESC LIMIT 100"
# From one topic to the next, without a look at what is in between.
TOPICS = """
WITH RECURSIVE found (topic) AS (
    SELECT min(topic_id) FROM messages WHERE chat_id = ?1 AND topic_id <> 0
    UNION ALL
    SELECT (SELECT min(topic_id) FROM messages WHERE chat_id = ?1 AND topic_id > topic AND topic_id <> 0)
    FROM found WHERE topic IS NOT NULL
)
SELECT topic FROM found WHERE topic IS NOT NULL
"""
THREADS = """
SELECT post_id, chat_id, root_id FROM threads WHERE post_chat = ? AND post_id BETWEEN ? AND ? ORDER BY 1, 2, 3
"""
COMMENTS = """
SELECT raw FROM messages WHERE chat_id = ? AND topic_id = ? AND topic_id <> 0 ORDER BY id LIMIT ?
"""
COUNT_COMMENTS = "SELECT count(*) FROM messages WHERE chat_id = ? AND topic_id = ? AND topic_id <> 0"
COMMENT_COUNTS = """
SELECT post_id, count(*) FROM threads JOIN messages
ON messages.chat_id = threads.chat_id AND messages.topic_id = threads.root_id AND messages.topic_id <> 0
WHERE post_chat = ? AND post_id >= ? GROUP BY post_id
"""
AMBIGUOUS = "SELECT name FROM media GROUP BY name HAVING min(path) <> max(path)"
PEOPLE = f"""
SELECT {PEER} FROM peers
WHERE kind IN {PERSON} ORDER BY id
"""
PROFILES = f"""
SELECT {PEER}, raw FROM peers
WHERE kind IN {PERSON} AND id > ? ORDER BY id LIMIT ?
"""
EVERYBODY = f"SELECT {PEER}, raw FROM peers WHERE id > ? ORDER BY id LIMIT ?"
STATISTICS = "SELECT count(*), coalesce(min(date), 0), coalesce(max(date), 0) FROM messages WHERE chat_id = ?"
TALLIES = """
SELECT chat_id, key, sum(count) FROM tallies JOIN notes USING (path) WHERE tallies.kind = ?
GROUP BY chat_id, key ORDER BY chat_id, key
"""
PICTURES = "SELECT chat_id, count(*) FROM media WHERE kind = 'photo' AND state IN ('done', 'pending') GROUP BY chat_id"
TOPIC_TALLIES = """
SELECT topic_id, key, sum(count) FROM tallies JOIN notes USING (path) WHERE notes.chat_id = ? AND tallies.kind = ?
GROUP BY topic_id, key ORDER BY topic_id, key
"""
REFS_WITHIN = """
SELECT path, low, high FROM refs JOIN notes USING (path) WHERE refs.chat_id = ?1 AND notes.chat_id = ?1
"""
THUMBNAIL = "SELECT path FROM pictures WHERE kind = 'thumbnail' AND owner = 0 AND file_id = ? AND state = 'done'"
AVATARS = "SELECT owner, path FROM pictures WHERE kind = 'avatar' AND state = 'done'"
RAWS_OF = "SELECT raw FROM peers WHERE id = ?1 UNION ALL SELECT raw FROM chats WHERE id = ?1"
