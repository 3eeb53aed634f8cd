"""The archive of a vault as it is, opened so that not one byte of it changes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import attrs
import filelock
import orjson

from tobs.archive.codec import Codec
from tobs.archive.connection import open_read_only, translated
from tobs.archive.migrations import STEPS, check_ours, version_of
from tobs.archive.rows import ArchivedChat
from tobs.archive.spans import merge
from tobs.archive.store import place_of
from tobs.config import ExportConfig
from tobs.errors import ArchiveError
from tobs.holder import holder_of
from tobs.model import Chat
from tobs.source import Span


@attrs.frozen
class KnownChat:
    """A chat, its folder, and whether it became a supergroup: then its anchors begin with ``g``."""

    chat: Chat
    folder: str
    migrated: bool

    def anchor(self, message_id: int) -> str:
        """What stands behind ``^`` at a message of this chat."""
        return f"{'g' if self.migrated else 'm'}{message_id}"


@attrs.define(eq=False)
class Snapshot:
    """An archive that nobody writes to while it is open."""

    path: Path
    db: sqlite3.Connection
    codec: Codec

    def chats(self) -> list[KnownChat]:
        """All chats, by id, without their raw form."""
        query = "SELECT id, kind, title, top_message, migrated_from, folder FROM chats ORDER BY id"
        found = [
            ArchivedChat(Chat(chat_id, kind, title, top_message=top, migrated_from=earlier), folder)
            for chat_id, kind, title, top, earlier, folder in self.db.execute(query).fetchall()
        ]
        groups = {one.chat.migrated_from for one in found}
        return [KnownChat(one.chat, one.folder, one.chat.id in groups) for one in found]

    def spans(self, chat_id: int) -> list[Span]:
        """The ids of a chat that were read as a whole, sorted; as written, however wrong."""
        return self.db.execute(
            "SELECT low, high FROM spans WHERE chat_id = ? ORDER BY low, high", (chat_id,)
        ).fetchall()

    def dirty(self, chat_id: int) -> list[Span]:
        """What of a chat is newer than its notes."""
        return merge(self.db.execute("SELECT low, high FROM unpublished WHERE chat_id = ?", (chat_id,)).fetchall())

    def account_id(self) -> int:
        """Whose archive it is, 0 if that is not known yet."""
        row = self.db.execute("SELECT value FROM meta WHERE key = 'owner'").fetchone()
        return int(orjson.loads(row[0])[0]) if row else 0

    def has_message(self, chat_id: int, message_id: int) -> bool:
        """Whether a message is archived."""
        query = "SELECT 1 FROM messages WHERE chat_id = ? AND id = ?"
        return self.db.execute(query, (chat_id, message_id)).fetchone() is not None

    def count(self, table: str) -> int:
        """How many rows a table has, 0 if damage hides that."""
        try:
            return int(self.db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
        except sqlite3.DatabaseError:
            return 0


@contextmanager
def open_snapshot(config: ExportConfig) -> Iterator[Snapshot]:
    """The archive that `config` means for reading, while no other tobs works on it.

    An export in between would let notes and archive differ, so it is waited
    for by the person: `ArchiveError` says so, and also when there is no
    archive or another version's.
    """
    path = archive_path(config)
    with ExitStack() as stack:
        hold(config, stack)
        stack.enter_context(translated(path))
        db = stack.enter_context(open_read_only(path))
        check_ours(db, path)
        if version_of(db) < len(STEPS):
            raise ArchiveError(path, f"{path} was written by an older tobs; run `tobs render` once, then verify again.")
        yield Snapshot(path, db, read_codec(db, path))


def archive_path(config: ExportConfig) -> Path:
    """Where the archive lies. Raises `ArchiveError` if there is none."""
    path, where = config.root.archive(config.vault), place_of(config.vault, config.root)
    if not path.is_file():
        raise ArchiveError(path, f"there is no archive in {where}; run `tobs export` first, or name its vault.")
    return path


def hold(config: ExportConfig, stack: ExitStack) -> None:
    """Keep every other tobs from writing to this account's part. Makes no file: where none is, no tobs is at work."""
    lock, where = config.root.private(config.vault) / "lock", place_of(config.vault, config.root)
    if not lock.exists():
        return
    try:
        stack.enter_context(filelock.FileLock(lock, timeout=0))
    except filelock.Timeout:
        raise ArchiveError(lock, f"{holder_of(lock)} is working on {where}; wait until it has finished.") from None
    except OSError:
        return  # a medium that cannot be written, so nobody else writes to it either


def read_codec(db: sqlite3.Connection, path: Path) -> Codec:
    """The codec of the archive. Raises `ArchiveError` if what all messages need to be read is gone."""
    row = db.execute("SELECT value FROM meta WHERE key = 'dictionary'").fetchone()
    if row is None:
        raise ArchiveError(path, f"{path} has lost the dictionary of its messages; restore it from a backup.")
    return Codec(bytes(row[0]))
