"""A period's messages as a note (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import attrs
import orjson

from tobs.archive.published import Tally
from tobs.archive.rows import ArchivedChat
from tobs.model import Message
from tobs.rawfields import plain
from tobs.vault.archive_context import World
from tobs.vault.context import Context
from tobs.vault.escape import tidy
from tobs.vault.frame import continues, join_blocks
from tobs.vault.frontmatter import Plain, frontmatter
from tobs.vault.layout import OWN_NOTES, FixedLayout, Periods, PlannedNote
from tobs.vault.media import named_files
from tobs.vault.message import render_album, render_message
from tobs.vault.message_note import message_properties
from tobs.vault.saved import origin_tallies
from tobs.vault.seal import seal
from tobs.vault.streams import Stream

ISO_DAY = len("2024-05-03")


@attrs.frozen
class Rendered:
    """A note's text and what it counts."""

    text: str
    tallies: tuple[Tally, ...]


def albums(messages: Iterable[Message]) -> list[list[Message]]:
    """Runs of messages that share a block: an album, or one message. As `layout.albums`, which sees outlines."""
    units: list[list[Message]] = []
    group = 0
    for message in messages:
        if group and message.grouped_id == group:
            units[-1].append(message)
        else:
            units.append([message])
        group = message.grouped_id
    return units


def render_period(
    archived: ArchivedChat,
    stream: Stream,
    layout: FixedLayout,
    planned: PlannedNote,
    units: Sequence[Sequence[Message]],
    context: Context,
    world: World,
) -> Rendered:
    """The note of a period. The same messages and names give the same bytes."""
    messages = [message for unit in units for message in unit]
    senders = Counter([message.sender_id for message in messages])
    if layout in OWN_NOTES:
        head = frontmatter(message_properties("message", archived, units[0], context, world))
    else:
        files = named_files(messages, context)
        head = frontmatter(_properties(archived, stream, planned, senders, files, world))
    blocks = [*_blocks(planned, units, context, world)]
    return Rendered(seal(head, join_blocks(blocks, world.look)), tuple(_tallies(archived, messages, senders, world)))


def _tallies(
    archived: ArchivedChat, messages: Sequence[Message], senders: Mapping[int, int], world: World
) -> Iterator[Tally]:
    label = Periods("month", world.zone).label
    for sender, count in senders.items():
        yield "sender", sender, count
    for month, count in Counter([label(message.date) for message in messages]).items():
        yield "month", month, count
    if archived.chat.kind == "saved":
        yield from origin_tallies(messages)
    for message in messages:
        if message.pinned:
            yield "pinned", message.id, 1
        if message.action is not None:
            yield from _titles(message)


def _blocks(planned: PlannedNote, units: Sequence[Sequence[Message]], context: Context, world: World) -> Iterator[str]:
    """The messages, in notes longer than a day each day's under its date: ``[[note#2024-05-03]]`` leads there."""
    days = Periods("day", world.zone)
    day, before = planned.period, None
    for unit in units:
        today = days.label(unit[0].date)
        if today != day and len(planned.period) != ISO_DAY:
            yield f"## {today}"
        named = world.look.repeat_names or today != day or before is None or not continues(before, unit[0])
        if len(unit) > 1:
            yield render_album(unit, context, named=named)
        else:
            yield render_message(unit[0], context, named=named)
        day, before = today, unit[-1]


def _titles(message: Message) -> list[Tally]:
    """The name that a service message gives to a forum topic."""
    action = message.action
    if action is None or action.get("_") not in ("MessageActionTopicCreate", "MessageActionTopicEdit"):
        return []
    title = tidy(plain(action.get("title")))
    return [("title", orjson.dumps([message.id, message.date, title]), 1)] if title else []


def _properties(
    archived: ArchivedChat,
    stream: Stream,
    planned: PlannedNote,
    senders: Iterable[int],
    files: Sequence[str],
    world: World,
) -> Iterator[tuple[str, str | int | Plain | Sequence[str]]]:
    chat = archived.chat
    yield "tg_kind", "period"
    yield "tg_chat", f"[[{archived.folder}]]"
    yield "tg_chat_id", chat.id
    if stream.topic_id:
        yield "tg_topic", f"[[{stream.name}]]"
        yield "tg_topic_id", stream.topic_id
    if len(planned.period) == ISO_DAY:
        yield "date", Plain(planned.period)
    yield "tg_from", local_time(planned.first_date, world)
    yield "tg_to", local_time(planned.last_date, world)
    yield "tg_messages", planned.messages
    yield "tg_first_id", planned.first_id
    yield "tg_last_id", planned.last_id
    yield "tg_files", files
    yield "participants", [world.mention(sender) for sender in senders if sender != chat.id or chat.id > 0]
    yield "tags", [f"telegram/{chat.kind}"]
    yield "cssclasses", ["tobs"]


def local_time(unix: int, world: World) -> Plain:
    """``2024-05-03T14:32:05``: Obsidian's times have no zone."""
    return Plain(f"{datetime.fromtimestamp(unix, world.zone):%Y-%m-%dT%H:%M:%S}")
