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
    failures: list[SourceError] = []
    queued = trio.Semaphore(bounds.fetched)
    in_work = trio.Semaphore(bounds.processed)
    # Neither channel can be full, since the permits admit no more slots than
    # they hold. So a slot enters both without a checkpoint in between, and a
    # cancellation cannot leave it in only one.
    capacity = bounds.fetched + bounds.processed
    send_order, receive_order = trio.open_memory_channel[_Slot[In, Out]](capacity)
    send_work, receive_work = trio.open_memory_channel[_Slot[In, Out]](capacity)

    async def fetch_stage() -> None:
        with send_order, send_work, shutdown.intake():
            while True:
                await queued.acquire()
                try:
                    with stages.fetch.timed(trio.current_time):
                        item = await fetch()
                except SourceError as error:
                    failures.append(error)
                    break
                if item is None:
                    break
                stages.fetch.count()
                slot = _Slot[In, Out](item)
                if ordered:
                    send_order.send_nowait(slot)
                send_work.send_nowait(slot)
                stages.process.put()

    async def process_stage(processed: trio.MemorySendChannel[_Slot[In, Out]]) -> None:
        with processed:
            while await process_next(processed):
                pass

    async def process_next(processed: trio.MemorySendChannel[_Slot[In, Out]]) -> bool:
        # The permit comes before the slot: so the slots in work are always
        # the oldest ones, and the head of the line can never starve.
        await in_work.acquire()
        try:
            slot = await receive_work.receive()
        except trio.EndOfChannel:
            in_work.release()  # another worker may need it to see the end as well
            return False
        queued.release()
        stages.process.take()
        with stages.process.timed(trio.current_time):
            slot.result.append(await process(slot.item))
        stages.process.count()
        stages.write.put()
        slot.done.set()
        if not ordered:
            processed.send_nowait(slot)
        return True

    async def write_stage() -> None:
        async for slot in receive_order:
            await slot.done.wait()
            stages.write.take()
            with stages.write.timed(trio.current_time):
                await write(slot.result.pop())
            stages.write.count()
            in_work.release()

    # The receive ends outlive the nursery: a stage that fails stops the others
    # by cancelling them, not by breaking their channels.
    with shutdown.work(), receive_order, receive_work:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(fetch_stage)
            nursery.start_soon(write_stage)
            for _ in range(bounds.workers):
                nursery.start_soon(process_stage, send_order.clone())
    for failure in failures:
        raise failure


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
