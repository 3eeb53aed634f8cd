"""Where pages begin that are asked for by counting messages, and what proves that they hold everything (pure).

A page is asked for as "the 100 messages behind the first so many from this id
on". Each begins one message before the end of the page in front of it, so
that what lies between two pages is seen: a page whose first message is not
newer than the end of what is there goes on from it without a gap, whatever was
deleted or sent meanwhile. Where it is newer, the ids between are asked for
by name. Counting is thus a guess at where to begin, and never the proof.
"""

from __future__ import annotations

from typing import Literal

import attrs

from tobs.model import Page
from tobs.telegram.windows import PAGE

STEP = PAGE - 1  # from page to page; they share one message
FREE_MISSES = 2  # guesses that may fail in any chat
PAGES_A_MISS = 20  # and one more for so many pages, which keeps requests below 1.1 × the pages
CAUTIOUS = 2  # pages under way until one of them has shown that counting works here

Fit = Literal["next", "behind a gap", "useless"]


@attrs.frozen
class Step:
    """A page to ask for: the messages behind the first `skip` of those from id `anchor` on.

    `at` is the place of its first message among those that were wanted.
    """

    at: int
    anchor: int
    skip: int


@attrs.frozen
class Part:
    """A page and how many messages are newer than it, -1 if the server did not say.

    The page holds all messages between its low and its high. `step` is what
    was asked for, None if it was ids.
    """

    page: Page
    newer: int = -1
    step: Step | None = None


@attrs.define
class Plan:
    """How far the messages ``low..high`` of a chat have been read, and what to ask for next.

    `expected` is how many there are, 0 if unknown. With `open_end` they reach
    to the newest one, and those that came since may follow.
    """

    low: int
    high: int
    open_end: bool
    expected: int = 0
    _anchor: int = attrs.field(default=0, init=False)
    _anchor_at: int = attrs.field(default=0, init=False)
    _next_at: int = attrs.field(default=0, init=False)
    _pages: int = attrs.field(default=0, init=False)
    _misses: int = attrs.field(default=0, init=False)
    _counts: bool = attrs.field(default=False, init=False)  # whether the server has counted as we do

    @property
    def done(self) -> bool:
        return self.low > self.high

    def first_step(self) -> Step:
        """The page that begins where the last one ended: sure to be of use."""
        self._anchor, self._next_at = self.low, self._anchor_at
        return self._step()

    def step_ahead(self, under_way: int) -> Step | None:
        """The page behind those that are under way, or None if it is not worth a request."""
        enough = not self._counts and under_way >= CAUTIOUS
        too_bad = self._misses > FREE_MISSES + self._pages // PAGES_A_MISS
        if self.done or enough or too_bad or self._next_at + 1 >= self.expected:
            return None
        return self._step()

    def _step(self) -> Step:
        step = Step(self._next_at, self._anchor, self._next_at - self._anchor_at)
        self._next_at += STEP
        return step

    def fit(self, page: Page) -> Fit:
        """How a page goes with what was read before it."""
        if page.high < self.low:
            return "useless"
        return "next" if page.low <= self.low else "behind a gap"

    def refuse(self) -> None:
        """Note that a page was of no use."""
        self._misses += 1
        self._counts = False

    def take(self, part: Part) -> Page:
        """What a page that comes next adds to what was read."""
        self._learn(part)
        page = self._cut(part.page)
        self.low = page.high + 1
        return page

    def _learn(self, part: Part) -> None:
        if part.step is None:
            full = 2 * len(part.page.messages) >= PAGE
            self._pages += full
            self._misses += not full
            return
        self._pages += 1
        # It began with the last message of the page in front of it, as was asked.
        self._counts |= part.step.skip > 0 and part.page.low < self.low
        self.expected = part.step.at + len(part.page.messages) + self._behind(part)
        # Counted from the newest page that came, deletions before it are forgotten.
        self._anchor, self._anchor_at = part.page.high + 1, part.step.at + PAGE

    def _behind(self, part: Part) -> int:
        """How many messages there are to read behind a page."""
        page = part.page
        if self.open_end and part.newer >= 0:
            return part.newer
        spread = page.high - page.low + 1
        likely = -((page.high - self.high) * len(page.messages) // spread) if self.high > page.high else 0
        return min(likely, part.newer) if part.newer >= 0 else likely

    def _cut(self, page: Page) -> Page:
        ends = page.high >= self.high and not (self.open_end and page.messages)
        high = self.high if ends else page.high
        messages = tuple(message for message in page.messages if self.low <= message.id <= high)
        return attrs.evolve(page, low=self.low, high=high, messages=messages)
