"""What stands after the name and the time of a message: roles, ways it came, and small signs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tobs.model import HIDDEN_AUTHOR, Message
from tobs.rawfields import peer_id, whole
from tobs.vault.context import Context
from tobs.vault.escape import escape_one_line
from tobs.vault.words import date_time, names, span

ONCE = 0x7FFFFFFF  # the seconds of media that can be opened one time
_RARE = frozenset(
    ("via_business_bot_id", "guestchat_via_from", "saved_peer_id", "paid_suggested_post_stars", "effect", "offline",
     "paid_suggested_post_ton", "from_scheduled", "schedule_repeat_period", "from_boosts_applied", "paid_message_stars")
)  # fmt: skip


def marks(message: Message, context: Context, *, named: bool = True) -> Iterator[str]:
    """The parts of a header after the time, signs last; what belongs to the name only if that is there."""
    if named and message.from_rank:
        yield escape_one_line(message.from_rank)
    if named and message.post_author:
        yield f"✍ {escape_one_line(message.post_author)}"
    if message.via_bot_id:
        yield f"via {escape_one_line(context.name(message.via_bot_id))}"
    rare = not _RARE.isdisjoint(message.raw)
    if rare:
        yield from _ways(message, context)
    if signs := [*_signs(message), *(_rare_signs(message) if rare else ())]:
        yield " ".join(signs)


def gone_mark(messages: Sequence[Message], context: Context) -> str:
    """``🗑 deleted, seen until 2024-05-03 14:32`` for a message or album of which something is gone, else "".

    Until when it was there is not known of what only an export file of Telegram Desktop has.
    """
    found = [(message, past) for message in messages if (past := context.past(message.chat_id, message.id))]
    pasts = [past for _, past in found if past.seen_at]
    if not pasts:
        return ""
    what = "no longer visible" if all(past.hidden for past in pasts) else "deleted"
    part = f"{len(pasts)} of {len(messages)} " if len(pasts) < len(messages) else ""
    if all("desktop" in message.raw for message, past in found if past.seen_at):
        return f"🗑 {part}{what}, known from an export file"
    return f"🗑 {part}{what}, seen until {date_time(max(past.seen_at for past in pasts), context)}"


def _ways(message: Message, context: Context) -> Iterator[str]:
    raw = message.raw
    for key, words in (("via_business_bot_id", "via"), ("guestchat_via_from", "guest via")):
        if via := peer_id(raw.get(key)):
            yield f"{words} {names([via], context)}"
    if thread := _thread(message):
        yield f"→ {names([thread], context)}"
    for key, words in (("paid_suggested_post_stars", "paid in ⭐"), ("paid_suggested_post_ton", "paid in TON")):
        if raw.get(key):
            yield words


def _thread(message: Message) -> int:
    """Whose conversation with a channel this message is part of, where nothing else says it; 0 if that is known."""
    saved, forward = peer_id(message.raw.get("saved_peer_id")), message.forward
    told = (
        HIDDEN_AUTHOR,
        message.chat_id,
        message.sender_id,
        forward.from_id if forward else 0,
        forward.saved_from_id if forward else 0,
    )
    return 0 if saved in told else saved


def _signs(message: Message) -> Iterator[str]:
    if message.pinned:
        yield "📌"
    if message.silent:
        yield "🔕"
    if message.noforwards:
        yield "🛡"
    if message.ttl:
        yield f"⏳ {span(message.ttl)}"
    if message.media is not None and (seconds := whole(message.media.raw, "ttl_seconds")):
        yield f"💣 {'once' if seconds >= ONCE else span(seconds)}"


def _rare_signs(message: Message) -> Iterator[str]:
    raw = message.raw
    if raw.get("from_scheduled"):
        yield "🗓"
    if repeats := whole(raw, "schedule_repeat_period"):
        yield f"🔁 {span(repeats)}"
    if raw.get("offline"):
        yield "💤"
    if raw.get("effect"):
        yield "✨"
    for key, sign in (("from_boosts_applied", "🚀"), ("paid_message_stars", "⭐")):
        if count := whole(raw, key):
            yield f"{sign} {count}"
