"""What a verification can find, as values (pure)."""

from __future__ import annotations

import enum
from collections.abc import Iterable

import attrs

KEPT = 100  # findings of one kind that are kept; the others are only counted, so that memory stays flat


@attrs.frozen
class About:
    """A kind of finding in words: what it is, and what to do. Not a `problem`: good to know, and no error."""

    title: str
    advice: str
    problem: bool = True


_RESTORE = "Put the archive back from a backup."
_AGAIN = "have them fetched again: `tobs verify --refetch`, then `tobs export`"
_RENDER = "Run `tobs render`."
_ANEW = "Copy what you wrote into the note, delete it, and run `tobs render`: it is written anew."


class Kind(enum.Enum):
    """All kinds, in the order in which they are told."""

    DAMAGED = About("Damage in the archive", f"{_RESTORE} Without one, move it away and export anew.")
    UNREADABLE = About("Rows that cannot be read", _RESTORE)
    STRAY_ROW = About("Rows that refer to nothing", _RESTORE)
    BAD_SPAN = About("Ranges of read messages that contradict each other", _RESTORE)
    UNPROVEN = About("Messages outside the ranges that were read as a whole", "Run `tobs export`.")
    UNREAD = About("Messages that were not read yet", "Run `tobs export`.")
    UNPUBLISHED = About("Chats whose notes are older than the archive", f"{_RENDER}")
    FILE_GONE = About("Files that are gone", f"Put them back from a backup, or {_AGAIN}.")
    FILE_CHANGED = About(
        "Files that are not as they came from Telegram", f"Put them back from a backup, or delete them and {_AGAIN}."
    )
    FILE_PENDING = About("Files that were not fetched yet", "Run `tobs export`.")
    FILE_UNKNOWN = About("Files in attachment folders that tobs does not know", "Move what is yours to another folder.")
    NOTE_GONE = About("Notes that are gone", _RENDER)
    NOTE_CUT = About("Notes that are cut off, or have lost the marks of tobs", _ANEW)
    NOTE_OLD = About("Notes of another time than the archive", _ANEW)
    NO_ANCHOR = About("Messages that stand in no note", _ANEW)
    TWO_ANCHORS = About("Messages that stand in several places", "Remove the copy, or its line with the ^.")
    WRONG_CHAT = About("Messages in a note of another chat", _ANEW)
    NO_ROW = About("Messages in a note that are missing in the archive", _RESTORE)
    LINK_BROKEN = About("Links that lead nowhere", _RENDER)
    LINK_AMBIGUOUS = About("Links that could mean several places", "Rename the note or file that is yours.")
    MISCOUNTED = About(
        "Messages that Telegram counts and the archive does not have",
        "Run `tobs export`. If they stay, Telegram counts messages that it does not show you.",
    )
    UNREACHED = About("Chats that Telegram did not show", "Look for them with `tobs chats`.")

    IMPORTED = About("Messages that only an export of Telegram Desktop has told of", "", problem=False)
    FILE_FAILED = About("Files that Telegram no longer gives", "", problem=False)
    FILE_SKIPPED = About("Files that you chose not to fetch", "", problem=False)
    UNCHOSEN = About("Messages that you chose not to read", "", problem=False)
    GAPS = About("Ids without a message", "", problem=False)
    GONE_SINCE = About("Messages that Telegram no longer has; they are safe in the archive", "", problem=False)
    NOTE_EDITED = About("Notes that you changed", "", problem=False)
    NOTE_UPDATE = About("New versions beside notes that you changed", "", problem=False)
    NOTE_UNKNOWN = About("Notes that are not by tobs", "", problem=False)


@attrs.frozen
class Finding:
    """One sentence about one thing, and where that is. It may stand for `count` things of a kind."""

    kind: Kind
    text: str
    path: str = ""
    chat_id: int = 0
    message_id: int = 0
    count: int = 1


@attrs.frozen
class Group:
    """All findings of a kind: how many things they stand for, how many there are, and the first of them."""

    kind: Kind
    count: int
    sentences: int
    first: tuple[Finding, ...]


def grouped(findings: Iterable[Finding], kept: int = KEPT) -> tuple[Group, ...]:
    """The findings by kind, in the order of `Kind`. Memory does not grow with their number."""
    groups: dict[Kind, _Growing] = {}
    for finding in findings:
        groups.setdefault(finding.kind, _Growing()).add(finding, kept)
    found = [(kind, groups[kind]) for kind in Kind if kind in groups]
    return tuple(Group(kind, one.count, one.sentences, tuple(one.first)) for kind, one in found)


def joined(groups: Iterable[Group]) -> tuple[Group, ...]:
    """One group a kind, in the order of `Kind`."""
    known: dict[Kind, Group] = {}
    for each in groups:
        before = known.get(each.kind, Group(each.kind, 0, 0, ()))
        counts = (before.count + each.count, before.sentences + each.sentences)
        known[each.kind] = Group(each.kind, *counts, (*before.first, *each.first))
    return tuple(known[kind] for kind in Kind if kind in known)


@attrs.define(eq=False)
class _Growing:
    count: int = 0
    sentences: int = 0
    first: list[Finding] = attrs.field(factory=list)

    def add(self, finding: Finding, kept: int) -> None:
        self.count += finding.count
        self.sentences += 1
        if self.sentences <= kept:
            self.first.append(finding)
