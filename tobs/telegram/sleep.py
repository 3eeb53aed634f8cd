"""Noticing that the computer slept: it was told nothing, and its connection may be dead without knowing it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import trio
from telethon.tl.functions.updates import GetStateRequest

from tobs.telegram.connection import Connection
from tobs.telegram.mending import reconnect

_LOG = logging.getLogger(__name__)

LOOK_SECONDS = 5.0  # between two looks at the clocks
SLEPT_SECONDS = 15.0  # by which the busiest computer does not come too late
ANSWER_SECONDS = 10.0  # for the first answer after sleep, before the connection is made anew


async def notice_sleep(connection: Connection, woken: Callable[[], None]) -> None:
    """Have `woken` called after each sleep, over a connection that answers or is being made anew; for ever."""
    while True:
        clocks = time.time(), trio.current_time()  # the second one stops meanwhile on some systems
        await trio.sleep(LOOK_SECONDS)
        gone = max(time.time() - clocks[0], trio.current_time() - clocks[1])
        if gone > LOOK_SECONDS + SLEPT_SECONDS:
            _LOG.info("%d s went by unseen; asking what happened", gone)
            await _revive(connection)
            woken()


async def _revive(connection: Connection) -> None:
    with trio.move_on_after(ANSWER_SECONDS) as asking:
        await connection.ask(GetStateRequest())
    if asking.cancelled_caught:
        await reconnect(connection.client._sender)
