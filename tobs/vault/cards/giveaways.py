"""Giveaways and their winners. https://core.telegram.org/api/giveaways"""

from __future__ import annotations

from collections.abc import Iterator

from tobs.model import Message, Raw
from tobs.rawfields import numbers, peer_id, strings, whole
from tobs.vault.cards.shape import facts, joined, nested, one_line
from tobs.vault.context import Context
from tobs.vault.escape import escape_one_line
from tobs.vault.links import message_link
from tobs.vault.words import counted, date_time, names

_RULES = (("only_new_subscribers", "only new subscribers"), ("winners_are_visible", "winners will be named"))
_ENDS = (("only_new_subscribers", "only new subscribers"), ("refunded", "refunded"))


def giveaway(raw: Raw, message: Message, context: Context) -> Iterator[str]:
    """What is given away, to how many, until when."""
    lines = [f"[!gift] Giveaway: {_prize(raw)}"]
    until = whole(raw, "until_date")
    if until or raw.get("quantity"):
        ends = f"until {date_time(until, context)}" if until else ""
        lines.append(", ".join(filter(None, (counted(whole(raw, "quantity"), "winner"), ends))))
    if channels := [peer_id({"channel_id": number}) for number in numbers(raw, "channels")]:
        lines.append(f"for members of {names(channels, context)}")
    countries = ", ".join(map(escape_one_line, strings(raw, "countries_iso2")))
    lines.append(joined(*facts(raw, _RULES), f"only in {countries}" if countries else ""))
    return nested(filter(None, lines))


def giveaway_results(raw: Raw, message: Message, context: Context) -> Iterator[str]:
    """Who won, and what nobody asked for."""
    winners, unclaimed = counted(whole(raw, "winners_count"), "winner"), whole(raw, "unclaimed_count")
    lines = [f"[!gift] Giveaway results: {_prize(raw)}"]
    lines.append(joined(winners, f"{unclaimed} unclaimed" if unclaimed else "", *facts(raw, _ENDS)))
    if named := numbers(raw, "winners"):
        lines.append(f"🏆 {names(named, context)}")
    return nested(filter(None, [*lines, _origin(raw, context)]))


def _origin(raw: Raw, context: Context) -> str:
    channel, launch = whole(raw, "channel_id"), whole(raw, "launch_msg_id")
    others, until = whole(raw, "additional_peers_count"), whole(raw, "until_date")
    chat = peer_id({"channel_id": channel}) if channel else 0
    more = f" and {others} more" if others else ""
    return joined(
        f"for members of {names([chat], context)}{more}" if chat else "",
        f"until {date_time(until, context)}" if until else "",
        f"↩ {message_link(chat, launch, context)}" if chat and launch else "",
    )


def _prize(raw: Raw) -> str:
    stars, months = whole(raw, "stars"), whole(raw, "months")
    prize = joined(f"⭐ {stars}" if stars else "", f"Premium, {counted(months, 'month')}" if months else "")
    return joined(prize or "Premium", one_line(raw, "prize_description"))
