"""Pieces of a history, one for each message range of a takeout."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import attrs
import trio

from tobs.behind import Behind
from tobs.model import Page
from tobs.source import Span
from tobs.telegram.ranges import common
from tobs.telegram.windows import is_narrow


class Way(Protocol):
    """A way to read; its pages are in ascending order."""

    async def next_page(self) -> Page | None: ...


@attrs.frozen
class Whole:
    """The ids from the first to the last of a history, and how many messages it has there, -1 if unknown.

    With `open_end` those that come meanwhile are read too.
    """

    span: Span
    count: int
    open_end: bool


class Asking(Protocol):
    """What is needed of a `tobs.telegram.history.Reader` for one range."""

    @property
    def span(self) -> Span: ...

    async def probe(self) -> tuple[int, int]: ...

    def empty(self, span: Span) -> Page: ...


@attrs.define(eq=False)
class Piece:
    """The gaps that lie in one range.

    One question tells how many messages the range has, unless each gap is a page anyway; where it has none that is all.
    """

    reader: Asking
    gaps: Sequence[Span]
    ways: Callable[[Whole], Iterable[Way]]
    whole: Whole
    _ways: Behind | None = attrs.field(default=None, init=False)

    async def next_page(self) -> Page | None:
        """The next page of the range, or None at its end. Cancelling loses nothing."""
        if self._ways is None:
            self._ways = Behind(await self._choose())
        return await self._ways.next_page()

    async def _choose(self) -> Iterable[Way]:
        span = common(self.reader.span, self.whole.span)
        count = -1
        if not all(map(is_narrow, self.gaps)):
            _, count = await self.reader.probe()
            if not count:
                return [_Nothing(self.reader.empty(gap)) for gap in self.gaps]
        open_end = self.whole.open_end and span[1] == self.whole.span[1]
        return self.ways(Whole(span, count, open_end))


@attrs.define(eq=False)
class _Nothing:
    """The page of a gap that has no messages: it proves just that."""

    page: Page | None

    async def next_page(self) -> Page | None:
        await trio.lowlevel.checkpoint()
        page, self.page = self.page, None
        return page
