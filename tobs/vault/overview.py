"""The notes that speak of many messages: of a chat, of a person, and the start page (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby

import attrs

from tobs.archive.rows import ArchivedChat, Note
from tobs.model import Peer
from tobs.vault.archive_context import World
from tobs.vault.escape import escape, escape_one_line
from tobs.vault.frame import quote_lines
from tobs.vault.frontmatter import Value, frontmatter
from tobs.vault.layout import basename
from tobs.vault.names import START_PAGE
from tobs.vault.seal import seal

SENDERS_SHOWN = 50  # links to people in a chat's note; Obsidian's graph is of use no further
MONTHS_SHOWN = 36  # bars that can still be told apart; longer histories are shown by year


@attrs.frozen
class Totals:
    """A chat's messages, counted."""

    messages: int
    senders: Mapping[int, int]
    months: Mapping[str, int]
    notes: Sequence[Note]

    @property
    def first_date(self) -> int:
        return min((note.first_date for note in self.notes), default=0)

    @property
    def last_date(self) -> int:
        return max((note.last_date for note in self.notes), default=0)


def chat_note(archived: ArchivedChat, totals: Totals, world: World) -> str:
    """The note of a chat: what it is, who writes in it, and where its messages stand."""
    blocks = [*_about_chat(archived, totals, world)]
    if totals.months:
        blocks += ["## Activity", chart(totals.months)]
    if archived.chat.topics:
        blocks += ["## Topics", "\n".join(f"- {_plain(topic.title)}" for topic in archived.chat.topics)]
    if people := [*_people(archived, totals, world)]:
        blocks += ["## People", "\n".join(people)]
    if totals.notes:
        blocks += ["## Notes", *_list_of_notes(totals.notes)]
    return seal(frontmatter(_chat_properties(archived, totals)), "\n\n".join(blocks))


def _chat_properties(archived: ArchivedChat, totals: Totals) -> Iterator[tuple[str, Value]]:
    chat = archived.chat
    yield "tg_kind", "chat"
    yield "tg_type", chat.kind
    yield "tg_id", chat.id
    yield "tg_username", f"@{chat.username}" if chat.username else ""
    yield "tg_messages", totals.messages
    yield "tg_members", chat.members if chat.members >= 0 else ""
    yield "aliases", [alias for alias in (*archived.aliases, f"@{chat.username}") if alias != "@"]
    yield "tags", [f"telegram/{chat.kind}"]
    yield "cssclasses", ["tobs"]


def _about_chat(archived: ArchivedChat, totals: Totals, world: World) -> Iterator[str]:
    chat = archived.chat
    if chat.description.strip():
        yield quote_lines(["[!quote] Description", escape(chat.description)])
    facts = [_count(totals.messages, "message")]
    if totals.notes:
        facts.append(f"{_day(totals.first_date, world)} – {_day(totals.last_date, world)}")
    if chat.members >= 0:
        facts.append(_count(chat.members, "member"))
    yield " · ".join([*facts, f"times are in {_plain(str(world.zone))}"])
    if chat.linked_chat in world.chats:
        what = "Discussion in" if chat.kind == "channel" else "Comments on"
        yield f"{what} [[{world.chats[chat.linked_chat].folder}]]"
    if chat.migrated_from in world.chats:
        yield f"Earlier messages are in [[{world.chats[chat.migrated_from].folder}]]"


def _people(archived: ArchivedChat, totals: Totals, world: World) -> Iterator[str]:
    ranked = sorted(totals.senders.items(), key=lambda item: (-item[1], item[0]))
    ranked = [item for item in ranked if item[0] != archived.chat.id or item[0] > 0]  # a channel is not its own guest
    for sender, count in ranked[:SENDERS_SHOWN]:
        yield f"- {_link(world, sender)} · {_count(count, 'message')}"
    if len(ranked) > SENDERS_SHOWN:
        yield f"- and {len(ranked) - SENDERS_SHOWN:,} more"


def _list_of_notes(notes: Sequence[Note]) -> Iterator[str]:
    for folder, part in groupby(notes, key=lambda note: note.path.split("/")[-2]):
        if len(folder) == 4 and folder.isdigit() and len(notes) > 12:
            yield f"### {folder}"
        yield "\n".join(f"- [[{basename(note.path)}]] · {_count(note.messages, 'message')}" for note in part)


def person_note(peer: Peer, chats: Sequence[int], world: World, *, phone_numbers: bool) -> str:
    """The note of a person: where they were seen."""
    head = frontmatter(
        [
            ("tg_kind", "person"),
            ("tg_id", peer.id),
            ("tg_username", f"@{peer.username}" if peer.username else ""),
            ("tg_phone", peer.phone if phone_numbers else ""),
            ("tg_chats", [f"[[{world.chats[chat].folder}]]" for chat in chats]),
            ("aliases", [alias for alias in (_alias(peer, world), f"@{peer.username}") if alias not in ("", "@")]),
            ("tags", ["telegram/bot" if peer.kind == "bot" else "telegram/person"]),
            ("cssclasses", ["tobs"]),
        ]
    )
    lines = [f"- [[{world.chats[chat].folder}]]" for chat in chats if chat != peer.id]
    private = f"Chat: [[{world.chats[peer.id].folder}]]" if peer.id in world.chats else ""
    seen = "Seen in:\n\n" + "\n".join(lines) if lines else ""
    return seal(head, "\n\n".join(part for part in (private, seen) if part))


def _alias(peer: Peer, world: World) -> str:
    return peer.name if peer.name != world.notes_of_people[peer.id] else ""


def start_page(account: Peer, chats: Sequence[tuple[ArchivedChat, Totals]], world: World) -> str:
    """The page that everything can be found from."""
    months: dict[str, int] = {}
    for _, totals in chats:
        for month, count in totals.months.items():
            months[month] = months.get(month, 0) + count
    messages = sum(totals.messages for _, totals in chats)
    facts = [_plain(account.name), _count(len(chats), "chat"), _count(messages, "message")]
    blocks = [" · ".join([*facts, f"times are in {_plain(str(world.zone))}"])]
    if months:
        blocks += ["## Activity", chart(months)]
    rows = [_row(archived, totals, world) for archived, totals in sorted(chats, key=_by_size)]
    if rows:
        table = ["| Chat | Kind | Messages | First | Last |", "| --- | --- | ---: | --- | --- |", *rows]
        blocks += ["## Chats", "\n".join(table)]
    head = frontmatter(
        [
            ("tg_kind", "start"),
            ("tg_account", account.name),
            ("tg_chats", len(chats)),
            ("tg_messages", messages),
            ("tags", ["telegram"]),
            ("cssclasses", ["tobs"]),
        ]
    )
    return seal(head, "\n\n".join(blocks))


def _by_size(item: tuple[ArchivedChat, Totals]) -> tuple[int, int]:
    return -item[1].messages, item[0].chat.id


def _row(archived: ArchivedChat, totals: Totals, world: World) -> str:
    first = _day(totals.first_date, world) if totals.notes else ""
    last = _day(totals.last_date, world) if totals.notes else ""
    return f"| [[{archived.folder}]] | {archived.chat.kind} | {totals.messages:,} | {first} | {last} |"


def chart(months: Mapping[str, int]) -> str:
    """Messages over time as a Mermaid chart: numbers and dates only, so that nothing of a chat can act in it."""
    bars = dict(sorted(months.items()))
    if len(bars) > MONTHS_SHOWN:
        bars = {year: sum(bars[month] for month in part) for year, part in groupby(bars, key=lambda month: month[:4])}
    axis = ", ".join(f'"{label}"' for label in bars)
    values = ", ".join(str(count) for count in bars.values())
    return f'```mermaid\nxychart-beta\n    x-axis [{axis}]\n    y-axis "Messages"\n    bar [{values}]\n```'


def _link(world: World, peer_id: int) -> str:
    return world.mention(peer_id) if world.note_of(peer_id) else _plain(world.name(peer_id))


def _plain(text: str) -> str:
    return escape_one_line(text)


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _day(unix: int, world: World) -> str:
    return f"{datetime.fromtimestamp(unix, world.zone):%Y-%m-%d}"


START_PATH = f"Telegram/{START_PAGE}.md"


def person_path(name: str) -> str:
    """Where a person's note lies."""
    return f"Telegram/People/{name}.md"
