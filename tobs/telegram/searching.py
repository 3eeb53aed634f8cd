"""The pages of searches: one search after the other, each oldest first, with several pages under way.

What a search finds is a list like a history, only shorter, so it is read like one: by counting, with the same proof
that nothing between two pages was missed.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import attrs
import trio
from telethon.tl.functions.messages import GetRepliesRequest

from tobs.model import Page
from tobs.source import Span
from tobs.telegram.line import Line
from tobs.telegram.positions import Part, Plan, Step
from tobs.telegram.selection import Asking, Search, newer_than
from tobs.telegram.stretches import Stretches
from tobs.telegram.windows import PAGE


@attrs.define(eq=False)
class Inquiry:
    """One search among the ids of `span`, from the `last` so many on. `begin` comes before all else."""

    reader: Asking
    search: Search
    span: Span
    last: int
    open_end: bool = False  # whether what is sent meanwhile is meant too
    root: Page | None = None  # a topic's first message, which is none of its replies
    _first: Part | None = None

    async def begin(self) -> Inquiry:
        """Find where it begins, and read its first page."""
        low, high = self.span
        if self.last:
            answer = await self.reader.send(self.search.request(high + 1, self.last - 1, 1))
            low = max([low, *(message.id for message in answer.messages)])
        self.span = low, high
        if self._leaves_out_root():
            self.root = await self.reader.window((self.search.topic, self.search.topic))
        self._first = await self.step(Step(0, low, 0), high)
        return self

    def _leaves_out_root(self) -> bool:
        low, high = self.span
        return isinstance(self.search.request(0, 0, 1), GetRepliesRequest) and low <= self.search.topic <= high

    def pages(self, line: Line[Part]) -> Stretches:
        """Its pages, of which the first is here already."""
        return Stretches(Plan(*self.span, open_end=self.open_end), self.step, self.oldest, line)

    async def step(self, step: Step, high: int) -> Part:
        """What is found behind the first so many from an id on; up to `high` if that is all."""
        if self._first is not None and self._first.step == step:
            first, self._first = self._first, None
            return first
        answer = await self.reader.send(self.search.request(step.anchor, -PAGE - step.skip, PAGE))
        ids = [message.id for message in answer.messages if message.id >= step.anchor]
        low = min(ids, default=step.anchor) if step.skip else step.anchor
        return Part(self.reader.found(answer, low, _end(ids, step, newer_than(answer), high)), newer_than(answer), step)

    async def oldest(self, span: Span) -> Page:
        """The oldest that are found in a span."""
        low, high = span
        page = (await self.step(Step(0, low, 0), high)).page
        within = tuple(message for message in page.messages if message.id <= high)
        return attrs.evolve(page, high=min(page.high, high), messages=within)


def _end(ids: list[int], step: Step, newer: int, high: int) -> int:
    """How far an answer tells what is found. A page that is not full need not be the last one."""
    if not ids:
        return step.anchor - 1 if step.skip else high
    return max(*ids, high) if newer == 0 else max(ids)


class Found:
    """The pages of searches. `ahead` is a line for their beginnings, `line` one for the pages of each."""

    def __init__(self, inquiries: Iterable[Inquiry], ahead: Line[Inquiry], line: Line[Part]) -> None:
        self._inquiries = iter(inquiries)
        self._ahead = ahead
        self._line = line
        self._pages: Stretches | None = None

    async def next_page(self) -> Page | None:
        """The next page with messages, or None at the end. Cancelling loses nothing."""
        while self._pages is not None or self._ahead or self._ask():
            page = await (self._begun() if self._pages is None else self._next(self._pages))
            if page is not None and page.messages:
                return page
        await trio.lowlevel.checkpoint()
        return None

    async def _next(self, pages: Stretches) -> Page | None:
        page = await pages.next_page()
        if page is None:
            self._pages = None
        return page

    async def _begun(self) -> Page | None:
        """The first page of the next search that is not part of it, if there is one."""
        self._look_ahead()
        inquiry = await self._ahead.first()
        self._ahead.drop()
        self._look_ahead()
        self._pages = inquiry.pages(self._line)
        return inquiry.root

    def _look_ahead(self) -> None:
        while self._ahead.has_room and self._ask():
            pass

    def _ask(self) -> bool:
        inquiry = next(self._inquiries, None)
        if inquiry is not None:
            self._ahead.ask(partial(inquiry.begin))
        return inquiry is not None
