"""Custom emoji in raw dicts: which of them a message uses, and what is shown of one.

Texts, reactions and blocks of articles name the document of an emoji
(https://core.telegram.org/api/custom-emoji).
"""

from __future__ import annotations

from typing import Any

from tobs.model import File, Raw
from tobs.rawfields import listed, plain, whole
from tobs.rawfiles import decode_document, decode_thumbnail

MARK = b'CustomEmoji"'  # stands in the JSON of whatever uses one, and in that of few others
_STILL = frozenset({"image/webp", "image/png", "image/jpeg"})


def emoji_ids(raw: Any) -> set[int]:
    """The documents of all custom emoji in a raw value, wherever they are: in texts, reactions, polls, articles …"""
    found: set[int] = set()
    waiting: list[Any] = [raw]
    while waiting:  # not by recursion: blocks of articles may lie in each other as deep as their author likes
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            if plain(value.get("_")).endswith("CustomEmoji"):
                found.add(whole(value, "document_id"))
            waiting += value.values()
    return found - {0}  # what an export file tells of one


def emoji_picture(document: Raw) -> File | None:
    """What is shown of a custom emoji: itself if it stands still, else Telegram's still picture of it.

    Obsidian plays no .tgs, and gives a film buttons that are larger than text.
    None for an emoji that takes the colour of the text around it, which a
    picture cannot, and for one without a still picture.
    """
    attributes = listed(document, "attributes")
    if any(each.get("_") == "DocumentAttributeCustomEmoji" and each.get("text_color") for each in attributes):
        return None
    if plain(document.get("mime_type")) not in _STILL:
        return decode_thumbnail(document)
    decoded = decode_document(document)
    return decoded[1] if decoded else None
