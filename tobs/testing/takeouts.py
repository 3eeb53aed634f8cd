"""The takeouts of an account: when one may begin, what it was begun for, how it ended."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import attrs
import trio

from tobs.testing.rpc import RpcError

MAX_ID = 0x7FFFFFFF
Range = tuple[int, int]


@attrs.define(eq=False)
class Takeouts:
    """There is one at a time: beginning another one ends it.

    With `delay` seconds the first request to begin one is refused for so long,
    and so are those that come before that time is over; `confirm` is what the
    owner does on another device. `ranges` are the message ranges that private
    chats and basic groups are split into.
    """

    delay: float = 0
    ranges: Sequence[Range] = ((0, MAX_ID),)
    open: dict[int, Any] = attrs.field(factory=dict, init=False)  # id → account.initTakeoutSession
    finished: list[bool] = attrs.field(factory=list, init=False)  # whether with success, in that order
    unwrapped: list[str] = attrs.field(factory=list, init=False)  # methods called outside while one was open
    begun: int = attrs.field(default=0, init=False)
    _allowed_at: float = attrs.field(default=math.inf, init=False)

    def begin(self, request: Any) -> int:
        """A takeout for what `request` says; its id."""
        if self.delay:
            self._allowed_at = min(self._allowed_at, trio.current_time() + self.delay)
            if (seconds := math.ceil(self._allowed_at - trio.current_time())) > 0:
                raise RpcError(420, f"TAKEOUT_INIT_DELAY_{seconds}")
        self.begun += 1
        takeout_id = 7_000_000_000 + self.begun
        self.open = {takeout_id: request}
        return takeout_id

    def confirm(self) -> None:
        """The owner allows it: it may begin at once."""
        self.delay = 0

    def finish(self, takeout_id: int, *, success: bool) -> None:
        del self.open[takeout_id]
        self.finished.append(success)

    def check(self, takeout_id: int) -> Any:
        """What the takeout was begun for. Raises RpcError if it is not open."""
        if takeout_id not in self.open:
            raise RpcError(400, "TAKEOUT_INVALID")
        return self.open[takeout_id]
