"""Where the files of a message lie on Telegram, out of the message's raw dict (pure)."""

from __future__ import annotations

from base64 import b64decode
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Any

import attrs
from telethon.tl import types

from tobs.model import Raw, RawMessage
from tobs.rawfields import plain, whole
from tobs.rawfiles import stored

REMEMBERED = 4000  # files of pages just read; a reference is good for hours, so asking again is rarely needed
_WITH_FILES = ("media", "action", "rich_message")


@attrs.frozen
class Place:
    """What to ask for, and of which data centre."""

    dc_id: int
    location: Any


@attrs.frozen
class Handle:
    """What Telegram wants to see to give a photo or document, in any of its sizes. Good for some hours."""

    id: int
    dc_id: int
    access_hash: int
    reference: bytes
    is_photo: bool

    def place(self, thumb: str) -> Place:
        """Where the size `thumb` lies; "" is a document itself."""
        make = types.InputPhotoFileLocation if self.is_photo else types.InputDocumentFileLocation
        return Place(self.dc_id, make(self.id, self.access_hash, self.reference, thumb))


def handles(raw: Any) -> Iterator[Handle]:
    """Every photo and document in a raw value."""
    return map(_handle, stored(raw))


def _handle(raw: Raw) -> Handle:
    return Handle(
        whole(raw, "id"),
        whole(raw, "dc_id"),
        whole(raw, "access_hash"),
        b64decode(plain(raw.get("file_reference"))),
        raw["_"] == "Photo",
    )


class FreshFiles:
    """The files of messages read lately, whose references are still good. Bounded."""

    def __init__(self) -> None:
        # With the sizes that were asked for already.
        self._known: OrderedDict[tuple[int, int, int], tuple[Handle, set[str]]] = OrderedDict()

    def learn(self, chat_id: int, messages: Sequence[RawMessage]) -> None:
        """Remember the files of messages that were read just now."""
        for message in messages:
            for key in _WITH_FILES:
                for handle in handles(message.raw.get(key)):
                    where = (chat_id, message.id, handle.id)
                    self._known[where] = (handle, set())
                    self._known.move_to_end(where)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    def take(self, chat_id: int, message_id: int, file_id: int, thumb: str) -> Place | None:
        """Where a file lies. Each size is told once: whoever asks again had no luck with it."""
        handle, told = self._known.get((chat_id, message_id, file_id), (None, set[str]()))
        if handle is None or thumb in told:
            return None
        told.add(thumb)
        return handle.place(thumb)
