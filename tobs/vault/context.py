"""What rendering a message needs to know from outside it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, tzinfo
from typing import Literal, Protocol

import attrs

from tobs.config import Hashtags, Style
from tobs.model import Message

# A file that is pending is shown as one that is there: it is on its way. One that is delayed did not come yet.
MediaState = Literal["pending", "done", "delayed", "failed", "skipped"]


@attrs.frozen
class Target:
    """A place in the vault: a note's basename, unique in the vault, and a block id in it without ``^``."""

    note: str
    anchor: str = ""


@attrs.frozen
class MediaFile:
    """A file of a message: its name, unique in the vault and free of ``[]|#^``, and how far it is.

    `thumbnail` is a small picture that is there in place of a file that is not, "" if there is none.
    """

    name: str
    state: MediaState = "pending"
    reason: str = ""
    thumbnail: str = ""


@attrs.frozen
class Look:
    """How messages look, as the configuration says: a note with another look has other bytes."""

    style: Style = "callout"
    repeat_names: bool = True
    hashtags: Hashtags = "tag"
    hard_breaks: bool = False


@attrs.frozen
class Thread:
    """The comments on a post: how many, the first of them, and the note of the discussion."""

    count: int
    comments: tuple[Message, ...]
    discussion: Target | None = None


@attrs.frozen
class Past:
    """What a message said before it was edited, oldest first, and when it was last seen if it is gone, else 0.

    One that is `hidden` is older than everything that Telegram still shows of its chat.
    """

    versions: tuple[Message, ...] = ()
    seen_at: int = 0
    hidden: bool = False


class Links(Protocol):
    """Knows how texts look, and which web addresses are messages of the archive, and who has a note."""

    @property
    def look(self) -> Look:
        """What the configuration says about the look of messages."""

    def link_for_url(self, url: str) -> Target | None:
        """Where ``https://t.me/name/123``, ``t.me/c/…`` or ``tg://…`` stands in the vault; None if it does not."""

    def peer(self, peer_id: int) -> Target | None:
        """The note about a person or chat; None if there is none."""

    def emoji_picture(self, document_id: int) -> str:
        """The file that shows a custom emoji, named as in `MediaFile`; "" if there is none, or none is wanted."""


class Context(Links, Protocol):
    """All look-ups of the renderer. Strings go in and out as people wrote them; the renderer escapes.

    An album has one block, whose anchor is its first message's: `link` maps
    every message of the album to it, since Obsidian allows a block one id.
    """

    @property
    def zone(self) -> tzinfo:
        """The time zone that notes are written in."""

    @property
    def counters(self) -> bool:
        """Whether views, forwards, comments and reactions are shown."""

    def name(self, peer_id: int) -> str:
        """What to call a user or chat, never empty."""

    def anchor(self, chat_id: int, message_id: int) -> str:
        """The block id of a message: ``m<id>``, or ``g<id>`` in a group that became a supergroup."""

    def link(self, chat_id: int, message_id: int) -> Target | None:
        """Where a message stands in the vault; None if it is not archived."""

    def snippet(self, chat_id: int, message_id: int) -> str | None:
        """A short label for a link to a message, as `reply_label` makes it; None if it is not archived."""

    def file(self, chat_id: int, message_id: int, file_id: int, thumb: str) -> MediaFile | None:
        """A file of a message, as `model.File` names it; None if it is not to be had."""

    def thread(self, chat_id: int, message_id: int) -> Thread | None:
        """The comments on a post of a channel; None if there are none."""

    def past(self, chat_id: int, message_id: int) -> Past | None:
        """What became of a message; None for one that stands as it was written."""

    def companion(self, chat_id: int, message_id: int) -> Target | None:
        """The note of the article (Instant View) or the address card that a message brings along; None without one."""

    def item(self, chat_id: int, message_id: int, key: int | str) -> str:
        """The text of a checklist's item (its number) or a poll's answer (its option); "" if it is not archived."""

    def emoji(self, document_id: int) -> str:
        """The emoji that a custom one stands for; "" if no message of the note says."""

    def layer(self, chat_id: int, message_id: int) -> int:
        """The TL layer that a message was read with, 0 if it is not archived."""


@attrs.frozen
class NoLinks:
    """Knows no address: every link leads to the web."""

    look: Look = Look()

    def link_for_url(self, url: str) -> Target | None:
        """None."""
        return None

    def peer(self, peer_id: int) -> Target | None:
        """None."""
        return None

    def emoji_picture(self, document_id: int) -> str:
        """None."""
        return ""


@attrs.frozen
class MemoryContext:
    """A context from plain dicts, keyed by peer id, by (chat id, message id) and by address.

    `files` are keyed by (chat id, message id, file id, thumb).
    """

    names: Mapping[int, str] = attrs.field(factory=dict)
    links: Mapping[tuple[int, int], Target] = attrs.field(factory=dict)
    snippets: Mapping[tuple[int, int], str] = attrs.field(factory=dict)
    files: Mapping[tuple[int, int, int, str], MediaFile] = attrs.field(factory=dict)
    urls: Mapping[str, Target] = attrs.field(factory=dict)
    companions: Mapping[tuple[int, int], Target] = attrs.field(factory=dict)
    threads: Mapping[tuple[int, int], Thread] = attrs.field(factory=dict)
    pasts: Mapping[tuple[int, int], Past] = attrs.field(factory=dict)
    peers: Mapping[int, Target] = attrs.field(factory=dict)
    items: Mapping[tuple[int, int, int | str], str] = attrs.field(factory=dict)
    emojis: Mapping[int, str] = attrs.field(factory=dict)
    emoji_pictures: Mapping[int, str] = attrs.field(factory=dict)
    layers: Mapping[tuple[int, int], int] = attrs.field(factory=dict)
    migrated: frozenset[int] = frozenset()
    zone: tzinfo = UTC
    counters: bool = True
    look: Look = Look()

    def name(self, peer_id: int) -> str:
        """The name given, else the id in words."""
        return self.names.get(peer_id) or f"Unknown {peer_id}"

    def anchor(self, chat_id: int, message_id: int) -> str:
        """``g<id>`` for chats in `migrated`, else ``m<id>``."""
        return f"g{message_id}" if chat_id in self.migrated else f"m{message_id}"

    def link(self, chat_id: int, message_id: int) -> Target | None:
        """The target given for the message."""
        return self.links.get((chat_id, message_id))

    def snippet(self, chat_id: int, message_id: int) -> str | None:
        """The label given for the message."""
        return self.snippets.get((chat_id, message_id))

    def file(self, chat_id: int, message_id: int, file_id: int, thumb: str) -> MediaFile | None:
        """The file given for the message, the id and the size."""
        return self.files.get((chat_id, message_id, file_id, thumb))

    def thread(self, chat_id: int, message_id: int) -> Thread | None:
        """The comments given for the post."""
        return self.threads.get((chat_id, message_id))

    def past(self, chat_id: int, message_id: int) -> Past | None:
        """The past given for the message."""
        return self.pasts.get((chat_id, message_id))

    def companion(self, chat_id: int, message_id: int) -> Target | None:
        """The note given for the message's article."""
        return self.companions.get((chat_id, message_id))

    def link_for_url(self, url: str) -> Target | None:
        """The target given for the address."""
        return self.urls.get(url)

    def peer(self, peer_id: int) -> Target | None:
        """The note given for the peer."""
        return self.peers.get(peer_id)

    def emoji_picture(self, document_id: int) -> str:
        """The picture given for the custom emoji."""
        return self.emoji_pictures.get(document_id, "")

    def item(self, chat_id: int, message_id: int, key: int | str) -> str:
        """The text given for the item."""
        return self.items.get((chat_id, message_id, key), "")

    def emoji(self, document_id: int) -> str:
        """The emoji given for the custom one."""
        return self.emojis.get(document_id, "")

    def layer(self, chat_id: int, message_id: int) -> int:
        """The layer given for the message."""
        return self.layers.get((chat_id, message_id), 0)
