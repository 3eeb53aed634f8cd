"""Where a file of a message lies on Telegram, out of the message's raw dict (pure)."""

from __future__ import annotations

from base64 import b64decode
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Any

import attrs
from telethon.tl import types

from tobs.model import Raw, RawMessage

REMEMBERED = 4000  # files of pages just read; a reference is good for hours, so asking again is rarely needed


@attrs.frozen
class Place:
    """What to ask for, and of which data centre."""

    dc_id: int
    location: Any


def find_place(raw: Raw, file_id: int, thumb: str) -> Place | None:
    """Where the document or photo `file_id` of a message lies, None if the message does not have it any more."""
    for found in _files(raw):
        if found["id"] == file_id:
            make = types.InputPhotoFileLocation if found["_"] == "Photo" else types.InputDocumentFileLocation
            return Place(
                found.get("dc_id", 0),
                make(file_id, found.get("access_hash", 0), b64decode(found.get("file_reference", "")), thumb),
            )
    return None


def _files(value: Any) -> Iterator[Raw]:
    # Anywhere: paid media and web pages have their files deeper down.
    if isinstance(value, dict):
        if value.get("_") in ("Document", "Photo"):
            yield value
        for item in value.values():
            yield from _files(item)
    elif isinstance(value, list):
        for item in value:
            yield from _files(item)


class FreshMessages:
    """The media of messages read lately, whose file references are still good. Bounded."""

    def __init__(self) -> None:
        self._media: OrderedDict[tuple[int, int], Raw] = OrderedDict()

    def learn(self, chat_id: int, messages: Sequence[RawMessage]) -> None:
        for message in messages:
            media = message.raw.get("media")
            if media is not None and media["_"] != "MessageMediaWebPage":
                self._media[chat_id, message.id] = media
        while len(self._media) > REMEMBERED:
            self._media.popitem(last=False)

    def take(self, chat_id: int, message_id: int) -> Raw | None:
        """Each is used once: whoever asks again had no luck with it."""
        return self._media.pop((chat_id, message_id), None)
