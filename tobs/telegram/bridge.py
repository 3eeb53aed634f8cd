"""The one module in which asyncio and trio meet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, NoReturn, ParamSpec, TypeVar

import trio
import trio_asyncio

from tobs.errors import BackendCrashed, ConnectionLost, SourceError
from tobs.telegram.faults import NoAnswer, translate

P = ParamSpec("P")
R = TypeVar("R")
ONCE_MORE = 0.05  # seconds until a task is cancelled again: most end within a turn of the loop


@asynccontextmanager
async def open_asyncio() -> AsyncIterator[None]:
    """Let `call` be used in the block.

    The block's own exception leaves as it was raised, not in a group. A
    background asyncio task that crashes cancels the block and leaves as
    `BackendCrashed`.
    """
    error: Exception | None = None
    try:
        async with trio_asyncio.open_loop():
            try:
                yield
            except Exception as exc:
                error = exc  # re-raised outside the loop's nurseries, which would wrap it in groups
    except BaseExceptionGroup as group:
        crashes = group.subgroup(lambda exc: not isinstance(exc, trio.Cancelled))
        if isinstance(crashes, ExceptionGroup):
            raise BackendCrashed("A background task of the Telegram library failed; run tobs again.") from crashes
        raise
    if error is not None:
        raise error


async def call(seconds: float, fn: Callable[P, Awaitable[R]], *args: P.args, **kwargs: P.kwargs) -> R:
    """Await Telethon's ``fn(*args, **kwargs)`` from trio, at most `seconds` long.

    Cancelling the trio scope cancels it and waits for its cleanup. Raises
    `SourceError` or one of its children: Telethon's errors are translated
    here and nowhere else. Telethon cancels pending requests when a connection
    dies, so a CancelledError that no trio scope asked for is a lost connection.
    """
    return await _in_time(seconds, trio_asyncio.aio_as_trio(fn), *args, **kwargs)


async def ask(seconds: float, send: Callable[P, asyncio.Future[R]], *args: P.args, **kwargs: P.kwargs) -> R:
    """What the future that Telethon's ``send(*args, **kwargs)`` returns will hold, waited for at most `seconds` long.

    As `call`, for what is done a thousand times: no task of asyncio's stands between the answer and who waits for it.
    """
    return await _in_time(seconds, _held, send, *args, **kwargs)


async def end(task: asyncio.Task[Any]) -> None:
    """Cancel a task of asyncio's until it has ended.

    One that waits for another at that moment may take it for the other's end
    and go on. Left alone it would hold up the loop's end, in which no
    connection can be made any more, for as long as it tries.
    """
    while not task.done():
        task.cancel()
        await trio_asyncio.aio_as_trio(asyncio.wait)({task}, timeout=ONCE_MORE)


async def _in_time(seconds: float, fn: Callable[..., Awaitable[R]], *args: Any, **kwargs: Any) -> R:
    with trio.move_on_after(seconds):
        try:
            return await fn(*args, **kwargs)
        except asyncio.CancelledError as exc:
            raise ConnectionLost("Telegram dropped the request; run tobs again to go on.") from exc
        except SourceError:
            raise
        except Exception as exc:
            error = translate(exc)
            if error is None:
                raise
            raise error from exc
    raise NoAnswer(f"Telegram did not answer for {seconds:g} s; check the network and run tobs again to go on.")


async def _held(send: Callable[..., asyncio.Future[R]], *args: Any, **kwargs: Any) -> R:
    await trio.lowlevel.checkpoint_if_cancelled()
    future, task = send(*args, **kwargs), trio.lowlevel.current_task()

    def done(_: asyncio.Future[R]) -> None:
        trio.lowlevel.reschedule(task)

    def abort(_: Callable[[], NoReturn]) -> trio.lowlevel.Abort:
        if future.done():
            return trio.lowlevel.Abort.FAILED  # the loop is about to call `done`
        future.remove_done_callback(done)
        future.cancel()
        return trio.lowlevel.Abort.SUCCEEDED

    future.add_done_callback(done)
    await trio.lowlevel.wait_task_rescheduled(abort)
    return future.result()
