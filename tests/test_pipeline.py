import math
from collections.abc import Awaitable, Callable

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from tobs.errors import ConnectionLost
from tobs.pipeline import Bounds, run_page_by_page, run_pipeline
from tobs.progress import Stages
from tobs.shutdown import Shutdown


def numbers(n: float, delay: float = 0.0) -> Callable[[], Awaitable[int | None]]:
    """fetch() for 0, 1, … n - 1, one every `delay` seconds."""
    given = -1

    async def fetch() -> int | None:
        nonlocal given
        await trio.sleep(delay)
        given += 1
        return given if given < n else None

    return fetch


async def unchanged(item: int) -> int:
    await trio.lowlevel.checkpoint()
    return item


class Sink:
    def __init__(self) -> None:
        self.got: list[int] = []

    async def write(self, item: int) -> None:
        await trio.lowlevel.checkpoint()
        self.got.append(item)


async def test_order_is_kept_with_uneven_work(autojump_clock: MockClock) -> None:
    sink = Sink()

    async def process(item: int) -> int:
        await trio.sleep(10 - item % 10)
        return item

    bounds = Bounds(fetched=4, processed=8, workers=4)
    await run_pipeline(numbers(50), process, sink.write, shutdown=Shutdown(), bounds=bounds, stages=Stages())
    assert sink.got == list(range(50))


async def test_window_bounds_memory_while_the_head_of_the_line_is_stuck(autojump_clock: MockClock) -> None:
    sink, fetched = Sink(), 0

    async def fetch() -> int | None:
        nonlocal fetched
        await trio.lowlevel.checkpoint()
        fetched += 1
        return fetched - 1 if fetched <= 500 else None

    async def process(item: int) -> int:
        await trio.sleep(1000 if item == 0 else 0)
        return item

    bounds = Bounds(fetched=5, processed=3, workers=2)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(
            lambda: run_pipeline(fetch, process, sink.write, shutdown=Shutdown(), bounds=bounds, stages=Stages())
        )
        await trio.sleep(500)
        assert fetched == 5 + 3
        assert sink.got == []
    assert sink.got == list(range(500))


@pytest.mark.parametrize("bounds", [Bounds(1, 1, 1), Bounds(1, 1, 4), Bounds(1, 8, 3), Bounds(8, 1, 3)])
async def test_the_smallest_bounds_do_not_deadlock(autojump_clock: MockClock, bounds: Bounds) -> None:
    sink = Sink()

    async def process(item: int) -> int:
        await trio.sleep((item * 7) % 3)
        return item

    with trio.fail_after(1000):
        await run_pipeline(numbers(40), process, sink.write, shutdown=Shutdown(), bounds=bounds, stages=Stages())
    assert sink.got == list(range(40))


async def test_drain_writes_what_was_accepted(autojump_clock: MockClock) -> None:
    sink, shutdown, stages = Sink(), Shutdown(grace_seconds=60), Stages()

    async def process(item: int) -> int:
        await trio.sleep(5)
        return item

    bounds = Bounds(workers=8)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(
            lambda: run_pipeline(
                numbers(math.inf, 1), process, sink.write, shutdown=shutdown, bounds=bounds, stages=stages
            )
        )
        await trio.sleep(20.5)
        shutdown.drain()
    assert sink.got == list(range(20))
    assert trio.current_time() == pytest.approx(25, abs=0.01)


async def test_grace_runs_out_to_the_second(autojump_clock: MockClock) -> None:
    sink, shutdown = Sink(), Shutdown(grace_seconds=30)

    async def process(item: int) -> int:
        await trio.sleep(math.inf if item == 3 else 0)
        return item

    async with trio.open_nursery() as nursery:
        nursery.start_soon(
            lambda: run_pipeline(
                numbers(math.inf, 1), process, sink.write, shutdown=shutdown, bounds=Bounds(), stages=Stages()
            )
        )
        await trio.sleep(10)
        shutdown.drain()
    assert trio.current_time() == pytest.approx(40, abs=1e-3)
    assert sink.got == [0, 1, 2]


async def test_abort_is_immediate(autojump_clock: MockClock) -> None:
    sink, shutdown = Sink(), Shutdown(grace_seconds=30)

    async def process(item: int) -> int:
        await trio.sleep_forever()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(
            lambda: run_pipeline(
                numbers(math.inf, 1), process, sink.write, shutdown=shutdown, bounds=Bounds(), stages=Stages()
            )
        )
        await trio.sleep(10)
        shutdown.drain()
        await trio.sleep(1)
        shutdown.abort()
    assert trio.current_time() == pytest.approx(11, abs=1e-3)
    assert sink.got == []


async def test_drain_while_fetch_waits_for_ever(autojump_clock: MockClock) -> None:
    sink, shutdown = Sink(), Shutdown()

    async def fetch() -> int | None:
        await trio.sleep_forever()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(
            lambda: run_pipeline(fetch, unchanged, sink.write, shutdown=shutdown, bounds=Bounds(), stages=Stages())
        )
        await wait_all_tasks_blocked()
        shutdown.drain()
    assert trio.current_time() == 0


async def test_a_failing_write_ends_the_run_with_one_error() -> None:
    async def write(item: int) -> None:
        await trio.lowlevel.checkpoint()
        if item == 2:
            raise OSError("disk full")

    with pytest.RaisesGroup(OSError):
        await run_pipeline(numbers(math.inf), unchanged, write, shutdown=Shutdown(), bounds=Bounds(), stages=Stages())


async def test_a_failing_fetch_is_never_a_normal_end() -> None:
    sink = Sink()

    async def fetch() -> int | None:
        await trio.lowlevel.checkpoint()
        raise ConnectionError("gone")

    with pytest.RaisesGroup(ConnectionError):
        await run_pipeline(fetch, unchanged, sink.write, shutdown=Shutdown(), bounds=Bounds(), stages=Stages())


async def test_what_came_before_a_failing_source_is_written(autojump_clock: MockClock) -> None:
    sink, given = Sink(), 0

    async def fetch() -> int | None:
        nonlocal given
        await trio.lowlevel.checkpoint()
        if given == 5:
            raise ConnectionLost("gone")
        given += 1
        return given

    async def process(item: int) -> int:
        await trio.sleep(3)
        return item

    with pytest.raises(ConnectionLost, match="gone"):
        await run_pipeline(fetch, process, sink.write, shutdown=Shutdown(), bounds=Bounds(), stages=Stages())
    assert sink.got == [1, 2, 3, 4, 5]


async def test_host_cancellation_stops_all_stages(autojump_clock: MockClock) -> None:
    sink = Sink()
    with trio.move_on_after(10.5) as scope:
        await run_pipeline(
            numbers(math.inf, 1), unchanged, sink.write, shutdown=Shutdown(), bounds=Bounds(), stages=Stages()
        )
    assert scope.cancelled_caught
    assert sink.got == list(range(10))


async def test_stages_count_items_time_and_queue_peaks(autojump_clock: MockClock) -> None:
    stages, sink = Stages(), Sink()

    async def process(item: int) -> int:
        await trio.sleep(2)
        return item

    bounds = Bounds(fetched=4, processed=2, workers=1)
    await run_pipeline(numbers(10), process, sink.write, shutdown=Shutdown(), bounds=bounds, stages=stages)
    assert (stages.fetch.items, stages.process.items, stages.write.items) == (10, 10, 10)
    assert stages.process.seconds == pytest.approx(20)
    assert stages.process.queue_peak == 4
    assert stages.process.queued == stages.write.queued == 0


async def test_page_by_page_never_overlaps(autojump_clock: MockClock) -> None:
    sink = Sink()

    async def process(item: int) -> int:
        await trio.sleep(2)
        return item

    await run_page_by_page(numbers(10, 1), process, sink.write, shutdown=Shutdown(), stages=Stages())
    assert sink.got == list(range(10))
    assert trio.current_time() == pytest.approx(11 + 20)


async def test_page_by_page_drains_after_the_item_in_hand(autojump_clock: MockClock) -> None:
    sink, shutdown = Sink(), Shutdown()

    async def process(item: int) -> int:
        if item == 4:
            shutdown.drain()
        await trio.sleep(2)
        return item

    await run_page_by_page(numbers(10, 1), process, sink.write, shutdown=shutdown, stages=Stages())
    assert sink.got == [0, 1, 2, 3, 4]
