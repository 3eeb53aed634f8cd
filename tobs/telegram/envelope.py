"""What requests are wrapped in before they leave."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from tobs.source import Span

TAKEOUT = " (takeout)"  # behind the names of kinds of requests, whose limits are others there
Send = Callable[[Any], Awaitable[Any]]


class Envelope(Protocol):
    """A way to send requests. `ranges` are those that people's chats and basic groups must be asked for one by one."""

    @property
    def ranges(self) -> Sequence[Span]: ...

    def kind(self, kind: str) -> str:
        """The name of a kind of request whose limits are others when sent like this."""
        ...

    async def send(self, request: Any, send: Send) -> Any:
        """The answer to a request that `send` brings to Telegram."""
        ...

    def conclude(self, whole: bool) -> None:
        """What was asked for has been read as a whole, or not."""
        ...


class Plain:
    """Requests leave as they are."""

    ranges: Sequence[Span] = ()

    def kind(self, kind: str) -> str:
        return kind

    async def send(self, request: Any, send: Send) -> Any:
        return await send(request)

    def conclude(self, whole: bool) -> None:
        pass


PLAIN = Plain()
