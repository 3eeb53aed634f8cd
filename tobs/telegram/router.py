"""The way of each request for a file to a connection: to the data centre that has it, shared, bounded and re-made."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Protocol

import attrs
import trio

from tobs.config import DcRoutingConfig
from tobs.errors import ConnectionLost, NotAuthorized, SourceError
from tobs.telegram.centres import Centre, Line
from tobs.telegram.faults import Unreachable
from tobs.telegram.ranking import Load, rank
from tobs.telegram.senders import Sender, Senders
from tobs.telegram.tasks import open_helpers

MIXED_SECONDS = 2.0  # after the last small file of a data centre its first connection is kept free for the next
RESTED_SECONDS = 1.0  # without use, and a connection makes place for one more to another data centre


class Asking(Protocol):
    """What a lease gives."""

    async def ask(self, request: object, seconds: float) -> object:
        """The answer to `request`. Raises `SourceError`."""
        ...


@attrs.define(eq=False)
class _Waiter:
    """A request without a connection. Those of one kind go in the order in which they came."""

    load: Load
    turn: int
    line: Line | None = None
    given: trio.Event = attrs.field(factory=trio.Event)


class DcRouter:
    """Leases connections to the data centres of files. Made by `open_router`."""

    knows_cdn = True

    def __init__(self, senders: Senders, config: DcRoutingConfig, nursery: trio.Nursery) -> None:
        self._senders = senders
        self._config = config
        self._nursery = nursery
        self._each = 1 if config.strategy == "sticky" else config.connections
        self._centres: dict[int, Centre] = {}
        self._waiters: dict[tuple[int, bool, int], deque[_Waiter]] = {}

    @property
    def open_connections(self) -> dict[int, int]:
        """How many connections there are to each data centre, those being opened included."""
        counts = {dc_id: sum(line.is_there for line in centre.lines) for dc_id, centre in self._centres.items()}
        return {dc_id: count for dc_id, count in counts.items() if count}

    def prewarm(self, dc_ids: Iterable[int]) -> None:
        """Begin to connect to these data centres, where nothing is yet. Returns at once, and no failure is told."""
        if not self._config.prewarm_enabled:
            return
        for dc_id in dict.fromkeys(dc_ids):
            centre = self._centre(dc_id)
            if not centre.is_there and self._count() < self._config.total_connections:
                self._start(centre.lines[0], trio.current_time() + self._config.prewarm_timeout_seconds)

    def answers(self, dc_id: int) -> int:
        """How many answers a data centre has given so far."""
        return self._centre(dc_id).answers

    @asynccontextmanager
    async def lease(self, dc_id: int, load: Load) -> AsyncIterator[Asking]:
        """A connection to a data centre for one request, which others may use as well.

        The block is left with `ConnectionLost` when the connection ends; the
        next lease gets another one. Raises `Unreachable` while the data centre is down.
        """
        line = await self._assigned(dc_id, load)
        try:
            sender = await self._ready(line)
            asked = trio.current_time()
            with self._guarded(line, sender), trio.CancelScope() as scope:
                line.waiting.add(scope)
                try:
                    yield sender
                    line.measure.answered(load.size, asked, trio.current_time())
                    self._centre(dc_id).answers += 1
                finally:
                    line.waiting.discard(scope)
            if scope.cancelled_caught:
                raise ConnectionLost("The connection to a data centre of Telegram was lost; run tobs again to go on.")
        finally:
            self._give_back(line, load)

    @contextmanager
    def _guarded(self, line: Line, sender: Sender) -> Iterator[None]:
        """What an error says of the connection."""
        try:
            yield
        except NotAuthorized as exc:
            self._drop(line, sender)
            if line.dc_id == self._senders.home:
                raise
            # Only the key of this data centre is unknown there: another one is made.
            self._senders.forget(line.dc_id, sender.key)
            raise ConnectionLost("A data centre of Telegram refused the connection; run tobs again.") from exc
        except ConnectionLost:
            self._drop(line, sender)
            raise

    async def _assigned(self, dc_id: int, load: Load) -> Line:
        centre, now = self._centre(dc_id), trio.current_time()
        if now < centre.down_until:
            raise Unreachable(dc_id)
        if not load.bulk:
            centre.small_at = now
        waiter = _Waiter(load, centre.turns)
        centre.turns += 1
        pinned = waiter.turn % len(centre.lines) if self._config.strategy == "round_robin" else -1
        queue = self._waiters.setdefault((dc_id, load.bulk, pinned), deque())
        queue.append(waiter)
        self._assign()
        try:
            await waiter.given.wait()
        except trio.Cancelled:
            if waiter.line is None:
                queue.remove(waiter)
            else:
                self._give_back(waiter.line, load)
            raise
        assert waiter.line is not None
        return waiter.line

    def _assign(self) -> None:
        """Give connections to those who wait, as far as there is room. Nothing is awaited in here."""
        for dc_id, queue in self._queues():
            while queue and (line := self._choose(self._centre(dc_id), queue[0])) is not None:
                waiter = queue.popleft()
                waiter.line = line
                line.leases += 1
                line.queued += waiter.load.size
                waiter.given.set()

    def _queues(self) -> list[tuple[int, deque[_Waiter]]]:
        return [(dc_id, queue) for (dc_id, _bulk, _pinned), queue in self._waiters.items()]

    def _choose(self, centre: Centre, waiter: _Waiter) -> Line | None:
        """The best connection with room for a request, which is being opened if it was not."""
        now = trio.current_time()
        mixed = now - centre.small_at < MIXED_SECONDS
        seats = centre.seats(now)
        for seat in rank(seats, waiter.load, self._config.strategy, turn=waiter.turn, mixed=mixed):
            line = centre.lines[seat.number]
            if line.is_leaving or not seat.has_room(waiter.load):
                continue
            if line.is_there or self._make_place(centre):
                if not line.is_there:
                    self._start(line, math.inf)
                elif line.opening is not None:
                    line.opening.deadline = math.inf  # it is needed now
                return line
        return None

    def _make_place(self, centre: Centre) -> bool:
        """Whether one more connection may be opened, for which an idle one is closed if need be."""
        # Those that have none go first.
        kept = len({dc_id for dc_id, queue in self._queues() if queue and not self._centre(dc_id).is_there})
        if self._count() + kept * centre.is_there < self._config.total_connections:
            return True
        patient = self._config.strategy == "smart" and centre.is_there
        unused = trio.current_time() - RESTED_SECONDS * patient
        idle = [line for line in self._lines() if line.sender and not line.leases and line.idle_since <= unused]
        if idle:
            line = min(idle, key=lambda each: each.idle_since)
            self._drop(line, line.sender)
            return True
        if not centre.is_there and not any(line.is_leaving for line in self._lines()):
            self._ask_to_leave()
        return False

    def _ask_to_leave(self) -> None:
        """The data centre with most connections loses one, for one that has none."""
        richest = max(self._centres.values(), key=lambda each: sum(line.is_there for line in each.lines))
        open_ = [line for line in richest.lines if line.sender is not None]
        if open_:
            min(open_, key=lambda line: (line.leases, -line.number)).is_leaving = True

    def _give_back(self, line: Line, load: Load) -> None:
        line.leases -= 1
        line.queued -= load.size
        line.idle_since = trio.current_time()
        if line.is_leaving and not line.leases:
            self._drop(line, line.sender)
        self._assign()

    # Opening and closing

    def _start(self, line: Line, deadline: float) -> None:
        line.opening = trio.CancelScope(deadline=deadline)
        line.began, line.opened, line.failure = trio.current_time(), trio.Event(), None
        self._nursery.start_soon(self._open, line)

    async def _open(self, line: Line) -> None:
        assert line.opening is not None
        home = self._senders.home_number
        try:
            with line.opening as scope:
                line.sender = await self._senders.open(line.dc_id)
            if scope.cancelled_caught:
                line.failure = ConnectionLost("A data centre of Telegram is slow to answer; run tobs again to go on.")
        except SourceError as exc:
            line.failure = exc
        finally:
            line.opening = None
            line.idle_since = trio.current_time()
            line.opened.set()
        if line.failure is None or 0 != home == self._senders.home_number:  # otherwise nothing can be reached
            self._centre(line.dc_id).note_opening(line, trio.current_time())
        self._assign()
        if line.sender is not None:
            await self._watch(line, line.sender)

    async def _watch(self, line: Line, sender: Sender) -> None:
        """Whoever waits for an answer hears when the connection ends, also of requests that had not left."""
        try:
            await sender.wait_closed()
            self._drop(line, sender)
        finally:
            await sender.close()

    async def _ready(self, line: Line) -> Sender:
        await line.opened.wait()
        if line.failure is not None:
            raise line.failure
        if line.sender is None or not line.sender.is_open:
            self._drop(line, line.sender)
            raise ConnectionLost("The connection to a data centre of Telegram was lost; run tobs again to go on.")
        return line.sender

    def _drop(self, line: Line, sender: Sender | None) -> None:
        """Close a connection, unless another one stands in its place already."""
        if sender is not None and line.sender is sender:
            line.sender, line.is_leaving = None, False
            self._nursery.start_soon(sender.close)
            for scope in line.waiting:
                scope.cancel()

    async def close_idle(self) -> None:
        """Runs beside the work: closes what nothing has used for a while, and gives its place to who waits for one."""
        while True:
            await trio.sleep(min(self._config.idle_seconds / 2, RESTED_SECONDS))
            until = trio.current_time() - self._config.idle_seconds
            for line in self._lines():
                if line.sender is not None and not line.leases and line.idle_since <= until:
                    self._drop(line, line.sender)
            self._assign()

    def _centre(self, dc_id: int) -> Centre:
        if dc_id not in self._centres:
            self._centres[dc_id] = Centre([Line(dc_id, number) for number in range(self._each)])
        return self._centres[dc_id]

    def _lines(self) -> Iterator[Line]:
        for centre in self._centres.values():
            yield from centre.lines

    def _count(self) -> int:
        return sum(line.is_there for line in self._lines())


@asynccontextmanager
async def open_router(senders: Senders, config: DcRoutingConfig) -> AsyncIterator[DcRouter]:
    """A router for the block. All its connections are closed at its end."""
    async with open_helpers() as nursery:
        router = DcRouter(senders, config, nursery)
        nursery.start_soon(router.close_idle)
        yield router
