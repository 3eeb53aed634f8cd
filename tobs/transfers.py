"""Files on their way, for a progress bar or a host application to read at any time."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

import attrs

LARGE = 10_000_000  # bytes; smaller files are gone before somebody has read their names
RECENT_SECONDS = 10.0  # what tells how fast it goes now


@attrs.define(eq=False)
class FileTransfer:
    """A file under way: its name in the vault, its chat, and its bytes until now; `size` is -1 if unknown."""

    name: str
    chat: str
    size: int
    received: int = 0


@attrs.define(eq=False)
class PictureCount:
    """Pictures that belong to no message: how many are here or to come, came, and did not come."""

    total: int = 0
    done: int = 0
    failed: int = 0


@attrs.define(eq=False)
class Transfers:
    """The files of a run: how many are here, how many are to come, and those under way.

    `total` and `total_bytes` are those that are known of until now: what earlier runs left, and what the messages that
    were read have. A file that many of them have may count more than once until its chat is read. `received` counts
    the bytes of unfinished files, too.
    """

    files: int = 0
    failed: int = 0
    bytes: int = 0
    total: int = 0
    total_bytes: int = 0
    received: int = 0
    under_way: dict[Hashable, FileTransfer] = attrs.field(factory=dict)
    _expected: dict[int, tuple[int, int]] = attrs.field(factory=dict)  # of chats that are being read: files, bytes
    _recent: deque[tuple[float, int]] = attrs.field(factory=deque)

    @property
    def large(self) -> list[FileTransfer]:
        """The files under way that take a while."""
        return [one for one in self.under_way.values() if one.size >= LARGE]

    def expect(self, chat_id: int, files: int, size: int) -> None:
        """So many more files of a chat are to come, as far as is known until it is read."""
        before = self._expected.get(chat_id, (0, 0))
        self._expected[chat_id] = before[0] + files, before[1] + size
        self.total += files
        self.total_bytes += size

    def settle(self, chat_id: int, files: int, size: int) -> None:
        """A chat was read: so many are to come, whatever was expected of it."""
        before = self._expected.pop(chat_id, (0, 0))
        self.total += files - before[0]
        self.total_bytes += size - before[1]

    def leave_out(self, size: int) -> None:
        """A file that was counted does not come in this run."""
        self.total -= 1
        self.total_bytes -= max(size, 0)

    @contextmanager
    def transfer(self, key: Hashable, name: str, chat: str, size: int) -> Iterator[None]:
        """A file is under way within the block."""
        self.under_way[key] = FileTransfer(name, chat, size)
        try:
            yield
        finally:
            del self.under_way[key]

    def arrived(self, key: Hashable, count: int, now: float, *, before: bool = False) -> None:
        """So many bytes of a file came, or had come `before` with an earlier run."""
        if (one := self.under_way.get(key)) is not None:
            one.received += count
        self.received += count
        if before:
            return
        self._recent.append((now, count))
        while self._recent[0][0] < now - RECENT_SECONDS:
            self._recent.popleft()

    def finish(self, size: int) -> None:
        """A file is in the vault."""
        self.files += 1
        self.bytes += max(size, 0)

    def fail(self) -> None:
        """A file did not come."""
        self.failed += 1

    def per_second(self, now: float) -> float:
        """Bytes a second over the last seconds; 0 as long as nobody can tell."""
        recent = [(when, count) for when, count in self._recent if when >= now - RECENT_SECONDS]
        if len(recent) < 2 or now <= recent[0][0]:
            return 0.0
        return sum(count for _, count in recent[1:]) / (now - recent[0][0])

    def seconds_left(self, now: float) -> float | None:
        """How long the files that are known of will take; None where nobody can tell."""
        pace = self.per_second(now)
        return max(self.total_bytes - self.received, 0) / pace if pace else None
