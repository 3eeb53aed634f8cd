"""The frame around a message: who wrote it and when, and the anchor that links lead to.

A block is a callout, a blank line and its block id. It ends without a
newline; blocks are joined by blank lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tobs.model import Message
from tobs.vault.context import Context
from tobs.vault.escape import escape_one_line
from tobs.vault.words import bold, clock, moment, span


def frame(messages: Sequence[Message], body: Iterable[str], context: Context) -> str:
    """The block of a message or album around the rendered lines of its body."""
    head = f"[!tg{'|out' if messages[0].out else ''}] {_header(messages, context)}"
    return _anchored(quote_lines([head, *body]), messages[0], context)


def service_frame(message: Message, action: str, body: Iterable[str], context: Context) -> str:
    """The block of something that happened: one line, and below it what it shows and a footer if anybody reacted."""
    head = f"[!tg-service] {clock(message.date, context)} · *{action}*"
    return _anchored(quote_lines([head, *body]), message, context)


def _anchored(block: str, message: Message, context: Context) -> str:
    return f"{block}\n\n^{context.anchor(message.chat_id, message.id)}"


def quote_lines(lines: Sequence[str]) -> str:
    """Rendered lines as a block quote that ends with a line of text."""
    return "> " + "\n".join(lines).rstrip("\n").replace("\n", "\n> ").replace("> \n", ">\n")


def _header(messages: Sequence[Message], context: Context) -> str:
    first = messages[0]
    parts = [bold(context.name(first.sender_id)), clock(first.date, context)]
    if edited := first.edit_date if len(messages) == 1 else max(message.edit_date for message in messages):
        parts.append(f"✎ {moment(edited, first.date, context)}")
    parts += _marks(first, context)
    return " · ".join(parts)


def _marks(message: Message, context: Context) -> Iterator[str]:
    if message.from_rank:
        yield escape_one_line(message.from_rank)
    if message.post_author:
        yield f"✍ {escape_one_line(message.post_author)}"
    if message.via_bot_id:
        yield f"via {escape_one_line(context.name(message.via_bot_id))}"
    icons = [icon for icon, shown in (("📌", message.pinned), ("🔕", message.silent)) if shown]
    if message.ttl:
        icons.append(f"⏳ {span(message.ttl)}")
    if icons:
        yield " ".join(icons)
