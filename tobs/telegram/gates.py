"""Requests wait here for their turn: each kind has a pace of its own, and pauses alone when Telegram asks for it."""

from __future__ import annotations

import math
import time
from bisect import insort
from collections.abc import Awaitable, Callable, Mapping
from datetime import tzinfo
from itertools import count
from typing import TypeVar

import attrs
import trio

from tobs.errors import RateLimited
from tobs.pacing import Known, Pace, Sent
from tobs.source import Countdown
from tobs.telegram.hours import hour_in_words

R = TypeVar("R")

LONGEST_WAIT = 3600.0  # seconds; past an hour a person rather comes back later, and nothing is lost by stopping
MOST = 64  # requests of one kind under way at once, unless there is a limit of its own
UNEVEN = "files"  # kinds that begin so: parts of a file and pictures of a thumb's size do not take equally long


@attrs.define(eq=False)
class _Turn:
    """A request in line. Only the first in line is told of changes: it alone could leave."""

    place: int
    changed: trio.Event = attrs.field(factory=trio.Event)


@attrs.define(eq=False)
class _Gate:
    """One kind of request. Those that came first leave first, also when they leave once more."""

    pace: Pace
    limiter: trio.CapacityLimiter = attrs.field(
        default=attrs.Factory(lambda self: trio.CapacityLimiter(self.pace.allowed), takes_self=True)
    )
    line: list[_Turn] = attrs.field(factory=list)

    async def turn(self, place: int) -> Sent:
        """Wait until it may leave."""
        turn = _Turn(place)
        insort(self.line, turn, key=lambda each: each.place)
        try:
            while (due := self._due(turn)) > trio.current_time():
                turn.changed = trio.Event()
                with trio.move_on_at(due):
                    await turn.changed.wait()
            return self.pace.send(trio.current_time())
        finally:
            self.line.remove(turn)
            self.stir()

    def _due(self, turn: _Turn) -> float:
        return self.pace.due() if turn is self.line[0] else math.inf

    def stir(self) -> None:
        """Something changed: the first in line looks again."""
        if self.limiter.total_tokens != self.pace.allowed:
            self.limiter.total_tokens = self.pace.allowed
        if self.line:
            self.line[0].changed.set()


class Gates:
    """A gate for each kind of request. `on_wait` hears of each pause when it begins.

    `known` is what `memory` said at the end of an earlier run. A pause beyond
    `longest_wait` is an error, which says in `zone` (None: the computer's)
    when it ends; files wait as long as they are told to. `clock` is Unix time.
    """

    def __init__(
        self,
        on_wait: Countdown,
        *,
        longest_wait: float = LONGEST_WAIT,
        zone: tzinfo | None = None,
        known: Mapping[str, Known] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._on_wait = on_wait
        self._longest_wait = longest_wait
        self._zone = zone
        self._known = dict(known or {})
        self._clock = clock
        self._gates: dict[str, _Gate] = {}
        self._places = count()

    def limit(self, kind: str, most: int) -> trio.CapacityLimiter:
        """Have at most so many requests of a kind under way; what is given follows how many are allowed just now."""
        gate = self._gate(kind)
        gate.pace.most = most
        gate.pace.window = min(gate.pace.window, float(most))
        gate.stir()
        return gate.limiter

    def memory(self) -> dict[str, Known]:
        """What the next run should know: of each kind the limits that were met, now or before."""
        met = {kind: gate.pace.memory(self._clock()) for kind, gate in self._gates.items()}
        return self._known | {kind: known for kind, known in met.items() if known is not None}

    async def go(self, kind: str, send: Callable[[], Awaitable[R]], patience: float = math.inf) -> R:
        """What `send` gives, as soon as the pace of this kind allows it; refused, it is sent again.

        Raises `RateLimited` when Telegram asks for too long a pause, or for one of more than `patience` seconds.
        Cancelling ends waiting at once.
        """
        gate, place = self._gate(kind), next(self._places)
        while True:
            if (left := gate.pace.due() - trio.current_time()) > patience:
                raise RateLimited(math.ceil(left), until=self.hour(left))
            sent = await gate.turn(place)
            try:
                result = await send()
            except RateLimited as limit:
                self._pause(kind, gate.pace, sent, limit)
            except BaseException:
                gate.pace.failed()
                raise
            else:
                gate.pace.answered(sent, trio.current_time())
                return result
            finally:
                gate.stir()

    def _gate(self, kind: str) -> _Gate:
        if kind not in self._gates:
            self._gates[kind] = _Gate(self._pace(kind))
        return self._gates[kind]

    def _pace(self, kind: str) -> Pace:
        even = not kind.startswith(UNEVEN)
        known = self._known.get(kind)
        return Pace(MOST, even) if known is None else Pace.after(known, self._clock(), MOST, even=even)

    def _pause(self, kind: str, pace: Pace, sent: Sent, limit: RateLimited) -> None:
        seconds = max(limit.seconds, 1)  # FLOOD_WAIT_0 happens; going on at once would only be refused again
        begins = pace.refused(sent, trio.current_time(), seconds)
        if seconds > self._longest_wait and not limit.transfer:
            raise RateLimited(limit.seconds, until=self.hour(seconds)) from limit
        # Requests that were under way together are refused together: that is one pause to tell of, not four.
        if begins:
            self._on_wait(kind, float(seconds))

    def hour(self, seconds: float) -> str:
        """When so many seconds are over, as errors say it."""
        now = self._clock()
        return hour_in_words(now + seconds, now, self._zone)
