"""Files without routing: one connection to each data centre, as Telethon lends it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import attrs
import trio
from telethon.tl.functions import InvokeWithoutUpdatesRequest

from tobs.errors import ConnectionLost, NotAuthorized
from tobs.telegram.bridge import ask, call
from tobs.telegram.faults import NoAnswer
from tobs.telegram.mending import reconnect
from tobs.telegram.ranking import Load
from tobs.telegram.senders import OPEN_SECONDS
from tobs.telegram.servertime import keep_server_time


@attrs.define(eq=False)
class _Borrowed:
    """A sender of Telethon's."""

    _sender: Any

    async def ask(self, request: Any, seconds: float) -> Any:
        """The answer to `request`. Raises `SourceError`."""
        return await ask(seconds, self._sender.send, InvokeWithoutUpdatesRequest(request))


class BorrowedConnections:
    """Leases the client's own connection and those that it makes for other data centres."""

    knows_cdn = False

    def __init__(self, client: Any) -> None:
        self._client = client
        self._borrowing = trio.Lock()

    def prewarm(self, dc_ids: Iterable[int]) -> None:
        """Connections are made when they are needed."""

    def answers(self, dc_id: int) -> int:
        """Nobody counts: Telethon mends a connection itself before it gives up."""
        return 0

    @asynccontextmanager
    async def lease(self, dc_id: int, load: Load) -> AsyncIterator[_Borrowed]:
        """The one connection to a data centre."""
        sender = await self._sender(dc_id)
        try:
            yield _Borrowed(sender)
        except NotAuthorized as exc:
            if dc_id == self._client.session.dc_id:
                raise
            # Only the key of this connection is unknown there: another one is made.
            self._client._borrowed_senders.pop(dc_id, None)
            raise ConnectionLost("A data centre of Telegram refused the connection; run tobs again.") from exc
        except NoAnswer:
            await reconnect(sender)
            raise

    async def _sender(self, dc_id: int) -> Any:
        if dc_id == self._client.session.dc_id:
            return self._client._sender
        async with self._borrowing:
            _state, sender = self._client._borrowed_senders.get(dc_id, (None, None))
            if sender is None or not sender.is_connected():
                # Telethon keeps a sender whose reconnecting failed; a new one is made in its place.
                self._client._borrowed_senders.pop(dc_id, None)
                sender = await call(OPEN_SECONDS, self._client._borrow_exported_sender, dc_id)
                keep_server_time(sender)
            return sender
