"""The people and chats that messages speak of, and in which chats they were seen."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

import attrs

from tobs.archive.codec import Codec
from tobs.archive.reduced import is_better_peer
from tobs.archive.rows import PreparedPage
from tobs.archive.unpublished import ALL_IDS, mark_referrers
from tobs.model import Peer

REMEMBERED = 5_000  # peers just written, so that the next page does not write them again; a source remembers as many


@attrs.define(eq=False)
class RecentPeers:
    """What was last written of peers. Nearly all of a page were on the page before, just so."""

    _written: dict[tuple[int, int], Peer] = attrs.field(factory=dict, init=False)
    _names: dict[int, str] = attrs.field(factory=dict, init=False)  # whichever chat told them last

    def news(self, page: PreparedPage) -> list[Peer]:
        """The peers of a page that are not known to be in the archive just so."""
        return [peer for peer in page.peers if not self._is_written(page.chat_id, peer)]

    def keep(self, pages: Iterable[PreparedPage]) -> None:
        """The peers of these pages have been committed."""
        if len(self._written) > REMEMBERED:
            self._written.clear()
            self._names.clear()
        for page in pages:
            self._written.update({(page.chat_id, peer.id): peer for peer in page.peers})
            self._names.update({peer.id: peer.name for peer in page.peers})

    def _is_written(self, chat_id: int, peer: Peer) -> bool:
        # Somebody may have had another name for a while, which only another chat told.
        return self._written.get((chat_id, peer.id)) == peer and self._names[peer.id] == peer.name


def write_peer(db: sqlite3.Connection, chat_id: int, peer: Peer, codec: Codec) -> None:
    """Remember a user or chat, and that it was seen in `chat_id`."""
    keep_peer(db, peer, codec)
    db.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (chat_id, peer.id))


def keep_peer(db: sqlite3.Connection, peer: Peer, codec: Codec) -> None:
    """Remember a user or chat; a new name is rendered wherever it was seen."""
    known = db.execute("SELECT name, raw FROM peers WHERE id = ?", (peer.id,)).fetchone()
    if not known:
        mark_referrers(db, peer.id, ALL_IDS)  # notes that had to call it unknown
        db.execute(RENDER_CHAT_WITH, (*ALL_IDS, peer.id))  # whose notes led to the chat's until now
    elif peer.raw.get("min") and not is_better_peer(peer, codec.decode(known[1]), known[0]):
        return
    blob = codec.encoder()(peer.raw)
    db.execute(INSERT_PEER, (peer.id, peer.kind, peer.name, peer.username, peer.phone, blob))
    if known and known[0] != peer.name:
        db.execute(RENDER_AGAIN_WHERE_SEEN, (*ALL_IDS, peer.id))


INSERT_PEER = """
INSERT INTO peers (id, kind, name, username, phone, raw) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
    kind = excluded.kind, name = excluded.name, username = excluded.username, phone = excluded.phone,
    raw = excluded.raw
"""
RENDER_AGAIN_WHERE_SEEN = "INSERT INTO unpublished SELECT chat_id, ?, ? FROM seen WHERE peer_id = ?"
RENDER_CHAT_WITH = "INSERT INTO unpublished SELECT id, ?, ? FROM chats WHERE id = ?"
