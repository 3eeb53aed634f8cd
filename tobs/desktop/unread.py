"""What of a chat in one export cannot be read, in sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import attrs

from tobs.desktop.scan import Piece

NAMED = 20  # problems of a chat that are told one by one


@attrs.define(eq=False)
class Unread:
    """Of the chat `title` in the export that is called `place`."""

    place: str
    title: str
    _problems: list[str] = attrs.field(factory=list)
    _cards: Counter[str] = attrs.field(factory=Counter)

    def message(self, piece: Piece, problem: str = "") -> None:
        """A message, or what `problem` says of it."""
        where = f"{self.place}: a message of {self.title} at byte {piece.offset:,}"
        self._problems.append(f"{where}: {problem or piece.problem or 'it cannot be read'}.")

    def end(self) -> None:
        """All that would follow."""
        self._problems.append(f"{self.place}: the file ends too early; what it has of {self.title} is imported.")

    def card(self, why: str) -> None:
        """The card of a contact, which the export does not have whole."""
        self._cards[why] += 1

    @property
    def problems(self) -> Iterator[str]:
        """What must be mended, ``place: sentence``."""
        yield from self._problems[:NAMED]
        if (more := len(self._problems) - NAMED) > 0:
            yield f"{self.place}: {more:,} more messages cannot be read."

    @property
    def notices(self) -> Iterator[str]:
        """What the export lacks."""
        for why, count in self._cards.items():
            contacts = "a contact" if count == 1 else f"{count:,} contacts"
            yield f"{self.place}: the card of {contacts} in {self.title} is left out: {why}."
