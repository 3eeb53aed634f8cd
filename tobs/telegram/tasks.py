"""Tasks that live as long as a block."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

import trio

R = TypeVar("R")


@asynccontextmanager
async def open_helpers() -> AsyncIterator[trio.Nursery]:
    """A nursery for tasks that serve the block: cancelled at its end.

    The block's own exception leaves as it was raised, not in a group.
    """
    error: Exception | None = None
    async with trio.open_nursery() as nursery:
        try:
            yield nursery
        except Exception as exc:
            error = exc  # raised below, outside the nursery that would wrap it
        nursery.cancel_scope.cancel()
    if error is not None:
        raise error


async def gather(jobs: Sequence[Callable[[], Awaitable[R]]]) -> list[R]:
    """What the jobs give, done side by side, in their order. The first that fails ends the others; its error leaves."""
    results: dict[int, R] = {}
    failed: Exception | None = None

    async def run(index: int, job: Callable[[], Awaitable[R]]) -> None:
        nonlocal failed
        try:
            results[index] = await job()
        except Exception as exc:
            failed = failed or exc
            nursery.cancel_scope.cancel()

    async with trio.open_nursery() as nursery:
        for index, job in enumerate(jobs):
            nursery.start_soon(run, index, job)
    if failed is not None:
        raise failed
    return [results[index] for index in range(len(jobs))]
