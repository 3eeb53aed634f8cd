"""A file that several messages have: fetched once, in one place, and all of them lead to it.

The place follows from the messages alone, whatever came first: it is named
after the earliest of those that have the file and want it, by date, chat and
number. When an earlier one turns up, the file moves and the notes follow.

Files are the same when Telegram gives them one id, or when they turn out to
have the same content and ending. What is known of a file holds for all of its
rows, but for those of messages whose files are not wanted (``skipped``).
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import attrs

from tobs.archive.bloom import Seen
from tobs.archive.rows import MediaRow
from tobs.archive.unpublished import mark_message


@attrs.frozen
class Group:
    """The rows of one file, as the condition that finds them."""

    where: str
    values: tuple[int | str, ...]


class First(NamedTuple):
    """The row whose message a file is named after; rows compare by who is earlier.

    Of one second it is the chat with the older number: a channel has its post
    before the group in which that is discussed. Marked ids of channels are negative.
    """

    date: int
    minus_chat_id: int
    message_id: int
    own: str
    path: str


@attrs.frozen
class Place:
    """Where a file lies if it is `there`, or will."""

    first: First
    there: bool = False
    sha256: str = ""
    size: int = -1

    @property
    def path(self) -> str:
        """Relative to the vault."""
        return self.first.own

    @property
    def ending(self) -> str:
        """All behind the first dot of the name, with the dot."""
        _, dot, ending = self.path.rpartition("/")[2].partition(".")
        return dot + ending


def group_of(row: MediaRow) -> Group:
    """The rows that are the same file by id. Only Telegram's data centres have ids that mean one file in all chats."""
    if row.dc_id > 0:
        return Group("file_id = ? AND thumb = ? AND dc_id = ?", (row.file_id, row.thumb, row.dc_id))
    return Group(
        "chat_id = ? AND message_id = ? AND file_id = ? AND thumb = ?",
        (row.chat_id, row.message_id, row.file_id, row.thumb),
    )


def key_of(file_id: int, thumb: str) -> bytes:
    """What the Bloom filter knows a file by."""
    return struct.pack("<q", file_id) + thumb.encode("utf-8", "surrogatepass")


def keys(db: sqlite3.Connection) -> Iterator[bytes]:
    """The files of all messages, for a new filter."""
    for file_id, thumb in db.execute("SELECT DISTINCT file_id, thumb FROM media WHERE dc_id > 0"):
        yield key_of(file_id, thumb)


def join(db: sqlite3.Connection, rows: Iterable[MediaRow], seen: Seen) -> None:
    """Have rows that were just inserted share with those that were here.

    Other messages that change have their notes rendered again, here as in all of this.
    """
    for row in rows:
        key = key_of(row.file_id, row.thumb)
        if row.dc_id <= 0:
            continue  # alone, by id
        if key in seen:
            _join(db, row)
        else:
            seen.add(key)


def _join(db: sqlite3.Connection, row: MediaRow) -> None:
    group = group_of(row)
    place = place_of(db, group)
    if place is None or row.state == "skipped":
        return
    first = place.first
    if (first.minus_chat_id, first.message_id) == (-row.chat_id, row.message_id) or first.path != first.own:
        settle(db, group)  # an earlier one than all that were here
        return
    _lead(db, [(row.chat_id, row.message_id)], group, place)
    if place.there:
        _finish(db, Group(f"{group.where} AND {ONE}", (*group.values, row.chat_id, row.message_id)), place)


def settle(db: sqlite3.Connection, group: Group, landed: str = "") -> None:
    """Have all rows of a file lead to its place, and the file itself move there from where it `landed`."""
    place = place_of(db, group)
    if place is None:
        return
    moving = {landed} - {"", place.path}
    if place.there:
        _mark(db, Group(f"{group.where} AND {SHOWS_STATE}", group.values))
        _finish(db, group, place)
    for part in _parts(group, place):
        rows = db.execute(ELSEWHERE.format(part.where), (*part.values, place.path)).fetchall()
        moving |= {path for _, _, state, path in rows if state == "done"}
        _lead(db, [row[:2] for row in rows], part, place)
        for chat_id, message_id, _, _ in rows:
            mark_message(db, chat_id, message_id)
    db.executemany("INSERT INTO moves (old, new) VALUES (?, ?)", [(old, place.path) for old in sorted(moving)])


def leave(db: sqlite3.Connection, row: MediaRow) -> None:
    """A row is gone: if the file was named after its message, it is named after another one's now."""
    group = group_of(row)
    settle(db, group)
    if row.sha256:
        other = db.execute(f"{ROWS} WHERE sha256 = ? AND state = 'done' LIMIT 1", (row.sha256,)).fetchone()
        if other:
            settle(db, group_of(MediaRow(*other)))


def record(db: sqlite3.Connection, row: MediaRow) -> None:
    """Write down what became of a file, for all messages that want it. A file that is there lies at `row.path`."""
    group = group_of(row)
    wanted = Group(f"{group.where} AND state <> 'skipped'", group.values)
    before = db.execute(f"{ROWS} WHERE {wanted.where}", wanted.values).fetchall()
    values = row.state, row.reason, row.size, row.sha256, row.tries, row.next_try
    db.execute(f"UPDATE media SET {OUTCOME} WHERE {wanted.where}", (*values, *wanted.values))
    for other in (MediaRow(*each) for each in before):
        if shown(other.state, other.reason) != shown(row.state, row.reason):
            mark_message(db, other.chat_id, other.message_id)
    if row.state == "done":
        settle(db, group, row.path)
    else:
        leave(db, MediaRow(*before[0]) if before else row)


def judge(db: sqlite3.Connection, row: MediaRow) -> None:
    """Write down whether one message wants its file: `row.state` is ``pending`` or ``skipped``."""
    one = row.chat_id, row.message_id, row.file_id, row.thumb
    (own,) = db.execute(f"SELECT own FROM media {WHERE_MEDIA}", one).fetchone()
    query = f"UPDATE media SET state = ?, reason = ?, sha256 = '', path = ?, name = ? {WHERE_MEDIA}"
    db.execute(query, (row.state, row.reason, own, own.rpartition("/")[2], *one))
    mark_message(db, row.chat_id, row.message_id)
    settle(db, group_of(row))


def others(db: sqlite3.Connection, row: MediaRow, limit: int) -> list[MediaRow]:
    """The same file as other messages have it that want it, that of the newest first."""
    group = group_of(row)
    query = f"{ROWS} WHERE {group.where} AND state <> 'skipped' ORDER BY date DESC, chat_id, message_id LIMIT ?"
    found = [MediaRow(*each) for each in db.execute(query, (*group.values, limit + 1))]
    return [each for each in found if (each.chat_id, each.message_id) != (row.chat_id, row.message_id)][:limit]


def share_all(db: sqlite3.Connection) -> None:
    """Have every file shared by all messages that have it."""
    same = db.execute(
        f"{ROWS} WHERE state <> 'skipped' AND dc_id > 0 GROUP BY file_id, thumb, dc_id HAVING count(*) > 1"
    )
    for row in same.fetchall():
        settle(db, group_of(MediaRow(*row)))
    same = db.execute(f"{ROWS} WHERE sha256 <> '' GROUP BY sha256 HAVING min(path) <> max(path)")
    for row in same.fetchall():
        settle(db, group_of(MediaRow(*row)))


def shown(state: str, reason: str) -> str:
    """The part of a file's state that a note shows: a file on its way looks as one that is there."""
    return "" if state == "done" or (state == "pending" and not reason) else f"{state}: {reason}"


def place_of(db: sqlite3.Connection, group: Group) -> Place | None:
    """Where a file lies or will lie; None if no message wants it."""
    rows = db.execute(FIRSTS.format(group.where), group.values * len(WANTED)).fetchall()
    if not rows:
        return None
    first = min(First(*row[:5]) for row in rows)
    there = next((row[6:] for row in rows if row[5] == "done"), None)
    if there is None:
        return Place(first)
    place = Place(first, True, *there)
    same = _content(place)
    equal = db.execute(f"SELECT {FIRST} FROM media WHERE {same.where} {ORDER}", same.values)
    return attrs.evolve(place, first=min([first, *(First(*row) for row in equal)]))


def _parts(group: Group, place: Place) -> list[Group]:
    """The rows of a file that are one by id, and those that are one by content."""
    wanted = Group(f"{group.where} AND state <> 'skipped'", group.values)
    return [wanted, _content(place)] if place.sha256 else [wanted]


def _content(place: Place) -> Group:
    return Group(
        "sha256 = ? AND sha256 <> '' AND state = 'done' AND substr(own, -length(?)) = ?",
        (place.sha256, place.ending, place.ending),
    )


def _lead(db: sqlite3.Connection, messages: Iterable[tuple[int, int]], group: Group, place: Place) -> None:
    name = place.path.rpartition("/")[2]
    query = f"UPDATE media SET path = ?, name = ? WHERE {group.where} AND {ONE}"
    db.executemany(query, [(place.path, name, *group.values, *message) for message in messages])


def _finish(db: sqlite3.Connection, group: Group, place: Place) -> None:
    query = f"UPDATE media SET {DONE} WHERE {group.where} AND state IN ('pending', 'failed')"
    db.execute(query, (place.sha256, place.size, *group.values))


def _mark(db: sqlite3.Connection, group: Group) -> None:
    for chat_id, message_id in db.execute(f"SELECT chat_id, message_id FROM media WHERE {group.where}", group.values):
        mark_message(db, chat_id, message_id)


ONE = "chat_id = ? AND message_id = ?"
# A file on its way looks as one that is there.
SHOWS_STATE = "(state = 'failed' OR state = 'pending' AND reason <> '')"
WANTED = ("pending", "done", "failed")
FIRST = "date, -chat_id, message_id, own, path"
ORDER = "ORDER BY date, chat_id DESC, message_id LIMIT 1"
# The earliest in each state: the index has them in this order.
FIRSTS = " UNION ALL ".join(
    f"SELECT * FROM (SELECT {FIRST}, state, sha256, size FROM media WHERE {{0}} AND state = '{state}' {ORDER})"
    for state in WANTED
)
ELSEWHERE = "SELECT chat_id, message_id, state, path FROM media WHERE {} AND path <> ?"
WHERE_MEDIA = "WHERE chat_id = ? AND message_id = ? AND file_id = ? AND thumb = ?"
OUTCOME = "state = ?, reason = ?, size = ?, sha256 = ?, tries = ?, next_try = ?"
DONE = "state = 'done', reason = '', sha256 = ?, size = ?, tries = 0, next_try = 0"
ROWS = """
SELECT chat_id, message_id, file_id, kind, dc_id, size, thumb, name, path, state, reason, sha256, tries, next_try
FROM media
"""
