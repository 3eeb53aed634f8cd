"""What the archive knows of files besides their messages: who else has them, and where they are to lie."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tobs.archive import sharing
from tobs.archive.connection import translated
from tobs.archive.media import put_media
from tobs.archive.rows import MediaRow, Move
from tobs.archive.store import Archive
from tobs.archive.unpublished import mark_message


def judge_file(archive: Archive, row: MediaRow) -> None:
    """Write down whether a message's file is wanted: its state is ``pending`` or ``skipped``."""
    with archive.transaction() as db:
        sharing.judge(db, row)


def put_files(archive: Archive, chat_id: int, messages: Collection[int], rows: Sequence[MediaRow]) -> None:
    """Have these files, and no others, for these messages of a chat."""
    with archive.transaction() as db:
        changed = put_media(db, chat_id, messages, rows, archive.seen.for_writing)
        for message_id in sorted(changed):
            mark_message(db, chat_id, message_id)


def share_files(archive: Archive) -> None:
    """Have all files shared that an older tobs fetched once for each message."""
    with archive.transaction() as db:
        if not db.execute("SELECT 1 FROM meta WHERE key = 'shared'").fetchone():
            sharing.share_all(db)
            db.execute("INSERT INTO meta VALUES ('shared', '')")


def moves(archive: Archive) -> list[Move]:
    """The files that are to lie elsewhere now, in the order that they move."""
    with translated(archive.path):
        return [Move(*row) for row in archive.connection.execute("SELECT id, old, new FROM moves ORDER BY id")]


def finish_move(archive: Archive, move: Move) -> None:
    """A file lies where it should."""
    with archive.transaction() as db:
        db.execute("DELETE FROM moves WHERE id = ?", (move.id,))


def current(archive: Archive, row: MediaRow) -> MediaRow | None:
    """A file of a message as it is now; None if its message has it no more."""
    with translated(archive.path):
        key = (row.chat_id, row.message_id, row.file_id, row.thumb)
        found = archive.connection.execute(f"{sharing.ROWS} {sharing.WHERE_MEDIA}", key).fetchone()
        return MediaRow(*found) if found else None


def others(archive: Archive, row: MediaRow, limit: int) -> list[MediaRow]:
    """The same file as other messages have it, that of the newest first."""
    with translated(archive.path):
        return sharing.others(archive.connection, row, limit)
