"""The archive: one SQLite file per vault, locked by one run at a time.

Every public method that writes is one transaction: it happened or it did not.
All methods block, for a millisecond or so.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import attrs
import filelock
import orjson

from tobs.archive import sharing
from tobs.archive.codec import Codec
from tobs.archive.connection import prepare_connection, translated
from tobs.archive.imported import adopt_groups, keep_block
from tobs.archive.marks import put_mark
from tobs.archive.media import put_media
from tobs.archive.migrations import check_ours, migrate
from tobs.archive.news import (
    News,
    bury,
    emoji_uses,
    exhume,
    keep_versions,
    news_of,
    put_emoji,
    put_messages,
    put_stories,
    runs,
    story_uses,
    tombstones,
)
from tobs.archive.peers import RecentPeers, keep_peer, write_peer
from tobs.archive.reduced import is_better, is_named
from tobs.archive.rows import ArchivedChat, Committed, MediaRow, MessageRow, PreparedPage, Tombstone
from tobs.archive.seen import NAME, SeenFiles
from tobs.archive.spans import merge
from tobs.archive.unpublished import ALL_IDS, add_unpublished, mark_threads
from tobs.errors import NO_ROOM, ArchiveInUse, DiskFull, VaultError
from tobs.holder import holder_of, name_holder
from tobs.live import Mark
from tobs.model import Chat, Peer
from tobs.root import PLAIN, Root
from tobs.source import Span


@contextmanager
def open_archive(vault: Path, who: str = "", root: Root = PLAIN) -> Iterator[Archive]:
    """The archive of an account in `vault`, made if it is not there, for this process alone.

    `who` tells others whose it is.

    Raises `ArchiveError` when another run has it, when it is newer than this
    program or no archive, and `VaultError` when the folder cannot be written.
    In each case nothing is changed.
    """
    path = root.archive(vault)
    with hold_vault(vault, who, root), translated(path):
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            check_ours(connection, path)
            prepare_connection(connection)
            migrate(connection)
            archive = Archive(path, connection, read_codec(connection))
            yield archive
            archive.seen.save()
        finally:
            connection.close()


@contextmanager
def hold_vault(vault: Path, who: str, root: Root) -> Iterator[None]:
    """An account's part of a vault is this process's alone for the block. Raises `ArchiveInUse` and `VaultError`."""
    folder, path = root.private(vault), root.archive(vault)
    lock = filelock.FileLock(folder / "lock", timeout=0)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
        name_holder(folder / "lock", who)
    except filelock.Timeout:
        raise ArchiveInUse(
            path,
            f"{holder_of(folder / 'lock')} is working on {place_of(vault, root)}; "
            "wait until it has finished or choose another vault.",
        ) from None
    except OSError as error:
        lock.release()  # whoever tries again is this process
        kind = DiskFull if error.errno in NO_ROOM else VaultError
        raise kind(
            vault, f"cannot write to the vault {vault}: {error.strerror}; choose another folder or make room."
        ) from None
    try:
        yield
    finally:
        lock.release()


def place_of(vault: Path, root: Root) -> str:
    """An account's part of a vault in a sentence."""
    return f"{vault} ({root.folder})" if root.name else f"{vault}"


def read_codec(connection: sqlite3.Connection) -> Codec:
    """The codec with the dictionary that this archive was begun with."""
    (dictionary,) = connection.execute("SELECT value FROM meta WHERE key = 'dictionary'").fetchone()
    return Codec(dictionary)


@attrs.define(eq=False)
class Archive:
    """An open archive. One thread at a time; reading is in `tobs.archive.reads`."""

    path: Path
    connection: sqlite3.Connection
    codec: Codec
    _recent: RecentPeers = attrs.field(factory=RecentPeers, init=False, repr=False)
    seen: SeenFiles = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self.seen = SeenFiles(self.path.with_name(NAME), self.connection)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing. Raises `ArchiveError`."""
        with translated(self.path):
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                # A failed statement may have ended the transaction already.
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise

    def adopt_groups(self, chats: Sequence[Chat]) -> None:
        """Know the groups that supergroups were by the ids that Telegram says they have."""
        with self.transaction() as db:
            for group in adopt_groups(db, self.codec, chats):
                add_unpublished(db, group, ALL_IDS)

    def register(self, chats: Sequence[ArchivedChat]) -> None:
        """Remember chats and their folders; known ones keep folder and layout, and get their new description."""
        with self.transaction() as db:
            for chat in chats:
                if chat.chat.kind == "forum":  # what was written before it became one is in General
                    db.execute(INTO_GENERAL, (chat.chat.id,))
            db.executemany(REGISTER, [self._chat_values(chat) for chat in chats])

    def _chat_values(self, archived: ArchivedChat) -> tuple[object, ...]:
        chat = archived.chat
        topics = orjson.dumps([attrs.asdict(topic) for topic in chat.topics]).decode()
        return (
            chat.id, chat.kind, chat.title, chat.username, chat.description, chat.count, chat.top_message,
            chat.members, chat.migrated_from, chat.linked_chat, topics, self.codec.encoder()(chat.raw),
            archived.folder, orjson.dumps(archived.aliases).decode(), orjson.dumps(chat.pinned_origins).decode(),
        )  # fmt: skip

    def commit_page(self, page: PreparedPage) -> Committed:
        """Write what of a page is new or different, and the span it proves, together.

        What a message said before its author changed it is kept as a version,
        and what is gone keeps its last form. Of a reduced page only what is
        new, or different in what another one said; it proves no span.
        """
        if page.reduced:
            page = self._unknown(page)
            if not (page.messages or page.block or self._recent.news(page)):
                return Committed()
        return self.commit_pages([page])[0]

    def commit_pages(self, pages: Sequence[PreparedPage], marks: Sequence[Mark] = ()) -> list[Committed]:
        """Write several pages that are not reduced, and how far what happens is known with them, all together."""
        with self.transaction() as db:
            counts = [self._commit(db, page) for page in pages]
            for mark in marks:
                put_mark(db, mark)
        self._recent.keep(pages)
        return counts

    def _commit(self, db: sqlite3.Connection, page: PreparedPage) -> Committed:
        news = news_of(db, self.codec, page)
        for peer in self._recent.news(page):
            write_peer(db, page.chat_id, peer, self.codec)
        changed = write_news(db, self.codec, page, news, int(time.time()), self.seen)
        if page.block:
            keep_block(db, page.block, [(peer.id, peer.name if is_named(peer) else "") for peer in page.peers])
        for span in page.proven:
            add_span(db, page.chat_id, span)
        mark_threads(db, page, changed)
        for span in runs(sorted({*(message.id for message in page.messages), *changed}), changed):
            add_unpublished(db, page.chat_id, span)
        return news.counts

    def bury(self, chat_id: int, tombstones: Sequence[Tombstone]) -> None:
        """Mark messages as gone, as another archive has them."""
        with self.transaction() as db:
            bury(db, chat_id, tombstones)

    def _unknown(self, page: PreparedPage) -> PreparedPage:
        """The messages of a reduced page that Telegram itself has said nothing of, and no other one the same."""
        query = "SELECT id, layer, raw FROM messages WHERE chat_id = ? AND id BETWEEN ? AND ?"
        with translated(self.path):
            rows = self.connection.execute(query, (page.chat_id, *page.span)).fetchall()
        known = {number: (layer, raw) for number, layer, raw in rows}
        new = [message for message in page.messages if self._is_new(message, *known.get(message.id, (0, b"")))]
        numbers = {message.id for message in new}
        media = tuple(row for row in page.media if row.message_id in numbers)
        return attrs.evolve(page, messages=tuple(new), media=media)

    def _is_new(self, message: MessageRow, layer: int, raw: bytes) -> bool:
        if layer or raw == message.raw:
            return False
        return not raw or is_better(self.codec.decode(message.raw), self.codec.decode(raw))

    def remember_account(self, account: Peer) -> None:
        """Know whose archive this is, although no message may ever have shown it."""
        if not account.raw and self.connection.execute("SELECT 1 FROM peers WHERE id = ?", (account.id,)).fetchone():
            return  # only a name, out of the archive itself
        with self.transaction() as db:
            keep_peer(db, account, self.codec)

    def settle_layouts(self, chat_id: int, layouts: Mapping[int, str]) -> None:
        """Fix the layout of a chat, or of each topic of a forum, so that links to it stay."""
        with self.transaction() as db:
            settle_layouts(db, chat_id, layouts)

    def record_media(self, row: MediaRow) -> None:
        """Write down what became of a file, for all messages that have it; notes that show it are rendered again.

        A file that is ``done`` lies at `row.path`.
        """
        with self.transaction() as db:
            sharing.record(db, row)

    def mark_unpublished(self, chat_id: int, span: Span = ALL_IDS) -> None:
        """Have the notes with these messages rendered again."""
        with self.transaction() as db:
            add_unpublished(db, chat_id, span)

    def count_messages(self, chat_id: int) -> int:
        """How many messages of a chat are here."""
        with translated(self.path):
            query = "SELECT count(*) FROM messages WHERE chat_id = ?"
            return int(self.connection.execute(query, (chat_id,)).fetchone()[0])

    def spans(self, chat_id: int) -> list[Span]:
        """The ids of a chat of which everything is known."""
        with translated(self.path):
            query = "SELECT low, high FROM spans WHERE chat_id = ? ORDER BY low"
            return self.connection.execute(query, (chat_id,)).fetchall()

    def checkpoint(self) -> None:
        """Bring the write-ahead log into the file and onto the disk."""
        with translated(self.path):
            self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def settle_layouts(db: sqlite3.Connection, chat_id: int, layouts: Mapping[int, str]) -> None:
    """Write down the layouts of a chat's streams; that of a chat without topics has the key 0."""
    # A forum's own says no more than that it was read to its end.
    db.execute("UPDATE chats SET layout = ? WHERE id = ?", (next(iter(layouts.values()), ""), chat_id))
    db.execute("DELETE FROM layouts WHERE chat_id = ?", (chat_id,))
    rows = [(chat_id, topic, layout) for topic, layout in layouts.items() if topic]
    db.executemany("INSERT INTO layouts VALUES (?, ?, ?)", rows)


def write_news(
    db: sqlite3.Connection, codec: Codec, page: PreparedPage, news: News, now: int, seen: SeenFiles
) -> Collection[int]:
    """Write messages, their files and tombstones; gives the ids of all that look different now."""
    keep_versions(db, page.chat_id, [message.id for message in news.edited])
    put_messages(db, page, news.written, now)
    changed = [message.id for message in (*news.edited, *news.updated)]
    put_emoji(db, page.chat_id, changed, emoji_uses(codec, page, news))
    put_stories(db, page.chat_id, story_uses(codec, page, news))
    # The files of a story that did not come along are known otherwise.
    elsewhere = {*news.gone, *news.storied, *(use[0] for use in page.stories)}
    messages = {message.id for message in page.messages} - elsewhere
    files = put_media(db, page.chat_id, messages, page.media, seen.for_writing)
    bury(db, page.chat_id, tombstones(db, page, news.gone, now))
    exhume(db, page.chat_id, news.back)
    return news.changed | files


def add_span(db: sqlite3.Connection, chat_id: int, span: Span) -> None:
    """Join `span` with the spans that it overlaps or touches."""
    low, high = span
    touching = db.execute(
        "SELECT low, high FROM spans WHERE chat_id = ? AND low <= ? AND high >= ?", (chat_id, high + 1, low - 1)
    ).fetchall()
    ((first, last),) = merge([span, *touching])
    db.executemany("DELETE FROM spans WHERE chat_id = ? AND low = ?", [(chat_id, start) for start, _ in touching])
    db.execute("INSERT INTO spans VALUES (?, ?, ?)", (chat_id, first, last))


REGISTER = """
INSERT INTO chats (id, kind, title, username, description, count, top_message, members,
                   migrated_from, linked_chat, topics, raw, folder, aliases, pinned_origins)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
    kind = excluded.kind, title = excluded.title, username = excluded.username, description = excluded.description,
    count = excluded.count, top_message = excluded.top_message, members = excluded.members,
    migrated_from = excluded.migrated_from, linked_chat = excluded.linked_chat, topics = excluded.topics,
    raw = excluded.raw, aliases = excluded.aliases, pinned_origins = excluded.pinned_origins
"""
INTO_GENERAL = """
UPDATE messages SET topic_id = 1
WHERE chat_id = ?1 AND (SELECT kind FROM chats WHERE id = ?1) <> 'forum'
"""
