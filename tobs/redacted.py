"""A copy of an archive in which nobody can be found."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from tobs.archive.reads import Reads
from tobs.archive.rows import ArchivedChat, Outline, PreparedPage
from tobs.archive.store import Archive
from tobs.config import MediaConfig
from tobs.model import Page, Peer, RawMessage
from tobs.prepare import Preparation, prepare_page
from tobs.redact import Redaction, names_in, titles_in
from tobs.vault.names import chat_folders, homes

BLOCK = 500  # messages at a time: flat memory
LEFT_OUT = "left out"


def told(reads: Reads) -> tuple[list[ArchivedChat], set[str]]:
    """What only messages tell: the chats with all titles they had, and names of people without an id."""
    names: set[str] = set()
    chats = []
    for archived in reads.chats():
        titles = {*archived.aliases}
        for raw in (raw for block in blocks(reads, archived.chat.id) for _, raw in block):
            names.update(names_in(raw))
            titles.update(titles_in(raw))
        chats.append(attrs.evolve(archived, aliases=tuple(sorted(titles))))
    return chats, names


def copy_redacted(
    reads: Reads, into: Archive, redact: Redaction, account_id: int, zone: ZoneInfo, *, keep_layouts: bool
) -> None:
    """Fill the empty archive `into` with everything in `reads`, redacted, and all files left out."""
    chats = reads.chats()
    named = chat_folders((), [redact.chat(archived.chat) for archived in chats])
    into.register(named)
    people = {peer.id: redact.peer(peer) for peer in reads.everybody()}
    for peer in people.values():
        into.remember_account(peer)
    seen = seen_by_chat(reads)
    places, me = homes(named), redact.pseudonyms.user(account_id)
    for archived, new in zip(chats, named, strict=True):
        using = Preparation(new.chat, places[new.chat.id], me, zone, MediaConfig(), into.codec)
        there = [people[peer_id] for peer_id in seen.get(archived.chat.id, ())]
        for page in pages(reads, archived, redact, there):
            into.commit_page(without_files(prepare_page(page, using)))
        if keep_layouts and archived.layout:
            topics = reads.layouts(archived.chat.id) if archived.chat.kind == "forum" else {0: archived.layout}
            into.settle_layouts(new.chat.id, topics)


def seen_by_chat(reads: Reads) -> dict[int, list[int]]:
    """The people and chats that each chat's messages told of."""
    found: dict[int, list[int]] = {}
    for peer_id, chats in reads.seen_in().items():
        for chat_id in chats:
            found.setdefault(chat_id, []).append(peer_id)
    return found


def pages(reads: Reads, archived: ArchivedChat, redact: Redaction, seen: list[Peer]) -> Iterator[Page]:
    """The redacted messages of a chat; those who were seen in it come with the first ones."""
    chat_id, peers = redact.pseudonyms.marked(archived.chat.id), tuple(seen)
    redacted = redact.messages(archived.chat)
    for block in blocks(reads, archived.chat.id):
        messages = tuple(RawMessage(outline.id, outline.date, redacted(raw)) for outline, raw in block)
        yield Page(chat_id, messages[0].id, messages[-1].id, messages, peers)
        peers = ()


def blocks(reads: Reads, chat_id: int) -> Iterator[list[tuple[Outline, dict[str, Any]]]]:
    """The raw messages of a chat, ascending by id."""
    outlines = reads.outlines(chat_id)
    while part := [*islice(outlines, BLOCK)]:
        yield [*zip(part, reads.messages(chat_id, part[0].id, part[-1].id), strict=True)]


def without_files(page: PreparedPage) -> PreparedPage:
    """A page whose files will not come."""
    media = tuple(attrs.evolve(row, state="skipped", reason=LEFT_OUT) for row in page.media)
    return attrs.evolve(page, media=media)
