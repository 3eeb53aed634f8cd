"""Message ranges: in a takeout the messages of people and basic groups are asked for in parts.

https://core.telegram.org/api/takeout#split-ranges. Ids are the account's, and each range has those between two
of them; together the ranges have all. An answer says nothing of what lies in another range.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

import attrs
from telethon.tl.functions import InvokeWithMessagesRangeRequest
from telethon.tl.functions.messages import (
    GetDialogsRequest,
    GetHistoryRequest,
    GetMessagesRequest,
    SearchRequest,
)
from telethon.tl.types import MessageRange

from tobs.model import ChatKind
from tobs.source import Span
from tobs.telegram.windows import has_own_ids

MAX_ID = 0x7FFFFFFF
Within = Span | None  # a message range to ask in; None: in none
_RANGED = (GetDialogsRequest, GetHistoryRequest, GetMessagesRequest, SearchRequest)


@attrs.frozen
class Range:
    """The ids of a chat that are asked for `within` one message range."""

    low: int = 1
    high: int = MAX_ID
    within: Within = None


def ranged(request: Any, within: Within) -> Any:
    """A request for what a message range has, if it is one that ranges are for."""
    if within is None or not isinstance(request, _RANGED):
        return request
    return InvokeWithMessagesRangeRequest(MessageRange(*within), request)


def ranges_of(kind: ChatKind, ranges: Sequence[Span]) -> Sequence[Range]:
    """How to ask for a chat, oldest first. Those with ids of their own are whole in the last message range."""
    if not ranges:
        return (Range(),)
    if has_own_ids(kind):
        return (Range(within=ranges[-1]),)
    return [Range(max(low, 1), high, (low, high)) for low, high in ranges]


def common(one: Span, other: Span) -> Span:
    """What two spans share; the first id is larger if that is nothing."""
    return max(one[0], other[0]), min(one[1], other[1])


def cut(gaps: Sequence[Span], ranges: Sequence[Range]) -> list[tuple[Range, list[Span]]]:
    """`gaps` in the ranges that they lie in, ascending. What lies in none is asked for in no message range."""
    found = []
    for each in _everything(ranges):
        parts = [part for gap in gaps if (part := common(gap, (each.low, each.high)))[0] <= part[1]]
        if parts:
            found.append((each, parts))
    return found


def _everything(ranges: Sequence[Range]) -> Iterator[Range]:
    """All ids in order, each once."""
    end = 0
    for each in ranges:
        if each.low > end + 1:
            yield Range(end + 1, each.low - 1)
        yield attrs.evolve(each, low=max(each.low, end + 1))
        end = max(end, each.high)
    yield Range(end + 1)


def range_with(number: int, ranges: Sequence[Span]) -> Within:
    """The range that has an id, None if none has."""
    return next((each for each in ranges if each[0] <= number <= each[1]), None)


async def newest_and_count(ask: Callable[[Any], Awaitable[Any]], peer: Any, ranges: Sequence[Range]) -> tuple[int, int]:
    """The newest id and the number of messages of a chat, over all these ranges."""
    newest = count = 0
    for each in ranges:
        answer = await ask(ranged(GetHistoryRequest(peer, 0, None, 0, 1, 0, 0, 0), each.within))
        newest = max([newest, *(message.id for message in answer.messages)])
        # The short form of the answer holds the whole history and does not count it.
        count += int(getattr(answer, "count", len(answer.messages)))
    return newest, count
