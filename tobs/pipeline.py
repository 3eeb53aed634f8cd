"""fetch → process → write, in order or as things come, with bounded memory.

An item takes a permit of each bound before it moves on and gives it back when
it is written, so the bounds hold from end to end, also when the head of the
line is stuck. There is no reorder buffer: a slot enters the order channel and
the work channel together, and the writer awaits the slots in order.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import attrs
import trio

from tobs.errors import SourceError
from tobs.progress import Stages
from tobs.shutdown import Shutdown

In = TypeVar("In")
Out = TypeVar("Out")
Send = trio.MemorySendChannel
Receive = trio.MemoryReceiveChannel


@attrs.frozen
class Bounds:
    """How many items may wait or be worked on at once.

    `fetched` items may wait to be processed, `processed` may be in work or
    wait to be written; `workers` process at once.
    """

    fetched: int = 8
    processed: int = 16
    workers: int = 2


@attrs.define(eq=False)
class _Slot(Generic[In, Out]):
    """A place in the output order, filled when its item has been processed."""

    item: In
    done: trio.Event = attrs.field(factory=trio.Event)
    result: list[Out] = attrs.field(factory=list)


async def run_pipeline(
    fetch: Callable[[], Awaitable[In | None]],
    process: Callable[[In], Awaitable[Out]],
    write: Callable[[Out], Awaitable[None]],
    *,
    shutdown: Shutdown,
    bounds: Bounds,
    stages: Stages,
    ordered: bool = True,
) -> None:
    """Write ``process(item)`` for every fetched item, in the order of fetching.

    If it need not be `ordered`, each is written as soon as it is processed, and a slow one holds up no other.

    `fetch` returns the next item, or None at the end. Draining cancels
    `fetch`; items it has returned are still written until the grace is over.
    A `SourceError` of `fetch` is the end of the input: what came before it is
    written, then it is raised. Whatever else a stage raises ends the run at
    once, in an exception group; everything written before it stays.
    """
    pipeline = _Pipeline(fetch, process, write, shutdown, bounds, stages, ordered)
    # The receive ends outlive the nursery: a stage that fails stops the others
    # by cancelling them, not by breaking their channels.
    with shutdown.work(), pipeline.receive_order, pipeline.receive_work:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(pipeline.fetch_all)
            nursery.start_soon(pipeline.write_all)
            for _ in range(bounds.workers):
                nursery.start_soon(pipeline.process_all, pipeline.send_order.clone())
    if pipeline.failure is not None:
        raise pipeline.failure


@attrs.define(eq=False)
class _Pipeline(Generic[In, Out]):
    """The stages of one run, and what lies between them."""

    fetch: Callable[[], Awaitable[In | None]]
    process: Callable[[In], Awaitable[Out]]
    write: Callable[[Out], Awaitable[None]]
    shutdown: Shutdown
    bounds: Bounds
    stages: Stages
    ordered: bool
    failure: SourceError | None = attrs.field(default=None, init=False)
    queued: trio.Semaphore = attrs.field(init=False)
    in_work: trio.Semaphore = attrs.field(init=False)
    send_order: Send[_Slot[In, Out]] = attrs.field(init=False)
    receive_order: Receive[_Slot[In, Out]] = attrs.field(init=False)
    send_work: Send[_Slot[In, Out]] = attrs.field(init=False)
    receive_work: Receive[_Slot[In, Out]] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.queued = trio.Semaphore(self.bounds.fetched)
        self.in_work = trio.Semaphore(self.bounds.processed)
        # Neither channel can be full, since the permits admit no more slots than
        # they hold. So a slot enters both without a checkpoint in between, and a
        # cancellation cannot leave it in only one.
        capacity = self.bounds.fetched + self.bounds.processed
        self.send_order, self.receive_order = trio.open_memory_channel[_Slot[In, Out]](capacity)
        self.send_work, self.receive_work = trio.open_memory_channel[_Slot[In, Out]](capacity)

    async def fetch_all(self) -> None:
        with self.send_order, self.send_work, self.shutdown.intake():
            try:
                while await self._fetch_next():
                    pass
            except SourceError as error:
                self.failure = error

    async def _fetch_next(self) -> bool:
        await self.queued.acquire()
        with self.stages.fetch.timed(trio.current_time):
            item = await self.fetch()
        if item is None:
            return False
        self.stages.fetch.count()
        slot = _Slot[In, Out](item)
        if self.ordered:
            self.send_order.send_nowait(slot)
        self.send_work.send_nowait(slot)
        self.stages.process.put()
        return True

    async def process_all(self, processed: Send[_Slot[In, Out]]) -> None:
        with processed:
            while slot := await self._next_in_work():
                with self.stages.process.timed(trio.current_time):
                    slot.result.append(await self.process(slot.item))
                self.stages.process.count()
                self.stages.write.put()
                slot.done.set()
                if not self.ordered:
                    processed.send_nowait(slot)

    async def _next_in_work(self) -> _Slot[In, Out] | None:
        # The permit comes before the slot: so the slots in work are always
        # the oldest ones, and the head of the line can never starve.
        await self.in_work.acquire()
        try:
            slot = await self.receive_work.receive()
        except trio.EndOfChannel:
            self.in_work.release()  # another worker may need it to see the end as well
            return None
        self.queued.release()
        self.stages.process.take()
        return slot

    async def write_all(self) -> None:
        async for slot in self.receive_order:
            await slot.done.wait()
            self.stages.write.take()
            with self.stages.write.timed(trio.current_time):
                await self.write(slot.result.pop())
            self.stages.write.count()
            self.in_work.release()


async def run_page_by_page(
    fetch: Callable[[], Awaitable[In | None]],
    process: Callable[[In], Awaitable[Out]],
    write: Callable[[Out], Awaitable[None]],
    *,
    shutdown: Shutdown,
    stages: Stages,
) -> None:
    """The same with nothing overlapping: one item is fetched, processed and written before the next."""
    with shutdown.work():
        while True:
            item = None
            with shutdown.intake(), stages.fetch.timed(trio.current_time):
                item = await fetch()
            if item is None:
                return
            stages.fetch.count()
            with stages.process.timed(trio.current_time):
                result = await process(item)
            stages.process.count()
            with stages.write.timed(trio.current_time):
                await write(result)
            stages.write.count()
