"""Files in parts: resumable, and never accepted short."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from telethon.tl import types
from telethon.tl.functions.channels import GetMessagesRequest as GetChannelMessagesRequest
from telethon.tl.functions.messages import GetMessagesRequest
from telethon.tl.functions.upload import GetFileRequest

from tobs.errors import FileUnavailable
from tobs.model import RawMessage
from tobs.raw import CHANNEL_MARK
from tobs.source import Wanted
from tobs.telegram.connection import Connection
from tobs.telegram.convert import encode
from tobs.telegram.faults import ReferenceExpired, WrongDataCentre
from tobs.telegram.files import FreshFiles, Place

PART = 512 * 1024  # the largest that divides Telegram's megabyte and is not refused to anyone
REFRESHES = 5  # in a row without a byte between them; a reference that is fresh and refused will stay refused


class Downloader:
    """Fetches files of messages. `channel_of` tells how to ask for a channel, by its marked id."""

    def __init__(self, connection: Connection, channel_of: Callable[[int], Any], fresh: FreshFiles) -> None:
        self._connection = connection
        self._channel_of = channel_of
        self._fresh = fresh

    async def fetch(self, wanted: Wanted, part: Path) -> None:
        """Bring `part` to the whole file, going on behind the bytes it already holds.

        Raises `FileUnavailable` when Telegram no longer gives the file or gives
        another length than it says, `OSError` when `part` cannot be written.
        Cancelling leaves whole parts, which the next call goes on with.
        """
        done = _resume(part, wanted.size)
        if done == wanted.size:
            return
        place = await self._place(wanted)
        refreshes = 0
        while True:
            try:
                data = await self._part(place, done)
            except ReferenceExpired:
                refreshes += 1
                if refreshes > REFRESHES:
                    raise FileUnavailable("Telegram refuses every reference to this file.") from None
                place = await self._place(wanted)
                continue
            refreshes = 0
            _append(part, data)
            done += len(data)
            if len(data) < PART or done == wanted.size:
                break
        _check_size(part, done, wanted.size)

    async def _part(self, place: Place, offset: int) -> bytes:
        request = GetFileRequest(place.location, offset, PART)
        try:
            answer = await self._connection.ask(request, place.dc_id)
        except WrongDataCentre as exc:
            answer = await self._connection.ask(request, exc.dc_id)
        if not isinstance(answer, types.upload.File):
            # We do not say that we can talk to content delivery networks, so none is named to us.
            raise FileUnavailable("Telegram gives this file only through a content delivery network.")
        return bytes(answer.bytes)

    async def _place(self, wanted: Wanted) -> Place:
        file = (wanted.chat_id, wanted.message_id, wanted.file_id, wanted.thumb)
        place = self._fresh.take(*file)
        if place is None:
            self._fresh.learn(wanted.chat_id, [await self._message(wanted)])
            place = self._fresh.take(*file)
        if place is None:
            raise FileUnavailable("The message no longer has this file.")
        return place

    async def _message(self, wanted: Wanted) -> RawMessage:
        ids = [types.InputMessageID(wanted.message_id)]
        if wanted.chat_id < CHANNEL_MARK:
            request = GetChannelMessagesRequest(self._channel_of(wanted.chat_id), ids)
        else:
            request = GetMessagesRequest(ids)  # people and basic groups share the account's ids
        answer = await self._connection.ask(request)
        # By id and not by position: an answer may leave out what is gone.
        found = next((message for message in answer.messages if message.id == wanted.message_id), None)
        if found is None or isinstance(found, types.MessageEmpty):
            raise FileUnavailable("The message of this file was deleted.")
        return RawMessage(found.id, 0, encode(found))


def _resume(part: Path, size: int) -> int:
    """Where to go on: behind the last whole part, unless the file is there already."""
    try:
        there = part.stat().st_size
    except FileNotFoundError:
        part.touch()
        return 0
    if there == size:
        return there
    done = 0 if 0 <= size < there else there - there % PART
    with part.open("r+b") as file:
        file.truncate(done)
    return done


def _append(part: Path, data: bytes) -> None:
    with part.open("ab") as file:
        file.write(data)


def _check_size(part: Path, done: int, size: int) -> None:
    if size >= 0 and done != size:
        part.unlink()  # nothing tells which of its bytes are right
        raise FileUnavailable(f"Telegram sent {done:,} bytes of a file of {size:,}.")
