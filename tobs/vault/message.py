"""One message, or one album, as one Markdown block with one anchor: what stands inside its frame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import attrs

from tobs.model import Message
from tobs.vault.blocks import is_rich, repeats_text, rich_message_lines, rich_message_text
from tobs.vault.buttons import button_line
from tobs.vault.context import Context
from tobs.vault.footer import footer_line
from tobs.vault.frame import frame, service_frame
from tobs.vault.media import action_files, media_lines
from tobs.vault.notices import above, below
from tobs.vault.origin import forward_line, reply_lines
from tobs.vault.past import version_lines
from tobs.vault.service import action_line
from tobs.vault.text import render_text
from tobs.vault.thread import thread_lines

# What brings lines of its own beside the text and what is attached; most messages have none of it.
_EXTRAS = frozenset(
    {"invert_media", "restriction_reason", "suggested_post", "factcheck", "rich_message", "reply_markup"}
)
LABEL = 40  # characters of a message in the label of a link to it: about half a line


def render_message(message: Message, context: Context, *, named: bool = True) -> str:
    """The block of a message. Whatever it holds, something shows, and only what Telegram marked acts.

    What happened in a chat names who did it also if it is not `named`.
    """
    if message.action is not None:
        return service_frame(message, action_line(message, context), _below(message, context), context)
    return frame([message], _body([message], context), context, named=named)


def render_album(messages: Sequence[Message], context: Context, *, named: bool = True) -> str:
    """The block of messages of one album, in their order: every picture, the captions, one footer.

    Obsidian gives a block one id, the first message's; `Context.link` leads
    there from every message of the album.
    """
    return frame(messages, _body(messages, context), context, named=named)


def _below(message: Message, context: Context) -> Iterator[str]:
    """What follows the line of a service message."""
    yield from action_files(message, context)
    if footer := footer_line([message], context):
        yield footer


def _body(messages: Sequence[Message], context: Context) -> list[str]:
    first = messages[0]
    lines = [*_origin(first, context)] if first.reply or first.forward else []
    content = [line for message in _captions_first(messages) for line in _content(message, context)]
    if not content:
        content.append("*(deleted or not accessible)*" if first.empty else "*(empty)*")
    lines += content
    if footer := footer_line(messages, context):
        lines.append(footer)
    for message in messages:
        lines += version_lines(message, _content, context)
        if thread := context.thread(message.chat_id, message.id):
            lines += thread_lines(message, thread, context)
    return lines


def _origin(message: Message, context: Context) -> Iterator[str]:
    if message.reply is not None:
        yield from reply_lines(message, message.reply, context)
    if message.forward is not None:
        yield forward_line(message.forward, message.date, context)


def _captions_first(messages: Sequence[Message]) -> Sequence[Message]:
    # One caption is the album's and stands above it, as in a message; several belong to their pictures.
    if len(messages) == 1:
        return messages
    captions = [message for message in messages if message.text and not is_rich(message)]
    if len(captions) != 1:
        return messages
    words = attrs.evolve(captions[0], media=None)
    pictures = [_without_words(message) if message is captions[0] else message for message in messages]
    return [*pictures, words] if words.raw.get("invert_media") else [words, *pictures]


def _without_words(message: Message) -> Message:
    return attrs.evolve(message, text="", buttons=(), raw={})


def _content(message: Message, context: Context) -> Iterable[str]:
    if not _EXTRAS.isdisjoint(message.raw) or message.buttons:
        return _with_extras(message, context)
    if message.media is None:
        return _text(message, context)
    return [*_text(message, context), *media_lines(message, context)]


def _with_extras(message: Message, context: Context) -> Iterator[str]:
    yield from above(message, context)
    text = () if repeats_text(message) else _text(message, context)
    if message.raw.get("invert_media"):
        yield from (*media_lines(message, context), *text)
    else:
        yield from (*text, *media_lines(message, context))
    yield from rich_message_lines(message, context)
    yield from below(message, context)
    if message.buttons or "reply_markup" in message.raw:
        yield from filter(None, [button_line(message, context)])


def _text(message: Message, context: Context) -> Sequence[str]:
    text = render_text(message.text, message.entities, links=context)
    # Below a quote at the end of the text, the next line would be read as part of it.
    return (f"{text}\n" if text.rpartition("\n")[2].startswith(">") else text,) if text else ()


def reply_label(name: str, message: Message) -> str:
    """What a link to a message says: ``Bob: “see you at the…”``. For `Context.snippet`; not escaped."""
    words = " ".join((message.text or rich_message_text(message)).split())
    if not words:
        kind = message.media.kind if message.media else "service message" if message.action else "message"
        return f"{name}: {kind}"
    return f"{name}: “{words if len(words) <= LABEL else words[: LABEL - 1].rstrip() + '…'}”"
