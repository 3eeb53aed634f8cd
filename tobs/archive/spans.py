"""Exact ranges of message ids, inclusive, sorted, never touching (pure)."""

from __future__ import annotations

from collections.abc import Iterable

from tobs.source import Span


def merge(spans: Iterable[Span]) -> list[Span]:
    """The same ids in as few spans as possible."""
    merged: list[Span] = []
    for low, high in sorted(spans):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return merged


NARROW = 50  # ids; reading so few again costs less than half a request


def worth_leaving_out(spans: Iterable[Span]) -> list[Span]:
    """The spans without narrow ones that gaps surround: going around each would cost a request more than it saves."""
    merged = merge(spans)
    return [(low, high) for low, high in merged if high - low >= NARROW or low <= 1 or (low, high) == merged[-1]]


def missing(spans: Iterable[Span], low: int, high: int) -> list[Span]:
    """The ids in ``low..high`` that no span holds."""
    gaps: list[Span] = []
    for first, last in merge(spans):
        if first > high:
            break
        if first > low:
            gaps.append((low, first - 1))
        low = max(low, last + 1)
    if low <= high:
        gaps.append((low, high))
    return gaps
