"""Messages that are pages: headings, lists, tables and more instead of a text."""

from __future__ import annotations

from collections.abc import Iterator

from tobs.model import Message, Raw
from tobs.rawfields import listed, mapping
from tobs.vault.blocks.body import body
from tobs.vault.blocks.media import leftovers
from tobs.vault.blocks.page import page_of, paragraphs
from tobs.vault.blocks.wording import wording
from tobs.vault.context import Context

_PART = "*(the rest of this message is not here)*"


def is_rich(message: Message) -> bool:
    """Whether a message has blocks in place of a text, or beside it."""
    return "rich_message" in message.raw


def rich_message_text(message: Message) -> str:
    """The words of a rich message, "" if the message is none."""
    return wording(_rich(message).get("blocks")) if is_rich(message) else ""


def repeats_text(message: Message) -> bool:
    """Whether the blocks say the message's plain text too, which is for clients that know no blocks."""
    return is_rich(message) and " ".join(message.text.split()) in " ".join(rich_message_text(message).split())


def rich_message_lines(message: Message, context: Context) -> Iterator[str]:
    """The lines of a rich message; none if it is not one. Blank ones keep what is around out of its blocks."""
    if not is_rich(message):
        return
    rich = _rich(message)
    blocks, page = listed(rich, "blocks"), page_of(message, context)
    rest = [leftovers(blocks, page, "inline"), [_PART] if rich.get("part") else []]
    lines = paragraphs([body(blocks, page), *rest])
    if lines:
        yield from ("", *lines, "")


def _rich(message: Message) -> Raw:
    return mapping(message.raw, "rich_message")
