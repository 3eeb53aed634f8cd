"""The pages of a chat, oldest first, and the proof that nothing is missing between them.

Two ways to read, both with several pages under way. Where ids are dense,
windows of 100 ids are asked for. Elsewhere, and where much was deleted,
pages are asked for by counting messages from one that is known.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, closing
from itertools import groupby
from typing import Any, Protocol

import attrs
import trio
from telethon.tl.functions.messages import GetHistoryRequest

from tobs.archive.spans import missing
from tobs.model import Chat, Page, RawMessage
from tobs.source import EVERYTHING, Selection, Span
from tobs.telegram.connection import Connection
from tobs.telegram.convert import LAYER, encode
from tobs.telegram.emoji import EmojiBook
from tobs.telegram.line import Line, Room
from tobs.telegram.peers import PeerBook
from tobs.telegram.positions import Part, Plan, Step
from tobs.telegram.searching import Found, Inquiry
from tobs.telegram.selection import find_range, newer_than, searches
from tobs.telegram.stretches import Stretches
from tobs.telegram.tasks import open_helpers
from tobs.telegram.windows import PAGE, Windows, has_own_ids, is_dense, is_narrow, windows


@attrs.define(eq=False)
class Reader:
    """Asks for pages of one chat. `limit` bounds the requests under way over all chats of the source."""

    connection: Connection
    chat: Chat
    peer: Any
    limit: trio.CapacityLimiter
    book: PeerBook = attrs.field(factory=PeerBook)
    learn: Callable[[int, Sequence[RawMessage]], None] = lambda chat_id, messages: None
    emoji: EmojiBook = attrs.field(default=attrs.Factory(lambda self: EmojiBook(self.connection), takes_self=True))

    async def probe(self) -> tuple[int, int]:
        """The newest id and the number of messages."""
        answer = await self._ask(limit=1)
        newest = max((message.id for message in answer.messages), default=0)
        # The short form of the answer holds the whole history and does not count it.
        return newest, int(getattr(answer, "count", len(answer.messages)))

    async def window(self, span: Span) -> Page:
        """All messages of a window."""
        low, high = span
        answer = await self._ask(offset_id=high + 1, min_id=low - 1)
        return self._page(answer, low, high)

    async def oldest(self, span: Span) -> Page:
        """The oldest messages of a span that one page holds; it ends where they end."""
        low, high = span
        page = (await self.step(Step(0, low, 0), high)).page
        within = tuple(message for message in page.messages if message.id <= high)
        return attrs.evolve(page, high=min(page.high, high), messages=within)

    async def step(self, step: Step, high: int) -> Part:
        """Messages found by counting. If there are none from the anchor on, the page says so up to `high`."""
        answer = await self._ask(offset_id=step.anchor, add_offset=-PAGE - step.skip)
        ids = [message.id for message in answer.messages if message.id >= step.anchor]
        low = min(ids, default=step.anchor) if step.skip else step.anchor
        end = max(ids, default=step.anchor - 1 if step.skip else high)
        return Part(self._page(answer, low, end), newer_than(answer), step)

    async def send(self, request: Any) -> Any:
        """The answer to a request that concerns this chat."""
        async with self.limit:
            return await self.connection.ask(request)

    def found(self, answer: Any, low: int, high: int) -> Page:
        """The messages of an answer between two ids, of which others may not have been asked for."""
        return attrs.evolve(self._page(answer, low, high), found=True)

    async def _ask(self, *, offset_id: int = 0, add_offset: int = 0, min_id: int = 0, limit: int = PAGE) -> Any:
        return await self.send(GetHistoryRequest(self.peer, offset_id, None, add_offset, limit, 0, min_id, 0))

    def _page(self, answer: Any, low: int, high: int) -> Page:
        messages = tuple(_raw_messages(answer.messages, low, high))
        self.learn(self.chat.id, messages)
        peers = self.book.peers_of([*answer.users, *answer.chats])
        return Page(self.chat.id, low, high, messages, peers, LAYER)


def _raw_messages(messages: Iterable[Any], low: int, high: int) -> list[RawMessage]:
    raws = [encode(message) for message in messages if low <= message.id <= high]
    return [RawMessage(raw["id"], raw.get("date", 0), raw) for raw in sorted(raws, key=lambda raw: raw["id"])]


class _Way(Protocol):
    async def next_page(self) -> Page | None: ...


class TelegramHistory:
    """What is missing of a chat's history. Nothing is asked for before the first page is."""

    def __init__(
        self,
        reader: Reader,
        have: Sequence[Span],
        lines: tuple[Line[Any], Line[Any]],
        selection: Selection = EVERYTHING,
        sender: Any = None,
    ) -> None:
        self._reader = reader
        self._selection = selection
        self._sender = sender
        self._have = have
        self._line, self._ahead = lines
        self._ways: deque[_Way] | None = None
        self._unnamed: Page | None = None  # whose custom emoji are being asked for

    async def next_page(self) -> Page | None:
        """The next page in ascending order, or None at the end; to be called by one task at a time.

        Cancelling it loses nothing. Raises `SourceError`, and again when called again.
        """
        if self._unnamed is None:
            self._unnamed = await self._next()
        if (page := self._unnamed) is not None:
            await self._reader.emoji.name(page.messages)  # cancelled, the page is still here
            self._unnamed = None
        return page

    async def _next(self) -> Page | None:
        if self._ways is None:
            self._ways = deque(await self._choose())
        while self._ways:
            if (page := await self._ways[0].next_page()) is not None:
                return page
            self._ways.popleft()
        await trio.lowlevel.checkpoint()
        return None

    async def _choose(self) -> Iterable[_Way]:
        chat = self._reader.chat
        top, count = chat.top_message, chat.count
        gaps = missing(self._have, 1, top)
        # Nobody said how dense the ids are, or how far they go.
        if (count < 0 and has_own_ids(chat.kind) and not all(map(is_narrow, gaps))) or (top == 0 and count != 0):
            newest, count = await self._reader.probe()
            top = max(top, newest)
            gaps = missing(self._have, 1, top)
        if self._selection != EVERYTHING:
            span = await find_range(self._reader, self._selection, top)
            if not self._selection.is_range:
                return [self._found(span, top)]
            gaps = missing(self._have, *span)
        if is_dense(chat.kind, count, top, sum(high - low + 1 for low, high in gaps)):
            return [self._windows(gaps)]
        return self._mixed(gaps, top, count)

    def _mixed(self, gaps: Sequence[Span], top: int, count: int) -> Iterator[_Way]:
        for narrow, run in groupby(gaps, is_narrow):
            if narrow:
                yield self._windows(list(run))
            else:
                yield from (self._stretches(gap, top, count) for gap in run)

    def _found(self, span: Span, top: int) -> _Way:
        questions = list(searches(self._reader.chat, self._reader.peer, self._selection, self._sender))
        inquiries = [
            Inquiry(self._reader, each, span, self._selection.last) for each in questions if span[0] <= span[1]
        ]
        return Found(inquiries, self._ahead, self._line, open_end=self._is_open(span[1], top))

    def _is_open(self, high: int, top: int) -> bool:
        return high == top and not self._selection.has_end

    def _windows(self, gaps: Sequence[Span]) -> _Way:
        return Windows(windows(gaps), self._reader.window, self._line)

    def _stretches(self, gap: Span, top: int, count: int) -> _Way:
        low, high = gap
        everything = low == 1 and high == top
        plan = Plan(low, high, open_end=self._is_open(high, top), expected=max(count, 0) if everything else 0)
        return Stretches(plan, self._reader.step, self._reader.oldest, self._line)


@asynccontextmanager
async def open_history(
    reader: Reader,
    have: Sequence[Span],
    room: Room,
    selection: Selection = EVERYTHING,
    sender: Any = None,
) -> AsyncIterator[TelegramHistory]:
    """The history that is not in `have`, or what `selection` means of it.

    Leaving the block ends the requests that are under way.
    """
    async with open_helpers() as nursery:
        with closing(Line[Any](room, nursery)) as line, closing(Line[Any](room, nursery)) as ahead:
            yield TelegramHistory(reader, have, (line, ahead), selection, sender)
