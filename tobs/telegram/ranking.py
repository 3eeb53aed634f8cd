"""Which connection a request for a file should take (pure).

A data centre gives a file only over connections to itself, so the choice is between the connections to one: those
that are open, and those that might be opened. Each strategy orders them; whoever asks takes the first that has room.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs

from tobs.config import Strategy
from tobs.telegram.partfile import PART

DEPTH = 16  # requests under way on one connection: small files, which wait for round trips and not for bandwidth
QUEUED = 4 * PART  # bytes under way on one connection: 2 MB fill a round trip of 100 ms at 20 MB/s
RELUCTANCE = 0.1  # seconds that one more connection must gain at least: it costs both sides something to have it
USUAL_RATE = 2_000_000.0  # bytes a second on a connection that nothing is known of
USUAL_LATENCY = 0.1  # seconds from a question to the first byte of its answer, where nothing is known
TELLING = PART // 8  # bytes that tell a rate: less comes in one packet with what stood before it
ROUNDING = 1e-6  # seconds by which sums of moments may miss each other


@attrs.frozen
class Load:
    """What a request brings: so many bytes, `bulk` if it is one of many for a large file."""

    size: int = 0
    bulk: bool = False


@attrs.frozen
class Seat:
    """One connection as a choice: in how many seconds it will be open, and whether nobody began to open it yet."""

    number: int  # from 0, among those to its data centre
    opens_in: float = 0.0
    is_new: bool = False
    leases: int = 0
    queued: int = 0  # bytes that were asked for on it and have not come
    latency: float = USUAL_LATENCY
    rate: float = USUAL_RATE

    def has_room(self, load: Load) -> bool:
        """Whether one more request may be under way on it. One larger than its share goes alone."""
        return self.leases == 0 or (self.leases < DEPTH and self.queued + load.size <= QUEUED)

    def answers_in(self, load: Load) -> float:
        """The seconds until this connection would have answered, as far as is known."""
        return self.opens_in + RELUCTANCE * self.is_new + self.latency + (self.queued + load.size) / self.rate


def rank(seats: Sequence[Seat], load: Load, strategy: Strategy, *, turn: int = 0, mixed: bool = False) -> list[Seat]:
    """The connections to one data centre that a request may take, the best first.

    ``smart``: those with room, by when each would have answered. While small files are asked for as well (`mixed`),
    parts of large ones leave the first connection to them, so that a photo does not wait behind a film.
    ``round_robin``: the one whose `turn` it is, however busy.
    ``sticky``: always the first.
    """
    ordered = sorted(seats, key=lambda seat: seat.number)
    if strategy == "sticky":
        return ordered[:1]
    if strategy == "round_robin":
        return [ordered[turn % len(ordered)]]
    free = [seat for seat in ordered if seat.has_room(load)]
    best = sorted(free, key=lambda seat: (seat.answers_in(load), seat.leases, seat.number))
    if not (mixed and load.bulk) or len(ordered) == 1:
        return best
    first, rest = ordered[0], [seat for seat in best if seat.number != ordered[0].number]
    # Where there is no other one yet, and none can be opened, it is better than nothing.
    return [*rest, first] if first in best and all(seat.is_new for seat in ordered[1:]) else rest


@attrs.define
class Measure:
    """What the answers on one connection tell of it.

    An answer tells how fast bytes come only if it was waited for when the one before it came: then it had the line for
    itself since that moment. All others stand behind a time in which nothing came, and nobody can tell how long the
    line took of it. Several that follow each other tell it together, so that small files tell as much as large ones.
    """

    latency: float = 0.0  # 0: nothing is known
    rate: float = 0.0
    _last: float = -math.inf  # when the last answer came
    _bytes: int = 0  # of answers that told, since they told enough
    _seconds: float = 0.0

    def answered(self, size: int, asked: float, now: float) -> None:
        """Note an answer of `size` bytes to a question of the moment `asked`."""
        took = now - asked
        self.latency = min(self.latency, took) if self.latency else took
        # The shortest that an answer ever took is not shorter than a round trip, so the line was idle at no time
        # since the last one if this one could have come by then.
        if asked + self.latency <= self._last + ROUNDING:
            self._bytes += size
            self._seconds += now - self._last
        self._last = now
        if self._bytes >= TELLING and self._seconds > 0:
            rate = self._bytes / self._seconds
            self.rate += (rate - self.rate) / 4 if self.rate else rate
            self._bytes, self._seconds = 0, 0.0
