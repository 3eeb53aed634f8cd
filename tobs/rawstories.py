"""Stories in raw dicts: which one a message forwards or mentions without its content, and the message with it.

Most messages name the owner and the number of a story alone (https://core.telegram.org/constructor/messageMediaStory).
"""

from __future__ import annotations

from typing import Any

from tobs.model import Raw
from tobs.rawfields import mapping, peer_id, plain, whole

MARK = b'"MessageMediaStory"'  # stands in the JSON of whatever names one, and in that of hardly another
MISSING = "StoryMissing"  # of tobs: no story, but the `reason` why there is none
_UNTOLD = ("", "StoryItemSkipped", MISSING)


def named_story(raw: Raw) -> tuple[int, int] | None:
    """The owner and the number of the story of a message, None if it has none or what it is came along."""
    media = mapping(raw, "media")
    if media.get("_") != "MessageMediaStory" or plain(mapping(media, "story").get("_")) not in _UNTOLD:
        return None
    owner, number = peer_id(media.get("peer")), whole(media, "id")
    return (owner, number) if owner and number else None


def with_story(raw: Raw, story: Raw) -> dict[str, Any]:
    """A message with what its story is."""
    return {**raw, "media": {**mapping(raw, "media"), "story": story}}


def missing_story(reason: str) -> Raw:
    """What stands for a story that is not to be had."""
    return {"_": MISSING, "reason": reason}


def has_story(raw: Raw) -> bool:
    """Whether the content of a story is in a message."""
    media = mapping(raw, "media")
    return media.get("_") == "MessageMediaStory" and mapping(media, "story").get("_") == "StoryItem"
