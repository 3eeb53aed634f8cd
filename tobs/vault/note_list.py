"""The list of the notes that hold a chat's or topic's messages (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from tobs.archive.rows import Note
from tobs.vault.layout import basename
from tobs.vault.offered import CHATS_BASE, embed
from tobs.vault.words import counted

LISTED_WHOLE = 12  # notes that need no order
_DAY = re.compile(r" (\d{4}-\d\d)-(\d\d(?: \(\d+\))?)$")  # what the name of a day's note ends in


def list_of_notes(notes: Sequence[Note]) -> Iterator[str]:
    """Blocks of links: a line a note, or where there are many by year, days by month, with a table to sort and search.

    The table is of the notes in the folder of the note that it stands in.
    """
    if len(notes) <= LISTED_WHOLE:
        yield "\n".join(map(_line, notes))
        return
    yield embed(CHATS_BASE, "Notes here")
    for year, part in groupby(notes, key=lambda note: note.path.split("/")[-2]):
        if len(year) == 4 and year.isdigit():
            yield f"### {year}"
        yield "\n".join(_lines(part))


def _lines(notes: Iterable[Note]) -> Iterator[str]:
    for month, part in groupby(notes, key=_month):
        if month:
            together = [*part]
            days = " · ".join(f"[[{basename(note.path)}|{_day(note)}]]" for note in together)
            yield f"- {month} · {counted(sum(note.messages for note in together), 'message')}: {days}"
        else:
            yield from map(_line, part)


def _line(note: Note) -> str:
    return f"- [[{basename(note.path)}]] · {counted(note.messages, 'message')}"


def _month(note: Note) -> str:
    match = _DAY.search(basename(note.path))
    return match[1] if match else ""


def _day(note: Note) -> str:
    match = _DAY.search(basename(note.path))
    return match[2] if match else ""
