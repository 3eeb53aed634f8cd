"""Several histories as one."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import attrs
import trio

from tobs.model import Page
from tobs.source import History


def _lined_up(parts: Iterable[History]) -> deque[History]:
    return deque(parts)


@attrs.define(eq=False)
class Behind:
    """Histories one behind the other. Cancelling loses nothing that one of them would not lose."""

    _parts: deque[History] = attrs.field(converter=_lined_up)

    async def next_page(self) -> Page | None:
        """The next page, or None at the end of the last."""
        while self._parts:
            if (page := await self._parts[0].next_page()) is not None:
                return page
            self._parts.popleft()
        await trio.lowlevel.checkpoint()
        return None
