"""The messages of one chat, in the order of their ids, and Telegram's way of cutting pages out of them.

Positions count from the oldest message (0); Telegram's offsets count from the
newest. `window` is the only place where the two meet.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol

import attrs

PAGE = 100  # Telegram's limit for one page of messages
DEFAULT_PAGE = 20  # "when 0 is provided the limit will often default to ~20"
_MASK = (1 << 64) - 1


class History(Protocol):
    """An ordered sequence of messages that can be cut by position, id and date."""

    def __len__(self) -> int: ...

    def before_id(self, message_id: int) -> int:
        """How many messages have a smaller id."""

    def before_date(self, date: int) -> int:
        """How many messages were sent before `date` (Unix seconds)."""

    def get(self, message_id: int) -> Any | None:
        """The message with this id, or None."""

    def slice(self, start: int, stop: int) -> Sequence[Any]:
        """The messages at these positions, oldest first."""

    def ids(self, start: int, stop: int) -> Sequence[int]:
        """Their ids alone, oldest first."""


class ListHistory:
    """A history that is held in memory; the only one that can be changed."""

    def __init__(self) -> None:
        self._ids: list[int] = []
        self._messages: list[Any] = []

    def __len__(self) -> int:
        return len(self._ids)

    def before_id(self, message_id: int) -> int:
        return bisect_left(self._ids, message_id)

    def before_date(self, date: int) -> int:
        return bisect_left(self._messages, date, key=lambda message: unix(message.date))

    def get(self, message_id: int) -> Any | None:
        at = self.before_id(message_id)
        return self._messages[at] if at < len(self._ids) and self._ids[at] == message_id else None

    def slice(self, start: int, stop: int) -> Sequence[Any]:
        return self._messages[start:stop]

    def ids(self, start: int, stop: int) -> Sequence[int]:
        return self._ids[start:stop]

    def put(self, message: Any) -> None:
        """Insert `message`, or replace the one that has its id."""
        at = self.before_id(message.id)
        if at < len(self._ids) and self._ids[at] == message.id:
            self._messages[at] = message
        else:
            self._ids.insert(at, message.id)
            self._messages.insert(at, message)

    def remove(self, message_id: int) -> bool:
        at = self.before_id(message_id)
        if at >= len(self._ids) or self._ids[at] != message_id:
            return False
        del self._ids[at], self._messages[at]
        return True


class Part:
    """What of another history has ids from `low` to `high`, at this moment."""

    def __init__(self, history: History, low: int, high: int) -> None:
        self._history = history
        self._start = history.before_id(low)
        self._stop = max(history.before_id(high + 1), self._start)

    def __len__(self) -> int:
        return self._stop - self._start

    def before_id(self, message_id: int) -> int:
        return _clamp(self._history.before_id(message_id) - self._start, len(self))

    def before_date(self, date: int) -> int:
        return _clamp(self._history.before_date(date) - self._start, len(self))

    def get(self, message_id: int) -> Any | None:
        message = self._history.get(message_id)
        return message if self._start <= self._history.before_id(message_id) < self._stop else None

    def slice(self, start: int, stop: int) -> Sequence[Any]:
        return self._history.slice(self._start + start, min(self._start + stop, self._stop))

    def ids(self, start: int, stop: int) -> Sequence[int]:
        return self._history.ids(self._start + start, min(self._start + stop, self._stop))


def of(messages: Iterable[Any]) -> ListHistory:
    """A history of these messages, which may come in any order: what a filter leaves of another one."""
    history = ListHistory()
    for message in messages:
        history.put(message)
    return history


def unix(date: datetime | int | None) -> int:
    """A TL date as Unix seconds; 0 for none."""
    if date is None:
        return 0
    return int(date.timestamp()) if isinstance(date, datetime) else date


@attrs.frozen
class Page:
    """Where a page lies: positions from the oldest, and how many results are newer than its first one."""

    start: int
    stop: int
    newer: int


def window(history: History, request: Any) -> Page:
    """The page that offset_id, offset_date, add_offset, limit, max_id and min_id select.

    https://core.telegram.org/api/offsets: the list runs from the newest to the
    oldest; the page begins ``offsetFromID(offset_id) + add_offset`` elements into
    it, where offsetFromID counts the results down to offset_id *inclusive*, and
    has `limit` elements. What would lie before the newest message is cut off, it
    does not shift the page. max_id and min_id (both exclusive) are applied after
    the cut, so they never make the page reach further.
    """
    total = len(history)
    begin = _newer_than_offset(history, request) + (getattr(request, "add_offset", 0) or 0)
    limit = min(request.limit, PAGE) if request.limit > 0 else DEFAULT_PAGE
    stop = _clamp(total - begin, total)
    start = _clamp(total - begin - limit, total)
    if getattr(request, "max_id", 0):
        stop = min(stop, history.before_id(request.max_id))
    if getattr(request, "min_id", 0):
        start = max(start, history.before_id(request.min_id + 1))
    return Page(start, max(start, stop), total - max(start, stop))


def _newer_than_offset(history: History, request: Any) -> int:
    """offset_id goes before offset_date when both are given."""
    if request.offset_id > 0:
        return len(history) - history.before_id(request.offset_id)
    offset_date = unix(getattr(request, "offset_date", None))
    return len(history) - history.before_date(offset_date) if offset_date else 0


def _clamp(position: int, total: int) -> int:
    return min(max(position, 0), total)


def ids_hash(ids: Iterable[int]) -> int:
    """Telegram's hash of a result, as a signed long: https://core.telegram.org/api/offsets#hash-generation."""
    value = 0
    for number in ids:
        value ^= value >> 21
        value ^= (value << 35) & _MASK
        value ^= value >> 4
        value = (value + number) & _MASK
    return value - (1 << 64) if value >> 63 else value
