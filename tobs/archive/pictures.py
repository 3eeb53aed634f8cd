"""Pictures that belong to no message: thumbnails of files that were left out, looks of chats and people, custom emoji.

Their places are named after their ids alone, so that vaults are the same
whatever came first. How they are fetched and told of is as with files.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

import attrs

from tobs.archive.connection import translated
from tobs.archive.store import Archive
from tobs.archive.unpublished import mark_message
from tobs.model import NO_ROOM

PictureKind = Literal["thumbnail", "avatar", "emoji"]
BLOCK = 500  # rows a query; no cursor stays open, so that the archive can be written in between
ASKED = 4  # messages through which a thumbnail is asked for


@attrs.frozen
class Picture:
    """A picture of a file or a custom emoji (`owner` is 0), or of a chat or person.

    `state` is ``pending``, ``done``, ``failed``, or ``none`` for what Telegram
    has no picture of. The rest is as in `tobs.archive.rows.MediaRow`.
    """

    kind: PictureKind
    owner: int
    file_id: int
    dc_id: int
    size: int
    thumb: str
    path: str
    state: str = "pending"
    reason: str = ""
    sha256: str = ""
    tries: int = 0
    next_try: int = 0

    @property
    def name(self) -> str:
        """What notes embed."""
        return self.path.rpartition("/")[2]


def without_thumbnail(archive: Archive, chat_id: int) -> Iterator[tuple[int, int]]:
    """(message, file) of each file of a chat that does not come, and of whose thumbnail nothing is known."""
    after = (-(2**63), 0)
    while True:
        with translated(archive.path):
            found = archive.connection.execute(WITHOUT, (chat_id, *after)).fetchall()
        yield from found
        if len(found) < BLOCK:
            return
        after = found[-1]


def messages_with(archive: Archive, picture: Picture) -> list[tuple[int, int]]:
    """Some messages (chat, number) that have the file of a thumbnail, the newest first."""
    with translated(archive.path):
        return archive.connection.execute(ASKING, (picture.file_id, picture.dc_id, ASKED)).fetchall()


def list_pictures(archive: Archive, pictures: Iterable[Picture]) -> None:
    """Have these fetched, if they are not known."""
    with archive.transaction() as db:
        db.executemany(INSERT, [attrs.astuple(picture) for picture in pictures])


def drop_thumbnails(archive: Archive) -> None:
    """Forget the thumbnails of files that are there now, or that no message has any more."""
    with archive.transaction() as db:
        remove(db, [Picture(*row) for row in db.execute(NEEDLESS).fetchall()])


def drop_unfetched(archive: Archive, kind: PictureKind) -> None:
    """Pictures of a kind are not wanted any more: what is there stays."""
    with archive.transaction() as db:
        db.execute("DELETE FROM pictures WHERE kind = ? AND state <> 'done'", (kind,))


def keep_avatars(archive: Archive, shown: Mapping[int, Picture | None]) -> None:
    """Have the pictures of chats and people fetched that they have now; of None nobody knows whether they have one.

    What one looked like before stays until the new picture is there.
    """
    with archive.transaction() as db:
        known = [
            Picture(*row) for row in db.execute(f"SELECT {COLUMNS} FROM pictures WHERE kind = 'avatar'").fetchall()
        ]
        remove(db, [each for each in known if _is_past(each, shown)])
        db.executemany(INSERT, [attrs.astuple(picture) for picture in shown.values() if picture])


def _is_past(picture: Picture, shown: Mapping[int, Picture | None]) -> bool:
    if picture.owner not in shown:
        return True
    now = shown[picture.owner]
    return now is not None and now.file_id != picture.file_id and picture.state != "done"


def pending_pictures(archive: Archive, kind: PictureKind, now: int) -> Iterator[Picture]:
    """Those that are to be fetched, also those that were refused if it is time (Unix seconds) to ask again."""
    after = (-(2**63), 0)
    while True:
        with translated(archive.path):
            found = [Picture(*row) for row in archive.connection.execute(PENDING, (kind, now, *after)).fetchall()]
        yield from found
        if len(found) < BLOCK:
            return
        after = (found[-1].owner, found[-1].file_id)


def count_pending(archive: Archive, kind: PictureKind, now: int) -> int:
    """How many `pending_pictures` gives."""
    with translated(archive.path):
        return int(archive.connection.execute(f"SELECT count(*) FROM pictures {DUE}", (kind, now)).fetchone()[0])


def done_pictures(archive: Archive) -> list[Picture]:
    """Those that were fetched."""
    with translated(archive.path):
        found = archive.connection.execute(f"SELECT {COLUMNS} FROM pictures WHERE state = 'done'").fetchall()
        return [Picture(*row) for row in found]


def record_picture(archive: Archive, picture: Picture) -> None:
    """Write down what became of a picture; notes that show it are rendered again."""
    key = picture.kind, picture.owner, picture.file_id
    with archive.transaction() as db:
        was_there = db.execute(f"SELECT 1 FROM pictures {WHERE} AND state = 'done'", key).fetchone()
        db.execute(f"DELETE FROM pictures {WHERE}", key)
        db.execute(INSERT, attrs.astuple(picture))
        if picture.kind == "avatar" and picture.state == "done":
            remove(db, [Picture(*row) for row in db.execute(EARLIER, (picture.owner, picture.file_id)).fetchall()])
        if picture.kind == "thumbnail":
            for chat_id, message_id in db.execute(LACKING, (picture.file_id,)).fetchall():
                mark_message(db, chat_id, message_id)
        if picture.kind == "emoji" and (was_there or picture.state == "done"):
            db.execute(MARK_USES, (picture.file_id,))


def remove(db: sqlite3.Connection, pictures: Iterable[Picture]) -> None:
    """Forget pictures; the files go with the next moves."""
    for picture in pictures:
        db.execute(f"DELETE FROM pictures {WHERE}", (picture.kind, picture.owner, picture.file_id))
        if picture.state == "done":
            db.execute("INSERT INTO moves (old, new) VALUES (?, '')", (picture.path,))


# A file that does not come. Only Telegram's data centres have files that can be asked for by their ids.
ABSENT = f"dc_id > 0 AND (state IN ('skipped', 'failed') OR (state = 'pending' AND reason = '{NO_ROOM}'))"
WITHOUT = f"""
SELECT DISTINCT message_id, file_id FROM media
WHERE chat_id = ? AND {ABSENT} AND (message_id, file_id) > (?, ?)
AND NOT EXISTS (SELECT 1 FROM pictures WHERE kind = 'thumbnail' AND owner = 0 AND pictures.file_id = media.file_id)
ORDER BY message_id, file_id LIMIT {BLOCK}
"""
ASKING = f"""
SELECT DISTINCT chat_id, message_id FROM media WHERE file_id = ? AND dc_id = ? AND {ABSENT}
ORDER BY date DESC, chat_id, message_id LIMIT ?
"""
MARK_USES = "INSERT INTO unpublished SELECT chat_id, message_id, message_id FROM emoji WHERE document_id = ?"
LACKING = "SELECT chat_id, message_id FROM media WHERE file_id = ? AND state <> 'done'"
COLUMNS = "kind, owner, file_id, dc_id, size, thumb, path, state, reason, sha256, tries, next_try"
INSERT = f"INSERT OR IGNORE INTO pictures ({COLUMNS}) VALUES ({', '.join('?' * 12)})"
WHERE = "WHERE kind = ? AND owner = ? AND file_id = ?"
EARLIER = f"SELECT {COLUMNS} FROM pictures WHERE kind = 'avatar' AND owner = ? AND file_id <> ?"
NEEDLESS = f"""
SELECT {COLUMNS} FROM pictures WHERE kind = 'thumbnail' AND NOT EXISTS (
    SELECT 1 FROM media WHERE file_id = pictures.file_id AND state <> 'done')
"""
DUE = "WHERE kind = ?1 AND (state = 'pending' OR (state = 'failed' AND next_try BETWEEN 1 AND ?2))"
PENDING = f"""
SELECT {COLUMNS} FROM pictures {DUE}
AND (owner, file_id) > (?3, ?4) ORDER BY owner, file_id LIMIT {BLOCK}
"""
