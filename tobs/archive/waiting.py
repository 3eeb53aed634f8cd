"""Which files are not in the vault yet, and which are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tobs.archive.connection import translated
from tobs.archive.rows import MediaRow
from tobs.archive.sharing import ROWS
from tobs.archive.store import Archive
from tobs.config import MediaOrder
from tobs.model import NOT_IN_EXPORT

BLOCK = 500  # rows a query; no cursor stays open, so that the archive can be written in between


def pending_centres(archive: Archive, chat_id: int, now: int = 0) -> list[int]:
    """The data centres of the files of a chat that `pending_files` gives."""
    with translated(archive.path):
        return [dc_id for (dc_id,) in archive.connection.execute(CENTRES, (chat_id, now))]


def pending_files(
    archive: Archive, chat_id: int, order: MediaOrder, now: int = 0, dc_id: int | None = None
) -> Iterator[MediaRow]:
    """The files of a chat that are to be fetched, in that order of messages or sizes. Flat memory.

    Behind them come those that were refused, if it is time (Unix seconds) to ask for them again. With `dc_id` only
    those of one data centre.
    """
    there = "" if dc_id is None else f" AND dc_id = {dc_id:d}"
    yield from _ordered(archive, chat_id, order, f"state = 'pending'{there}")
    yield from _ordered(archive, chat_id, order, f"state = 'failed' AND next_try BETWEEN 1 AND {now:d}{there}")


def _ordered(archive: Archive, chat_id: int, order: MediaOrder, which: str) -> Iterator[MediaRow]:
    key, sign, way = ORDERS[order]
    query = f"{ROWS} WHERE {which} AND chat_id = ? {{after}} ORDER BY {way} LIMIT {BLOCK}"
    after: tuple[object, ...] = ()
    while True:
        behind = f"AND ({key}) {sign} ({', '.join('?' * len(after))})" if after else ""
        with translated(archive.path):
            found = archive.connection.execute(query.format(after=behind), (chat_id, *after)).fetchall()
        rows = [MediaRow(*row) for row in found]
        yield from rows
        if len(rows) < BLOCK:
            return
        after = tuple(getattr(rows[-1], column) for column in key.split(", "))


def chats_with_files(archive: Archive, now: int) -> list[int]:
    """The chats of which `pending_files` gives any."""
    with translated(archive.path):
        return [chat_id for (chat_id,) in archive.connection.execute(CHATS, (now,))]


def waiting(archive: Archive, chat_id: int, now: int = 0) -> tuple[int, int]:
    """How many files `pending_files` gives that are named after messages of a chat, and their bytes."""
    with translated(archive.path):
        count, size = archive.connection.execute(WAITING, (chat_id, now)).fetchone()
    return int(count), int(size)


def held(archive: Archive) -> int:
    """The bytes of all files that are in the vault."""
    with translated(archive.path):
        return int(archive.connection.execute(HELD).fetchone()[0])


def open_files(archive: Archive) -> Iterator[MediaRow]:
    """The files of all chats that are to be fetched, were left out on purpose, or were missing in an export file.

    Flat memory.
    """
    # One state after the other, as the index has them. What is judged on the way may come once more, as it is then.
    for which in (f"state = 'failed' AND reason = '{NOT_IN_EXPORT}'", "state = 'skipped'", "state = 'pending'"):
        yield from in_blocks(archive, f"{ROWS} WHERE {which} {AFTER}", 0, (-(2**63), 0, 0, ""))


def done_files(archive: Archive) -> Iterator[MediaRow]:
    """The files of all chats that were fetched. Flat memory."""
    return in_blocks(archive, f"{ROWS} WHERE state = 'done' {AFTER}", 0, (-(2**63), 0, 0, ""))


def in_blocks(archive: Archive, query: str, chat_id: int, after: tuple[int, int, int, str]) -> Iterator[MediaRow]:
    """The rows of a query that is asked again from where its last block ended."""
    while True:
        with translated(archive.path):
            found = archive.connection.execute(query, dict(zip(KEY, (chat_id, *after), strict=True))).fetchall()
            rows = [MediaRow(*row) for row in found]
        yield from rows
        if len(rows) < BLOCK:
            return
        after = (rows[-1].chat_id, rows[-1].message_id, rows[-1].file_id, rows[-1].thumb)


# What rows are told apart by, and how one goes on behind another.
_MESSAGE, _SIZE = "message_id, file_id, thumb", "size, message_id, file_id, thumb"
ORDERS: Mapping[MediaOrder, tuple[str, str, str]] = {
    "oldest": (_MESSAGE, ">", _MESSAGE),
    "newest": (_MESSAGE, "<", "message_id DESC, file_id DESC, thumb DESC"),
    "smallest": (_SIZE, ">", _SIZE),
}
KEY = ("chat", "after_chat", "after_message", "after_file", "after_thumb")
AFTER = f"""
AND (chat_id, message_id, file_id, thumb) > (:after_chat, :after_message, :after_file, :after_thumb)
ORDER BY chat_id, message_id, file_id, thumb LIMIT {BLOCK}
"""
CENTRES = """
SELECT DISTINCT dc_id FROM media WHERE chat_id = ?1 AND state = 'pending'
UNION SELECT dc_id FROM media WHERE chat_id = ?1 AND state = 'failed' AND next_try BETWEEN 1 AND ?2
"""
CHATS = """
SELECT chat_id FROM media WHERE state = 'pending'
UNION SELECT chat_id FROM media WHERE state = 'failed' AND next_try BETWEEN 1 AND ?1
"""
WAITING = """
SELECT count(*), coalesce(sum(max(size, 0)), 0) FROM media
WHERE chat_id = ?1 AND (state = 'pending' OR state = 'failed' AND next_try BETWEEN 1 AND ?2) AND path = own
"""
HELD = """
SELECT (SELECT coalesce(sum(max(size, 0)), 0) FROM media WHERE state = 'done' AND path = own)
     + (SELECT coalesce(sum(max(size, 0)), 0) FROM pictures WHERE state = 'done')
"""
