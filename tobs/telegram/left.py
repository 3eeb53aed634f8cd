"""Channels and supergroups that the account has left. Telegram lists them in a takeout only."""

from __future__ import annotations

from typing import Any

import trio
from telethon.tl.functions import InvokeWithTakeoutRequest
from telethon.tl.functions.account import FinishTakeoutSessionRequest, InitTakeoutSessionRequest
from telethon.tl.functions.channels import GetLeftChannelsRequest

from tobs.errors import ChatNotFound, RateLimited
from tobs.telegram.connection import Connection
from tobs.telegram.dialogs import Listed
from tobs.telegram.peers import marked_id

END_SECONDS = 10  # to close the takeout, also when the run is being stopped


async def read_left(connection: Connection) -> list[Listed]:
    """The left channels and supergroups. Raises `ChatNotFound` if Telegram lets this device list them only later."""
    try:
        takeout = await connection.ask(InitTakeoutSessionRequest(message_megagroups=True, message_channels=True))
    except RateLimited as limit:
        raise ChatNotFound(
            "Telegram lists chats that you left only to a device it trusts; confirm the request in the Telegram "
            f"app, or try again in {-(-limit.seconds // 3600):.0f} hours."
        ) from limit
    whole = False
    try:
        found = await _read(connection, takeout.id)
        whole = True
        return found
    finally:
        with trio.move_on_after(END_SECONDS, shield=True):
            await connection.ask(InvokeWithTakeoutRequest(takeout.id, FinishTakeoutSessionRequest(success=whole)))


async def _read(connection: Connection, takeout: int) -> list[Listed]:
    found: dict[int, Any] = {}
    while True:
        answer = await connection.ask(InvokeWithTakeoutRequest(takeout, GetLeftChannelsRequest(len(found))))
        new = {marked_id(chat): chat for chat in answer.chats if marked_id(chat) not in found}
        found |= new
        if not new or len(found) >= getattr(answer, "count", 0):
            return [Listed(marked, chat) for marked, chat in found.items()]
