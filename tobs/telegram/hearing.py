"""What Telegram says by itself, on the connection that requests go over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from telethon.tl.functions import InvokeWithoutUpdatesRequest
from telethon.tl.functions.updates import GetChannelDifferenceRequest, GetDifferenceRequest, GetStateRequest
from telethon.tl.tlobject import TLRequest

# These are no questions of the moment: who sends them wants to hear by itself what happens from then on.
SUBSCRIBING = (GetStateRequest, GetDifferenceRequest, GetChannelDifferenceRequest)


class Listener(Protocol):
    """Hears what Telegram says by itself."""

    def put_nowait(self, container: Any) -> None:
        """Telegram said something. Named as what Telethon puts it into."""
        ...

    def reconnected(self) -> None:
        """There is a new connection, on which Telegram has to be asked to go on."""
        ...


def silenced(request: TLRequest) -> TLRequest:
    """A request that leaves it at its answer, unless it is one of `SUBSCRIBING`."""
    return request if isinstance(request, SUBSCRIBING) else InvokeWithoutUpdatesRequest(request)


@contextmanager
def heard_by(client: Any, listener: Listener) -> Iterator[None]:
    """`listener` hears for the block what Telegram says; that begins with a request of `SUBSCRIBING`."""
    sender = client._sender
    before = sender._updates_queue, sender._auto_reconnect_callback

    async def reconnected() -> None:
        listener.reconnected()

    sender._updates_queue, sender._auto_reconnect_callback = listener, reconnected
    try:
        yield
    finally:
        sender._updates_queue, sender._auto_reconnect_callback = before


def is_up(client: Any) -> bool:
    """Whether there is a connection just now; Telethon makes some attempts to bring it back."""
    return bool(client._sender._transport_connected())
