"""Every message has its place in one note: a chat's messages against the anchors in its notes (pure)."""

from __future__ import annotations

import heapq
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

import attrs

from tobs.source import Span
from tobs.vault.chatplan import overlaps
from tobs.verify.findings import Finding, Kind
from tobs.verify.snapshot import KnownChat


@attrs.frozen(eq=False)
class Placed:
    """The messages' anchors in one note, sorted: ``^m5`` as 5, ``^g5`` as -5."""

    path: str
    numbers: array[int]

    def count(self, number: int) -> int:
        """How often an anchor stands in the note."""
        return bisect_right(self.numbers, number) - bisect_left(self.numbers, number)


def number_of(anchor: str) -> int:
    """The number of a message's anchor, 0 for any other: block ids know no upper and lower case."""
    digits = anchor[1:]
    if anchor[:1] not in ("m", "g") or not digits.isascii() or not digits.isdigit() or digits[0] == "0":
        return 0
    return 0 if len(digits) > 18 else int(digits) if anchor[0] == "m" else -int(digits)


@attrs.define(eq=False)
class Anchors:
    """Holds the messages of one chat, which come ascending by id, against the anchors in its notes.

    Messages in the ranges `excused` may be without one: their note is
    gone, cut off or not written yet, and that is a finding by itself.
    """

    known: KnownChat
    notes: Sequence[Placed]
    excused: Sequence[Span]
    _waiting: Iterator[tuple[int, str]] = attrs.field(init=False)
    _next: tuple[int, str] | None = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._waiting = heapq.merge(*(self._ids(note) for note in self.notes))
        self._next = next(self._waiting, None)

    def _ids(self, note: Placed) -> Iterator[tuple[int, str]]:
        """The ids that a note has anchors of; a wrong letter gives an id that no message has."""
        numbers = reversed(note.numbers) if self.known.migrated else note.numbers
        return ((-number if self.known.migrated else number, note.path) for number in numbers)

    def see(self, message_id: int, *, first: bool) -> Iterator[Finding]:
        """The next message; `first` if it begins a block, which others of its album share."""
        yield from self._strays(message_id)
        paths = []
        while self._next is not None and self._next[0] == message_id:
            paths.append(self._next[1])
            self._next = next(self._waiting, None)
        if first != (len(paths) == 1) and (first or paths):
            yield from self._wrong(message_id, paths, first)

    def _wrong(self, message_id: int, paths: Sequence[str], first: bool) -> Iterator[Finding]:
        title, mark = self.known.chat.title, f"^{self.known.anchor(message_id)}"
        if not paths:
            if overlaps(self.excused, (message_id, message_id)):
                return
            kind, text = Kind.NO_ANCHOR, f"Message {message_id} of “{title}” stands in no note."
        elif first:
            places = ", ".join(dict.fromkeys(paths))
            text = f"Message {message_id} of “{title}” ({mark}) stands {len(paths)} times: in {places}."
            kind = Kind.TWO_ANCHORS
        else:
            text = f"{mark} stands in {paths[0]}, but message {message_id} of “{title}” belongs to the album before it."
            kind = Kind.TWO_ANCHORS
        yield Finding(kind, text, paths[0] if paths else "", self.known.chat.id, message_id)

    def end(self) -> Iterator[Finding]:
        """What is left behind the last message."""
        yield from self._strays(2**63)

    def _strays(self, before: int) -> Iterator[Finding]:
        while self._next is not None and self._next[0] < before:
            message_id, path = self._next
            mark = f"^{self.known.anchor(message_id)}" if message_id > 0 else f"^{_other(self.known, message_id)}"
            text = f"{mark} stands in {path}, but the archive has no such message of “{self.known.chat.title}”."
            yield Finding(Kind.NO_ROW, text, path, self.known.chat.id, abs(message_id))
            self._next = next(self._waiting, None)


def _other(known: KnownChat, message_id: int) -> str:
    """The anchor with the letter that this chat does not have."""
    return f"{'m' if known.migrated else 'g'}{-message_id}"
