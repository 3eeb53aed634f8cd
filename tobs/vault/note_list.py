"""The list of the notes that hold a chat's or topic's messages (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from tobs.archive.rows import Note
from tobs.root import Root
from tobs.vault.layout import basename
from tobs.vault.names import STEP
from tobs.vault.offered import embed
from tobs.vault.words import counted

LISTED_WHOLE = 12  # notes that need no order
LISTED = 2_000  # links; more make the note slow, and nobody reads them
# What the names end in: of notes of days, and of single messages.
_DAY = re.compile(r" (\d{4}-\d\d)-(\d\d(?: \(\d+\))?)$")
_MESSAGE = re.compile(rf"{STEP}(\d{{4}}-\d\d)-(\d\d \d{{4}}) \d+$")
_YEAR = re.compile(r"/(\d{4})/")


def list_of_notes(notes: Sequence[Note], root: Root) -> Iterator[str]:
    """Blocks of links: a line a note, or where there are many by year, days by month, with a table to sort and search.

    The table is of the notes in the folder of the note that it stands in.
    """
    if len(notes) <= LISTED_WHOLE:
        yield "\n".join(map(_line, notes))
        return
    yield embed(root.chats_base, "Notes here")
    if len(notes) > LISTED:
        yield f"The newest of {len(notes):,} notes:"
    for year, part in groupby(notes[-LISTED:], key=_year):
        if year:
            yield f"### {year}"
        yield "\n".join(_lines(part))


def _year(note: Note) -> str:
    match = _YEAR.search(note.path)
    return match[1] if match else ""


def _lines(notes: Iterable[Note]) -> Iterator[str]:
    for month, part in groupby(notes, key=lambda note: _day(note)[0]):
        if month:
            together = [*part]
            links = " · ".join(f"[[{basename(note.path)}|{_day(note)[1]}]]" for note in together)
            yield f"- {month} · {counted(sum(note.messages for note in together), 'message')}: {links}"
        else:
            yield from map(_line, part)


def _line(note: Note) -> str:
    name = basename(note.path)
    title, step, rest = name.partition(STEP)
    if step and rest.endswith(f" {note.first_id}"):  # a post's, whose name begins with its first line
        more = f" · {counted(note.messages, 'message')}" if note.messages > 1 else ""
        return f"- [[{name}|{title}]]{more}"
    return f"- [[{name}]] · {counted(note.messages, 'message')}"


def _day(note: Note) -> tuple[str, str]:
    """The month and the day in a note's name, "" if there is none."""
    name = basename(note.path)
    match = _DAY.search(name) or _MESSAGE.search(name)
    return (match[1], match[2]) if match else ("", "")
