"""Which ids to ask for, and how (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tobs.model import ChatKind
from tobs.source import Span

PAGE = 100  # Telegram's limit for messages.getHistory
DENSE = 0.5  # below, more than half of what windows ask for would be gaps

# Their ids are their own, counted from 1. People and basic groups share the account's ids.
_OWN_IDS: frozenset[ChatKind] = frozenset({"supergroup", "forum", "channel"})


def has_own_ids(kind: ChatKind) -> bool:
    """Whether the chat counts its messages by itself, so that their ids may be dense."""
    return kind in _OWN_IDS


def is_dense(kind: ChatKind, count: int, top: int) -> bool:
    """Whether windows of ids, which can be read side by side, hold enough messages to be worth it."""
    return has_own_ids(kind) and top > 0 and count >= DENSE * top


def windows(gaps: Iterable[Span]) -> Iterator[Span]:
    """The ids of `gaps` in windows that one page can hold, ascending."""
    for first, last in gaps:
        for low in range(first, last + 1, PAGE):
            yield low, min(low + PAGE - 1, last)
