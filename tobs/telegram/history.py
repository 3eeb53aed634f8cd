"""The pages of a chat, oldest first, and the proof that nothing is missing between them.

Two ways to read. Where ids are dense, windows of 100 ids are asked for side
by side: an answer holds all messages of its window, because no more fit.
Elsewhere each page begins behind the one before: the 100 oldest messages from
an id on are one unbroken stretch of the history.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol

import attrs
import trio
from telethon.tl.functions.messages import GetHistoryRequest

from tobs.archive.spans import missing
from tobs.errors import SourceError
from tobs.model import Chat, Page, RawMessage
from tobs.source import Span
from tobs.telegram.connection import Connection
from tobs.telegram.convert import LAYER, encode
from tobs.telegram.peers import PeerBook
from tobs.telegram.tasks import open_helpers
from tobs.telegram.windows import PAGE, has_own_ids, is_dense, windows

AHEAD = 2  # pages under way or waiting for each worker: the next request leaves while a page waits for its turn


@attrs.define(eq=False)
class Reader:
    """Asks for pages of one chat. `limit` bounds the requests under way over all chats of the source."""

    connection: Connection
    chat: Chat
    peer: Any
    limit: trio.CapacityLimiter
    book: PeerBook = attrs.field(factory=PeerBook)
    learn: Callable[[int, Sequence[RawMessage]], None] = lambda chat_id, messages: None

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

    async def stretch(self, low: int, high: int, *, open_end: bool) -> Page:
        """The oldest messages from `low` on; the page ends at `high` when the stretch reaches it.

        With `open_end` it may go on behind `high`, to messages that came since.
        """
        answer = await self._ask(offset_id=low, add_offset=-PAGE)
        newest = max((message.id for message in answer.messages if message.id >= low), default=high)
        return self._page(answer, low, max(newest, high) if open_end and newest > high else min(newest, high))

    async def _ask(self, *, offset_id: int = 0, add_offset: int = 0, min_id: int = 0, limit: int = PAGE) -> Any:
        request = GetHistoryRequest(self.peer, offset_id, None, add_offset, limit, 0, min_id, 0)
        async with self.limit:
            return await self.connection.ask(request)

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


class Windows:
    """Pages read side by side and given in order.

    With one worker nothing is read before it is asked for.
    """

    def __init__(
        self, spans: Iterable[Span], read: Callable[[Span], Awaitable[Page]], nursery: trio.Nursery, workers: int
    ) -> None:
        self._spans = deque(spans)
        self._read = read
        self._nursery = nursery
        self._ahead = AHEAD * workers if workers > 1 else 0
        self._slots: deque[_Slot] = deque()

    async def next_page(self) -> Page | None:
        self._start(max(self._ahead, 1))
        if not self._slots:
            await trio.lowlevel.checkpoint()
            return None
        slot = self._slots[0]
        await slot.filled.wait()
        if slot.error is not None:
            raise slot.error  # its slot stays: nothing may be given from behind it
        self._slots.popleft()
        self._start(self._ahead)
        return slot.page

    def _start(self, slots: int) -> None:
        while self._spans and len(self._slots) < slots:
            slot = _Slot()
            self._slots.append(slot)
            self._nursery.start_soon(self._fill, slot, self._spans.popleft())

    async def _fill(self, slot: _Slot, span: Span) -> None:
        try:
            slot.page = await self._read(span)
        except SourceError as exc:
            slot.error = exc
        slot.filled.set()


@attrs.define(eq=False)
class _Slot:
    """A window's place in the order."""

    filled: trio.Event = attrs.field(factory=trio.Event)
    page: Page | None = None
    error: SourceError | None = None


class Stretches:
    """Pages one behind the other. `last` is the gap that reaches to the newest message."""

    def __init__(self, gaps: Sequence[Span], reader: Reader, top: int) -> None:
        self._gaps = deque(gaps)
        self._reader = reader
        self._top = top

    async def next_page(self) -> Page | None:
        if not self._gaps:
            await trio.lowlevel.checkpoint()
            return None
        low, high = self._gaps[0]
        if high - low < PAGE:
            page = await self._reader.window((low, high))
        else:
            page = await self._reader.stretch(low, high, open_end=high == self._top)
        if page.high >= high:
            self._gaps.popleft()
        else:
            self._gaps[0] = (page.high + 1, high)
        return page


class TelegramHistory:
    """What is missing of a chat's history. Nothing is asked for before the first page is."""

    def __init__(self, reader: Reader, have: Sequence[Span], nursery: trio.Nursery, workers: int) -> None:
        self._reader = reader
        self._have = have
        self._nursery = nursery
        self._workers = workers
        self._way: _Way | None = None

    async def next_page(self) -> Page | None:
        """The next page in ascending order, or None at the end; to be called by one task at a time.

        Cancelling it loses nothing. Raises `SourceError`, and again when called again.
        """
        if self._way is None:
            self._way = await self._choose()
        return await self._way.next_page()

    async def _choose(self) -> _Way:
        chat = self._reader.chat
        top, count = chat.top_message, chat.count
        gaps = missing(self._have, 1, top)
        wide = any(high - low >= PAGE for low, high in gaps)
        # Nobody said how dense the ids are, or how far they go.
        if (count < 0 and has_own_ids(chat.kind) and wide) or (top == 0 and count != 0):
            newest, count = await self._reader.probe()
            top = max(top, newest)
            gaps = missing(self._have, 1, top)
        if is_dense(chat.kind, count, top):
            return Windows(windows(gaps), self._reader.window, self._nursery, self._workers)
        return Stretches(gaps, self._reader, top)


@asynccontextmanager
async def open_history(reader: Reader, have: Sequence[Span], workers: int) -> AsyncIterator[TelegramHistory]:
    """The history that is not in `have`. Leaving the block ends the requests that are under way."""
    async with open_helpers() as nursery:
        yield TelegramHistory(reader, have, nursery, workers)
