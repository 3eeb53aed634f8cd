"""Where files lie on Telegram now: references wear out, and are learnt anew from their messages, many at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import islice
from typing import Any

import attrs
import trio
from telethon.tl import types
from telethon.tl.functions.channels import GetMessagesRequest as GetChannelMessagesRequest
from telethon.tl.functions.messages import GetMessagesRequest

from tobs.errors import AccessDenied, ChatNotFound, FileUnavailable
from tobs.model import RawMessage
from tobs.raw import CHANNEL_MARK
from tobs.rawstories import named_story
from tobs.source import Wanted
from tobs.telegram.connection import Connection
from tobs.telegram.convert import encode
from tobs.telegram.files import FreshFiles, Place
from tobs.telegram.ranges import Within, range_with, ranged
from tobs.telegram.stories import address, learn_stories, read_stories

BATCH = 100  # messages that one request may ask for
DELETED = "The message of this file was deleted."
CHANGED = "The message no longer has this file."
STORY_GONE = "The story of this file is gone, or hidden from this account."
DESTROYED = "The file has destroyed itself."
OWN_IDS = 0  # the group of people and basic groups: they share the account's ids, so one request asks for all of them


@attrs.define(eq=False)
class _Need:
    """Somebody waits for a message to be read again. `missing` is None until it was asked for, then why a file is."""

    chat_id: int
    message_id: int
    missing: str | None = None


@attrs.define(eq=False)
class _Group:
    """The messages that one request can ask for: those of a channel, or of all chats that are none."""

    needs: list[_Need] = attrs.field(factory=list)
    expected: dict[int, int] = attrs.field(factory=dict)  # message → chat, in the order they will be needed
    turn: trio.Lock = attrs.field(factory=trio.Lock)

    def batch(self) -> dict[int, int]:
        """The messages to ask for now, with their chats: what is needed first, then what will be."""
        batch = {need.message_id: need.chat_id for need in self.needs[:BATCH]}
        for message_id in [*islice(self.expected, BATCH - len(batch))]:
            batch[message_id] = self.expected.pop(message_id)
        return batch

    def tell(self, asked: dict[int, int], found: dict[int, str]) -> None:
        """Those who need one of the messages `asked` for hear why it has a file no more, if it has not."""
        for need in self.needs:
            if need.message_id in asked:
                need.missing = found.get(need.message_id, DELETED)
        self.needs = [need for need in self.needs if need.missing is None]


class References:
    """Learns where files lie from the messages they are in. `channel_of` tells how to ask for a channel."""

    def __init__(self, connection: Connection, channel_of: Callable[[int], Any], fresh: FreshFiles) -> None:
        self._connection = connection
        self._channel_of = channel_of
        self._fresh = fresh
        self._groups: defaultdict[int, _Group] = defaultdict(_Group)

    def expect(self, files: Iterable[Wanted]) -> None:
        """These will be fetched soon, in this order: their messages are read along with others."""
        for file in files:
            self._group(file.chat_id).expected[file.message_id] = file.chat_id

    async def place(self, wanted: Wanted) -> Place:
        """Where a file lies, as nobody was told before. Raises `FileUnavailable` when its message has it no more."""
        self._group(wanted.chat_id).expected.pop(wanted.message_id, None)
        file = (wanted.chat_id, wanted.message_id, wanted.file_id, wanted.thumb)
        place = self._fresh.take(*file)
        if place is None:
            missing = await self._read(wanted.chat_id, wanted.message_id)
            place = self._fresh.take(*file)
            if place is None:
                raise FileUnavailable(missing, final=True)
        return place

    def _group(self, chat_id: int) -> _Group:
        return self._groups[chat_id if chat_id < CHANNEL_MARK else OWN_IDS]

    async def _read(self, chat_id: int, message_id: int) -> str:
        """Read a message again, together with what others need by then; why a file of it is not there, if it is not."""
        group, need = self._group(chat_id), _Need(chat_id, message_id)
        group.needs.append(need)
        try:
            async with group.turn:
                while need.missing is None:
                    await self._read_batch(group)
        finally:
            if need.missing is None:  # failed or cancelled
                group.needs.remove(need)
        return need.missing

    async def _read_batch(self, group: _Group) -> None:
        asked = group.batch()
        found: dict[int, str] = {}
        named: defaultdict[int, list[tuple[int, int, int]]] = defaultdict(list)
        answers = await self._answers(asked)
        for message in (message for answer in answers for message in answer.messages):
            # By id and not by position: an answer may leave out what is gone.
            if message.id in asked and not isinstance(message, types.MessageEmpty):
                found[message.id] = DESTROYED if _destroyed_itself(message) else CHANGED
                raw = encode(message)
                self._fresh.learn(asked[message.id], [RawMessage(message.id, 0, raw)])
                if story := named_story(raw):
                    found[message.id] = STORY_GONE
                    named[story[0]].append((asked[message.id], message.id, story[1]))
        if named:
            entities = [entity for answer in answers for entity in (*answer.users, *answer.chats)]
            await self._read_stories(named, entities)
        group.tell(asked, found)

    async def _read_stories(self, named: dict[int, list[tuple[int, int, int]]], entities: list[Any]) -> None:
        """The messages name stories without their content, whose files are asked for by their numbers."""
        for owner, shown in named.items():
            numbers = [*dict.fromkeys(number for _chat, _message, number in shown)]
            with suppress(AccessDenied, ChatNotFound, FileUnavailable):
                peer = address(owner, entities, shown, self._channel_of)
                learn_stories(self._fresh, shown, (await read_stories(self._connection, peer, numbers)).stories)

    async def _answers(self, asked: dict[int, int]) -> list[Any]:
        chat_id = next(iter(asked.values()))
        if chat_id < CHANNEL_MARK:
            request = GetChannelMessagesRequest(self._channel_of(chat_id), _named(asked))
            return [await self._connection.ask(request)]
        by_range: defaultdict[Within, list[int]] = defaultdict(list)
        for message_id in asked:
            by_range[range_with(message_id, self._connection.envelope.ranges)].append(message_id)
        requests = [ranged(GetMessagesRequest(_named(ids)), within) for within, ids in by_range.items()]
        return [await self._connection.ask(request) for request in requests]


def _destroyed_itself(message: Any) -> bool:
    """Whether what was attached to a message for a while is not any more."""
    media = getattr(message, "media", None)
    return bool(getattr(media, "ttl_seconds", None)) and not (
        getattr(media, "photo", 0) or getattr(media, "document", 0)
    )


def _named(ids: Iterable[int]) -> list[Any]:
    return [types.InputMessageID(message_id) for message_id in ids]
