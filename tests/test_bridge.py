import asyncio
import gc
import math

import pytest
import trio
from telethon import errors

from tobs.errors import (
    AccessDenied,
    BackendCrashed,
    ChatNotFound,
    ConnectionLost,
    FileUnavailable,
    NotAuthorized,
    RateLimited,
    SourceError,
)
from tobs.telegram.bridge import ask, call, open_asyncio
from tobs.telegram.faults import NoAnswer, ReferenceExpired, ServerTrouble, WrongDataCentre, translate


class Told:
    """An rpc_error as it comes over the wire."""

    def __init__(self, code, message):
        self.error_code, self.error_message = code, message


async def test_the_blocks_own_error_is_in_no_group():
    with pytest.raises(ValueError, match="mine"):
        async with open_asyncio():
            raise ValueError("mine")


async def test_an_unknown_error_passes_unchanged():
    async def fail():
        raise KeyError("aio")

    async with open_asyncio():
        with pytest.raises(KeyError):
            await call(1, fail)


async def test_a_request_that_the_library_cancels_is_a_lost_connection(autojump_clock):
    async def wait():
        future = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(1, future.cancel)
        await future

    async with open_asyncio():
        with pytest.raises(ConnectionLost):
            await call(60, wait)


async def test_a_cancelled_scope_is_cancelled(autojump_clock):
    async with open_asyncio():
        with trio.move_on_after(5) as scope:
            await call(math.inf, asyncio.sleep, 3600)
    assert scope.cancelled_caught
    assert trio.current_time() == pytest.approx(5, abs=1e-3)


async def test_an_outer_scope_may_cancel_the_loop(autojump_clock):
    with trio.move_on_after(5) as scope:
        async with open_asyncio():
            await call(math.inf, asyncio.sleep, 3600)
    assert scope.cancelled_caught


async def test_every_call_has_a_deadline(autojump_clock):
    async with open_asyncio():
        with pytest.raises(NoAnswer):
            await call(30, asyncio.sleep, 3600)
    assert trio.current_time() == pytest.approx(30, abs=1e-3)


async def test_an_error_during_cancellation_survives(autojump_clock):
    async def work():
        async with open_asyncio():
            try:
                await call(math.inf, asyncio.sleep, 3600)
            finally:
                raise ValueError("cleanup failed")

    with trio.move_on_after(5), pytest.raises(ValueError, match="cleanup"):
        await work()


# An answer that a future holds


def later(seconds, act):
    """A sender like Telethon's: the future of an answer that `act` gives it so many seconds later."""

    def send():
        future = asyncio.get_event_loop().create_future()
        futures.append(future)
        asyncio.get_event_loop().call_later(seconds, act, future)
        return future

    futures = []
    return send, futures


async def test_the_answer_that_a_future_holds(autojump_clock):
    async with open_asyncio():
        assert await ask(9, later(1, lambda future: future.set_result("an answer"))[0]) == "an answer"
        assert await ask(9, later(0, lambda future: future.set_result("at once"))[0]) == "at once"
        with pytest.raises(RateLimited, match="17"):
            await ask(9, later(1, lambda future: future.set_exception(errors.FloodWaitError(None, 17)))[0])
        with pytest.raises(ConnectionLost):
            await ask(9, later(1, lambda future: future.cancel())[0])
        with pytest.raises(NoAnswer, match="9 s"):
            await ask(9, later(10, lambda future: None)[0])


async def test_a_request_that_cannot_leave_is_a_lost_connection():
    def send():
        raise ConnectionError("Cannot send requests while disconnected")

    async with open_asyncio():
        with pytest.raises(ConnectionLost):
            await ask(9, send)


async def test_who_stops_waiting_stops_the_future(autojump_clock):
    send, futures = later(3600, lambda future: None)
    async with open_asyncio():
        with trio.move_on_after(5) as scope:
            await ask(math.inf, send)
        assert scope.cancelled_caught
        assert futures[0].cancelled()
        with trio.CancelScope() as scope:
            scope.cancel()
            await ask(math.inf, send)
    assert len(futures) == 1  # nothing left for one who was cancelled before


async def test_an_answer_that_came_before_the_end_of_waiting_is_not_lost(autojump_clock):
    def answer(future):
        future.set_result("an answer")
        scope.cancel()  # before anybody could hear of the answer

    async with open_asyncio():
        with trio.CancelScope() as scope:
            answered = await ask(9, later(1, answer)[0])
        assert answered == "an answer"


async def test_a_crash_in_the_background_is_named(caplog):
    async def bad():
        raise ValueError("boom")

    tasks = []

    async def spawn():
        tasks.append(asyncio.create_task(bad()))

    async def work():
        async with open_asyncio():
            await call(1, spawn)
            await trio.sleep(0.01)
            tasks.clear()
            gc.collect()  # since Python 3.12 the crash is told only when the task is collected
            await trio.sleep_forever()

    with pytest.raises(BackendCrashed) as info:
        await work()
    assert info.value.__cause__.subgroup(ValueError)


@pytest.mark.parametrize(
    ("code", "message", "ours"),
    [
        (400, "CHANNEL_PRIVATE", AccessDenied),
        (403, "CHAT_ADMIN_REQUIRED", AccessDenied),
        (400, "USERNAME_NOT_OCCUPIED", ChatNotFound),
        (400, "PEER_ID_INVALID", ChatNotFound),
        (401, "AUTH_KEY_UNREGISTERED", NotAuthorized),
        (401, "SESSION_REVOKED", NotAuthorized),
        (401, "USER_DEACTIVATED", NotAuthorized),
        (401, "SOMETHING_NEW", NotAuthorized),
        (406, "AUTH_KEY_DUPLICATED", NotAuthorized),
        (400, "FILE_REFERENCE_EXPIRED", ReferenceExpired),
        (400, "FILE_REFERENCE_0_EXPIRED", ReferenceExpired),
        (400, "LOCATION_INVALID", FileUnavailable),
        (400, "LOCATION_NOT_AVAILABLE", FileUnavailable),
        (500, "INTERNAL", ServerTrouble),
        (-503, "Timeout", ServerTrouble),
        (-500, "No workers running", ServerTrouble),
        (400, "NEVER_HEARD_OF", SourceError),
    ],
)
def test_what_telegram_says_in_our_words(code, message, ours):
    error = translate(errors.rpc_message_to_error(Told(code, message), None))
    assert type(error) is ours
    assert str(error).endswith(".")


def test_waits_carry_their_seconds():
    wait = translate(errors.rpc_message_to_error(Told(420, "FLOOD_WAIT_17"), None))
    slow = translate(errors.rpc_message_to_error(Told(420, "FLOOD_PREMIUM_WAIT_3"), None))
    assert isinstance(wait, RateLimited)
    assert isinstance(slow, RateLimited)
    assert (wait.seconds, wait.transfer) == (17, False)
    assert (slow.seconds, slow.transfer) == (3, True)


def test_a_file_elsewhere_says_where():
    error = translate(errors.rpc_message_to_error(Told(303, "FILE_MIGRATE_4"), None))
    assert isinstance(error, WrongDataCentre)
    assert error.dc_id == 4


def test_a_bug_is_not_translated():
    assert translate(ZeroDivisionError()) is None
