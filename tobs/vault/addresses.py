"""Addresses of messages on the web (pure)."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import attrs

from tobs.raw import CHANNEL_MARK

_HOSTS = frozenset({"t.me", "telegram.me", "telegram.dog", "www.t.me"})
_NAME = re.compile(r"[A-Za-z]\w{2,31}", re.ASCII)


@attrs.frozen
class Address:
    """A message by the public name of its chat, or by the marked id where it has none."""

    message_id: int
    username: str = ""
    chat_id: int = 0


def parse_address(url: str) -> Address | None:
    """The message that an address leads to (https://core.telegram.org/api/links#message-links), None for any other."""
    if ":" not in url:
        url = f"https://{url}"
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme == "tg":
        return _tg(parts.netloc, parse_qs(parts.query))
    if parts.scheme not in ("http", "https") or parts.netloc.lower() not in _HOSTS:
        return None
    path = parts.path.strip("/").split("/")
    if path[0] == "s":  # the preview of a channel in a browser
        path = path[1:]
    if path[:1] == ["c"]:
        return _private(path[1], path[-1]) if len(path) in (3, 4) else None
    return _public(path[0], path[-1]) if len(path) in (2, 3) else None


def _tg(action: str, query: dict[str, list[str]]) -> Address | None:
    first = {name: values[0] for name, values in query.items()}
    if action == "resolve":
        return _public(first.get("domain", ""), first.get("post", ""))
    return _private(first.get("channel", ""), first.get("post", "")) if action == "privatepost" else None


def _public(name: str, post: str) -> Address | None:
    return Address(int(post), username=name.casefold()) if _NAME.fullmatch(name) and _is_id(post) else None


def _private(channel: str, post: str) -> Address | None:
    return Address(int(post), chat_id=CHANNEL_MARK - int(channel)) if _is_id(channel) and _is_id(post) else None


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 18
