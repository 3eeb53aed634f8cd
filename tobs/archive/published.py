"""What the archive knows of the notes that stand in the vault. Each function is one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import attrs

from tobs.archive.rows import Note
from tobs.archive.store import Archive, settle_layouts
from tobs.archive.unpublished import ALL_IDS, mark_referrers
from tobs.source import Span

Ref = tuple[int, int, int]  # a chat, and the lowest and highest id in it that a note refers to
# "sender" or "month", which one, and how many messages; "pinned", a message's id, and 1; "title" and the name that a
# topic was given, and 1; "origin", one of Saved Messages with its first and last message there, and how many there are.
Tally = tuple[str, int | str | bytes, int]


@attrs.frozen
class Published:
    """A note that was written. `changed` are the ids that now look different to notes which refer to them."""

    note: Note
    refs: tuple[Ref, ...] = ()
    tallies: tuple[Tally, ...] = ()
    changed: Span | None = None


def record(archive: Archive, published: Sequence[Published], gone: Sequence[Note] = ()) -> None:
    """Write down notes that were written or removed, and have notes of other chats rendered that refer to them."""
    if not (published or gone):
        return
    with archive.transaction() as db:
        for note in gone:
            db.execute("DELETE FROM notes WHERE path = ?", (note.path,))
            mark_referrers(db, note.chat_id, (note.first_id, note.last_id))
        for one in published:
            path = one.note.path
            # Replacing a row takes its refs and tallies along.
            db.execute("INSERT OR REPLACE INTO notes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", attrs.astuple(one.note))
            db.executemany("INSERT INTO refs VALUES (?, ?, ?, ?)", [(path, *ref) for ref in one.refs])
            db.executemany("INSERT INTO tallies VALUES (?, ?, ?, ?)", [(path, *tally) for tally in one.tallies])
            if one.changed:
                mark_referrers(db, one.note.chat_id, one.changed)


def announce(archive: Archive, note: Note) -> None:
    """Know a note before it is written for the first time: killed in between, it is found again, and can be removed."""
    with archive.transaction() as db:
        db.execute("INSERT OR IGNORE INTO notes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", attrs.astuple(note))


def finish_chat(archive: Archive, chat_id: int, upto: int, layouts: Mapping[int, str]) -> None:
    """All notes of a chat stand as they should: nothing up to mark `upto` is left to do, and `layouts` stay."""
    with archive.transaction() as db:
        db.execute("DELETE FROM unpublished WHERE chat_id = ? AND rowid <= ?", (chat_id, upto))
        settle_layouts(db, chat_id, layouts)


def remember(
    archive: Archive,
    name: str,
    value: bytes,
    *,
    chats: Iterable[int] = (),
    seen: Iterable[int] = (),
    referred: Iterable[int] = (),
    messages: Iterable[tuple[int, int]] = (),
) -> None:
    """Keep a value that notes depend on, and have what depends on its change rendered again.

    These are all notes of `chats` and of chats in which the people `seen`
    appear, notes that refer to the chats `referred`, and single `messages`.
    """
    with archive.transaction() as db:
        db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))
        db.executemany(  # a group may have got another id since
            "INSERT INTO unpublished SELECT id, ?, ? FROM chats WHERE id = ?", [(*ALL_IDS, chat) for chat in chats]
        )
        db.executemany(
            "INSERT INTO unpublished SELECT DISTINCT chat_id, ?, ? FROM seen WHERE peer_id = ?",
            [(*ALL_IDS, person) for person in seen],
        )
        for chat in referred:
            mark_referrers(db, chat, ALL_IDS)
        db.executemany("INSERT INTO unpublished VALUES (?, ?, ?)", [(chat, one, one) for chat, one in messages])
