"""Messages that are known already, as they are now, and those that are gone.

Where messages were read with all between them they are read so again: a
hundred a request, with their edits, reactions and votes. Those that stand
alone are asked for by number, a hundred a request as well.

A message that a page leaves out is not gone: servers leave out messages for
reasons of their own. It is asked for by number, and gone if the answer says
that it is empty. In chats that share the account's ids an answer may leave it
out, too; then it counts only if both leave it out, and the answer has another
message that was asked for along with it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from typing import Any

import attrs
import trio
from telethon import utils
from telethon.tl import types
from telethon.tl.functions.channels import GetMessagesRequest as GetChannelMessagesRequest
from telethon.tl.functions.messages import GetHistoryRequest, GetMessagesRequest

from tobs.archive.spans import merge, missing
from tobs.model import Page
from tobs.rawfields import peer_id
from tobs.source import Selection, Span
from tobs.telegram.history import Reader, TelegramHistory
from tobs.telegram.line import Line, Room
from tobs.telegram.tasks import open_helpers
from tobs.telegram.windows import PAGE, Windows, has_own_ids, windows


def ranges_to_read(ids: Sequence[int], whole: Sequence[Span]) -> list[Span]:
    """The parts of `whole` from a known message to a known one that are worth a page; the rest is asked for by number.

    Each takes a request at least, so those of few messages are left out if asking for all of these together takes
    fewer requests.
    """
    found: list[tuple[Span, int]] = []
    for low, high in merge(whole):
        first, last = bisect_left(ids, low), bisect_right(ids, high) - 1
        if first <= last:
            found.append(((ids[first], ids[last]), last - first + 1))
    few = [count for _, count in found if count < PAGE // 2]
    alone = len(ids) - sum(count for _, count in found)
    by_number = -(-(alone + sum(few)) // PAGE) - -(-alone // PAGE)
    return [span for span, count in found if count >= PAGE // 2 or len(few) <= by_number]


@attrs.define(eq=False)
class Check:
    """The pages of one check. Nothing is asked for before the first page is."""

    reader: Reader
    ids: Sequence[int]
    ranges: Sequence[Span]
    lines: tuple[Line[Any], Line[Any]]
    history: TelegramHistory = attrs.field(init=False)
    left_out: list[int] = attrs.field(factory=list, init=False)  # by pages that should have them
    witness: int = attrs.field(default=0, init=False)  # a message that is there
    numbers: Windows | None = attrs.field(default=None, init=False)
    _asked: list[int] = attrs.field(factory=list, init=False)
    _doubted: frozenset[int] = attrs.field(default=frozenset(), init=False)  # of these, what a page left out
    _oldest: int = attrs.field(default=0, init=False)
    _asking: trio.Lock = attrs.field(factory=trio.Lock, init=False)

    def __attrs_post_init__(self) -> None:
        # Also up to messages behind the newest that there is now: they may be gone.
        last = self.ids[-1] if self.ids else 0
        chat = attrs.evolve(self.reader.chat, top_message=max(self.reader.chat.top_message, last))
        reader = attrs.evolve(self.reader, chat=chat)
        have = missing(self.ranges, 1, last)
        self.history = TelegramHistory(reader, have, self.lines, Selection(min_id=1, max_id=max(last, 1)))

    async def next_page(self) -> Page | None:
        """The next page, or None at the end. Cancelling loses nothing. Raises `SourceError`."""
        if self.numbers is None:
            page = await self.history.next_page() if self.ranges else None
            if page is not None:
                return self._compared(page)
            self._doubted = frozenset(self.left_out)
            self._asked = sorted({*self._standing_alone(), *self._doubted})
            self.numbers = Windows(windows([(0, len(self._asked) - 1)]), self._by_number, self.lines[0])
        return await self.numbers.next_page()

    def _compared(self, page: Page) -> Page:
        messages = tuple(message for message in page.messages if not is_empty(message.raw))
        there = {message.id for message in messages}
        known = self.ids[bisect_left(self.ids, page.low) : bisect_right(self.ids, page.high)]
        self.left_out += [number for number in known if number not in there]
        self.witness = max(there, default=self.witness)
        return attrs.evolve(page, messages=messages)

    def _standing_alone(self) -> list[int]:
        ends = [high for _, high in self.ranges]
        return [number for number in self.ids if not _within(number, self.ranges, ends)]

    async def _by_number(self, places: Span) -> Page:
        """What the server says of the messages at these places of those to be asked for."""
        asked = self._asked[places[0] : places[1] + 1]
        answer = await self.reader.send(self._request([*asked, *([self.witness] if self.witness else [])]))
        page = self.reader.found(answer, asked[0], asked[-1])
        wanted, mine = frozenset(asked), self.reader.chat.id
        empty = {message.id for message in page.messages if is_empty(message.raw)}
        messages = tuple(
            message
            for message in page.messages
            if message.id in wanted - empty and peer_id(message.raw.get("peer_id")) == mine
        )
        gone = tuple(sorted(wanted & (empty | self._missing(answer, asked))))
        await self.reader.emoji.name(messages)
        oldest = await self._find_oldest() if gone else 0
        return attrs.evolve(page, messages=messages, gone=gone, oldest=oldest)

    def _request(self, numbers: Sequence[int]) -> Any:
        ids = [types.InputMessageID(number) for number in numbers]
        if has_own_ids(self.reader.chat.kind):
            return GetChannelMessagesRequest(utils.get_input_channel(self.reader.peer), ids)
        return GetMessagesRequest(ids)

    def _missing(self, answer: Any, asked: Sequence[int]) -> frozenset[int]:
        """Those that no answer has, neither this one nor the page that should."""
        told = {message.id for message in answer.messages}
        there = {message.id for message in answer.messages if not isinstance(message, types.MessageEmpty)}
        if has_own_ids(self.reader.chat.kind) or self.witness not in there:
            return frozenset()
        return (self._doubted & {*asked}) - told

    async def _find_oldest(self) -> int:
        """The first message that the server shows of the chat, one behind all that are known if it shows none."""
        async with self._asking:
            if not self._oldest:
                answer = await self.reader.send(GetHistoryRequest(self.reader.peer, 1, None, -1, 1, 0, 0, 0))
                shown = [message.id for message in answer.messages if not isinstance(message, types.MessageEmpty)]
                self._oldest = min(shown, default=self.ids[-1] + 1)
        return self._oldest


def is_empty(raw: Any) -> bool:
    """Whether there is no message any more."""
    return bool(raw["_"] == "MessageEmpty")


def _within(number: int, spans: Sequence[Span], ends: Sequence[int]) -> bool:
    at = bisect_left(ends, number)
    return at < len(spans) and spans[at][0] <= number


@asynccontextmanager
async def open_check(reader: Reader, ids: Sequence[int], whole: Sequence[Span], room: Room) -> AsyncIterator[Check]:
    """The messages `ids`, ascending, as they are now; `whole` are ranges in which no others are missing.

    Leaving the block ends the requests that are under way.
    """
    async with open_helpers() as nursery:
        with closing(Line[Any](room, nursery)) as line, closing(Line[Any](room, nursery)) as ahead:
            yield Check(reader, ids, ranges_to_read(ids, whole), (line, ahead))
