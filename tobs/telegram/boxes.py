"""How far the account's sequences of updates are known, and where some are missing (pure).

Telegram numbers what happens in boxes: one for people and basic groups together, and one for each channel. An update
leads from ``pts - pts_count`` to ``pts``. https://core.telegram.org/api/updates#message-related-event-sequences
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import attrs

from tobs.live import COMMON, Mark

GAP_SECONDS = 0.5  # Telegram's own advice: what is missing may just be late
BEHIND_SECONDS = 5.0  # Telegram's servers may hear of something after they told of it
APART_SECONDS = 1.0  # between two questions about one box, so that a busy one costs a request a second at most


@attrs.define(eq=False)
class Box:
    """One sequence. Everything up to `pts` is known; `due` is when to ask for what is missing behind it."""

    id: int
    pts: int
    due: float = math.inf
    asking: bool = False
    _heard_of: float = 0  # the highest pts that anything spoke of since it was asked
    _asked: float = -math.inf
    _expected: float = 0  # what the answer should reach
    _again: bool = False  # it did not, and was asked once more

    def admits(self, pts: int, pts_count: int, now: float) -> bool:
        """Whether an update is the next one; from then on it counts as known.

        What is known already is not. What comes too early is dropped: it
        will be in the answer that brings what is missing before it. While
        that is under way nothing is admitted, so that nothing is told twice.
        """
        if not self.asking and pts - pts_count == self.pts:
            self.pts = pts
            return True
        if pts > self.pts:
            self.miss(now, pts)
        return False

    def miss(self, now: float, pts: float = math.inf) -> None:
        """Something happened that was not told, up to `pts`."""
        self._heard_of = max(self._heard_of, pts)
        self.due = min(self.due, max(now + GAP_SECONDS, self._asked + APART_SECONDS))

    def back(self, pts: int, now: float) -> None:
        """What came behind `pts` could not be taken after all: it has to be asked for."""
        self.pts = min(self.pts, pts)
        self.miss(now)

    def begin(self, now: float) -> None:
        """It is being asked what happened."""
        self._expected = self._heard_of if self._heard_of < math.inf else 0
        self.asking, self._asked, self._heard_of, self.due = True, now, 0, math.inf

    def told(self, pts: int) -> None:
        """Everything up to `pts` was told."""
        self.pts = pts

    def end(self, now: float) -> None:
        """The answer was whole. What was heard of meanwhile may have come too late for it.

        If it does not reach what was heard of before, Telegram is behind itself: it is asked once more.
        """
        self.asking = False
        self.due = math.inf
        if self._heard_of > self.pts:
            self.miss(now)
        self._again = self._expected > self.pts and not self._again
        if self._again:
            self._heard_of = max(self._heard_of, self._expected)
            self.due = min(self.due, now + BEHIND_SECONDS)

    def fail(self, now: float, seconds: float) -> None:
        """There was no answer; it is asked again later."""
        self.asking = False
        self.due = now + seconds


@attrs.define(eq=False)
class Boxes:
    """The boxes that are followed, and what counts for the account as a whole."""

    qts: int = 0
    date: int = 0
    seq: int = 0
    _boxes: dict[int, Box] = attrs.field(factory=dict)

    def follow(self, mark: Mark) -> None:
        """Everything up to `mark` is known."""
        self._boxes[mark.chat_id] = Box(mark.chat_id, mark.pts)
        if mark.chat_id == COMMON:
            self.qts, self.date, self.seq = mark.qts, mark.date, mark.seq

    def leave(self, number: int) -> None:
        """Follow a box no longer."""
        self._boxes.pop(number, None)

    def find(self, number: int) -> Box | None:
        return self._boxes.get(number)

    def __iter__(self) -> Iterator[Box]:
        return iter(self._boxes.values())

    def mark(self, box: Box) -> Mark:
        """How far a box is known, in a form to keep."""
        if box.id == COMMON:
            return Mark(COMMON, box.pts, self.qts, self.date, self.seq)
        return Mark(box.id, box.pts)

    def told(self, box: Box, mark: Mark) -> None:
        """Everything up to `mark` was told of a box."""
        box.told(mark.pts)
        if box.id == COMMON:
            self.qts, self.date, self.seq = mark.qts, mark.date, mark.seq

    def count(self, seq_start: int, seq: int, now: float) -> None:
        """A container came; 0 is one that is not counted. https://core.telegram.org/api/updates#updates-sequence"""
        if not seq:
            return
        if self.seq and seq_start > self.seq + 1:
            self.miss(now)
        self.seq = max(self.seq, seq)

    def miss(self, now: float) -> None:
        """Something may have happened meanwhile; the answer for the common box names the channels too."""
        if (common := self.find(COMMON)) is not None:
            common.miss(now)

    @property
    def due(self) -> float:
        """When something is to be asked."""
        return min((box.due for box in self if not box.asking), default=math.inf)

    def take_due(self, now: float) -> list[Box]:
        """The boxes to ask about now, which have begun with it."""
        boxes = [box for box in self if not box.asking and box.due <= now]
        for box in boxes:
            box.begin(now)
        return boxes
