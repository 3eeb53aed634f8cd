"""Replacing parts of a text whose marks are counted in UTF-16 units (https://core.telegram.org/api/entities)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple

import attrs


class Cut(NamedTuple):
    """A range of a text, in Python's own indices, and what is to stand there."""

    start: int
    end: int
    text: str


def merged(cuts: Iterable[Cut]) -> list[Cut]:
    """The cuts in order. Those that overlap are one, with the text of the first, the longest, the one given first."""
    found: list[Cut] = []
    for cut in sorted(cuts, key=lambda cut: (cut.start, -cut.end)):
        if found and cut.start < found[-1].end:
            found[-1] = found[-1]._replace(end=max(found[-1].end, cut.end))
        elif cut.start < cut.end:
            found.append(cut)
    return found


def replaced(text: str, cuts: Sequence[Cut]) -> str:
    """The text with `cuts`, which are in order and apart, in place of what was there."""
    parts, at = [], 0
    for cut in cuts:
        parts += [text[at : cut.start], cut.text]
        at = cut.end
    return "".join([*parts, text[at:]])


@attrs.define(eq=False)
class Ruler:
    """Finds UTF-16 offsets of one text as indices, and where they are after cuts."""

    _text: str
    _units: list[int] = attrs.field(init=False)  # how many units stand before each character, and before the end

    def __attrs_post_init__(self) -> None:
        self._units = [*accumulate((1 + (char > "\uffff") for char in self._text), initial=0)]

    def index(self, offset: int) -> int:
        """The character at an offset, clipped to the text; within a surrogate pair, the pair."""
        return min(max(bisect_right(self._units, max(offset, 0)) - 1, 0), len(self._text))

    def moved(self, start: int, end: int, cuts: Sequence[Cut]) -> tuple[int, int]:
        """Offset and length that the indices ``start..end`` have after `cuts`: what was cut in part is marked whole."""
        shift_start = shift_end = 0
        is_empty = end <= start
        for cut in cuts:
            before, after = self._units[cut.end] - self._units[cut.start], units(cut.text)
            if cut.end <= start:
                shift_start += after - before
            elif cut.start < start:
                start = cut.start
            if cut.end <= end:
                shift_end += after - before
            elif cut.start < end:
                end = cut.end
                shift_end += after - before
        first = self._units[start] + shift_start
        return first, 0 if is_empty else self._units[end] + shift_end - first


def units(text: str) -> int:
    """The length of a text as Telegram counts it."""
    return len(text) + sum(char > "\uffff" for char in text)
