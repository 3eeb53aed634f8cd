"""Takeouts: Telegram's way for exports, with limits of its own: https://core.telegram.org/api/takeout.

A takeout is begun once for a run, and every request of the run is wrapped in
it. Where Telegram ends it before the run is over, another one takes its place
and the same requests go on.
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import trio
from telethon.tl.functions import InvokeWithTakeoutRequest
from telethon.tl.functions.account import FinishTakeoutSessionRequest, InitTakeoutSessionRequest
from telethon.tl.functions.messages import GetSplitRangesRequest

from tobs.errors import SourceError, TakeoutRefused
from tobs.source import Span
from tobs.telegram.connection import Connection
from tobs.telegram.envelope import PLAIN, TAKEOUT, Send
from tobs.telegram.faults import TakeoutDelayed, TakeoutEnded
from tobs.telegram.scope import Scope

_LOG = logging.getLogger(__name__)
END_SECONDS = 2.0  # to tell Telegram that it is over, also when the run is being stopped
WITHOUT = "to go on without a takeout, at the normal pace: `tobs export --no-takeout`"


class Takeout:
    """An `Envelope` around the requests of one run. Made by `open_takeout`."""

    def __init__(self, connection: Connection, scope: Scope) -> None:
        self.ranges: Sequence[Span] = ()
        self._connection = connection
        self._scope = scope
        self._id = 0
        self._answered = False
        self._whole: bool | None = None
        self._refused: TakeoutRefused | None = None
        self._renewing = trio.Lock()

    def kind(self, kind: str) -> str:
        return kind + TAKEOUT

    async def send(self, request: Any, send: Send) -> Any:
        """The answer to a request. If Telegram has ended the takeout, it is asked again in another one."""
        while True:
            used = self._id
            try:
                answer = await send(InvokeWithTakeoutRequest(used, request))
            except TakeoutEnded:
                await self._renew(used)
            else:
                self._answered |= used == self._id
                return answer

    def conclude(self, whole: bool) -> None:
        """Note how an export went. The takeout is finished as a success if each went well, and there was one."""
        self._whole = whole and self._whole is not False

    async def begin(self) -> None:
        """Raises `TakeoutRefused` when Telegram lets it begin later only."""
        delay = self._connection.takeout_delay
        try:
            answer = await self._connection.ask(_request(self._scope), envelope=PLAIN)
        except TakeoutDelayed as delayed:
            delay.keep(time.time() + delayed.seconds)
            until = self._connection.hour(delayed.seconds)
            raise TakeoutRefused(
                f"Telegram lets this device begin a takeout from {until} on. Confirm the request in the Telegram app"
                f" and run tobs again, or run it again then; {WITHOUT}.",
                until=until,
            ) from delayed
        delay.forget()
        self._id, self._answered = answer.id, False

    async def _renew(self, ended: int) -> None:
        """Begin another one in place of the one that `ended`; of requests that are refused together one does."""
        async with self._renewing:
            if self._id != ended:
                return
            if self._refused is not None:  # each time it is asked, Telegram may tell all devices
                raise TakeoutRefused(str(self._refused), until=self._refused.until)
            if not self._answered:
                raise TakeoutRefused(f"Telegram ends the takeout at once; run tobs again later; {WITHOUT}.")
            _LOG.warning("Telegram ended the takeout; another one is begun")
            try:
                await self.begin()
            except TakeoutRefused as refused:
                self._refused = refused
                raise

    async def finish(self) -> None:
        """Tell Telegram that it is over. One that is left open is in nobody's way: the next one takes its place."""
        request = InvokeWithTakeoutRequest(self._id, FinishTakeoutSessionRequest(success=self._whole is True))
        with trio.move_on_after(END_SECONDS, shield=True):
            try:
                await self._connection.ask(request, envelope=PLAIN)
            except SourceError as exc:
                _LOG.info("Telegram could not be told that the takeout is over: %s", exc)


def _request(scope: Scope) -> Any:
    # A flag that is not set must not be there at all, and a size goes with files only.
    return InitTakeoutSessionRequest(
        message_users=scope.users or None,
        message_chats=scope.groups or None,
        message_megagroups=scope.groups or None,
        message_channels=scope.channels or None,
        files=bool(scope.largest_file) or None,
        file_max_size=scope.largest_file or None,
    )


@asynccontextmanager
async def open_takeout(connection: Connection, scope: Scope) -> AsyncIterator[Takeout]:
    """A takeout for the block. Raises `TakeoutRefused` when Telegram lets it begin later only."""
    takeout = Takeout(connection, scope)
    await takeout.begin()
    try:
        yield takeout
    finally:
        await takeout.finish()


@asynccontextmanager
async def taking_out(connection: Connection, scope: Scope) -> AsyncIterator[None]:
    """Have all requests of a connection go through a takeout for the block."""
    async with open_takeout(connection, scope) as takeout:
        ranges = await connection.ask(GetSplitRangesRequest(), envelope=takeout)
        takeout.ranges = sorted((each.min_id, each.max_id) for each in ranges)
        connection.envelope = takeout
        try:
            yield
        finally:
            connection.envelope = PLAIN
