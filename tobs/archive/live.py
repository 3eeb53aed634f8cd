"""Which messages are here of which something may have become since."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from tobs.archive.connection import translated
from tobs.archive.store import Archive


def live_ids(archive: Archive, chat_id: int, since: int, *, told: bool) -> Sequence[int]:
    """The messages of a time and later that nobody found gone, ascending by id; with `told` only Telegram's own.

    What an export file told may have been numbered by another account.
    """
    with translated(archive.path):
        rows = archive.connection.execute(f"SELECT id {LIVE} ORDER BY id", (chat_id, since, int(told)))
        return array("q", (number for (number,) in rows))  # eight bytes a message, of which there may be millions


def count_live(archive: Archive, chat_id: int, since: int, *, told: bool) -> int:
    """How many these are."""
    with translated(archive.path):
        (count,) = archive.connection.execute(f"SELECT count(*) {LIVE}", (chat_id, since, int(told))).fetchone()
        return int(count)


LIVE = """
FROM messages AS m
WHERE chat_id = ?1 AND id > 0 AND date >= ?2 AND (?3 = 0 OR layer > 0)
    AND NOT EXISTS (SELECT 1 FROM tombstones WHERE chat_id = m.chat_id AND id = m.id)
"""
