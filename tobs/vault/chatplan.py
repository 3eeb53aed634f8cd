"""Which notes of a chat have to be written, and which are no longer needed (pure)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import tzinfo

import attrs

from tobs.archive.rows import Note, Outline
from tobs.archive.spans import merge
from tobs.source import Span
from tobs.vault.layout import FixedLayout, PlannedNote, Title, plan_notes, planned_as
from tobs.vault.streams import Stream

Within = tuple[str, int, int]  # a note that refers to messages of its own chat: path, lowest and highest id


@attrs.frozen
class StreamPlan:
    """All notes of a stream in order, the paths of those that are new or hold other messages, and what goes."""

    stream: Stream
    layout: FixedLayout
    notes: Sequence[PlannedNote]
    new: frozenset[str]
    gone: Sequence[Note]


def plan_stream(
    stream: Stream,
    outlines: Callable[[int], Iterable[Outline]],
    title: Title,
    standing: Sequence[Note],
    changed: Iterable[Span],
    layout: FixedLayout,
    zone: tzinfo,
) -> StreamPlan:
    """Bring `standing`, the stream's notes in the vault, up to messages that changed in the ranges `changed`.

    ``outlines(low)`` gives the stream's messages from an id on. Only what
    lies behind the first change is planned again.
    """
    kept = _before(planned_as(standing, stream, layout, zone) or [], merge(changed))
    start = kept[-1].last_id + 1 if kept else -(2**63)
    notes = [*kept, *plan_notes(outlines(start), stream, layout, zone, title, kept)]
    there = {note.path: note for note in standing}
    new = frozenset(note.path for note in notes if not _stands(note, there.get(note.path)))
    paths = {note.path for note in notes}
    return StreamPlan(stream, layout, notes, new, [note for note in standing if note.path not in paths])


def to_write(
    plans: Sequence[StreamPlan], changed: Iterable[Span], within: Iterable[Within]
) -> list[Sequence[PlannedNote]]:
    """For each plan of one chat its notes that will read differently, or that refer to messages that moved.

    Where notes of another layout go, what stands there is written again: its companions may be theirs.
    """
    spans = merge([*changed, *((note.first_id, note.last_id) for plan in plans for note in plan.gone)])
    moved = merge([*spans, *(note.span for plan in plans for note in plan.notes if note.path in plan.new)])
    new = {path for plan in plans for path in plan.new}
    new |= {path for path, low, high in within if overlaps(moved, (low, high))}
    return [[note for note in plan.notes if note.path in new or overlaps(spans, note.span)] for plan in plans]


def _before(notes: list[PlannedNote], spans: Sequence[Span]) -> list[PlannedNote]:
    """The notes that a change in `spans` cannot move.

    Not the one that holds, or would hold, the first change, and not the one
    before it: a message in the middle of an album splits it, and its head may
    then fit there.
    """
    first = spans[0][0] if spans else 2**63
    return notes[: max(sum(note.first_id <= first for note in notes) - 2, 0)]


def _stands(note: PlannedNote, there: Note | None) -> bool:
    # Announced alone, it was never written as a whole: the run was stopped.
    return (
        there is not None
        and there.digest != ""
        and (there.first_id, there.last_id, there.messages) == (*note.span, note.messages)
    )


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
