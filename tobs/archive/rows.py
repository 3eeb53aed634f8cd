"""The frozen rows that the archive takes and gives."""

from __future__ import annotations

from typing import NamedTuple

import attrs

from tobs.archive.spans import merge
from tobs.model import Chat, Peer, Raw
from tobs.source import Span


@attrs.frozen(slots=False)  # made for every message, and twice as quick to make so
class MessageRow:
    """A message as stored: `raw` is compressed JSON, `weight` an upper bound of its bytes in a note.

    `topic_id` is its forum topic, or the message that begins its thread, or 0.
    """

    id: int
    date: int
    sender_id: int
    topic_id: int
    grouped_id: int
    weight: int
    raw: bytes = attrs.field(repr=False)


@attrs.frozen
class MediaRow:
    """A file of a message, named by `file_id` and `thumb`.

    `path` is where the file lies or will, which may be named after another
    message that has the same file. `state` is ``pending``, ``done``,
    ``failed`` or ``skipped``; `reason` is for people. A file that was refused
    `tries` times is asked for again after `next_try`, never if that is 0.
    """

    chat_id: int
    message_id: int
    file_id: int
    kind: str
    dc_id: int
    size: int
    thumb: str
    name: str
    path: str
    state: str = "pending"
    reason: str = ""
    sha256: str = ""
    tries: int = 0
    next_try: int = 0


@attrs.frozen
class Move:
    """A file that is to lie elsewhere in the vault, or nowhere if `new` is ""."""

    id: int
    old: str
    new: str


@attrs.frozen
class Thread:
    """The message `root_id` of a discussion group is the copy of a channel's post."""

    post_chat: int
    post_id: int
    root_id: int


@attrs.frozen
class Version:
    """What a message said before it was edited; `number` counts from 1, the oldest."""

    id: int
    number: int
    layer: int
    raw: Raw = attrs.field(repr=False)


EmojiUse = tuple[int, int]  # a message, and the document of a custom emoji that it shows
StoryUse = tuple[int, int, int]  # a message, and the owner and number of a story that it names without its content


@attrs.frozen
class Tombstone:
    """A message that Telegram no longer has, and when it was last read.

    `hidden` are those older than everything that Telegram still shows of the chat.
    """

    id: int
    seen_at: int
    found_at: int
    hidden: bool = False


@attrs.frozen
class Committed:
    """How many messages of a page were new, edited by their authors, different otherwise, gone, and there again."""

    new: int = 0
    edited: int = 0
    updated: int = 0
    gone: int = 0
    back: int = 0


@attrs.frozen
class PreparedPage:
    """A page with nothing left to do but to write it down. Flags, `gone`, `oldest`, `block` as in `tobs.model.Page`."""

    chat_id: int
    span: Span
    messages: tuple[MessageRow, ...]
    media: tuple[MediaRow, ...]
    peers: tuple[Peer, ...]
    layer: int
    threads: tuple[Thread, ...] = ()
    found: bool = False
    reduced: bool = False
    gone: tuple[int, ...] = ()
    oldest: int = 0
    block: bytes = b""
    emoji: tuple[EmojiUse, ...] = ()
    stories: tuple[StoryUse, ...] = ()

    @property
    def proven(self) -> list[Span]:
        """The ids of which everything is known now."""
        if self.reduced:
            return []
        return merge((message.id, message.id) for message in self.messages) if self.found else [self.span]


@attrs.frozen
class ArchivedChat:
    """A chat as the archive knows it. `folder` is its name in the vault; `layout` is "" until it is settled."""

    chat: Chat
    folder: str
    aliases: tuple[str, ...] = ()
    layout: str = ""


class Outline(NamedTuple):
    """What it takes to decide which note a message belongs to, without reading the message."""

    id: int
    date: int
    grouped_id: int
    weight: int


@attrs.frozen
class Note:
    """A note of the vault: where it is, what it holds, and the digest of what was last written there.

    `kind` is ``period`` for notes that messages stand in; ``promoted``,
    ``article`` and ``vcard`` for what one message brings along; ``chat``,
    ``topic``, ``person`` or ``start``, which have no ids. `topic_id` is 0 but
    in forums. `digest` is "" for a note that was never written.
    """

    path: str
    kind: str
    chat_id: int = 0
    first_id: int = 0
    last_id: int = 0
    messages: int = 0
    first_date: int = 0
    last_date: int = 0
    digest: str = ""
    topic_id: int = 0
