"""The account's list of chats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
from telethon.tl import types
from telethon.tl.functions.messages import GetDialogsRequest

from tobs.telegram.connection import Connection
from tobs.telegram.peers import input_peer, marked_id
from tobs.telegram.ranges import Within, ranged

PAGE = 100  # Telegram's limit for messages.getDialogs


@attrs.frozen
class Listed:
    """A chat: who it is with, its newest message (0: not known), and its details if they were read already.

    `dialog` is its line in the chat list, if it has one, and `date` when its newest message was sent (0: not known).
    """

    id: int
    entity: Any
    top_message: int = 0
    full: Any = None
    dialog: Any = None
    date: int = 0


async def read_dialogs(connection: Connection) -> list[Listed]:
    """All chats of the account, archived ones too, newest first. Raises `SourceError`."""
    found: dict[int, Listed] = {}
    # The newest range first: there a chat has its newest message.
    ranges: Sequence[Within] = connection.envelope.ranges or [None]
    for within in reversed(ranges):
        await _read_range(connection, within, found)
    return list(found.values())


async def _read_range(connection: Connection, within: Within, found: dict[int, Listed]) -> None:
    """Add the chats that a range has; those that are `found` stay as they are."""
    met: set[int] = set()
    offset: tuple[Any, int, Any] | None = (None, 0, types.InputPeerEmpty())
    while offset is not None:
        date, message_id, peer = offset
        # Without a folder all of them are meant. Pinned chats come with the first page.
        request = GetDialogsRequest(date, message_id, peer, PAGE, 0, exclude_pinned=message_id != 0)
        answer = await connection.ask(ranged(request, within))
        page = _listed(answer)
        new = {listed.id for listed in page} - met
        met |= new
        for listed in page:
            found.setdefault(listed.id, listed)
        offset = _next_offset(answer, page) if new else None


def _listed(answer: Any) -> list[Listed]:
    entities = {marked_id(entity): entity for entity in [*answer.users, *answer.chats]}
    dates = {(marked_id(message.peer_id), message.id): message.date for message in _dated(answer)}
    dialogs = [dialog for dialog in answer.dialogs if isinstance(dialog, types.Dialog)]  # others are folders
    found = []
    for dialog in dialogs:
        marked, top = marked_id(dialog.peer), dialog.top_message
        if marked in entities:
            date = dates.get((marked, top))
            found.append(Listed(marked, entities[marked], top, None, dialog, int(date.timestamp()) if date else 0))
    return found


def _dated(answer: Any) -> list[Any]:
    """The newest messages that are known."""
    return [message for message in answer.messages if message.peer_id and getattr(message, "date", None)]


def _next_offset(answer: Any, page: list[Listed]) -> tuple[Any, int, Any] | None:
    """The last chat whose newest message is known, None when the list is whole."""
    if isinstance(answer, types.messages.Dialogs) or len(answer.dialogs) >= answer.count:
        return None
    messages = {(marked_id(message.peer_id), message.id): message for message in _dated(answer)}
    for listed in reversed(page):
        message = messages.get((listed.id, listed.top_message))
        peer = input_peer(listed.entity)
        if message is not None and peer is not None:
            return message.date, message.id, peer
    return None
