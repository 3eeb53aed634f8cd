"""Which notes are older than what they show: each change marks the messages whose notes are to be rendered again.

All functions belong in the transaction that makes the change.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection

from tobs.archive.rows import PreparedPage
from tobs.source import Span

ALL_IDS = (-(2**63), 2**63 - 1)


def add_unpublished(db: sqlite3.Connection, chat_id: int, span: Span) -> None:
    """Mark a range of messages as newer than its notes."""
    db.execute("INSERT INTO unpublished VALUES (?, ?, ?)", (chat_id, *span))


def mark_message(db: sqlite3.Connection, chat_id: int, message_id: int) -> None:
    """Have the note with a message rendered again."""
    add_unpublished(db, chat_id, (message_id, message_id))


def mark_threads(db: sqlite3.Connection, page: PreparedPage, changed: Collection[int]) -> None:
    """Write down the threads that begin on a page, and have the posts rendered again that it has comments on."""
    for thread in page.threads:
        new = db.execute(INSERT_THREAD, (thread.post_chat, thread.post_id, page.chat_id, thread.root_id)).rowcount
        if new or thread.root_id in changed:
            db.execute(MARK_POST, (thread.post_chat, thread.post_id, thread.post_id))
    if changed:
        db.execute(MARK_POSTS, (page.chat_id, min(changed), max(changed)))


def mark_referrers(db: sqlite3.Connection, chat_id: int, changed: Span) -> None:
    """Have the notes of other chats rendered again that refer to messages in `changed`."""
    db.execute(MARK_REFERRERS, (chat_id, changed[1], changed[0]))


INSERT_THREAD = "INSERT OR IGNORE INTO threads VALUES (?, ?, ?, ?)"
# The post that has a copy now: comments on it may be here already.
MARK_POST = "INSERT INTO unpublished SELECT id, ?2, ?3 FROM chats WHERE id = ?1"
# The posts that messages of a discussion group are comments on, or copies of.
MARK_POSTS = """
INSERT INTO unpublished SELECT DISTINCT post_chat, post_id, post_id
FROM messages JOIN threads ON threads.chat_id = messages.chat_id AND threads.root_id = messages.topic_id
JOIN chats ON chats.id = post_chat
WHERE messages.chat_id = ? AND messages.id BETWEEN ? AND ?
"""
MARK_REFERRERS = """
INSERT INTO unpublished SELECT notes.chat_id, notes.first_id, notes.last_id
FROM refs JOIN notes USING (path)
WHERE refs.chat_id = ? AND refs.low <= ? AND refs.high >= ? AND notes.chat_id <> refs.chat_id
"""
