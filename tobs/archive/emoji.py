"""Which messages show which custom emoji, and whose pictures are missing or needed no more."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from tobs.archive.connection import translated
from tobs.archive.news import put_emoji
from tobs.archive.pictures import COLUMNS, Picture, remove
from tobs.archive.rows import EmojiUse
from tobs.archive.store import Archive


def use_emoji(archive: Archive, chat_id: int, uses: Iterable[EmojiUse]) -> None:
    """Know that these messages show these, besides what is known."""
    with archive.transaction() as db:
        put_emoji(db, chat_id, (), uses)


def missing_emoji(archive: Archive, more: Iterable[int], now: int) -> list[int]:
    """The emoji that messages show, and `more`, whose pictures are to be fetched; `now` as in `pending_pictures`."""
    with translated(archive.path):
        known = {number for (number,) in archive.connection.execute(SETTLED, (now,)).fetchall()}
        used = {number for (number,) in archive.connection.execute("SELECT DISTINCT document_id FROM emoji").fetchall()}
    return sorted((used | {*more}) - known)


def known_emoji(archive: Archive, ids: Iterable[int]) -> dict[int, Picture]:
    """What is known of the pictures of these."""
    with translated(archive.path):
        rows = (archive.connection.execute(ONE, (number,)).fetchone() for number in ids)
        return {picture.file_id: picture for picture in (Picture(*row) for row in rows if row)}


def pictured_emoji(archive: Archive) -> dict[int, str]:
    """The name of the picture of each custom emoji that has one in the vault."""
    with translated(archive.path):
        return {document: path.rpartition("/")[2] for document, path in archive.connection.execute(PICTURED)}


def messages_with_pictures(archive: Archive) -> list[tuple[int, int]]:
    """The messages (chat, number) that show custom emoji which have a picture in the vault."""
    with translated(archive.path):
        return archive.connection.execute(WITH_PICTURES).fetchall()


def drop_emoji(archive: Archive, others: Collection[int]) -> None:
    """Forget the pictures of those that no message shows any more, nor are among `others`."""
    with archive.transaction() as db:
        found = [Picture(*row) for row in db.execute(NEEDLESS).fetchall()]
        remove(db, [picture for picture in found if picture.file_id not in others])


SETTLED = """
SELECT file_id FROM pictures WHERE kind = 'emoji' AND state <> 'pending'
AND NOT (state = 'failed' AND next_try BETWEEN 1 AND ?)
"""
PICTURED = "SELECT file_id, path FROM pictures WHERE kind = 'emoji' AND state = 'done'"
WITH_PICTURES = """
SELECT DISTINCT chat_id, message_id FROM emoji
WHERE document_id IN (SELECT file_id FROM pictures WHERE kind = 'emoji' AND state = 'done')
"""
ONE = f"SELECT {COLUMNS} FROM pictures WHERE kind = 'emoji' AND owner = 0 AND file_id = ?"
NEEDLESS = f"""
SELECT {COLUMNS} FROM pictures WHERE kind = 'emoji'
AND NOT EXISTS (SELECT 1 FROM emoji WHERE document_id = pictures.file_id)
"""
