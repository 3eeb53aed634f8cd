"""Names, times, sizes and money as people read them."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

from tobs.vault.context import Context
from tobs.vault.escape import escape_one_line

_UNITS = ("B", "KB", "MB", "GB", "TB")
_THOUSANDS = ("k", "M", "B")
_SPANS = ((604800, "w"), (86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
_WHOLE = 400  # units that people still grasp as a number: a year has 365 days
# Minor units of currencies that do not have two digits, and of Telegram's own (https://core.telegram.org/bots/payments).
_DIGITS = {
    "JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0, "UGX": 0, "PYG": 0, "XTR": 0,
    "BHD": 3, "JOD": 3, "KWD": 3, "OMR": 3, "TND": 3, "TON": 9,
}  # fmt: skip


def bold(name: str) -> str:
    """A name of any signs in bold; the caller puts white space or a line's end on both sides."""
    return f"**{escape_one_line(name) or 'Unknown'}**"


def clock(unix: int, context: Context) -> str:
    """``14:32`` in the zone of the notes."""
    local = datetime.fromtimestamp(unix, context.zone)
    return f"{local.hour:02}:{local.minute:02}"


def moment(unix: int, beside: int, context: Context) -> str:
    """The time, with its date if that is not the day of `beside`."""
    local = datetime.fromtimestamp(unix, context.zone)
    same_day = local.date() == datetime.fromtimestamp(beside, context.zone).date()
    return clock(unix, context) if same_day else f"{local.date()} {clock(unix, context)}"


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
    """``12.50 USD`` from minor units; stars as ``⭐ 50``."""
    if currency == "XTR":
        return f"⭐ {amount}"
    digits = _DIGITS.get(currency, 2)
    return f"{amount / 10**digits:.{min(digits, 3)}f} {escape_one_line(currency)}".strip()


def counted(count: int, noun: str) -> str:
    """``1 file``, ``1,204 files``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
