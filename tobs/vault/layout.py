"""Which note a message belongs to (pure).

Notes are planned greedily from left to right over the ids of a stream, so
that a note depends on nothing behind it: a new or changed message moves no
note that begins before it.

Names and places: ``<Chat>/2024/<Chat> 2024-05-03.md`` for a day, ``2024-W18``
for an ISO week, ``2024-05`` for a month, ``2024`` for a year; the second note
of a period ends in `` (2)``. With the single layout the messages stand beside
the chat's own note, in ``<Chat>/<Chat> messages.md``. A post has a note of its
own, ``<Chat>/2024/<First line> › <Chat> 885.md``, and so has a message,
``<Chat>/2024/2024-05/<Chat> › 2024-05-03 1432 885.md``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import Literal

import attrs

from tobs.archive.rows import Note, Outline
from tobs.config import Layout
from tobs.model import ChatKind
from tobs.source import Span
from tobs.vault.names import STEP, safe_name
from tobs.vault.streams import Stream

FixedLayout = Literal["single", "day", "week", "month", "year", "post", "message"]
Title = Callable[[Sequence[Outline]], str]  # what a post is called

SINGLE_BELOW = 300  # messages that are still comfortable in one note
DAY_FROM = 30  # messages an active day, so that a note is worth its file
DAYS_AT_MOST = 2_000  # day notes a chat: Obsidian slows down at 10,000 notes in all, and a vault holds several chats
NOTE_MESSAGES = 500
NOTE_BYTES = 200_000  # Obsidian edits notes of this size without lag
POSTS_AT_MOST = 2_000  # notes of posts a channel, for the same reason
TITLE_BYTES = 80  # of a post's first line in its name: the rest of the name needs room, too
OWN_NOTES = ("post", "message")  # layouts in which every message has a note of its own


@attrs.frozen
class Activity:
    """What the automatic choice of a layout depends on. `days` are those with a message."""

    messages: int
    days: int


@attrs.frozen
class PlannedNote:
    """A note and the messages it holds. `period` is ``2024-05-03`` or the like, ``messages`` for a single note."""

    path: str
    period: str
    first_id: int
    last_id: int
    messages: int
    first_date: int
    last_date: int

    @property
    def name(self) -> str:
        """What a wikilink calls it."""
        return basename(self.path)

    @property
    def span(self) -> Span:
        """Its first and last id."""
        return self.first_id, self.last_id


def basename(path: str) -> str:
    """What a wikilink calls the note at `path`."""
    return path.rpartition("/")[2].removesuffix(".md")


def activity(dates: Iterable[int], zone: tzinfo) -> Activity:
    """Counts messages and the days that have any."""
    periods, days, messages = Periods("day", zone), set(), 0
    for when in dates:
        messages += 1
        days.add(periods.label(when))
    return Activity(messages, len(days))


def choose_layout(kind: ChatKind, chat: Activity, wanted: Layout) -> FixedLayout:
    """The layout for a chat that has none yet.

    ``auto``: one note below 300 messages; a note a post for a channel of at
    most 2,000 posts; a note a day where a day with messages has 30 of them on
    average and there are at most 2,000 such days; else a note a month.
    """
    if wanted != "auto":
        return wanted
    if chat.messages < SINGLE_BELOW:
        return "single"
    if kind == "channel" and chat.messages <= POSTS_AT_MOST:
        return "post"
    return "day" if DAY_FROM * chat.days <= chat.messages and chat.days <= DAYS_AT_MOST else "month"


class Periods:
    """Labels of local periods. Asks the time zone once a period and not once a message."""

    def __init__(self, layout: FixedLayout, zone: tzinfo) -> None:
        self._layout = layout
        self._zone = zone
        self._low = self._high = 0
        self._label = "messages"
        if layout == "single":
            self._low, self._high = -(2**63), 2**63

    def label(self, when: int) -> str:
        """``2024-05-03``, ``2024-W18``, ``2024-05``, ``2024`` or ``messages``."""
        if not self._low <= when < self._high:
            self._enter(datetime.fromtimestamp(when, self._zone).date())
            if not self._low <= when < self._high:  # the clock was set back over midnight: a day of two parts
                self._low, self._high = when, when + 1
        return self._label

    def _enter(self, day: date) -> None:
        first, self._label = period_of(day, self._layout)
        self._low, self._high = self._start(first), self._start(next_period(first, self._layout))

    def _start(self, day: date) -> int:
        return int(datetime(day.year, day.month, day.day, tzinfo=self._zone).timestamp())


def period_of(day: date, layout: FixedLayout) -> tuple[date, str]:
    """The first day and the label of the period that `day` is in."""
    if layout in ("day", *OWN_NOTES):
        return day, day.isoformat()
    if layout == "week":
        year, week, weekday = day.isocalendar()
        return day - timedelta(days=weekday - 1), f"{year:04}-W{week:02}"
    if layout == "month":
        return day.replace(day=1), f"{day:%Y-%m}"
    return day.replace(month=1, day=1), f"{day:%Y}"


def next_period(first: date, layout: FixedLayout) -> date:
    """The first day after the period that begins on `first`."""
    if layout in ("day", *OWN_NOTES):
        return first + timedelta(days=1)
    if layout == "week":
        return first + timedelta(days=7)
    if layout == "month":
        return (first + timedelta(days=31)).replace(day=1)
    return first.replace(year=first.year + 1)


def note_path(stream: Stream, period: str, part: int) -> str:
    """The `part`-th note of a period, counted from 1."""
    year = "" if period == "messages" else f"{period[:4]}/"
    suffix = f" ({part})" if part > 1 else ""
    return f"{stream.folder}/{year}{stream.name} {period}{suffix}.md"


def post_path(stream: Stream, period: str, first_id: int, title: str) -> str:
    """The note of a post. The id makes its name the only one."""
    return f"{stream.folder}/{period[:4]}/{safe_name(title, TITLE_BYTES)}{_of_post(stream, first_id)}"


def _of_post(stream: Stream, first_id: int) -> str:
    return f"{STEP}{stream.name} {first_id}.md"


def message_path(stream: Stream, first_id: int, date: int, zone: tzinfo) -> str:
    """The note of a single message, in a folder a month."""
    when = datetime.fromtimestamp(date, zone)
    return f"{stream.folder}/{when:%Y}/{when:%Y-%m}/{stream.name}{STEP}{when:%Y-%m-%d %H%M} {first_id}.md"


def planned_as(notes: Sequence[Note], stream: Stream, layout: FixedLayout, zone: tzinfo) -> list[PlannedNote] | None:
    """A stream's notes as this layout and zone plan them; None if another one did."""
    periods = Periods(layout, zone)
    parts: Counter[str] = Counter()
    found = []
    for note in notes:
        period = periods.label(note.first_date)
        parts[period] += 1
        if not _is_planned(note, stream, layout, zone, period, parts[period]):
            return None
        found.append(
            PlannedNote(note.path, period, note.first_id, note.last_id, note.messages, note.first_date, note.last_date)
        )
    return found


def _is_planned(note: Note, stream: Stream, layout: FixedLayout, zone: tzinfo, period: str, part: int) -> bool:
    if layout == "post":  # its title is not known here; when it changes, the note is planned again
        folder, _, name = note.path.rpartition("/")
        return folder == f"{stream.folder}/{period[:4]}" and name.endswith(_of_post(stream, note.first_id))
    if layout == "message":
        return note.path == message_path(stream, note.first_id, note.first_date, zone)
    return note.path == note_path(stream, period, part)


def plan_notes(
    outlines: Iterable[Outline],
    stream: Stream,
    layout: FixedLayout,
    zone: tzinfo,
    title: Title,
    kept: Sequence[PlannedNote] = (),
) -> Iterator[PlannedNote]:
    """The notes of a stream's messages, which come in ascending order of their ids.

    A new note begins where the local period changes and where the note would
    go beyond 500 messages or 200 KB. Albums are never split. `kept` are the
    notes that stand before these messages. `title` names a post.
    """
    if layout in OWN_NOTES:
        yield from _plan_own_notes(outlines, stream, layout, zone, title)
        return
    label = Periods(layout, zone).label
    parts = Counter(note.period for note in kept)
    note: _Growing | None = None
    for unit in albums(outlines):
        first = unit[0]
        weight = first.weight if len(unit) == 1 else sum([outline.weight for outline in unit])
        period = label(first.date)
        if note is None or period != note.period or not note.has_room(len(unit), weight):
            if note is not None:
                yield note.planned()
            parts[period] += 1
            note = _Growing(note_path(stream, period, parts[period]), period, first)
        note.messages += len(unit)
        note.bytes += weight
        note.last = unit[-1]
    if note is not None:
        yield note.planned()


def _plan_own_notes(
    outlines: Iterable[Outline], stream: Stream, layout: FixedLayout, zone: tzinfo, title: Title
) -> Iterator[PlannedNote]:
    label = Periods(layout, zone).label
    for unit in albums(outlines):
        first, last = unit[0], unit[-1]
        period = label(first.date)
        if layout == "post":
            path = post_path(stream, period, first.id, title(unit))
        else:
            path = message_path(stream, first.id, first.date, zone)
        yield PlannedNote(path, period, first.id, last.id, len(unit), first.date, last.date)


def albums(outlines: Iterable[Outline]) -> Iterator[Sequence[Outline]]:
    """Runs of messages that belong together: an album, or one message."""
    unit: list[Outline] = []
    group = 0
    for outline in outlines:
        if group and outline.grouped_id == group:
            unit.append(outline)
            continue
        if unit:
            yield unit
        unit, group = [outline], outline.grouped_id
    if unit:
        yield unit


class _Growing:
    """The note that is being filled."""

    def __init__(self, path: str, period: str, first: Outline) -> None:
        self.path = path
        self.period = period
        self.first = self.last = first
        self.messages = 0
        self.bytes = 0

    def has_room(self, messages: int, weight: int) -> bool:
        return self.messages + messages <= NOTE_MESSAGES and self.bytes + weight <= NOTE_BYTES

    def planned(self) -> PlannedNote:
        first, last = self.first, self.last
        return PlannedNote(self.path, self.period, first.id, last.id, self.messages, first.date, last.date)
