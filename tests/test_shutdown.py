import pytest
import trio
from trio.testing import MockClock

from tobs.shutdown import Shutdown, Stage


async def test_a_second_request_within_the_window_aborts(autojump_clock: MockClock) -> None:
    shutdown = Shutdown(force_window_seconds=5)
    shutdown.request()
    assert shutdown.stage is Stage.DRAINING
    await trio.sleep(4.9)
    shutdown.request()
    assert shutdown.stage is Stage.ABORTED


async def test_after_the_window_a_request_is_a_first_one_again(autojump_clock: MockClock) -> None:
    shutdown = Shutdown(force_window_seconds=5)
    shutdown.request()
    await trio.sleep(5.1)
    shutdown.request()
    assert shutdown.stage is Stage.DRAINING
    await trio.sleep(1)
    shutdown.request()
    assert shutdown.stage is Stage.ABORTED


async def test_a_second_drain_does_not_extend_the_grace(autojump_clock: MockClock) -> None:
    shutdown = Shutdown(grace_seconds=30)
    async with trio.open_nursery() as nursery:

        async def work() -> None:
            with shutdown.work():
                await trio.sleep_forever()

        nursery.start_soon(work)
        await trio.sleep(1)
        shutdown.drain()
        await trio.sleep(20)
        shutdown.drain()
    assert trio.current_time() == pytest.approx(31)


async def test_blocks_entered_late_end_as_those_before(autojump_clock: MockClock) -> None:
    shutdown = Shutdown(grace_seconds=30)
    shutdown.drain()
    with shutdown.intake() as intake:
        await trio.sleep(1)
    assert intake.cancelled_caught
    with shutdown.work() as work:
        await trio.sleep(100)
    assert work.cancelled_caught
    assert trio.current_time() == pytest.approx(30)
    shutdown.abort()
    with shutdown.work() as late:
        await trio.sleep(1)
    assert late.cancelled_caught
