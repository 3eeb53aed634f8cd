"""What a run is doing, for a progress bar or a host application to read at any time.

`Progress` is written by one run and read by anyone on the same thread; its
numbers only grow. `Report` is what remains of it at the end.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ClassVar, Literal

import attrs
import trio

from tobs.archive.rows import Committed
from tobs.source import MESSAGES
from tobs.transfers import PictureCount, Transfers

RECENT = 50  # pages that tell how fast it goes now

Phase = Literal["waiting", "reading", "done", "failed"]


@attrs.define(eq=False)
class StageCount:
    """One stage of the pipeline: items through it, seconds of work in it, and the longest its queue has been."""

    items: int = 0
    seconds: float = 0.0
    queued: int = 0
    queue_peak: int = 0

    @contextmanager
    def timed(self, clock: Callable[[], float]) -> Iterator[None]:
        """Add the time until the block ends."""
        started = clock()
        try:
            yield
        finally:
            self.seconds += clock() - started

    def put(self) -> None:
        """An item entered the queue in front of the stage."""
        self.queued += 1
        self.queue_peak = max(self.queue_peak, self.queued)

    def take(self) -> None:
        """An item left the queue."""
        self.queued -= 1

    def count(self) -> None:
        """An item is through."""
        self.items += 1


@attrs.define(eq=False)
class Stages:
    """The stages of a run."""

    fetch: StageCount = attrs.Factory(StageCount)
    process: StageCount = attrs.Factory(StageCount)
    write: StageCount = attrs.Factory(StageCount)
    publish: StageCount = attrs.Factory(StageCount)


@attrs.define(eq=False)
class ChatProgress:
    """One chat: how many messages are new in the archive, and how many the server counts.

    Of a run that looks at known messages again, how many these are and how many it has `checked`.
    """

    id: int
    title: str
    total: int = -1
    phase: Phase = "waiting"
    known: int = 0
    messages: int = 0
    edited: int = 0
    updated: int = 0
    deleted: int = 0
    restored: int = 0
    to_check: int = 0
    checked: int = 0
    media: int = 0
    media_skipped: int = 0
    media_failed: int = 0
    _notes: set[str] = attrs.field(factory=set)

    @property
    def notes(self) -> int:
        """Notes that were written, each once, however often more messages came into it."""
        return len(self._notes)

    def wrote(self, path: str) -> None:
        """A note was written."""
        self._notes.add(path)

    @property
    def done(self) -> int:
        """How many messages need no more reading."""
        return self.checked + self.messages if self.to_check else self.known + self.messages

    @property
    def goal(self) -> int:
        """How many there are, -1 if unknown."""
        return self.to_check or self.total


@attrs.frozen
class Wait:
    """Telegram asked to wait: for which kind of request, and until when (trio's clock)."""

    kind: str
    until: float


@attrs.define(eq=False)
class Throughput:
    """How many messages came in each stretch of a run, of `width` seconds each.

    There are never more than `MOST` stretches: of a longer run two become one.
    """

    MOST: ClassVar[int] = 120  # as many as a wide terminal has columns

    width: float = 1.0
    counts: list[int] = attrs.field(factory=list)

    def add(self, count: int, seconds: float) -> None:
        """So many came `seconds` after the start."""
        while seconds >= self.width * self.MOST:
            self.counts = [sum(self.counts[i : i + 2]) for i in range(0, len(self.counts), 2)]
            self.width *= 2
        stretch = int(seconds / self.width)
        self.counts += [0] * (stretch + 1 - len(self.counts))
        self.counts[stretch] += count


@attrs.define(eq=False)
class Pace:
    """How fast messages come now. Seconds are those in which Telegram did not ask to wait."""

    recent: deque[tuple[float, int]] = attrs.field(factory=lambda: deque(maxlen=RECENT))

    def add(self, count: int, seconds: float) -> None:
        """So many messages came `seconds` after the start."""
        self.recent.append((seconds, count))

    def per_second(self, seconds: float) -> float:
        """Messages a second over the last pages until now; 0 as long as nobody can tell."""
        if len(self.recent) < 2 or seconds <= self.recent[0][0]:
            return 0.0
        return sum(count for _, count in [*self.recent][1:]) / (seconds - self.recent[0][0])


@attrs.define(eq=False)
class Progress:
    """A live view of a run: written by it, and read by anyone on the same thread at any time.

    What is counted only grows. `chats` are by their marked ids.
    """

    chats: dict[int, ChatProgress] = attrs.field(factory=dict)
    stages: Stages = attrs.Factory(Stages)
    file_stages: Stages = attrs.Factory(Stages)  # the same pipeline, with files instead of pages
    waits: dict[str, Wait] = attrs.field(factory=dict)
    flood_waits: int = 0
    flood_seconds: float = 0.0
    transfers: Transfers = attrs.Factory(Transfers)
    pictures: PictureCount = attrs.Factory(PictureCount)
    reading_seconds: float = 0.0  # from the start to the end of the last chat that was read, without pauses
    file_seconds: float = 0.0  # from the start to the last file
    requests_under_way: Callable[[], int] = lambda: 0  # sent to Telegram and not answered yet
    throughput: Throughput = attrs.Factory(Throughput)
    pace: Pace = attrs.Factory(Pace)
    started: float = attrs.field(factory=trio.current_time)
    started_at: float = attrs.field(factory=time.time)  # the same in Unix time
    _pauses: dict[str, float] = attrs.field(factory=dict)

    @property
    def messages(self) -> int:
        """Messages that were archived in this run."""
        return sum(chat.messages for chat in self.chats.values())

    @property
    def checked(self) -> int:
        """Messages that were looked at again in this run."""
        return sum(chat.checked for chat in self.chats.values())

    @property
    def media_bytes(self) -> int:
        """Bytes of the files that were put into the vault in this run."""
        return self.transfers.bytes

    @property
    def pages_waiting(self) -> tuple[int, int]:
        """How many pages wait to be prepared, and how many to be archived."""
        return self.stages.process.queued, self.stages.write.queued

    @property
    def seconds_left(self) -> float | None:
        """How long reading will take at the pace of the last pages; None where nobody can tell."""
        chats = [chat for chat in self.chats.values() if chat.phase != "failed"]
        left = sum(max(chat.goal - chat.done, 0) for chat in chats)
        pace = self.pace.per_second(self._working)
        if not pace or any(chat.goal < 0 for chat in chats):
            return None
        return left / pace + max(self._until(MESSAGES) - trio.current_time(), 0)

    def archived(self, chat: ChatProgress, committed: Committed, known: int = 0) -> None:
        """A page of a chat was written down, of whose messages so many were known."""
        checked = known if chat.to_check else 0
        chat.messages += committed.new
        chat.edited += committed.edited
        chat.updated += committed.updated
        chat.deleted += committed.gone
        chat.restored += committed.back
        chat.checked += checked
        self.throughput.add(committed.new, trio.current_time() - self.started)
        self.pace.add(committed.new + checked, self._working)

    def waiting(self, kind: str, seconds: float) -> None:
        """A wait that Telegram asked for began. Fits `tobs.source.Countdown`."""
        now = trio.current_time()
        before, until = max(self._until(kind), now), now + seconds
        self._pauses[kind] = self._pauses.get(kind, 0.0) + max(until - before, 0)
        self.waits[kind] = Wait(kind, max(before, until))
        self.flood_waits += 1
        self.flood_seconds += seconds

    def paused(self, kind: str) -> float:
        """For how many seconds requests of a kind have had to wait until now."""
        return self._pauses.get(kind, 0.0) - max(self._until(kind) - trio.current_time(), 0)

    @property
    def _working(self) -> float:
        return trio.current_time() - self.started - self.paused(MESSAGES)

    def _until(self, kind: str) -> float:
        return self.waits[kind].until if kind in self.waits else -math.inf


@attrs.frozen
class Failure:
    """Something that was not exported, and the sentence that says why."""

    what: str
    reason: str


@attrs.frozen
class ChatReport:
    """What became of one chat.

    `edited` messages say something else now; `updated` are others of which something changed, such as reactions or
    votes. `checked` are those that were looked at again for that.
    """

    id: int
    title: str
    messages: int
    known: int
    edited: int
    deleted: int
    media: int
    media_skipped: int
    media_failed: int
    notes: int
    complete: bool
    updated: int = 0
    restored: int = 0
    checked: int = 0


@attrs.frozen
class StageReport:
    """Where the time of one stage went."""

    name: str
    items: int
    seconds: float
    queue_peak: int


@attrs.frozen
class Report:
    """The outcome of a run. `interrupted` runs go on where they were when run again.

    `started_at` is Unix time. `peak_memory` are bytes of the whole process, 0
    where the operating system does not tell. `throughput` are the messages of
    each `throughput_seconds` of the run. `pictures` are those that belong to no message.
    """

    chats: tuple[ChatReport, ...]
    failures: tuple[Failure, ...]
    notices: tuple[str, ...]
    stages: tuple[StageReport, ...]
    seconds: float
    flood_waits: int
    flood_seconds: float
    interrupted: bool
    started_at: float = 0.0
    media_bytes: int = 0
    peak_memory: int = 0
    throughput_seconds: float = 1.0
    throughput: tuple[int, ...] = ()
    pictures: int = 0
    pictures_failed: int = 0

    @property
    def messages(self) -> int:
        """Messages that were archived in this run."""
        return sum(chat.messages for chat in self.chats)

    @property
    def checked(self) -> int:
        """Messages that were looked at again in this run."""
        return sum(chat.checked for chat in self.chats)

    @property
    def messages_per_second(self) -> float:
        """Over the whole run, waits included."""
        return self.messages / self.seconds if self.seconds else 0.0
