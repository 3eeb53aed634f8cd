"""Where the messages of Saved Messages were kept from, as Telegram sorts them there (pure).

https://core.telegram.org/api/saved-messages
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import attrs
import orjson

from tobs.archive.published import Tally
from tobs.model import HIDDEN_AUTHOR, Message
from tobs.rawfields import peer_id
from tobs.vault.archive_context import World
from tobs.vault.context import Context
from tobs.vault.links import wikilink
from tobs.vault.overview import day, link
from tobs.vault.words import counted

# As Telegram's own apps call them.
OWN_NOTES = "My Notes"
HIDDEN_NAME = "Author Hidden"


@attrs.frozen
class Origin:
    """Messages that were kept from one person or chat; `first` and `last` are the id and date of a message."""

    peer_id: int
    messages: int
    first: tuple[int, int]
    last: tuple[int, int]


def origin_of(message: Message) -> int:
    """Who or what a message of Saved Messages was kept from, oneself for what was written there."""
    if told := peer_id(message.raw.get("saved_peer_id")):
        return told
    # Exports of Telegram Desktop, and what was read before Telegram said it: as its apps decide then.
    if (forward := message.forward) is None:
        return message.chat_id
    return forward.saved_from_id or forward.from_id or HIDDEN_AUTHOR


def origin_tallies(messages: Sequence[Message]) -> Iterator[Tally]:
    """What a note tells of the origins of its messages."""
    kept: dict[int, list[Message]] = {}
    for message in messages:
        kept.setdefault(origin_of(message), []).append(message)
    for origin, there in kept.items():
        first, last = there[0], there[-1]
        yield "origin", orjson.dumps([origin, first.id, first.date, last.id, last.date]), len(there)


def origins(tallies: Iterable[tuple[bytes, int]], pinned: Sequence[int]) -> list[Origin]:
    """The origins of all notes, in Telegram's order: pinned ones, then those whose last message is the newest."""
    found: dict[int, Origin] = {}
    for key, count in tallies:
        peer, first, first_date, last, last_date = orjson.loads(key)
        new = Origin(peer, count, (first, first_date), (last, last_date))
        found[peer] = _joined(found[peer], new) if peer in found else new
    place = {peer: number for number, peer in enumerate(pinned)}
    return sorted(found.values(), key=lambda one: (place.get(one.peer_id, len(place)), *(-part for part in one.last)))


def _joined(one: Origin, other: Origin) -> Origin:
    messages = one.messages + other.messages
    return Origin(one.peer_id, messages, min(one.first, other.first), max(one.last, other.last))


def origin_line(origin: Origin, pinned: Sequence[int], account_id: int, context: Context, world: World) -> str:
    """An origin in a list: its note if it has one, how much was kept, and links to the first and the last of it."""
    sign = "📌 " if origin.peer_id in pinned else ""
    ends = [_dated(one, account_id, context, world) for one in dict.fromkeys((origin.first, origin.last))]
    name = _name(origin.peer_id, account_id, world)
    return f"{sign}{name} · {counted(origin.messages, 'message')} · {' – '.join(ends)}"


def _dated(message: tuple[int, int], account_id: int, context: Context, world: World) -> str:
    target, date = context.link(account_id, message[0]), day(message[1], world)
    return wikilink(target, date) if target else date


def _name(origin: int, account_id: int, world: World) -> str:
    return _name_of_none(origin, account_id) or link(origin, world)


def origin_mention(message: Message, world: World) -> str:
    """Who or what a message was kept from, as properties name it."""
    origin = origin_of(message)
    return _name_of_none(origin, message.chat_id) or world.mention(origin)


def _name_of_none(origin: int, account_id: int) -> str:
    """What no note is about."""
    return {account_id: OWN_NOTES, HIDDEN_AUTHOR: HIDDEN_NAME}.get(origin, "")
