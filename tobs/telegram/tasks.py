"""Tasks that live as long as a block."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio


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
