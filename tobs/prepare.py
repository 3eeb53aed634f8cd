"""A page of raw messages becomes rows of the archive (pure)."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import attrs
import orjson

from tobs.archive.codec import Codec
from tobs.archive.rows import EmojiUse, MediaRow, MessageRow, PreparedPage, StoryUse, Thread
from tobs.config import FileFilters
from tobs.model import NOT_INCLUDED, Attachment, Chat, Message, Page
from tobs.raw import decode_message
from tobs.rawemoji import MARK, emoji_ids
from tobs.rawstories import MARK as STORY
from tobs.rawstories import named_story
from tobs.root import PLAIN, Root
from tobs.vault.blocks import rich_message_text
from tobs.vault.names import attachment_path
from tobs.vault.topics import GENERAL

MEGABYTE = 1_000_000

# What a message takes in a note besides its text: header, anchor, markers of callouts.
BLOCK_BYTES = 120
MEDIA_BYTES = 120
NAME_BYTES = 60  # of a link in a property, besides the name that a file was given
REPLY_BYTES = 200  # link, name and the first words of what is answered
ENTITY_BYTES = 8  # two markers, or the short tags that stand for them
EMOJI_BYTES = 40  # the name of a custom emoji's picture
_ESCAPED = b"\\`*_[]<|~$#=%^!&:>+\n-"


@attrs.frozen
class Preparation:
    """What every page of one chat is prepared with. `home` is the chat's folder, relative to the vault."""

    chat: Chat
    home: str
    account_id: int
    zone: ZoneInfo
    media: FileFilters
    codec: Codec
    root: Root = PLAIN


def prepare_page(page: Page, using: Preparation) -> PreparedPage:
    """The rows of `page`. Takes some 20 µs a message and touches nothing but its arguments."""
    compress = using.codec.compressor()
    rows: list[MessageRow] = []
    media: list[MediaRow] = []
    threads: list[Thread] = []
    emoji: list[EmojiUse] = []
    stories: list[StoryUse] = []
    for item in page.messages:
        text = orjson.dumps(item.raw)
        message = decode_message(item.raw, using.chat, using.account_id)
        rows.append(
            MessageRow(
                item.id,
                item.date,
                message.sender_id,
                thread_of(message, using.chat),
                message.grouped_id,
                weigh(message),
                compress(text),
            )
        )
        if message.files:
            media.extend(media_rows(message, using))
        threads.extend(begun_threads(message, using.chat))
        if MARK in text:
            emoji.extend((item.id, document_id) for document_id in sorted(emoji_ids(item.raw)))
        if STORY in text and (story := named_story(item.raw)):
            stories.append((item.id, *story))
    span = page.low, page.high
    parts = tuple(rows), tuple(media), page.peers, page.layer, tuple(threads)
    later = page.gone, page.oldest, page.block
    return PreparedPage(page.chat_id, span, *parts, page.found, page.reduced, *later, tuple(emoji), tuple(stories))


def thread_of(message: Message, chat: Chat) -> int:
    """The forum topic a message is in, the message that begins its thread in a discussion group, else 0.

    https://core.telegram.org/api/forum and https://core.telegram.org/api/threads
    """
    reply = message.reply
    if chat.kind == "forum":
        if message.action and message.action["_"] == "MessageActionTopicCreate":
            return message.id
        return reply.top_id if reply and reply.forum_topic else GENERAL
    if reply and is_discussion(chat) and not reply.chat_id:
        return reply.top_id or reply.message_id
    return 0


def is_discussion(chat: Chat) -> bool:
    """Whether a channel's posts are commented on in `chat`."""
    return chat.kind == "supergroup" and chat.linked_chat != 0


def begun_threads(message: Message, chat: Chat) -> tuple[Thread, ...]:
    """The thread that a copy of a channel's post begins (https://core.telegram.org/api/discussion)."""
    forward = message.forward
    if forward and is_discussion(chat) and forward.saved_from_id == chat.linked_chat and forward.saved_from_message:
        return (Thread(forward.saved_from_id, forward.saved_from_message, message.id),)
    return ()


def weigh(message: Message) -> int:
    """About how many bytes the message takes in a note; the same for the same message, whatever surrounds it."""
    text = message.text + rich_message_text(message)
    data = text.encode("utf-8", "surrogatepass")
    weight = BLOCK_BYTES + len(data) + 2 * (len(data) - len(data.translate(None, _ESCAPED)))
    if message.entities:
        weight += ENTITY_BYTES * len(message.entities) + sum(len(entity.url) for entity in message.entities)
        weight += EMOJI_BYTES * sum(entity.kind == "CustomEmoji" for entity in message.entities)
    weight += MEDIA_BYTES * max(message.media is not None, len(message.files))
    weight += sum(
        NAME_BYTES + len(name.encode("utf-8", "replace")) for each in message.files if (name := each.file.name)
    )
    weight += REPLY_BYTES + len(message.reply.quote.encode("utf-8", "surrogatepass")) if message.reply else 0
    return weight


def media_rows(message: Message, using: Preparation) -> tuple[MediaRow, ...]:
    """The files of a message, each with its place in the vault and whether it is wanted."""
    return tuple(
        _media_row(message, number, each, using)
        for number, each in enumerate(message.files, 1)
        if each.file.dc_id != NOT_INCLUDED
    )


def _media_row(message: Message, number: int, attachment: Attachment, using: Preparation) -> MediaRow:
    file = attachment.file
    path = attachment_path(using.home, message.date, message.id, file.extension, using.zone, number, using.root)
    row = MediaRow(
        message.chat_id,
        message.id,
        file.id,
        "webpage" if attachment.role in ("preview", "article") else attachment.kind,
        file.dc_id,
        file.size,
        file.thumb,
        path.rpartition("/")[2],
        path,
    )
    reason = unwanted(row, using.media)
    return attrs.evolve(row, state="skipped", reason=reason) if reason else row


def unwanted(row: MediaRow, config: FileFilters) -> str:
    """Why a file is not fetched under `config`, "" if it is."""
    if not config.enabled:
        return "media is switched off"
    if row.kind not in config.types:
        return f"{row.kind} files are not wanted"
    if config.extensions and extension_of(row) not in config.extensions:
        return f"{extension_of(row)} files are not wanted"
    if (largest := config.largest(row.kind)) and row.size > largest * MEGABYTE:
        return f"larger than {largest:g} MB"
    return ""


def extension_of(row: MediaRow) -> str:
    """The extension of a file; what Obsidian would run has another one behind it."""
    return row.name.partition(".")[2].partition(".")[0]
