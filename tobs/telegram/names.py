"""What a person may call a chat (pure)."""

from __future__ import annotations

import re
from typing import Literal

import attrs

from tobs.raw import CHANNEL_MARK

_LINK = re.compile(r"(?:https?://)?(?:www\.)?(?:t\.me|telegram\.(?:me|dog))/(.+)", re.IGNORECASE)
_USERNAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{2,31}")
_NUMBER = re.compile(r"[+-]?\d+")


@attrs.frozen
class Name:
    """One name, understood. `word` tells a bare word, which may be a username or a title."""

    kind: Literal["all", "saved", "id", "username", "word", "title", "invite"]
    text: str = ""
    id: int = 0


def parse_name(text: str) -> Name:
    """@name, name, id, t.me link, title, ``all``, ``me`` or ``saved``."""
    text = text.strip()
    if text.lower() == "all":
        return Name("all")
    if text.lower() in ("me", "saved"):
        return Name("saved")
    if _NUMBER.fullmatch(text):
        return Name("id", text, int(text))
    if text.startswith("@") and _USERNAME.fullmatch(text[1:]):
        return Name("username", text[1:].lower())
    if link := _LINK.fullmatch(text):
        return _parse_link(link[1])
    return Name("word" if _USERNAME.fullmatch(text) else "title", text)


def _parse_link(path: str) -> Name:
    first, *rest = re.split(r"[/?#]", path)
    if first == "c" and rest and rest[0].isdigit():
        return Name("id", path, CHANNEL_MARK - int(rest[0]))
    if first == "s" and rest:  # the preview page of a public channel
        first = rest[0]
    if first.startswith("+") or first == "joinchat":
        return Name("invite", path)
    return Name("username", first.lower()) if _USERNAME.fullmatch(first) else Name("title", path)


def possible_ids(number: int) -> tuple[int, ...]:
    """The marked ids that a number may mean: a positive one may be written without its mark."""
    return (number,) if number < 0 else (number, CHANNEL_MARK - number, -number)
