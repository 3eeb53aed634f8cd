"""What a person chooses from a long list by searching and marking, without the screen (pure)."""

from __future__ import annotations

from collections.abc import Sequence

import attrs


@attrs.frozen
class Row:
    """A line of the list. `parent` is the key of the row it is a part of: chosen with it, or instead of it."""

    key: str
    title: str
    detail: str = ""
    parent: str = ""


@attrs.define
class Choosing:
    """Which rows are shown, which one the cursor is on, and which are marked.

    Marking a row unmarks its parts, and marking a part unmarks the whole.
    """

    rows: Sequence[Row]
    marked: set[str] = attrs.field(factory=set)
    search: str = ""
    cursor: int = 0

    @property
    def shown(self) -> list[Row]:
        """The rows that have all that is searched for, in them or in what they are a part of."""
        wanted = _folded(self.search)
        found = {row.key for row in self.rows if wanted in _folded(f"{row.title}{row.detail}")}
        return [row for row in self.rows if row.key in found or row.parent in found]

    @property
    def current(self) -> Row | None:
        """The row under the cursor."""
        shown = self.shown
        return shown[self.cursor] if shown else None

    def type(self, text: str) -> None:
        """More to search for. The cursor goes to the first row that has it."""
        if text:
            self.search += text
            self.cursor = 0

    def erase(self) -> None:
        """The last character of the search goes."""
        self.search = self.search[:-1]
        self.cursor = 0

    def move(self, lines: int) -> None:
        """Up or down, but not beyond the ends."""
        self.cursor = max(0, min(len(self.shown) - 1, self.cursor + lines))

    def toggle(self) -> None:
        """Mark the row under the cursor, or unmark it."""
        row = self.current
        if row is None:
            return
        if row.key in self.marked:
            self.marked.remove(row.key)
            return
        parts = {each.key for each in self.rows if each.parent == row.key}
        self.marked = (self.marked - parts - {row.parent}) | {row.key}

    def visible(self, height: int) -> list[tuple[Row, bool]]:
        """As many of the shown rows as fit, and whether the cursor is on each."""
        shown = self.shown
        first = max(0, min(self.cursor - height // 2, len(shown) - height))
        return [(row, at == self.cursor) for at, row in enumerate(shown)][first : first + height]


def _folded(text: str) -> str:
    """Without case and spaces: the space bar marks."""
    return "".join(text.casefold().split())
