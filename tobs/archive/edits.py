"""Two sights of one message: whether they are the same, and whether its author changed it (pure)."""

from __future__ import annotations

from typing import Any

from tobs.model import Raw
from tobs.vault.raw import listed, mapping, plain

# Given anew with each answer, and no part of the message.
_VOLATILE = frozenset({"file_reference", "access_hash"})
# What comes to attachments without an edit: votes, ticks, payments, a purchase, an end, a step of a live location.
_ADDED = frozenset(
    {"results", "completions", "receipt_msg_id", "extended_media", "closed", "close_date", "hash", "geo", "heading",
     "story", "ttl_seconds", "alt_documents", "attached_media"}
)  # fmt: skip


def same(old: Any, new: Any, ignored: frozenset[str] = _VOLATILE) -> bool:
    """Whether two raw values say the same, whatever stands under `ignored` keys."""
    waiting = [(old, new)]
    while waiting:  # not by recursion: blocks of rich messages may lie in each other as deep as their author likes
        one, other = waiting.pop()
        if isinstance(one, dict) and isinstance(other, dict):
            keys = {*one, *other} - ignored
            if any(key not in one or key not in other for key in keys):
                return False
            waiting += [(one[key], other[key]) for key in keys]
        elif isinstance(one, list) and isinstance(other, list):
            if len(one) != len(other):
                return False
            waiting += zip(one, other, strict=True)
        elif one != other:
            return False
    return True


def is_reworded(old: Raw, new: Raw) -> bool:
    """Whether the author changed a message: its text or what is attached, and not only counters, votes or previews.

    What an export file told is no version of its own, so that it does not matter what was read first. Of what an older
    layer did not know only the text can be compared.
    """
    if "desktop" in old or "desktop" in new:
        return False
    if any(mapping(raw, "media").get("_") == "MessageMediaUnsupported" for raw in (old, new)):
        return plain(old.get("message")) != plain(new.get("message"))
    return not same(_said(old), _said(new), _VOLATILE | _ADDED)


def _said(raw: Raw) -> Any:
    if raw.get("_") == "MessageService":  # what happened is not edited; how long a call took is told later
        return {"_": "MessageService"}
    said = {
        "_": raw.get("_"),
        "message": plain(raw.get("message")),
        "entities": listed(raw, "entities"),
        "media": _attached(mapping(raw, "media")),
        "rich_message": mapping(raw, "rich_message"),
    }
    return _by_id(said)


def _attached(media: Raw) -> Raw:
    kind = media.get("_")
    if kind in (None, "MessageMediaEmpty", "MessageMediaWebPage"):  # a preview comes when Telegram has made it
        return {}
    # A live location moves by itself; where another place is, somebody chose.
    return media if kind == "MessageMediaGeoLive" else {**media, "place": media.get("geo")}


def _by_id(said: Any) -> Any:
    """The same with photos and documents as their ids: Telegram makes more sizes of them whenever it likes."""
    found: dict[str, Any] = {}
    waiting: list[tuple[Any, Any, Any]] = [(found, "said", said)]
    while waiting:
        into, key, value = waiting.pop()
        if isinstance(value, dict):
            is_file = value.get("_") in ("Photo", "Document")
            value = {"_": value["_"], "id": value.get("id")} if is_file else dict(value)
            waiting += [(value, name, inner) for name, inner in value.items() if isinstance(inner, (dict, list))]
        elif isinstance(value, list):
            value = list(value)
            waiting += [(value, index, inner) for index, inner in enumerate(value) if isinstance(inner, (dict, list))]
        into[key] = value
    return found["said"]
