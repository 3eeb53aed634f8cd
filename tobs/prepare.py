"""A page of raw messages becomes rows of the archive (pure)."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

import attrs

from tobs.archive.codec import Codec
from tobs.archive.rows import MediaRow, MessageRow, PreparedPage
from tobs.config import MediaConfig
from tobs.model import Attachment, Chat, Message, Page
from tobs.raw import decode_message
from tobs.vault.blocks import rich_message_text
from tobs.vault.names import attachment_path

MEGABYTE = 1_000_000

# What a message takes in a note besides its text: header, anchor, markers of callouts.
BLOCK_BYTES = 120
MEDIA_BYTES = 120
REPLY_BYTES = 200  # link, name and the first words of what is answered
ENTITY_BYTES = 8  # two markers, or the short tags that stand for them
_escaped = re.compile(r"[\\`*_\[\]<|~$#=%^!&:>+\n-]")


@attrs.frozen
class Preparation:
    """What every page of one chat is prepared with."""

    chat: Chat
    folder: str
    account_id: int
    zone: ZoneInfo
    media: MediaConfig
    codec: Codec


def prepare_page(page: Page, using: Preparation) -> PreparedPage:
    """The rows of `page`. Takes some 20 µs a message and touches nothing but its arguments."""
    encode = using.codec.encoder()
    rows: list[MessageRow] = []
    media: list[MediaRow] = []
    for item in page.messages:
        message = decode_message(item.raw, using.chat, using.account_id)
        rows.append(
            MessageRow(
                item.id,
                item.date,
                message.sender_id,
                topic_of(message),
                message.grouped_id,
                weigh(message),
                encode(item.raw),
            )
        )
        if message.files:
            media.extend(media_rows(message, using))
    return PreparedPage(page.chat_id, (page.low, page.high), tuple(rows), tuple(media), page.peers, page.layer)


def topic_of(message: Message) -> int:
    """The forum topic a message is in, 0 if none (https://core.telegram.org/api/forum)."""
    if message.reply is None or not message.reply.forum_topic:
        return 0
    return message.reply.top_id or message.reply.message_id


def weigh(message: Message) -> int:
    """About how many bytes the message takes in a note; the same for the same message, whatever surrounds it."""
    text = message.text + rich_message_text(message)
    weight = BLOCK_BYTES + len(text.encode("utf-8", "surrogatepass")) + 2 * len(_escaped.findall(text))
    weight += ENTITY_BYTES * len(message.entities) + sum(len(entity.url) for entity in message.entities)
    weight += MEDIA_BYTES * max(message.media is not None, len(message.files))
    weight += REPLY_BYTES + len(message.reply.quote.encode("utf-8", "surrogatepass")) if message.reply else 0
    return weight


def media_rows(message: Message, using: Preparation) -> tuple[MediaRow, ...]:
    """The files of a message, each with its place in the vault and whether it is wanted."""
    return tuple(_media_row(message, number, each, using) for number, each in enumerate(message.files, 1))


def _media_row(message: Message, number: int, attachment: Attachment, using: Preparation) -> MediaRow:
    file = attachment.file
    path = attachment_path(using.folder, message.date, message.id, file.extension, using.zone, number)
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


def unwanted(row: MediaRow, config: MediaConfig) -> str:
    """Why a file is not fetched under `config`, "" if it is."""
    if not config.enabled:
        return "media is switched off"
    if row.kind not in config.types:
        return f"{row.kind} files are not wanted"
    if config.max_size_mb and row.size > config.max_size_mb * MEGABYTE:
        return f"larger than {config.max_size_mb:g} MB"
    return ""
