"""The frame around a message: who wrote it and when, and the anchor that links lead to.

A block ends without a newline. In the callout style it is a callout, a blank
line and its block id; in the compact style a list item, whose block id ends
its first paragraph, where Obsidian looks for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tobs.model import Message
from tobs.vault.context import Context, Look
from tobs.vault.escape import escape_one_line
from tobs.vault.marks import gone_mark, marks
from tobs.vault.paragraphs import hard_breaks, is_paragraph
from tobs.vault.words import bold, clock, moment

PAUSE = 600  # seconds after which a message of the same person is named again


def frame(messages: Sequence[Message], body: Iterable[str], context: Context, *, named: bool = True) -> str:
    """The block of a message or album around the rendered lines of its body; `named` says whose it is."""
    first = messages[0]
    name = context.name(first.sender_id)
    when, details = clock(first.date, context), [*_details(messages, context, named=named)]
    if context.look.style == "callout":
        head = " · ".join([bold(name), when, *details] if named else [when, *details])
        return _callout(f"[!tg{'|out' if first.out else ''}] {head}", body, first, context)
    name = escape_one_line(name) or "Unknown"
    stars = "***" if first.out else "**"
    head = f"{stars}{when} {name}{stars}" if named else f"{stars}{when}{stars}"
    return _item(f"{head} ({' · '.join(details)})" if details else head, body, first, context)


def service_frame(message: Message, action: str, body: Iterable[str], context: Context) -> str:
    """The block of something that happened: one line, and below it what it shows and a footer if anybody reacted."""
    when, gone = clock(message.date, context), gone_mark([message], context)
    head = f"{action}* · {gone}" if gone else f"{action}*"
    if context.look.style == "callout":
        return _callout(f"[!tg-service] {when} · *{head}", body, message, context)
    return _item(f"{when} *{head}", body, message, context)


def continues(before: Message, message: Message) -> bool:
    """Whether a message follows one of the same day so closely that its sender need not be named again."""
    if before.action is not None or message.action is not None:
        return False
    return _author(before) == _author(message) and 0 <= message.date - before.date <= PAUSE


def _author(message: Message) -> tuple[int, str, str]:
    return message.sender_id, message.post_author, message.from_rank


def join_blocks(blocks: Sequence[str], look: Look) -> str:
    """Blocks set apart by blank lines; list items of one paragraph stand right below each other."""
    parts: list[str] = []
    for block in blocks:
        if parts:
            parts.append("\n" if _is_line(parts[-1]) and _is_line(block) else "\n\n")
        parts.append(block)
    body = "".join(parts)
    return hard_breaks(body) if look.hard_breaks else body


def _is_line(block: str) -> bool:
    return block.startswith("- ") and "\n\n" not in block


def _callout(head: str, body: Iterable[str], message: Message, context: Context) -> str:
    return f"{quote_lines([head, *body])}\n\n^{context.anchor(message.chat_id, message.id)}"


def _item(head: str, body: Iterable[str], message: Message, context: Context) -> str:
    text, anchor = "\n".join(body).strip("\n"), f"^{context.anchor(message.chat_id, message.id)}"
    if not text:
        text = f"{head} {anchor}"
    elif is_paragraph(text):
        below = "\n" if text.startswith("![[") else " "  # a picture has its own line
        text = f"{head}{below}{text} {anchor}"
    else:
        text = f"{head} {anchor}\n\n{text}"
    return "- " + "\n".join(f"  {line}" if line else "" for line in text.split("\n"))[2:]


def quote_lines(lines: Sequence[str]) -> str:
    """Rendered lines as a block quote that ends with a line of text."""
    return "> " + "\n".join(lines).rstrip("\n").replace("\n", "\n> ").replace("> \n", ">\n")


def _details(messages: Sequence[Message], context: Context, *, named: bool) -> Iterator[str]:
    first = messages[0]
    if edited := first.edit_date if len(messages) == 1 else max(message.edit_date for message in messages):
        yield f"✎ {moment(edited, first.date, context)}"
    yield from marks(first, context, named=named)
    if gone := gone_mark(messages, context):
        yield gone
