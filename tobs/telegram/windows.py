"""Windows of ids, where ids are dense: which ones, and the pages of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from functools import partial

import trio

from tobs.model import ChatKind, Page
from tobs.source import Span
from tobs.telegram.line import Line

PAGE = 100  # Telegram's limit for messages.getHistory
DENSE = 0.92  # below, so many ids of a window would be gaps that counting messages takes fewer requests

# Their ids are their own, counted from 1. People and basic groups share the account's ids.
_OWN_IDS: frozenset[ChatKind] = frozenset({"supergroup", "forum", "channel"})


def has_own_ids(kind: ChatKind) -> bool:
    """Whether the chat counts its messages by itself, so that their ids may be dense."""
    return kind in _OWN_IDS


def is_dense(kind: ChatKind, count: int, top: int, asked: int) -> bool:
    """Whether windows over `asked` of the ids up to `top` are full enough, wherever messages are missing."""
    return has_own_ids(kind) and count >= 0 and asked > 0 and asked - (top - count) >= DENSE * asked


def is_narrow(gap: Span) -> bool:
    """Whether one page holds the gap, however dense it is."""
    low, high = gap
    return high - low < PAGE


def windows(gaps: Iterable[Span]) -> Iterator[Span]:
    """The ids of `gaps` in windows that one page can hold, ascending."""
    for first, last in gaps:
        for low in range(first, last + 1, PAGE):
            yield low, min(low + PAGE - 1, last)


class Windows:
    """The pages of windows: an answer holds all messages of its window, because no more fit."""

    def __init__(self, spans: Iterable[Span], read: Callable[[Span], Awaitable[Page]], line: Line[Page]) -> None:
        self._spans = iter(spans)
        self._read = read
        self._line = line

    async def next_page(self) -> Page | None:
        """The page of the next window, or None behind the last."""
        if not self._line and not self._ask():
            await trio.lowlevel.checkpoint()
            return None
        self._look_ahead()
        page = await self._line.first()
        self._line.drop()
        self._look_ahead()
        return page

    def _look_ahead(self) -> None:
        while self._line.has_room and self._ask():
            pass

    def _ask(self) -> bool:
        span = next(self._spans, None)
        if span is not None:
            self._line.ask(partial(self._read, span))
        return span is not None
