"""Frozen values that travel between the rooms.

Ids of chats and people are *marked* ids, as Telethon and the Bot API use
them: a user's id as it is, a basic group's negated, a channel's or
supergroup's as ``-100…`` (https://core.telegram.org/api/bots/ids). Times are
Unix seconds in UTC. Entity offsets and lengths count UTF-16 code units
(https://core.telegram.org/api/entities).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import attrs

Raw = Mapping[str, Any]  # a TL object as a JSON-able dict, its constructor under "_"

ChatKind = Literal["saved", "private", "bot", "group", "supergroup", "forum", "channel"]


@attrs.frozen
class Peer:
    """A user, group or channel as one page showed it. `name` is never empty."""

    id: int
    kind: ChatKind
    name: str
    username: str = ""
    phone: str = attrs.field(default="", repr=False)
    raw: Raw = attrs.field(factory=dict, repr=False)


@attrs.frozen
class Topic:
    """A forum topic; `id` is the message that opened it, 1 is General.

    `icon` is an emoji, `icon_id` the document that shows it if it is a custom one. `listed` are those that Telegram's
    list of topics showed when it was last read.
    """

    id: int
    title: str
    icon: str = ""
    closed: bool = False
    pinned: bool = False
    hidden: bool = False
    deleted: bool = False
    listed: bool = True
    icon_id: int = 0


@attrs.frozen
class Chat:
    """A chat to export, as the server describes it now.

    `top_message` is the newest id and `count` the server's number of
    messages, -1 if it did not say. `migrated_from` is the basic group
    (marked id) that this supergroup was, 0 if none; `linked_chat` the
    discussion group of a channel or the channel of a discussion group.
    `pinned_origins` are marked ids of those whom messages were kept from that
    are pinned in Saved Messages, in the order of the pins.
    """

    id: int
    kind: ChatKind
    title: str
    username: str = ""
    description: str = ""
    count: int = -1
    top_message: int = 0
    members: int = -1
    migrated_from: int = 0
    linked_chat: int = 0
    topics: tuple[Topic, ...] = ()
    raw: Raw = attrs.field(factory=dict, repr=False)
    reduced: bool = False  # as an export file tells of it: what Telegram itself said of it before is better
    pinned_origins: tuple[int, ...] = ()


@attrs.frozen(slots=False)  # made for every message, and twice as quick to make so
class RawMessage:
    """A message as it goes into the archive: the lossless `raw` dict and what is looked up by column."""

    id: int
    date: int
    raw: Raw = attrs.field(repr=False)


@attrs.frozen
class Page:
    """Up to 100 messages of one chat, ascending by id, and the proof of what they cover.

    Every message that existed in ``low <= id <= high`` at the time of reading
    is in `messages`. Pages of one history come in ascending order and touch.
    `peers` are the users and chats that the server sent along. A page that
    was `found` by a search proves its messages alone, and not what lies between.
    A `reduced` page is from an export file: it proves nothing, and what
    Telegram itself said of a message is better. `block` is what such a page is known by when it is imported once more.
    `gone` are ids of which the server said that there is no message, and
    `oldest` the first message that it still shows of the chat.
    """

    chat_id: int
    low: int
    high: int
    messages: tuple[RawMessage, ...]
    peers: tuple[Peer, ...] = ()
    layer: int = 0
    found: bool = False
    reduced: bool = False
    gone: tuple[int, ...] = ()
    oldest: int = 0
    block: bytes = b""


HIDDEN_AUTHOR = 2_666_000  # the user that stands for all accounts that hide theirs, where messages were kept from them
NOT_INCLUDED = -2  # `File.dc_id` of a file that an export file only names
NO_ROOM = "all files together may not be larger"  # why a file is put off until there is more room
NOT_IN_EXPORT = "it is not in the export"  # why a file failed that another export file may have


@attrs.frozen(slots=False)  # made for every message, and twice as quick to make so
class Entity:
    """A marked span of a text. `kind` is the TL name without ``MessageEntity``: Bold, TextUrl, Pre …"""

    kind: str
    offset: int
    length: int
    url: str = ""
    language: str = ""
    user_id: int = 0
    document_id: int = 0
    collapsed: bool = False
    old_text: str = ""  # DiffReplace: what stood here before


@attrs.frozen
class File:
    """A file that Telegram holds for a message. `id` is the document or photo id, `size` -1 if unknown.

    `thumb` names the size to fetch of a photo (``w``, ``y`` …) or the picture of a document (``m``), "" for a
    document itself. `name` is what its sender called it; `emoji` what a sticker stands for.
    """

    id: int
    dc_id: int
    size: int
    mime: str
    extension: str
    name: str = ""
    thumb: str = ""
    width: int = 0
    height: int = 0
    duration: float = 0.0
    title: str = ""
    performer: str = ""
    emoji: str = ""


MediaKind = Literal[
    "photo", "video", "animation", "round", "voice", "audio", "sticker", "document",
    "webpage", "poll", "geo", "geolive", "venue", "contact", "dice", "game", "invoice",
    "todo", "story", "stream", "giveaway", "giveaway_results", "paid", "unsupported", "expired", "other",
]  # fmt: skip


# Where a file of a message stands: with its text; linked, as the cover of a film; in place of a sticker that cannot
# be shown; in the preview of a web page; in the article of that page; or where the blocks of a rich text name it.
FileRole = Literal["shown", "cover", "thumbnail", "preview", "article", "inline"]


@attrs.frozen
class Attachment:
    """A file of a message: what it is, where it stands, and the words that go with it."""

    kind: MediaKind
    file: File
    role: FileRole = "shown"
    spoiler: bool = False
    label: str = ""


def _main(media: Media) -> tuple[Attachment, ...]:
    return (Attachment(media.kind, media.file, spoiler=media.spoiler),) if media.file else ()


@attrs.frozen
class Media:
    """What is attached to a message: its kind, its files, the main one first and as `file`, and all else in `raw`."""

    kind: MediaKind
    file: File | None = None
    spoiler: bool = False
    raw: Raw = attrs.field(factory=dict, repr=False)
    files: tuple[Attachment, ...] = attrs.Factory(_main, takes_self=True)


@attrs.frozen
class Forward:
    """Where a message came from first, and where a copy of it was kept before. Names are set for hidden accounts.

    `saved_from_id` and `saved_from_message` are the chat and message that was
    kept, `saved_sender_id` and `saved_sender_name` who had sent it there.
    """

    from_id: int = 0
    name: str = ""
    date: int = 0
    message_id: int = 0
    author: str = ""
    saved_from_id: int = 0
    saved_from_message: int = 0
    imported: bool = False
    saved_sender_id: int = 0
    saved_sender_name: str = ""
    saved_date: int = 0
    psa: str = ""  # the kind of a public service announcement


@attrs.frozen(slots=False)  # made for many messages, and twice as quick to make so
class Reply:
    """What a message answers. `chat_id` is 0 for the same chat; `top_id` the thread or topic it belongs to.

    `origin` and `media` tell of a message in a chat that may not be archived.
    `todo_item` and `poll_option` name the item or answer that is meant.
    """

    message_id: int = 0
    chat_id: int = 0
    top_id: int = 0
    forum_topic: bool = False
    quote: str = ""
    quote_entities: tuple[Entity, ...] = ()
    story_id: int = 0
    origin: Forward | None = None
    media: Raw | None = attrs.field(default=None, repr=False)
    todo_item: int = 0
    poll_option: str = ""  # bytes as base64


@attrs.frozen
class Button:
    """A button below a message. `kind` is the TL name of what it does: Url, Callback, Copy …, "" if it says its text.

    `target` is its address, or the words it sends or copies.
    """

    text: str
    kind: str = ""
    target: str = ""
    user_id: int = 0


@attrs.frozen(slots=False)  # made for many messages, and twice as quick to make so
class Reaction:
    """`emoji` is "" for a custom emoji (`document_id`) and "⭐" for paid stars."""

    emoji: str
    count: int
    document_id: int = 0
    chosen: bool = False


@attrs.frozen(slots=False)  # made for every message, and twice as quick to make so
class Message:
    """One message, ready to be shown. `sender_id` is always resolved (channel posts: the channel).

    `files` are those of its media, of what happened and of its rich text, in the order that their names count.
    """

    id: int
    chat_id: int
    date: int
    sender_id: int
    text: str = ""
    entities: tuple[Entity, ...] = ()
    out: bool = False
    media: Media | None = None
    action: Raw | None = None  # a service message: its MessageAction
    reply: Reply | None = None
    forward: Forward | None = None
    edit_date: int = 0  # 0 also for edits that Telegram hides, such as reactions
    grouped_id: int = 0
    via_bot_id: int = 0
    post_author: str = ""
    from_rank: str = ""
    reactions: tuple[Reaction, ...] = ()
    views: int = 0
    forwards: int = 0
    replies: int = 0
    pinned: bool = False
    silent: bool = False
    noforwards: bool = False
    ttl: int = 0
    buttons: tuple[Button, ...] = ()
    empty: bool = False  # MessageEmpty: deleted or not accessible
    files: tuple[Attachment, ...] = ()
    raw: Raw = attrs.field(factory=dict, repr=False)
