"""What values of the configuration have to be like, beyond their type: validators for its fields (pure).

Each raises `ValueError` with the part of a sentence that stands behind the key.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from tobs.devices import DEVICE
from tobs.proxy import parse_proxy

Check = Callable[[Any, "attrs.Attribute[Any]", Any], None]


def at_least(low: float) -> Check:
    """The number is not below `low`. ``nan`` is below everything."""

    def check(_instance: Any, _attribute: attrs.Attribute[Any], value: float) -> None:
        if not value >= low:
            raise ValueError(f"must be at least {low}, not {value}")

    return check


def check_port(_instance: Any, _attribute: attrs.Attribute[Any], value: int) -> None:
    """A port, or 0 for none."""
    if not 0 <= value <= 65535:
        raise ValueError(f"must be a port between 0 and 65535, not {value}")


def check_file_name(_instance: Any, _attribute: attrs.Attribute[Any], value: str) -> None:
    """A name that becomes a file in a folder, and must not leave it."""
    if not re.fullmatch(r"[\w@+-][\w@+. -]*", value):
        raise ValueError(f"must be a plain name of letters, digits, '-', '_' or '.', not {value!r}")
    if DEVICE.match(value):
        raise ValueError(f"must be another name than {value!r}, which Windows keeps for a device")


def check_proxy(_instance: Any, _attribute: attrs.Attribute[Any], value: str) -> None:
    """A proxy as people write them, or none."""
    # The value may hold a password, so the sentence does not repeat it.
    if value:
        parse_proxy(value)


def check_time_zone(_instance: Any, _attribute: attrs.Attribute[Any], value: str) -> None:
    """A time zone of the IANA database, or none."""
    if not value:
        return
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):  # not found, a path, a folder
        raise ValueError(f"{value!r} is no time zone; write one such as Europe/Berlin") from None


def check_extensions(_instance: Any, _attribute: attrs.Attribute[Any], value: tuple[str, ...]) -> None:
    """Extensions of files as tobs compares them."""
    for extension in value:
        if not re.fullmatch(r"[a-z0-9]{1,10}", extension):
            raise ValueError(f"must be extensions such as pdf, in small letters and without a dot, not {extension!r}")


def limits_by_kind(kinds: Iterable[str]) -> Check:
    """Each is one of `kinds` and a number of megabytes."""
    form = re.compile(rf"({'|'.join(kinds)}):\d+(\.\d+)?")

    def check(_instance: Any, _attribute: attrs.Attribute[Any], value: tuple[str, ...]) -> None:
        for limit in value:
            if not form.fullmatch(limit):
                raise ValueError(
                    f"must be a kind of file and its largest size in megabytes, as video:50, not {limit!r}"
                )

    return check


def check_promotions(_instance: Any, _attribute: attrs.Attribute[Any], value: tuple[str, ...]) -> None:
    """What makes a message get a note of its own."""
    for rule in value:
        if not re.fullmatch(r"pinned|hashtag:#?[^\s#]+|reaction:\S+", rule):
            raise ValueError(f"must be pinned, hashtag:NAME or reaction:EMOJI, not {rule!r}")


def check_moment(_instance: Any, _attribute: attrs.Attribute[Any], value: str) -> None:
    """A date that Telegram can have, or none."""
    try:
        wrong = bool(value) and not 1970 <= datetime.fromisoformat(value).year <= 2037
    except ValueError:
        wrong = True
    if wrong:
        raise ValueError(f"must be a date such as 2024-05-03 or 2024-05-03 14:30, not {value!r}")


def check_one_chat(_instance: Any, _attribute: attrs.Attribute[Any], value: str) -> None:
    """It names one chat, or all of a kind, and no list that is known only when it is asked for."""
    if not value.strip():
        raise ValueError("name is missing; say which chat this is")
    if re.match(r"\s*(folder:|archived\s*$|left\s*$)|.*(t\.me/\+|joinchat/)", value, re.IGNORECASE):
        raise ValueError(f"must be the name, number or title of a chat, or type:KIND, not {value!r}")
