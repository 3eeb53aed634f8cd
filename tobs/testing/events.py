"""What happened in an account since it was made: the boxes of updates that clients catch up from.

https://core.telegram.org/api/updates
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Literal, NamedTuple

import attrs

COMMON = 0  # the box of people and basic groups; every channel has one of its own under its marked id
What = Literal["new", "edit", "delete", "pin", "unpin", "reactions", "describe"]
WITHOUT_PTS = frozenset({"reactions", "describe"})  # such updates are in no box: whoever misses one hears of it no more


class Event(NamedTuple):
    """Something that happened to messages of the chat `key`. `pts` is that of its box afterwards."""

    what: What
    key: int
    ids: tuple[int, ...]
    pts: int
    pts_count: int
    at: float


@attrs.define(eq=False)
class Box:
    """One sequence of events. Those up to `forgotten` are not told any more."""

    pts: int = 1
    forgotten: int = 1
    events: list[Event] = attrs.field(factory=list)

    def add(self, what: What, key: int, ids: Sequence[int]) -> Event:
        count = 0 if what in WITHOUT_PTS else max(len(ids), 1)
        self.pts += count
        event = Event(what, key, tuple(ids), self.pts, count, time.time())
        if count:
            self.events.append(event)
        return event

    def since(self, pts: int) -> list[Event] | None:
        """What happened after `pts`, None if that is not known."""
        if pts > self.pts or pts < self.forgotten:
            return None
        return [event for event in self.events if event.pts > pts]

    def forget(self) -> None:
        """Whoever was away until now gets no difference: it is too long."""
        self.forgotten = self.pts
        self.events.clear()


@attrs.define(eq=False)
class Events:
    """All boxes of an account, and the number of containers that were sent (``seq``)."""

    boxes: dict[int, Box] = attrs.field(factory=lambda: defaultdict(Box))
    seq: int = 1

    def changed_since(self, date: float) -> list[int]:
        """The channels in which something happened at that second or later."""
        return [key for key, box in self.boxes.items() if key != COMMON and box.events and box.events[-1].at >= date]
