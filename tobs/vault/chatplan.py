"""Which notes of a chat have to be written, and which are no longer needed (pure)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import tzinfo

import attrs

from tobs.archive.rows import Note, Outline
from tobs.archive.spans import merge
from tobs.source import Span
from tobs.vault.layout import FixedLayout, PlannedNote, plan_notes, planned_as

Within = tuple[str, int, int]  # a note that refers to messages of its own chat: path, lowest and highest id


@attrs.frozen
class ChatPlan:
    """All notes of a chat in order, those of them to write, and those that stand but are not needed."""

    notes: Sequence[PlannedNote]
    write: Sequence[PlannedNote]
    gone: Sequence[Note]


def plan_chat(
    outlines: Callable[[int], Iterable[Outline]],
    standing: Sequence[Note],
    changed: Iterable[Span],
    within: Iterable[Within],
    folder: str,
    layout: FixedLayout,
    zone: tzinfo,
) -> ChatPlan:
    """Bring `standing`, the notes in the vault, up to messages that changed in the ranges `changed`.

    ``outlines(low)`` gives the chat's messages from an id on. Only what lies
    behind the first change is planned again.
    """
    spans = merge(changed)
    kept = _before(planned_as(standing, folder, layout, zone) or [], spans)
    start = kept[-1].last_id + 1 if kept else -(2**63)
    notes = [*kept, *plan_notes(outlines(start), folder, layout, zone, kept)]
    there = {note.path: note for note in standing}
    new = {note.path for note in notes if not _stands(note, there.get(note.path))}
    moved = merge([*spans, *(note.span for note in notes if note.path in new)])
    new |= {path for path, low, high in within if overlaps(moved, (low, high))}
    write = [note for note in notes if note.path in new or overlaps(spans, note.span)]
    paths = {note.path for note in notes}
    return ChatPlan(notes, write, [note for note in standing if note.path not in paths])


def _before(notes: list[PlannedNote], spans: Sequence[Span]) -> list[PlannedNote]:
    """The notes that a change in `spans` cannot move.

    Not the one that holds, or would hold, the first change, and not the one
    before it: a message in the middle of an album splits it, and its head may
    then fit there.
    """
    first = spans[0][0] if spans else 2**63
    return notes[: max(sum(note.first_id <= first for note in notes) - 2, 0)]


def _stands(note: PlannedNote, there: Note | None) -> bool:
    return there is not None and (there.first_id, there.last_id, there.messages) == (*note.span, note.messages)


def overlaps(spans: Sequence[Span], span: Span) -> bool:
    """Whether a range shares an id with one of the sorted, separate `spans`."""
    index = bisect_left(spans, span[0], key=lambda other: other[1])
    return index < len(spans) and spans[index][0] <= span[1]


def hull(spans: Iterable[Span], span: Span) -> Span:
    """The smallest range with all of `span` that is in `spans`; `span` itself if nothing is."""
    inside = [*_inside(spans, span)]
    return (inside[0][0], inside[-1][1]) if inside else span


def _inside(spans: Iterable[Span], span: Span) -> Iterator[Span]:
    for low, high in spans:
        if low <= span[1] and high >= span[0]:
            yield max(low, span[0]), min(high, span[1])
