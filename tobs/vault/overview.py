"""What notes that speak of many messages have in common: of chats, topics, people, and the start page (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import attrs

from tobs.archive.rows import Note
from tobs.vault import charts
from tobs.vault.archive_context import World
from tobs.vault.context import Target
from tobs.vault.escape import escape_one_line
from tobs.vault.frontmatter import Plain, Value
from tobs.vault.links import wikilink
from tobs.vault.words import counted

AVATAR = 80  # pixels: the picture is of 160, for screens that have two where others have one
SENDERS_SHOWN = 50  # links to people in a chat's note; Obsidian's graph is of use no further


@attrs.frozen
class Totals:
    """The messages of a chat or of a topic, counted; `gone` are those among a chat's that Telegram no longer has.

    `pictures` are photos that are there or on their way, `pinned` rendered
    links to the newest pinned messages, `origins` rendered lines of whom
    messages were kept from.
    """

    messages: int
    senders: Mapping[int, int]
    months: Mapping[str, int]
    notes: Sequence[Note]
    pictures: int = 0
    pinned: Sequence[str] = ()
    gone: int = 0
    origins: Sequence[str] = ()

    @property
    def first_date(self) -> int:
        return min((note.first_date for note in self.notes), default=0)

    @property
    def last_date(self) -> int:
        return max((note.last_date for note in self.notes), default=0)


def counts(totals: Totals, world: World) -> Iterator[tuple[str, Value]]:
    """The properties that tell how much there is, and from when to when."""
    yield "tg_messages", totals.messages
    if totals.gone:
        yield "tg_gone", totals.gone
    if totals.notes:
        yield "tg_first", Plain(day(totals.first_date, world))
        yield "tg_last", Plain(day(totals.last_date, world))


def avatar(peer_id: int, world: World) -> list[str]:
    """What a chat or person looks like, for the top of their note."""
    return [f"![[{world.avatars[peer_id]}|{AVATAR}]]"] if peer_id in world.avatars else []


def avatar_property(peer_id: int, world: World) -> Iterator[tuple[str, Value]]:
    """The same as a property, which cards can show."""
    if peer_id in world.avatars:
        yield "tg_photo", f"[[{world.avatars[peer_id]}]]"


def facts(totals: Totals, world: World) -> Iterator[str]:
    """The same in words."""
    yield counted(totals.messages, "message")
    if totals.gone:
        yield f"{totals.gone:,} no longer on Telegram"
    if totals.notes:
        yield " – ".join(dict.fromkeys(day(date, world) for date in (totals.first_date, totals.last_date)))


def activity(months: Mapping[str, int]) -> list[str]:
    """Blocks that show messages over time, where there is more than one time."""
    chart = charts.activity(months)
    return ["## Activity", chart] if chart else []


def ranked(senders: Mapping[int, int], chat_id: int) -> list[tuple[int, int]]:
    """Who wrote how much, the busiest first. A channel is not its own guest."""
    guests = ((sender, count) for sender, count in senders.items() if sender != chat_id or chat_id > 0)
    return sorted(guests, key=lambda item: (-item[1], item[0]))


def people(ranks: Sequence[tuple[int, int]], world: World) -> list[str]:
    """Blocks that show who wrote: a chart, and links."""
    if not ranks:
        return []
    chart = charts.shares([(world.name(sender), count) for sender, count in ranks])
    return ["## People", *filter(None, [chart]), "\n".join(_list_of_senders(ranks, world))]


def _list_of_senders(ranks: Sequence[tuple[int, int]], world: World) -> Iterator[str]:
    """A line a person, links as far as they are of use."""
    for sender, count in ranks[:SENDERS_SHOWN]:
        yield f"- {link(sender, world)} · {counted(count, 'message')}"
    if len(ranks) > SENDERS_SHOWN:
        yield f"- and {len(ranks) - SENDERS_SHOWN:,} more: [[{world.root.people_base}|People]]"


def link(peer_id: int, world: World) -> str:
    """A link to somebody's note, or the name of those who have none."""
    name, note = world.name(peer_id), world.note_of(peer_id)
    if not note:
        return escape_one_line(name)
    return f"[[{note}]]" if note == name else wikilink(Target(note), name)


def day(unix: int, world: World) -> str:
    """``2024-05-03`` in the zone of the notes."""
    return f"{datetime.fromtimestamp(unix, world.zone):%Y-%m-%d}"
