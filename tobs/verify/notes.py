"""The notes that tobs wrote, against those that lie on the disk."""

from __future__ import annotations

import enum
from array import array
from collections.abc import Iterator
from pathlib import Path

import attrs

from tobs.vault.names import UPDATE
from tobs.vault.seal import Found, digest
from tobs.vault.writer import understood
from tobs.verify.anchors import Placed, number_of
from tobs.verify.findings import Finding, Kind
from tobs.verify.markdown import anchors, headings, without_code
from tobs.verify.snapshot import Snapshot


class State(enum.Enum):
    """What became of a note since it was written."""

    OURS = "as it was written"
    OLD = "as tobs wrote it at another time"
    ADDED = "with a person's text above, below or in its properties"
    EDITED = "changed between the marks"
    CUT = "without the marks that tell what is whose"
    GONE = "not there"


@attrs.frozen
class Row:
    """A note of the manifest, as `tobs.archive.rows.Note`."""

    path: str
    kind: str
    chat_id: int
    first_id: int
    last_id: int
    digest: str


@attrs.frozen(eq=False)
class StandingNote:
    """A note of the manifest and what is to be found in it; its text is not kept."""

    row: Row
    state: State
    placed: Placed
    others: tuple[str, ...]  # block ids that are not of messages, each with its ^, and headings

    @property
    def path(self) -> str:
        """Relative to the vault."""
        return self.row.path

    @property
    def readable(self) -> bool:
        """Whether the note is there as a whole: what is missing in one that is not, is missing for that reason."""
        return self.state not in (State.CUT, State.GONE)

    def places(self, place: str) -> int:
        """How many places of this note a link's ``^block`` or heading may mean."""
        if place.startswith("^"):
            number = number_of(place[1:].lower())
            return self.placed.count(number) if number else self.others.count(place.lower())
        return self.others.count(place)


def read_manifest(snapshot: Snapshot) -> list[Row]:
    """All notes that tobs wrote, by chat."""
    query = "SELECT path, kind, chat_id, first_id, last_id, digest FROM notes ORDER BY chat_id, first_id, path"
    return [Row(*row) for row in snapshot.db.execute(query)]


def look_at(vault: Path, row: Row) -> StandingNote:
    """A note as it is on the disk."""
    try:
        data = (vault / row.path).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return StandingNote(row, State.GONE, Placed(row.path, array("q")), ())
    except OSError:
        data = b""  # a folder in its place, or a disk that fails
    if not row.path.endswith(".md"):  # a file that a message brought along as text
        state = State.OURS if digest(data.decode("utf-8", "replace")) == row.digest else State.EDITED
        return StandingNote(row, state, Placed(row.path, array("q")), ())
    found = understood(data)
    text = without_code(found.before + (found.between or "") + found.after) if found else ""
    blocks = [(number_of(block), f"^{block}") for block in anchors(text)]
    numbers = array("q", sorted(number for number, _ in blocks if number))
    others = (*(block for number, block in blocks if not number), *headings(text))
    return StandingNote(row, state_of(found, data, row.digest), Placed(row.path, numbers), others)


def state_of(found: Found | None, data: bytes, written: str) -> State:
    """What became of a note of which `found` is left; `written` is the digest of what tobs wrote last."""
    if found is None or not found.sealed:
        return State.CUT
    if not found.body_is_ours:
        return State.EDITED
    if not found.is_ours:
        return State.ADDED
    return State.OURS if digest(data.decode("utf-8-sig").replace("\r\n", "\n")) == written else State.OLD


def check_note(note: StandingNote) -> Iterator[Finding]:
    """What its state means for the person whose note it is."""
    path, chat_id = note.path, note.row.chat_id
    match note.state:
        case State.GONE:
            yield Finding(Kind.NOTE_GONE, f"{path} is gone.", path, chat_id)
        case State.CUT:
            yield Finding(Kind.NOTE_CUT, f"{path} is cut off, or has lost the marks of tobs.", path, chat_id)
        case State.OLD:
            yield Finding(Kind.NOTE_OLD, f"{path} is not the version that tobs wrote last.", path, chat_id)
        case State.EDITED:
            yield Finding(Kind.NOTE_EDITED, f"{path} was changed; new versions go beside it.", path, chat_id)
        case State.ADDED:
            yield Finding(Kind.NOTE_EDITED, f"{path} has text of yours, which stays.", path, chat_id)


def unknown_note(path: str) -> Finding:
    """A note in tobs's folder that is not in the manifest."""
    if path.removesuffix(".md").endswith(UPDATE):
        text = f"{path} holds what tobs would have written into the note that you changed."
        return Finding(Kind.NOTE_UPDATE, text, path)
    return Finding(Kind.NOTE_UNKNOWN, f"{path} is not by tobs.", path)
