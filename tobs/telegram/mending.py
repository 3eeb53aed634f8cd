"""How Telethon makes a lost connection anew: begun once, and ended when we leave."""

from __future__ import annotations

import math
from typing import Any

from tobs.telegram.bridge import call, end
from tobs.telegram.hearing import is_up


def number_of(client: Any) -> int:
    """Another number for each connection of the account's own that is made; 0 while there is none."""
    return int(client._sender._state.id) if is_up(client) else 0


async def reconnect(sender: Any) -> None:
    """Have a connection made anew, unless that is under way: two attempts side by side would be in each other's way."""
    await call(math.inf, _begin, sender)


async def disconnect(client: Any) -> None:
    """Close all connections of a client, whatever they are busy with."""
    for sender in (client._sender, *(sender for _state, sender in client._borrowed_senders.values())):
        if sender._reconnect_task is not None:
            await end(sender._reconnect_task)
    await call(math.inf, _disconnect, client)


async def _begin(sender: Any) -> None:
    if sender._reconnect_task is None or sender._reconnect_task.done():
        sender._start_reconnect(None)


async def _disconnect(client: Any) -> None:
    await client.disconnect()
