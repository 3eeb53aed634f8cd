"""Stretches of a history, where ids are sparse: several pages under way, asked for by counting messages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

import attrs

from tobs.errors import SourceError
from tobs.model import Page
from tobs.source import Span
from tobs.telegram.line import Line
from tobs.telegram.positions import Part, Plan, Step


@attrs.define(eq=False)
class Stretches:
    """The pages of one gap. `read_step` asks for messages by counting, `read_oldest` for the oldest of a span."""

    plan: Plan
    read_step: Callable[[Step, int], Awaitable[Part]]
    read_oldest: Callable[[Span], Awaitable[Page]]
    line: Line[Part]

    async def next_page(self) -> Page | None:
        """The page that goes on where the one before ended, or None at the end of the gap."""
        while not self.plan.done:
            self._look_ahead()
            part = await self.line.first()
            fit = self.plan.fit(part.page)
            if fit == "behind a gap":
                self.line.ask(partial(self._between, (self.plan.low, part.page.low - 1)), first=True)
                continue
            self.line.drop()
            if fit == "next":
                return self._taken(part)
            self.plan.refuse()
        self.line.close()
        return None

    def _taken(self, part: Part) -> Page:
        page = self.plan.take(part)
        if self.line:
            self._look_ahead()
        return page

    def _look_ahead(self) -> None:
        if not self.line:
            self._ask(self.plan.first_step())
        while self.line.has_room and (step := self.plan.step_ahead(len(self.line))):
            self._ask(step)

    def _ask(self, step: Step) -> None:
        self.line.ask(partial(self._read, step))

    async def _read(self, step: Step) -> Part:
        try:
            return await self.read_step(step, self.plan.high)
        except SourceError as exc:
            if step.skip == 0 or type(exc) is not SourceError:
                raise
            # The server does not count that far. What it refuses for another reason it refuses again.
            return Part(Page(0, 1, 0, ()), step=step)

    async def _between(self, span: Span) -> Part:
        return Part(await self.read_oldest(span))
