"""The pages of a chat, oldest first, and the proof that nothing is missing between them.

Two ways to read, both with several pages under way. Where ids are dense,
windows of 100 ids are asked for. Elsewhere, and where much was deleted,
pages are asked for by counting messages from one that is known.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, closing
from functools import partial
from itertools import groupby
from typing import Any

import attrs
import trio
from telethon.tl.functions.messages import GetHistoryRequest

from tobs.archive.spans import missing
from tobs.behind import Behind
from tobs.model import Chat, Page, RawMessage
from tobs.source import EVERYTHING, Selection, Span
from tobs.telegram.connection import Connection
from tobs.telegram.convert import LAYER, encode
from tobs.telegram.emoji import EmojiBook
from tobs.telegram.envelope import Envelope
from tobs.telegram.line import Line, Room
from tobs.telegram.peers import PeerBook
from tobs.telegram.pieces import Piece, Way, Whole
from tobs.telegram.positions import Part, Plan, Step
from tobs.telegram.ranges import Range, cut, newest_and_count, ranged
from tobs.telegram.searching import Found, Inquiry
from tobs.telegram.selection import Search, find_range, newer_than, newest_of, searches
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
    ranges: Sequence[Range] = (Range(),)  # oldest first; together they have all of the chat
    envelope: Envelope | None = None  # None: that of the connection
    book: PeerBook = attrs.field(factory=PeerBook)
    learn: Callable[[int, Sequence[RawMessage]], None] = lambda chat_id, messages: None
    emoji: EmojiBook = attrs.field(default=attrs.Factory(lambda self: EmojiBook(self.connection), takes_self=True))

    @property
    def parts(self) -> Sequence[Reader]:
        """A reader for each range; requests must be sent by one of them."""
        return [self] if len(self.ranges) == 1 else [self.part(each) for each in self.ranges]

    @property
    def span(self) -> Span:
        """The ids that can be asked for."""
        return self.ranges[0].low, self.ranges[-1].high

    def part(self, only: Range) -> Reader:
        """The same for what one range has."""
        return attrs.evolve(self, ranges=(only,))

    def pieces(self, gaps: Sequence[Span]) -> Sequence[tuple[Reader, Sequence[Span]]]:
        """What of `gaps` each range has, and its reader, in ascending order."""
        return [(self.part(each), parts) for each, parts in cut(gaps, self.ranges)]

    async def probe(self) -> tuple[int, int]:
        """The newest id and the number of messages."""
        return await newest_and_count(self._limited, self.peer, self.ranges)

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
        """The answer to a request that concerns this chat, and one range of it if there are several."""
        (only,) = self.ranges
        return await self._limited(ranged(request, only.within))

    async def _limited(self, request: Any) -> Any:
        async with self.limit:
            return await self.connection.ask(request, envelope=self.envelope)

    def empty(self, span: Span) -> Page:
        """The page of a span that has no messages."""
        return Page(self.chat.id, *span, (), (), LAYER)

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
        self._ways: Behind | None = None
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
            self._ways = Behind(await self._choose())
        return await self._ways.next_page()

    async def _choose(self) -> Iterable[Way]:
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
                return [await self._found(span, top)]
            gaps = missing(self._have, *span)
        if is_dense(chat.kind, count, top, sum(high - low + 1 for low, high in gaps)):
            return [self._windows(self._reader, gaps)]
        whole = Whole((1, top), count, open_end=self._is_open(top, top))
        pieces = self._reader.pieces(gaps)
        if len(self._reader.ranges) == 1:
            return [way for reader, parts in pieces for way in self._mixed(reader, parts, whole)]
        return [Piece(reader, parts, partial(self._mixed, reader, parts), whole) for reader, parts in pieces]

    def _mixed(self, reader: Reader, gaps: Sequence[Span], whole: Whole) -> Iterator[Way]:
        for narrow, run in groupby(gaps, is_narrow):
            if narrow:
                yield self._windows(reader, list(run))
            else:
                yield from (self._stretches(reader, gap, whole) for gap in run)

    async def _found(self, span: Span, top: int) -> Way:
        asked = searches(self._reader.chat, self._reader.peer, self._selection, self._sender)
        inquiries = [
            each for search in asked if span[0] <= span[1] for each in await self._inquiries(search, span, top)
        ]
        return Found(inquiries, self._ahead, self._line)

    async def _inquiries(self, search: Search, span: Span, top: int) -> Sequence[Inquiry]:
        """One for each range. Where there are several, each has its share of the last so many."""
        low, high = span
        last, open_end = self._selection.last, self._is_open(high, top)
        if len(self._reader.ranges) == 1:
            return [Inquiry(self._reader, search, span, last, open_end=open_end)]
        if last:
            low = max(low, await newest_of(self._reader, partial(search.request, limit=1), high, last))
        pieces = self._reader.pieces([(low, high)])
        return [Inquiry(part, search, one, 0, open_end=open_end and one[1] == high) for part, (one,) in pieces]

    def _is_open(self, high: int, top: int) -> bool:
        return high == top and not self._selection.has_end

    def _windows(self, reader: Reader, gaps: Sequence[Span]) -> Way:
        return Windows(windows(gaps), reader.window, self._line)

    def _stretches(self, reader: Reader, gap: Span, whole: Whole) -> Way:
        low, high = gap
        open_end = high == whole.span[1] and whole.open_end
        expected = max(whole.count, 0) if gap == whole.span else 0
        plan = Plan(low, high, open_end=open_end, expected=expected)
        return Stretches(plan, reader.step, reader.oldest, self._line)


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
