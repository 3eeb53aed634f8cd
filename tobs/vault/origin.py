"""Where a message belongs: what it answers, and where it came from."""

from __future__ import annotations

from collections.abc import Iterator

from tobs.model import Forward, Message, Reply
from tobs.vault.context import Context
from tobs.vault.escape import escape_one_line
from tobs.vault.frame import quote_lines
from tobs.vault.kinds import kind_words
from tobs.vault.links import message_link
from tobs.vault.text import render_text
from tobs.vault.words import bold, moment


def reply_lines(message: Message, reply: Reply, context: Context) -> Iterator[str]:
    """What is answered, and the words that are quoted of it."""
    if answered := _answered(message, reply, context):
        yield " · ".join(["↩ " + answered, *_item(message, reply, context)])
    if reply.quote:
        quoted = render_text(reply.quote, reply.quote_entities, links=context)
        yield from (quote_lines(["[!quote]", quoted]), "")


def _answered(message: Message, reply: Reply, context: Context) -> str:
    chat_id = reply.chat_id or message.chat_id
    if reply.story_id:
        return f"story {reply.story_id} of {bold(context.name(chat_id))}"
    if reply.origin or reply.media:
        return _elsewhere(message, reply, context)
    return message_link(chat_id, reply.message_id, context) if answers(reply) else ""


def answers(reply: Reply) -> bool:
    """Whether a person answers something: every message of a topic answers the message that opened it."""
    opens_topic = reply.forum_topic and reply.top_id in (0, reply.message_id)
    return bool(reply.message_id) and not opens_topic


def _elsewhere(message: Message, reply: Reply, context: Context) -> str:
    """A message of another chat: a link if it is archived, else all that is known of it."""
    origin = reply.origin or Forward()
    for chat_id, number in ((reply.chat_id, reply.message_id), (origin.from_id, origin.message_id)):
        if chat_id and number and context.link(chat_id, number):
            return message_link(chat_id, number, context)
    chat = escape_one_line(context.name(reply.chat_id)) if reply.chat_id not in (0, origin.from_id) else ""
    parts = [
        bold(_name(origin, context) or "someone") + (f" in {chat}" if chat else ""),
        *_facts(origin, message.date, context),
    ]
    return " · ".join([*parts, *filter(None, [kind_words(reply.media) if reply.media else ""])])


def _item(message: Message, reply: Reply, context: Context) -> Iterator[str]:
    key = reply.todo_item or reply.poll_option
    if not key:
        return
    text = context.item(reply.chat_id or message.chat_id, reply.message_id, key)
    what = "item" if reply.todo_item else "answer"
    yield f"on {what} “{escape_one_line(text)}”" if text else f"on {what} {reply.todo_item or ''}".rstrip()


def _name(origin: Forward, context: Context) -> str:
    return origin.name or (context.name(origin.from_id) if origin.from_id else "")


def _facts(origin: Forward, beside: int, context: Context) -> Iterator[str]:
    if origin.author:
        yield f"✍ {escape_one_line(origin.author)}"
    if origin.date:
        yield moment(origin.date, beside, context)


def forward_line(forward: Forward, date: int, context: Context) -> str:
    """Who wrote it first, and where it was kept on the way."""
    how = "imported" if forward.imported else "forwarded"
    parts = [f"↪ {how} from {bold(_name(forward, context) or 'someone')}", *_facts(forward, date, context)]
    if forward.psa:
        parts.append(f"📣 {escape_one_line(forward.psa)}")
    if forward.from_id and forward.message_id:
        parts.append(message_link(forward.from_id, forward.message_id, context))
    return " · ".join([*parts, *_kept(forward, date, context)])


def _kept(forward: Forward, date: int, context: Context) -> Iterator[str]:
    chat_id, number = forward.saved_from_id, forward.saved_from_message
    if chat_id and (chat_id, number) == (forward.from_id, forward.message_id):
        return
    sender = forward.saved_sender_name or _known(forward.saved_sender_id or chat_id, forward, context)
    if sender:
        yield f"saved from {bold(sender)}"
    if forward.saved_date:
        yield moment(forward.saved_date, date, context)
    if chat_id and number:
        yield message_link(chat_id, number, context)


def _known(peer_id: int, forward: Forward, context: Context) -> str:
    return context.name(peer_id) if peer_id not in (0, forward.from_id) else ""
