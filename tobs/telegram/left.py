"""Channels and supergroups that the account has left. Telegram lists them in a takeout only."""

from __future__ import annotations

from typing import Any

from telethon.tl.functions.channels import GetLeftChannelsRequest

from tobs.errors import ChatNotFound, TakeoutRefused
from tobs.telegram.connection import Connection
from tobs.telegram.dialogs import Listed
from tobs.telegram.envelope import Envelope
from tobs.telegram.peers import marked_id
from tobs.telegram.scope import Scope
from tobs.telegram.takeout import Takeout, open_takeout

LISTING = Scope(users=False, largest_file=0)


async def read_left(connection: Connection) -> list[Listed]:
    """The left channels and supergroups. Raises `ChatNotFound` if Telegram lets this device list them only later."""
    if isinstance(connection.envelope, Takeout):  # there is one at a time
        return await _read(connection, connection.envelope)
    try:
        async with open_takeout(connection, LISTING) as takeout:
            found = await _read(connection, takeout)
            takeout.conclude(True)
            return found
    except TakeoutRefused as refused:
        raise ChatNotFound(
            "Telegram lists chats that you left only to a device it trusts; confirm the request in the Telegram app,"
            f" or try again from {refused.until} on."
        ) from refused


async def _read(connection: Connection, envelope: Envelope) -> list[Listed]:
    found: dict[int, Any] = {}
    while True:
        answer = await connection.ask(GetLeftChannelsRequest(len(found)), envelope=envelope)
        new = {marked_id(chat): chat for chat in answer.chats if marked_id(chat) not in found}
        found |= new
        if not new or len(found) >= getattr(answer, "count", 0):
            return [Listed(marked, chat) for marked, chat in found.items()]
