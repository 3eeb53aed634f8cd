"""All messages of a chat, read once: each is looked at by every check that concerns messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import attrs

from tobs.archive.spans import merge
from tobs.model import Message
from tobs.raw import decode_message
from tobs.verify.anchors import Anchors
from tobs.verify.findings import Finding, Kind
from tobs.verify.history import History
from tobs.verify.integrity import check_spans, decoded
from tobs.verify.notes import StandingNote
from tobs.verify.snapshot import KnownChat, Snapshot


@attrs.frozen
class Row:
    """A message of the archive; `message` is None if its raw form cannot be read."""

    id: int
    topic_id: int
    grouped_id: int
    message: Message | None


def read_rows(snapshot: Snapshot, known: KnownChat, account_id: int) -> Iterator[Row]:
    """The messages of a chat, ascending by id. Flat memory."""
    query = "SELECT id, topic_id, grouped_id, raw FROM messages WHERE chat_id = ? ORDER BY id"
    for message_id, topic_id, grouped_id, blob in snapshot.db.execute(query, (known.chat.id,)):
        message = readable(snapshot, known, message_id, blob, account_id)
        yield Row(message_id, topic_id, grouped_id, message)


def readable(snapshot: Snapshot, known: KnownChat, message_id: int, blob: object, account_id: int) -> Message | None:
    """The message in a raw form, None if there is none or another one."""
    raw = decoded(snapshot.codec, blob)
    if raw is None or raw.get("id") != message_id:
        return None
    try:
        return decode_message(raw, known.chat, account_id)
    except (KeyError, TypeError, ValueError, AttributeError):  # fields of other types than Telegram has
        return None


def check_chat(
    snapshot: Snapshot, known: KnownChat, notes: Sequence[StandingNote], account_id: int
) -> Iterator[Finding]:
    """The messages of a chat against what was read of it and against its notes."""
    spans = snapshot.spans(known.chat.id)
    yield from check_spans(known, spans)
    dirty = snapshot.dirty(known.chat.id)
    if dirty:
        yield Finding(Kind.UNPUBLISHED, f"The notes of “{known.chat.title}” are not up to date.", chat_id=known.chat.id)
    lost = [(note.row.first_id, note.row.last_id) for note in notes if not note.readable]
    history = History(known, spans)
    anchors = Anchors(known, [note.placed for note in notes if note.placed.numbers], merge([*dirty, *lost]))
    begins = album_beginnings(known)
    for row in read_rows(snapshot, known, account_id):
        if row.message is None:
            yield unreadable(known, row.id)
        raw = row.message.raw if row.message else {}
        yield from history.see(row.id, row.message.action if row.message else None, imported="desktop" in raw)
        yield from anchors.see(row.id, first=begins(row))
    yield from history.end()
    yield from anchors.end()


def album_beginnings(known: KnownChat) -> Callable[[Row], bool]:
    """Whether the next message begins a block, as in notes: an album is a run of messages, in a forum of one topic."""
    groups: dict[int, int] = {}

    def begins(row: Row) -> bool:
        topic_id = row.topic_id if known.chat.kind == "forum" else 0
        before, groups[topic_id] = groups.get(topic_id, 0), row.grouped_id
        return not row.grouped_id or row.grouped_id != before

    return begins


def unreadable(known: KnownChat, message_id: int) -> Finding:
    """A message whose raw form is lost."""
    text = f"Message {message_id} of “{known.chat.title}” cannot be read."
    return Finding(Kind.UNREADABLE, text, chat_id=known.chat.id, message_id=message_id)
