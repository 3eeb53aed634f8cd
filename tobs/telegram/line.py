"""Answers that are asked for side by side and taken in the order of asking."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import attrs
import trio

from tobs.errors import SourceError

R = TypeVar("R")

AHEAD = 2  # answers under way or waiting for each request allowed: the next one leaves while an answer waits its turn


@attrs.define(eq=False)
class Room:
    """How far all lines of a source together may ask ahead: as `limit` allows, which may change at any time."""

    limit: trio.CapacityLimiter
    taken: int = 0

    @property
    def is_free(self) -> bool:
        """Whether one more answer may be asked for before it is wanted; never while requests go one by one."""
        allowed = self.limit.total_tokens
        return allowed > 1 and self.taken < AHEAD * allowed


@attrs.define(eq=False)
class _Slot(Generic[R]):
    """A place in the line."""

    filled: trio.Event = attrs.field(factory=trio.Event)
    answer: list[R] = attrs.field(factory=list)
    error: SourceError | None = None


class Line(Generic[R]):
    """A line of answers. A place that failed stays first until it is dropped: nothing is given from behind it."""

    def __init__(self, room: Room, nursery: trio.Nursery) -> None:
        self._room = room
        self._nursery = nursery
        self._slots: deque[_Slot[R]] = deque()
        self._wanted: deque[tuple[_Slot[R], Callable[[], Awaitable[R]]]] = deque()

    def __len__(self) -> int:
        return len(self._slots)

    @property
    def has_room(self) -> bool:
        """Whether to ask ahead. What is wanted now needs no room, so that no line waits for the others."""
        return self._room.is_free

    def ask(self, get: Callable[[], Awaitable[R]], *, first: bool = False) -> None:
        """Begin to get an answer. It is taken last, or before all others."""
        slot = _Slot[R]()
        (self._slots.appendleft if first else self._slots.append)(slot)
        (self._wanted.appendleft if first else self._wanted.append)((slot, get))
        self._room.taken += 1
        self._nursery.start_soon(self._fill)

    async def first(self) -> R:
        """The first answer, which stays where it is. Cancelling loses nothing. Raises `SourceError`, each time."""
        slot = self._slots[0]
        await slot.filled.wait()
        if slot.error is not None:
            raise slot.error
        return slot.answer[0]

    def drop(self) -> None:
        """Take the first place out of the line."""
        self._slots.popleft()
        self._room.taken -= 1

    def close(self) -> None:
        """Give the places back."""
        while self._slots:
            self.drop()

    async def _fill(self) -> None:
        # Trio starts tasks in any order. Whichever runs first takes what is wanted first, so requests leave in order.
        slot, get = self._wanted.popleft()
        try:
            slot.answer.append(await get())
        except SourceError as exc:
            slot.error = exc
        slot.filled.set()
