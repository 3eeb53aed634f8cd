"""What a person may call a chat (pure)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

import attrs

from tobs.model import Chat, ChatKind
from tobs.raw import CHANNEL_MARK

_LINK = re.compile(r"(?:https?://)?(?:www\.)?(?:t\.me|telegram\.(?:me|dog))/(.+)", re.IGNORECASE)
_USERNAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{2,31}")
_GROUP = re.compile(r"(folder|type):\s*(.+)", re.IGNORECASE | re.DOTALL)
_NUMBER = re.compile(r"[+-]?\d+")


@attrs.frozen
class Name:
    """One name, understood. `word` tells a bare word, which may be a username or a title."""

    kind: Literal["all", "archived", "left", "folder", "type", "saved", "id", "username", "word", "title", "invite"]
    text: str = ""
    id: int = 0


def parse_name(text: str) -> Name:
    """@name, name, id, t.me link, title, ``me`` or ``saved``; or several chats at once.

    These are ``all``, ``archived``, ``left``, ``folder:NAME`` and ``type:KIND``.
    """
    text = text.strip()
    match text.lower():
        case "all" | "archived" | "left" as many:
            return Name(many)
    if group := _GROUP.fullmatch(text):
        return Name("folder" if group[1].lower() == "folder" else "type", group[2])
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
    if first.startswith("+") or (first == "joinchat" and rest):
        return Name("invite", first[1:] if first.startswith("+") else rest[0])
    return Name("username", first.lower()) if _USERNAME.fullmatch(first) else Name("title", path)


# What a person means by a kind: a group is one, whatever Telegram made of it inside.
KINDS: Mapping[str, frozenset[ChatKind]] = {
    "private": frozenset({"private"}),
    "bot": frozenset({"bot"}),
    "group": frozenset({"group", "supergroup", "forum"}),
    "supergroup": frozenset({"supergroup", "forum"}),
    "forum": frozenset({"forum"}),
    "channel": frozenset({"channel"}),
    "saved": frozenset({"saved"}),
}


def kinds_called(text: str) -> frozenset[ChatKind]:
    """The kinds of ``type:KIND``, none if there is no such kind."""
    return KINDS.get(text.strip().lower(), frozenset())


def means(text: str, chat: Chat) -> bool:
    """Whether a name, as `parse_name` understands it, is one of this chat's or means its kind."""
    name = parse_name(text)
    called = chat.username.lower() == name.text.lower() if name.text else False
    match name.kind:
        case "all":
            return True
        case "saved":
            return chat.kind == "saved"
        case "id":
            return chat.id in possible_ids(name.id)
        case "type":
            return chat.kind in kinds_called(name.text)
        case "username":
            return called
        case "word" | "title":
            return called or chat.title.casefold() == name.text.casefold()
    return False


def possible_ids(number: int) -> tuple[int, ...]:
    """The marked ids that a number may mean: a positive one may be written without its mark."""
    return (number,) if number < 0 else (number, CHANNEL_MARK - number, -number)
