"""Names, times, sizes and money as people read them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from itertools import pairwise

from tobs.model import Raw
from tobs.rawfields import entities, plain, whole
from tobs.vault.context import Context, Links
from tobs.vault.escape import escape, escape_one_line, tidy
from tobs.vault.links import wikilink
from tobs.vault.text import render_text

_UNITS = ("B", "KB", "MB", "GB", "TB")
_THOUSANDS = ("k", "M", "B")
_SPANS = ((604800, "w"), (86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
_WHOLE = 400  # units that people still grasp as a number: a year has 365 days
_LAST = 253_402_128_000  # the last day of the year 9999 begins
_ONE_STAR = 1_000_000_000  # nanos
# Minor units of currencies that do not have two digits, and of Telegram's own (https://core.telegram.org/bots/payments).
_DIGITS = {
    "JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0, "UGX": 0, "PYG": 0, "XTR": 0,
    "BHD": 3, "JOD": 3, "KWD": 3, "OMR": 3, "TND": 3, "TON": 9,
}  # fmt: skip


@lru_cache(maxsize=1024)  # a note names the same people again and again
def bold(name: str) -> str:
    """A name of any signs in bold; the caller puts white space or a line's end on both sides."""
    return f"**{escape_one_line(name) or 'Unknown'}**"


def clock(unix: int, context: Context) -> str:
    """``14:32`` in the zone of the notes."""
    return _local(unix, context).time().isoformat("minutes")


def _local(unix: int, context: Context) -> datetime:
    return datetime.fromtimestamp(unix if 0 <= unix <= _LAST else 0 if unix < 0 else _LAST, context.zone)


def date_time(unix: int, context: Context) -> str:
    """``2024-05-03 14:32``."""
    return f"{_local(unix, context).date()} {clock(unix, context)}"


def moment(unix: int, beside: int, context: Context) -> str:
    """The time, with its date if that is not the day of `beside`."""
    same_day = _local(unix, context).date() == _local(beside, context).date()
    return clock(unix, context) if same_day else date_time(unix, context)


def size(count: int) -> str:
    """``12 MB``; "" if unknown."""
    if count < 0:
        return ""
    value, unit = float(count), 0
    while value >= 999.5 and unit < len(_UNITS) - 1:
        value, unit = value / 1024, unit + 1
    return f"{value:.1f} {_UNITS[unit]}" if unit and value < 9.95 else f"{value:.0f} {_UNITS[unit]}"


def number(count: int) -> str:
    """``940``, ``1.2k``, ``3.4M``."""
    if count < 1_000:
        return str(count)
    value, unit = count / 1_000, 0
    while value >= 999.95 and unit < len(_THOUSANDS) - 1:
        value, unit = value / 1_000, unit + 1
    return f"{value:.1f}".removesuffix(".0") + _THOUSANDS[unit]


def duration(seconds: float) -> str:
    """``0:42``, ``1:02:03``."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def span(seconds: int) -> str:
    """A length of time in one unit if that is a small number, else in two: ``1 d``, ``90 min``, ``3 h 25 min``."""
    for length, unit in _SPANS:
        if seconds >= length and seconds % length == 0 and seconds // length <= _WHOLE:
            return f"{seconds // length} {unit}"
    for (length, unit), (part, smaller) in pairwise(_SPANS):
        if seconds >= length:
            rest = seconds % length // part
            return f"{seconds // length} {unit}" + (f" {rest} {smaller}" if rest else "")
    return f"{max(0, seconds)} s"


def money(amount: int, currency: str) -> str:
    """``12.50 USD`` from minor units; stars as ``⭐ 50``, and TON without zeros at its end."""
    if currency == "XTR":
        return f"⭐ {amount}"
    digits = _DIGITS.get(currency, 2)
    units, minor = divmod(abs(amount), 10**digits)
    fraction = f".{minor:0{digits}}" if digits else ""
    if currency == "TON":
        fraction = fraction.rstrip("0").rstrip(".")
    return f"{'-' if amount < 0 else ''}{units}{fraction} {escape_one_line(currency)}".strip()


def price(raw: Raw) -> str:
    """A StarsAmount, which may have a fraction, or a StarsTonAmount; "" for neither."""
    amount = whole(raw, "amount")
    if raw.get("_") == "StarsTonAmount":
        return money(amount, "TON")
    fraction = f".{min(abs(whole(raw, 'nanos')), _ONE_STAR - 1):09}".rstrip("0").rstrip(".")
    return f"⭐ {amount}{fraction}" if raw else ""


def names(ids: Iterable[int], context: Context) -> str:
    """Names in a row."""
    return ", ".join(escape_one_line(context.name(peer)) for peer in ids)


def person(peer_id: int, name: str, context: Context) -> str:
    """A name in bold, as a link where there is a note about the one who has it."""
    target = context.peer(peer_id) if peer_id else None
    return f"**{wikilink(target, name or context.name(peer_id))}**" if target else bold(name or context.name(peer_id))


def rich_line(value: object, links: Links) -> str:
    """A text with entities on one line that starts no block, marked as it was."""
    text = tidy(plain(value))
    marks = entities(value) if isinstance(value, dict) else ()
    inline = [mark for mark in marks if mark.kind not in ("Blockquote", "Pre")]
    if not inline:
        return escape(" ".join(text.split()))
    line = "".join(" " if char.isspace() else char for char in text)  # one for one: offsets stay true
    return " ".join(render_text(line, inline, links=links).split("\n"))


def counted(count: int, noun: str) -> str:
    """``1 file``, ``1,204 files``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
