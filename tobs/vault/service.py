"""What happened in a chat, in one line: every MessageAction by a template.

A template names its parts in braces: ``{who}`` is the sender, the others are
looked up in `_PARTS`. An action without a template is named.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from tobs.model import Message, Raw
from tobs.vault.actions import TEMPLATES, Template
from tobs.vault.context import Context
from tobs.vault.escape import escape_one_line
from tobs.vault.links import message_link
from tobs.vault.raw import listed, mapping, numbers, peer_id, plain, whole
from tobs.vault.words import counted, duration, moment, money, span

_FIELD = re.compile(r"\{(\w+)\}")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def action_line(message: Message, context: Context) -> str:
    """One escaped line without emphasis of its own, for a service message."""
    action = message.action or {}
    name = plain(action.get("_"))
    template: Template = TEMPLATES.get(name, _fallback)
    if callable(template):
        template = template(action)
    line = _FIELD.sub(lambda match: _part(match[1], action, message, context), template)
    return " ".join(line.split()) or "…"


def _fallback(action: Raw) -> str:
    return "{who}: {action}"


def _part(key: str, action: Raw, message: Message, context: Context) -> str:
    part = _PARTS.get(key)
    return part(action, message, context) if part else escape_one_line(_text(action.get(key)))


def _text(value: object) -> str:
    return str(value) if isinstance(value, int) else plain(value)


def _who(action: Raw, message: Message, context: Context) -> str:
    return escape_one_line(context.name(message.sender_id)) or "Someone"


def _action(action: Raw, message: Message, context: Context) -> str:
    name = plain(action.get("_")).removeprefix("MessageAction")
    return escape_one_line(_CAMEL.sub(" ", name).lower()) or "did something"


def _names(key: str) -> Callable[[Raw, Message, Context], str]:
    def names(action: Raw, message: Message, context: Context) -> str:
        value = action.get(key)
        ids = [peer_id(item) for item in (value if isinstance(value, list) else [value])]
        return ", ".join(escape_one_line(context.name(peer)) for peer in ids if peer) or "someone"

    return names


def _chat(sign: int) -> Callable[[Raw, Message, Context], str]:
    def chat(action: Raw, message: Message, context: Context) -> str:
        number = whole(action, "channel_id") or whole(action, "community_id")
        marked = -1_000_000_000_000 - number if number else -whole(action, "chat_id")
        return escape_one_line(context.name(marked))

    return chat


def _pinned(action: Raw, message: Message, context: Context) -> str:
    if message.reply is None or not message.reply.message_id:
        return "a message"
    return message_link(message.reply.chat_id or message.chat_id, message.reply.message_id, context)


def _for(action: Raw, message: Message, context: Context) -> str:
    return f" ({duration(whole(action, 'duration'))})" if action.get("duration") else ""


def _when(key: str) -> Callable[[Raw, Message, Context], str]:
    return lambda action, message, context: moment(whole(action, key), message.date, context)


def _price(action: Raw, message: Message, context: Context) -> str:
    price = mapping(action, "price")
    unit = "TON" if price.get("_") == "StarsTonAmount" else "XTR"
    return money(whole(price, "amount"), unit) if price else "nothing"


def _said(action: Raw, message: Message, context: Context) -> str:
    words = escape_one_line(plain(action.get("message")))
    return f": {words}" if words else ""


_PARTS: Mapping[str, Callable[[Raw, Message, Context], str]] = {
    "who": _who,
    "action": _action,
    "users": _names("users"),
    "user": _names("user_id"),
    "inviter": _names("inviter_id"),
    "creator": _names("new_creator_id"),
    "bot": _names("bot_id"),
    "members": _names("other_participants"),
    "peers": _names("peers"),
    "from": _names("from_id"),
    "to": _names("to_id"),
    "chat": _chat(-1),
    "pinned": _pinned,
    "for": _for,
    "scheduled": _when("schedule_date"),
    "price": _price,
    "said": _said,
    "period": lambda action, message, context: span(whole(action, "period")),
    "money": lambda action, message, context: money(
        whole(action, "total_amount") or whole(action, "amount"), plain(action.get("currency"))
    ),
    "days": lambda action, message, context: counted(whole(action, "days"), "day"),
    "theme": lambda action, message, context: escape_one_line(plain(mapping(action, "theme").get("emoticon"))),
    "answer": lambda action, message, context: escape_one_line(plain(mapping(action, "answer").get("text"))),
    "gift": lambda action, message, context: escape_one_line(plain(mapping(action, "gift").get("title"))) or "a gift",
    "gift_stars": lambda action, message, context: f"⭐ {whole(mapping(action, 'gift'), 'stars')}",
    "tasks": lambda action, message, context: (
        ", ".join(escape_one_line(plain(item.get("title"))) for item in listed(action, "list")) or "tasks"
    ),
    "completed": lambda action, message, context: counted(len(numbers(action, "completed")), "task"),
    "app": lambda action, message, context: escape_one_line(plain(mapping(action, "app").get("title"))) or "an app",
    "birthday": lambda action, message, context: "-".join(
        f"{whole(mapping(action, 'birthday'), key):02}"
        for key in ("year", "month", "day")
        if mapping(action, "birthday").get(key)
    ),
}
