"""What of a page the archive does not have just so, and what becomes of the messages that it has."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

import attrs
import orjson

from tobs.archive.codec import Codec
from tobs.archive.edits import completed, is_reworded, same
from tobs.archive.rows import Committed, EmojiUse, MessageRow, PreparedPage, StoryUse, Tombstone
from tobs.rawemoji import emoji_ids
from tobs.rawstories import has_story, named_story
from tobs.source import Span

_KEY = attrgetter("date", "sender_id", "topic_id", "grouped_id")
DELETED = "its message was deleted before it was fetched"


class Known(NamedTuple):
    """A message as it is in the archive."""

    raw: bytes
    date: int
    sender_id: int
    topic_id: int
    grouped_id: int
    layer: int

    @property
    def key(self) -> tuple[int, int, int, int]:
        return self[1:5]


@attrs.frozen
class News:
    """The messages of a page by what they are to the archive; `gone` and `back` are ids.

    `unseen` of those that are gone only an export file ever told: when they went nobody knows.
    `storied` say less of their stories than is known, so what they have of files is not all.
    """

    new: tuple[MessageRow, ...]
    edited: tuple[MessageRow, ...]
    updated: tuple[MessageRow, ...]
    gone: tuple[int, ...]
    back: tuple[int, ...]
    unseen: int = 0
    storied: frozenset[int] = frozenset()

    @property
    def written(self) -> tuple[MessageRow, ...]:
        """The messages that are to be written, ascending by id."""
        return tuple(sorted((*self.new, *self.edited, *self.updated), key=attrgetter("id")))

    @property
    def changed(self) -> frozenset[int]:
        """The ids of all messages that look different now."""
        return frozenset((*(message.id for message in self.written), *self.gone, *self.back))

    @property
    def counts(self) -> Committed:
        return Committed(
            len(self.new), len(self.edited), len(self.updated), len(self.gone) - self.unseen, len(self.back)
        )


def news_of(db: sqlite3.Connection, codec: Codec, page: PreparedPage) -> News:
    """Hold a page against the archive. Nothing is written."""
    known = _known(db, page.chat_id, [*(message.id for message in page.messages), *page.gone])
    buried = _buried(db, page.chat_id, known)
    new, edited, updated, storied = [], [], [], set()
    gone = {*page.gone} & known.keys()
    for message in page.messages:
        before = known.get(message.id)
        if before is None:
            new.append(message)
        elif before.raw == message.raw and before.key == _KEY(message):
            continue
        else:
            old, told = codec.decode(before.raw), codec.decode(message.raw)
            if (raw := completed(old, told)) is not told:
                if has_story(raw) and not has_story(told):
                    storied.add(message.id)
                message = attrs.evolve(message, raw=codec.encoder()(raw))
            if raw.get("_") == "MessageEmpty" != old.get("_"):
                gone.add(message.id)  # said of what it was: there is nothing any more
            elif is_reworded(old, raw):
                edited.append(message)
            elif before.key != _KEY(message) or not same(old, raw):
                updated.append(message)
    back = {message.id for message in page.messages} & buried - gone
    lost = sorted(gone - buried)
    unseen = sum(known[number].layer == 0 for number in lost)
    return News(tuple(new), tuple(edited), tuple(updated), tuple(lost), tuple(sorted(back)), unseen, frozenset(storied))


def _known(db: sqlite3.Connection, chat_id: int, ids: Collection[int]) -> Mapping[int, Known]:
    rows = db.execute(KNOWN, (chat_id, orjson.dumps([*ids]).decode())).fetchall()
    return {row[0]: Known(*row[1:]) for row in rows}


def _buried(db: sqlite3.Connection, chat_id: int, ids: Collection[int]) -> set[int]:
    if not ids:
        return set()
    query = "SELECT id FROM tombstones WHERE chat_id = ? AND id BETWEEN ? AND ?"
    return {number for (number,) in db.execute(query, (chat_id, min(ids), max(ids))).fetchall()}


def keep_versions(db: sqlite3.Connection, chat_id: int, ids: Sequence[int]) -> None:
    """Keep what these messages say now, before they are overwritten."""
    keys = [(chat_id, number) for number in ids]
    db.executemany(KEEP_VERSION, keys)


def put_messages(db: sqlite3.Connection, page: PreparedPage, messages: Sequence[MessageRow], now: int) -> None:
    """Write messages; what earlier versions take in a note is part of their weight."""
    chat_id, layer = page.chat_id, page.layer
    db.executemany(
        INSERT_MESSAGE,
        [(chat_id, m.id, m.date, m.sender_id, m.topic_id, m.grouped_id, m.weight, layer, now, m.raw) for m in messages],
    )


def put_emoji(db: sqlite3.Connection, chat_id: int, known: Iterable[int], uses: Iterable[EmojiUse]) -> None:
    """Write down which custom emoji messages show. Those that are `known` show no others, nor did they before."""
    db.executemany(FORGET_EMOJI, [(chat_id, number) for number in known])
    db.executemany(INSERT_EMOJI, [(document_id, chat_id, number) for number, document_id in uses])


def emoji_uses(codec: Codec, page: PreparedPage, news: News) -> Iterator[EmojiUse]:
    """The custom emoji of what is written of a page."""
    new = {message.id for message in news.new}
    yield from (use for use in page.emoji if use[0] in new)
    for message in (*news.edited, *news.updated):  # to which something of what was known may have been added
        yield from ((message.id, document_id) for document_id in emoji_ids(codec.decode(message.raw)))


def put_stories(db: sqlite3.Connection, chat_id: int, uses: Iterable[StoryUse]) -> None:
    """Write down which stories messages name."""
    db.executemany(INSERT_STORY, [(chat_id, *use) for use in uses])


def story_uses(codec: Codec, page: PreparedPage, news: News) -> Iterator[StoryUse]:
    """The stories that what is written of a page names without their content."""
    if page.stories:
        new = {message.id for message in news.new}
        yield from (use for use in page.stories if use[0] in new)
        for message in (*news.edited, *news.updated):  # to which a story of before may have been added
            if story := named_story(codec.decode(message.raw)):
                yield (message.id, *story)


def bury(db: sqlite3.Connection, chat_id: int, tombstones: Sequence[Tombstone]) -> None:
    """Mark messages as gone. Files of theirs that were not fetched never come."""
    rows = [(chat_id, one.id, one.seen_at, one.found_at, one.hidden) for one in tombstones]
    db.executemany("INSERT OR IGNORE INTO tombstones VALUES (?, ?, ?, ?, ?)", rows)
    db.executemany(GIVE_UP, [(DELETED, chat_id, one.id) for one in tombstones])


def exhume(db: sqlite3.Connection, chat_id: int, ids: Sequence[int]) -> None:
    """Mark messages as there again."""
    keys = [(chat_id, number) for number in ids]
    db.executemany("DELETE FROM tombstones WHERE chat_id = ? AND id = ?", keys)
    db.executemany(TRY_AGAIN, [(*key, DELETED) for key in keys])


def tombstones(db: sqlite3.Connection, page: PreparedPage, ids: Sequence[int], now: int) -> list[Tombstone]:
    """Those of messages that a page found gone: they were last seen when they were last read.

    Of what only an export file told that is not known, but that they were there when they were sent.
    """
    query = "SELECT CASE layer WHEN 0 THEN date ELSE fetched_at END FROM messages WHERE chat_id = ? AND id = ?"
    return [
        Tombstone(number, db.execute(query, (page.chat_id, number)).fetchone()[0], now, number < page.oldest)
        for number in ids
    ]


def runs(ids: Sequence[int], changed: Collection[int]) -> Iterator[Span]:
    """Ranges from one of `changed` to another with no other of the ascending `ids` between them."""
    first = last = None
    for number in ids:
        if number in changed:
            first, last = number if first is None else first, number
        elif first is not None and last is not None:
            yield first, last
            first = None
    if first is not None and last is not None:
        yield first, last


KNOWN = """
SELECT id, raw, date, sender_id, topic_id, grouped_id, layer FROM messages
WHERE chat_id = ? AND id IN (SELECT value FROM json_each(?))
"""
KEEP_VERSION = """
INSERT INTO versions
SELECT chat_id, id,
       (SELECT count(*) + 1 FROM versions WHERE chat_id = m.chat_id AND id = m.id),
       m.weight - (SELECT coalesce(sum(weight), 0) FROM versions WHERE chat_id = m.chat_id AND id = m.id),
       layer, fetched_at, raw
FROM messages AS m WHERE chat_id = ? AND id = ?
"""
INSERT_MESSAGE = """
INSERT INTO messages (chat_id, id, date, sender_id, topic_id, grouped_id, weight, layer, fetched_at, raw)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (chat_id, id) DO UPDATE SET
    date = excluded.date, sender_id = excluded.sender_id, topic_id = excluded.topic_id,
    grouped_id = excluded.grouped_id, layer = excluded.layer, fetched_at = excluded.fetched_at, raw = excluded.raw,
    weight = excluded.weight + (
        SELECT coalesce(sum(weight), 0) FROM versions WHERE chat_id = excluded.chat_id AND id = excluded.id
    )
"""
FORGET_EMOJI = """
DELETE FROM emoji WHERE chat_id = ?1 AND message_id = ?2
AND NOT EXISTS (SELECT 1 FROM versions WHERE chat_id = ?1 AND id = ?2)
"""
INSERT_EMOJI = "INSERT OR IGNORE INTO emoji (document_id, chat_id, message_id) VALUES (?, ?, ?)"
INSERT_STORY = "INSERT OR IGNORE INTO story_uses (chat_id, message_id, owner, number) VALUES (?, ?, ?, ?)"
GIVE_UP = "UPDATE media SET state = 'failed', reason = ? WHERE chat_id = ? AND message_id = ? AND state = 'pending'"
TRY_AGAIN = """
UPDATE media SET state = 'pending', reason = '' WHERE chat_id = ? AND message_id = ? AND state = 'failed' AND reason = ?
"""
