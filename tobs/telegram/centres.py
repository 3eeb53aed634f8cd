"""The data centres that files come from, and what is known of the connections to each."""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs
import trio

from tobs.errors import ConnectionLost, SourceError
from tobs.telegram.ranking import USUAL_LATENCY, USUAL_RATE, Measure, Seat
from tobs.telegram.senders import Sender

USUAL_OPENING = 0.3  # seconds, where nothing is known: a few round trips
FAILURES = 3  # connections in a row that could not be opened, and a data centre counts as down
DOWN_SECONDS = 60.0  # before that is tried again; its files are left to the next run meanwhile


@attrs.define(eq=False)
class Line:
    """One connection for files, or the place of one: closed, being opened, or open."""

    dc_id: int
    number: int
    sender: Sender | None = None
    opening: trio.CancelScope | None = None
    began: float = 0.0  # when opening it began
    opened: trio.Event = attrs.field(factory=trio.Event)
    failure: SourceError | None = None
    leases: int = 0
    queued: int = 0
    idle_since: float = 0.0
    is_leaving: bool = False  # its place is needed for another data centre as soon as nothing is under way on it
    measure: Measure = attrs.field(factory=Measure)
    waiting: set[trio.CancelScope] = attrs.field(factory=set)

    @property
    def is_there(self) -> bool:
        """Whether it counts: open, or about to be."""
        return self.sender is not None or self.opening is not None


@attrs.define(eq=False)
class Centre:
    """The connections to one data centre, and what is known of it."""

    lines: Sequence[Line]
    turns: int = 0
    answers: int = 0
    small_at: float = -math.inf  # when a small file was asked for last
    opening_seconds: float = USUAL_OPENING
    failures: int = 0
    down_until: float = -math.inf

    @property
    def is_there(self) -> bool:
        """Whether there is a connection to it, or will be one."""
        return any(line.is_there for line in self.lines)

    def seats(self, now: float) -> list[Seat]:
        """Its connections as `rank` sees them. What one of them does not know of itself, the others tell."""
        latencies = [line.measure.latency for line in self.lines if line.measure.latency]
        rates = [line.measure.rate for line in self.lines if line.measure.rate]
        latency = min(latencies, default=USUAL_LATENCY)
        rate = sum(rates) / len(rates) if rates else USUAL_RATE
        return [
            Seat(
                line.number,
                self._opens_in(line, now),
                not line.is_there,
                line.leases,
                line.queued,
                line.measure.latency or latency,
                line.measure.rate or rate,
            )
            for line in self.lines
        ]

    def note_opening(self, line: Line, now: float) -> None:
        """A connection was opened, or could not be: after several failures in a row the data centre is down."""
        if line.failure is None:
            self.failures = 0
            self.opening_seconds = now - line.began
        elif isinstance(line.failure, ConnectionLost):
            self.failures += 1
            if self.failures >= FAILURES:
                self.failures, self.down_until = 0, now + DOWN_SECONDS

    def _opens_in(self, line: Line, now: float) -> float:
        if line.sender is not None:
            return 0.0
        return max(self.opening_seconds - (now - line.began if line.opening else 0.0), 0.0)
