"""Which file is fetched next."""

from __future__ import annotations

import math
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import attrs
import trio

from tobs.archive.filing import current
from tobs.archive.rows import MediaRow
from tobs.archive.sharing import group_of
from tobs.archive.store import Archive
from tobs.archive.waiting import pending_centres, pending_files
from tobs.config import MediaOrder
from tobs.files import wanted
from tobs.model import NO_ROOM
from tobs.picking import Place, pick
from tobs.source import Wanted

AHEAD = 100  # files of a chat on one data centre that a source hears of before they are needed


def key_of(row: MediaRow) -> tuple[int | str, ...]:
    """Equal for rows that one download is for."""
    return group_of(row).values


@attrs.define(eq=False)
class _Line:
    """The files of one data centre that wait: chat by chat, in the order in which the chats came."""

    chats: deque[tuple[int, Iterator[MediaRow]]] = attrs.field(factory=deque)
    head: tuple[int, MediaRow] | None = None  # with the number of its chat

    def look(self) -> tuple[int, MediaRow] | None:
        """The first file, which stays."""
        while self.head is None and self.chats:
            number, rows = self.chats[0]
            row = next(rows, None)
            if row is None:
                self.chats.popleft()
            else:
                self.head = number, row
        return self.head


@attrs.define(eq=False)
class PendingFiles:
    """The files that wait to be fetched, of each chat whose messages have been read, each once.

    It ends when no more chats come: the sending end of `chats` is closed.
    `expect` hears of some files before they come, so that they can be asked for together, `put_off` of those for which
    there is no room.
    Each data centre has a line of its own, and `tobs.picking` says whose turn it is. Of each a block of rows is in
    memory, however many wait.
    """

    archive: Archive
    chats: trio.MemoryReceiveChannel[int]
    order: MediaOrder = "oldest"
    expect: Callable[[Sequence[Wanted]], None] | None = None
    budget: float = math.inf  # bytes that may still be fetched
    workers: int = 1  # files under way at once
    put_off: Callable[[MediaRow], None] | None = None
    now: int = attrs.field(factory=lambda: int(time.time()))
    _lines: dict[int, _Line] = attrs.field(factory=dict)  # by data centre
    _number: int = 0  # of the chats so far
    _no_more: bool = False
    _under_way: Counter[int] = attrs.field(factory=Counter)
    _came: Counter[int] = attrs.field(factory=Counter)
    _taken: set[tuple[int | str, ...]] = attrs.field(factory=set)  # under way, or without success in this run
    _failed: set[tuple[int | str, ...]] = attrs.field(factory=set)  # of these, without success
    _no_room: set[tuple[int | str, ...]] = attrs.field(factory=set)  # of these, those that nobody asked for
    _finished: trio.Event = attrs.field(factory=trio.Event)

    async def next(self) -> MediaRow | None:
        """The next file, in their order within a chat and data centre, when a worker is free for it; None at the end.

        `finish` must hear of each of them.
        """
        while True:
            await trio.lowlevel.checkpoint()
            self._hear()
            heads = {dc_id: head for dc_id, line in self._lines.items() if (head := line.look()) is not None}
            if not heads and self._no_more:
                return None
            places = {dc_id: self._place(number, row) for dc_id, (number, row) in heads.items()}
            dc_id = pick(places, self._under_way, self._came, self.workers, more=not self._no_more)
            if dc_id is None:
                await self._wait()
            elif (row := self._take(dc_id)) is not None:
                return row

    def _place(self, number: int, row: MediaRow) -> Place:
        """Where a file stands among all: chat by chat, those that were refused behind the others."""
        keys = {"oldest": row.message_id, "newest": -row.message_id, "smallest": row.size}
        return number, row.state == "failed", keys[self.order]

    def _take(self, dc_id: int) -> MediaRow | None:
        """The first row of a data centre as it is now, if nobody else fetches its file or has fetched it."""
        line = self._lines[dc_id]
        assert line.head is not None
        (_, row), line.head = line.head, None
        found = current(self.archive, row)
        if key_of(row) in self._taken:
            if found and key_of(row) in self._no_room:  # this message came behind the one that was told
                self._put_off(found)
            return None
        if found is None or found.state not in ("pending", "failed"):
            return None
        self._taken.add(key_of(row))
        if max(found.size, 0) > self.budget:
            self._put_off(found)
            return None
        self.budget -= max(found.size, 0)
        self._under_way[found.dc_id] += 1
        return found

    def _put_off(self, row: MediaRow) -> None:
        """A file for which there is no room left: smaller ones may still come, and this one when there is more."""
        if self.put_off is not None and key_of(row) not in self._no_room:
            self.put_off(row)
        self._no_room.add(key_of(row))
        if row.state == "pending" and row.reason != NO_ROOM:
            self.archive.record_media(attrs.evolve(row, reason=NO_ROOM))

    def finish(self, row: MediaRow) -> None:
        """What became of a file is written down. One that did not come is not asked for again before `renew`."""
        self._under_way[row.dc_id] -= 1
        self._came[row.dc_id] += row.state != "pending"  # a refusal is an answer as well
        if row.state == "done":
            self._taken.discard(key_of(row))
        else:
            self._failed.add(key_of(row))
            self.budget += max(row.size, 0)
        self._finished.set()

    def renew(self) -> None:
        """What did not come may be asked for once more if it is time, when its chat comes again."""
        self.now = int(time.time())
        self._taken -= self._failed | self._no_room
        self._failed.clear()
        self._no_room.clear()

    # Chats

    def _hear(self) -> None:
        """Take in the chats that have come."""
        try:
            while True:
                self._add(self.chats.receive_nowait())
        except trio.WouldBlock:
            return
        except trio.EndOfChannel:
            self._no_more = True

    def _add(self, chat_id: int) -> None:
        self._number += 1
        for dc_id in pending_centres(self.archive, chat_id, self.now):
            rows = self._announced(pending_files(self.archive, chat_id, self.order, self.now, dc_id))
            self._lines.setdefault(dc_id, _Line()).chats.append((self._number, rows))

    def _announced(self, rows: Iterator[MediaRow]) -> Iterator[MediaRow]:
        while ahead := [*islice(rows, AHEAD)]:
            if self.expect is not None:
                self.expect([wanted(row) for row in ahead])
            yield from ahead

    async def _wait(self) -> None:
        """Until a file is finished, or a chat has come or the last one."""
        self._finished = trio.Event()
        if self._no_more:
            await self._finished.wait()
            return
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._receive, nursery.cancel_scope)
            await self._finished.wait()
            nursery.cancel_scope.cancel()

    async def _receive(self, waiting: trio.CancelScope) -> None:
        try:
            self._add(await self.chats.receive())
        except trio.EndOfChannel:
            self._no_more = True
        waiting.cancel()
