"""What is known of the stories that messages name: their content, whose files are those of the messages, or why not."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

import attrs

from tobs.archive.connection import translated
from tobs.archive.media import put_media
from tobs.archive.news import put_stories
from tobs.archive.peers import keep_peer
from tobs.archive.rows import MediaRow, StoryUse
from tobs.archive.store import Archive
from tobs.archive.unpublished import mark_message
from tobs.model import Peer, Raw


@attrs.frozen
class Story:
    """What came of asking for a story: its content, or the reason why there is none.

    `tries` and `next_try` are as in `tobs.archive.rows.MediaRow`.
    """

    owner: int
    number: int
    raw: Raw | None = attrs.field(default=None, repr=False)
    reason: str = ""
    tries: int = 0
    next_try: int = 0


def use_stories(archive: Archive, chat_id: int, uses: Iterable[StoryUse]) -> None:
    """Know that these messages name these stories, besides what is known."""
    with archive.transaction() as db:
        put_stories(db, chat_id, uses)


def due_stories(archive: Archive, chat_id: int, now: int) -> list[StoryUse]:
    """The stories to ask for that messages of a chat name, by owner and number.

    Of a story that several messages name there is one for each; `now` is in Unix seconds.
    """
    with translated(archive.path):
        return archive.connection.execute(DUE, (chat_id, now)).fetchall()


def tries_of(archive: Archive, owner: int, number: int) -> int:
    """How often a story was not given."""
    with translated(archive.path):
        row = archive.connection.execute("SELECT tries FROM stories WHERE owner = ? AND number = ?", (owner, number))
        return next((int(tries) for (tries,) in row.fetchall()), 0)


def keep_stories(archive: Archive, chat_id: int, stories: Sequence[Story], layer: int, peers: Iterable[Peer]) -> None:
    """Write down what came of asking, and whom the answer told of; notes of the messages are rendered again."""
    encode = archive.codec.encoder()
    with archive.transaction() as db:
        for peer in peers:
            # Of those who are known, pages of messages tell the news.
            if not db.execute("SELECT 1 FROM peers WHERE id = ?", (peer.id,)).fetchone():
                keep_peer(db, peer, archive.codec)
            db.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (chat_id, peer.id))
        for one in stories:
            key, state = (one.owner, one.number), "failed" if one.raw is None else "done"
            raw = b"" if one.raw is None else encode(one.raw)
            values = (*key, state, one.reason, one.tries, one.next_try, layer, int(time.time()), raw)
            db.execute(f"INSERT OR REPLACE INTO stories VALUES ({', '.join('?' * 9)})", values)
            db.execute(MARK_USES, key)


def unlisted_uses(archive: Archive) -> list[tuple[int, int]]:
    """The messages (chat, number) whose story is known, and its files are not yet among theirs."""
    with translated(archive.path):
        return archive.connection.execute(UNLISTED).fetchall()


def list_story(archive: Archive, chat_id: int, message_id: int, rows: Sequence[MediaRow]) -> None:
    """Have the files of a message's story among those of the message."""
    with archive.transaction() as db:
        put_media(db, chat_id, {message_id}, rows, archive.seen.for_writing)
        db.execute("UPDATE story_uses SET listed = 1 WHERE chat_id = ? AND message_id = ?", (chat_id, message_id))
        mark_message(db, chat_id, message_id)


DUE = """
SELECT message_id, owner, number FROM story_uses LEFT JOIN stories USING (owner, number)
WHERE chat_id = ? AND (state IS NULL OR (state = 'failed' AND next_try BETWEEN 1 AND ?))
ORDER BY owner, number, message_id
"""
MARK_USES = (
    "INSERT INTO unpublished SELECT chat_id, message_id, message_id FROM story_uses WHERE owner = ? AND number = ?"
)
UNLISTED = """
SELECT chat_id, message_id FROM story_uses JOIN stories USING (owner, number)
WHERE listed = 0 AND state = 'done' ORDER BY chat_id, message_id
"""
