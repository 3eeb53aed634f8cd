"""What Telegram adds to a message of its own accord: restrictions, suggestions of posts, fact checks."""

from __future__ import annotations

from collections.abc import Iterator

from tobs.model import Message
from tobs.rawfields import entities, listed, mapping, plain, whole
from tobs.vault.cards.shape import facts, joined, nested, one_line
from tobs.vault.context import Context
from tobs.vault.escape import escape
from tobs.vault.text import render_text
from tobs.vault.words import moment, price

_ABOVE = frozenset({"restriction_reason", "suggested_post"})
_STATES = (("accepted", "accepted"), ("rejected", "rejected"))


def above(message: Message, context: Context) -> Iterator[str]:
    """What a reader should know before the text."""
    if _ABOVE.isdisjoint(message.raw):
        return
    for reason in listed(message.raw, "restriction_reason"):
        where = ", ".join(filter(None, (one_line(reason, "reason"), one_line(reason, "platform"))))
        title = f"[!warning] Restricted{f' ({where})' if where else ''}"
        yield from nested(filter(None, (title, escape(plain(reason.get("text"))))))
    if "suggested_post" in message.raw:
        yield _suggested(message, context)


def _suggested(message: Message, context: Context) -> str:
    post = mapping(message.raw, "suggested_post")
    date = whole(post, "schedule_date")
    when = f"for {moment(date, message.date, context)}" if date else ""
    return joined("🤝 suggested post", *facts(post, _STATES), price(mapping(post, "price")), when)


def below(message: Message, context: Context) -> Iterator[str]:
    """The fact check, folded."""
    if "factcheck" not in message.raw:
        return
    check = mapping(message.raw, "factcheck")
    country, told = one_line(check, "country"), mapping(check, "text")
    text = render_text(plain(told), entities(told), links=context)
    yield from nested((f"[!info]- Fact check{f' ({country})' if country else ''}", text or "*(not read)*"))
