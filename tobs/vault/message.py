"""One message, or one album, as one Markdown block with one anchor.

A block is a callout, a blank line and its block id. It ends without a
newline; blocks are joined by blank lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from tobs.model import Forward, Message, Reply
from tobs.vault.context import Context
from tobs.vault.escape import escape_one_line
from tobs.vault.footer import footer_line
from tobs.vault.links import message_link, web_link
from tobs.vault.media import media_lines
from tobs.vault.service import action_line
from tobs.vault.text import render_text
from tobs.vault.words import bold, clock, moment, span

LABEL = 40  # characters of a message in the label of a link to it: about half a line


def render_message(message: Message, context: Context) -> str:
    """The block of a message. Whatever it holds, something shows, and only what Telegram marked acts."""
    if message.action is not None:
        return _service(message, context)
    return _callout([message], context)


def render_album(messages: Sequence[Message], context: Context) -> str:
    """The block of messages of one album, in their order: every picture, the captions, one footer.

    Obsidian gives a block one id, the first message's; `Context.link` leads
    there from every message of the album.
    """
    return _callout(messages, context)


def _callout(messages: Sequence[Message], context: Context) -> str:
    first = messages[0]
    head = f"[!tg{'|out' if first.out else ''}] {_header(messages, context)}"
    lines = [head, *_body(messages, context)]
    return f"{quote_lines(lines)}\n\n^{context.anchor(first.chat_id, first.id)}"


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


def _body(messages: Sequence[Message], context: Context) -> Iterator[str]:
    first = messages[0]
    if first.reply is not None:
        yield from _reply(first, first.reply, context)
    if first.forward is not None:
        yield _forward(first.forward, first.date, context)
    shown = False
    for message in _captions_first(messages):
        for line in _content(message, context):
            shown = True
            yield line
    if not shown:
        yield "*(deleted or not accessible)*" if first.empty else "*(empty)*"
    if footer := footer_line(messages, context):
        yield footer


def _captions_first(messages: Sequence[Message]) -> Sequence[Message]:
    # One caption is the album's and stands above it, as in a message; several belong to their pictures.
    captions = [message for message in messages if message.text] if len(messages) > 1 else []
    if len(captions) != 1:
        return messages
    return [attrs.evolve(captions[0], media=None), *(attrs.evolve(message, text="") for message in messages)]


def _content(message: Message, context: Context) -> Iterator[str]:
    if message.text and (text := render_text(message.text, message.entities, links=context)):
        # Below a quote at the end of the text, the next line would be read as part of it.
        yield f"{text}\n" if text.rpartition("\n")[2].startswith(">") else text
    if message.media is not None:
        yield from media_lines(message, context)
    if message.buttons:
        yield " · ".join(f"🔘 {_button(text, url)}" for text, url in message.buttons)


def _button(text: str, url: str) -> str:
    return web_link(escape_one_line(text) or "…", "", url)


def _reply(message: Message, reply: Reply, context: Context) -> Iterator[str]:
    if reply.story_id:
        yield f"↩ story {reply.story_id} of {bold(context.name(reply.chat_id or message.chat_id))}"
    elif reply.external_name:
        yield f"↩ {bold(reply.external_name)}"
    elif reply.message_id and not _opens_topic(reply):
        yield f"↩ {message_link(reply.chat_id or message.chat_id, reply.message_id, context)}"
    if reply.quote:
        quoted = render_text(reply.quote, reply.quote_entities, links=context)
        yield from (quote_lines(["[!quote]", quoted]), "")


def _opens_topic(reply: Reply) -> bool:
    # Every message of a topic answers the message that opened it; only other answers are a person's.
    return reply.forum_topic and reply.top_id in (0, reply.message_id)


def _forward(forward: Forward, date: int, context: Context) -> str:
    name = forward.name or (context.name(forward.from_id) if forward.from_id else "")
    parts = [f"↪ {'imported' if forward.imported else 'forwarded'} from {bold(name or 'someone')}"]
    if forward.author:
        parts.append(f"✍ {escape_one_line(forward.author)}")
    if forward.date:
        parts.append(moment(forward.date, date, context))
    if forward.from_id and forward.message_id:
        parts.append(message_link(forward.from_id, forward.message_id, context))
    elif forward.saved_from_id and forward.saved_from_message:
        parts.append(message_link(forward.saved_from_id, forward.saved_from_message, context))
    return " · ".join(parts)


def reply_label(name: str, message: Message) -> str:
    """What a link to a message says: ``Bob: “see you at the…”``. For `Context.snippet`; not escaped."""
    words = " ".join(message.text.split())
    if not words:
        kind = message.media.kind if message.media else "service message" if message.action else "message"
        return f"{name}: {kind}"
    return f"{name}: “{words if len(words) <= LABEL else words[: LABEL - 1].rstrip() + '…'}”"


def _service(message: Message, context: Context) -> str:
    lines = [f"[!tg-service] {clock(message.date, context)} · *{action_line(message, context)}*"]
    if footer := footer_line([message], context):
        lines.append(footer)
    return f"{quote_lines(lines)}\n\n^{context.anchor(message.chat_id, message.id)}"
