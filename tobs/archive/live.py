"""Which messages are here of which something may have become since."""

from __future__ import annotations

from tobs.archive.store import Archive, translated


def live_ids(archive: Archive, chat_id: int, since: int, *, told: bool) -> list[int]:
    """The messages of a time and later that nobody found gone, ascending by id; with `told` only Telegram's own.

    What an export file told may have been numbered by another account.
    """
    with translated(archive.path):
        return [number for (number,) in archive.connection.execute(LIVE, (chat_id, since, int(told)))]


LIVE = """
SELECT id FROM messages AS m
WHERE chat_id = ?1 AND id > 0 AND date >= ?2 AND (?3 = 0 OR layer > 0)
    AND NOT EXISTS (SELECT 1 FROM tombstones WHERE chat_id = m.chat_id AND id = m.id)
ORDER BY id
"""
