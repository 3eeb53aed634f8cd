"""Careful reading of raw TL dicts: what is missing or of another type is empty, never an error."""

from __future__ import annotations

from typing import Any

from tobs.model import Entity, Raw


def plain(value: Any) -> str:
    """The string, or the string of a TextWithEntities."""
    if isinstance(value, dict):
        value = value.get("text")
    return value if isinstance(value, str) else ""


def whole(raw: Raw, key: str) -> int:
    """A number of a raw dict, 0 if it is none."""
    value = raw.get(key)
    return value if isinstance(value, int) else int(value) if isinstance(value, float) and abs(value) < 2**63 else 0


def mapping(raw: Raw, key: str) -> Raw:
    """A TL object in a raw dict, {} if it is none."""
    value = raw.get(key)
    return value if isinstance(value, dict) else {}


def listed(raw: Raw, key: str) -> list[Raw]:
    """A vector of TL objects in a raw dict."""
    value = raw.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def numbers(raw: Raw, key: str) -> list[int]:
    """A vector of numbers in a raw dict."""
    value = raw.get(key)
    return [item for item in value if isinstance(item, int)] if isinstance(value, list) else []


def peer_id(value: Any) -> int:
    """The marked id of a raw peer, or of a bare user id; 0 if it is neither."""
    if isinstance(value, int):
        return value
    if not isinstance(value, dict):
        return 0
    if channel := whole(value, "channel_id"):
        return -1_000_000_000_000 - channel
    return -whole(value, "chat_id") or whole(value, "user_id")


def peers(raw: Raw, key: str) -> list[int]:
    """The marked ids of a vector of peers."""
    value = raw.get(key)
    return [peer for peer in map(peer_id, value) if peer] if isinstance(value, list) else []


def strings(raw: Raw, key: str) -> list[str]:
    """A vector of strings in a raw dict."""
    value = raw.get(key)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def entities(raw: Raw, key: str = "entities") -> tuple[Entity, ...]:
    """The entities of a text in a raw dict."""
    return tuple(
        Entity(
            plain(item.get("_")).removeprefix("MessageEntity"),
            whole(item, "offset"),
            whole(item, "length"),
            plain(item.get("url")),
            plain(item.get("language")),
            peer_id(item.get("user_id")),
            whole(item, "document_id"),
            bool(item.get("collapsed")),
            plain(item.get("old_text")),
        )
        for item in listed(raw, key)
    )
