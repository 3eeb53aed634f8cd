"""Flood waits as data: when Telegram asks for a pause, one kind of request pauses, and only that kind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import TypeVar

import trio

from tobs.errors import RateLimited
from tobs.source import Countdown

R = TypeVar("R")

LONGEST_WAIT = 3600  # seconds; past an hour a person rather comes back later, and nothing is lost by stopping


class _Gate:
    """One kind of request. While it is shut its callers go one by one, and the first of them tries for all."""

    def __init__(self) -> None:
        self.shut = False
        self.until = 0.0
        self.turn = trio.Lock()


class Gates:
    """A gate for each kind of request. `on_wait` hears of each pause when it begins."""

    def __init__(self, on_wait: Countdown) -> None:
        self._on_wait = on_wait
        self._gates: defaultdict[str, _Gate] = defaultdict(_Gate)

    async def go(self, kind: str, send: Callable[[], Awaitable[R]]) -> R:
        """What `send` gives, once Telegram allows it.

        Raises `RateLimited` when the pause is longer than `LONGEST_WAIT`.
        Cancelling ends the pause at once.
        """
        gate = self._gates[kind]
        if not gate.shut:
            try:
                return await send()
            except RateLimited as limit:
                self._shut(kind, gate, limit)
        async with gate.turn:
            while True:
                await trio.sleep_until(gate.until)
                try:
                    result = await send()
                except RateLimited as limit:
                    self._shut(kind, gate, limit)
                else:
                    gate.shut = trio.current_time() < gate.until  # another caller may have been refused meanwhile
                    return result

    def _shut(self, kind: str, gate: _Gate, limit: RateLimited) -> None:
        if limit.seconds > LONGEST_WAIT:
            raise limit
        gate.shut = True
        now = trio.current_time()
        # Requests that were under way together are refused together: that is one pause to tell of, not four.
        told = gate.until > now
        # FLOOD_WAIT_0 happens; going on at once would only be refused again.
        gate.until = max(gate.until, now + max(limit.seconds, 1))
        if not told:
            self._on_wait(kind, float(max(limit.seconds, 1)))
