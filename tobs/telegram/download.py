"""Files in parts: several at a time, resumable, and never accepted short or changed."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import trio

from tobs.errors import FileUnavailable, SourceError
from tobs.source import FileWatch, Wanted
from tobs.telegram.partfile import PART, PartFile
from tobs.telegram.references import References
from tobs.telegram.tasks import gather
from tobs.telegram.transfer import Ask, Transfer, fits

LARGEST = 8000 * PART  # what an account with Premium may send
ATTEMPTS = 3  # at a part that came short or changed; what is wrong on Telegram's side stays wrong
MEGABYTE = 1024 * 1024  # what one request for hashes tells of


class Downloader:
    """Fetches files of messages, `lanes` parts of a file at a time."""

    def __init__(self, ask: Ask, references: References, lanes: int, *, uses_cdn: bool) -> None:
        self._ask = ask
        self._uses_cdn = uses_cdn
        self._references = references
        self._lanes = lanes
        self.watchers: list[FileWatch] = []

    def _arrived(self, wanted: Wanted, count: int, before: bool = False) -> None:
        for watch in self.watchers:
            watch(wanted, count, before)

    async def fetch(self, wanted: Wanted, part: Path) -> None:
        """Bring `part` to the whole file, without what it already holds.

        Raises `FileUnavailable` when Telegram no longer gives the file or gives
        another length than it says, `SourceError` when its bytes do not have
        the hashes that it tells, `OSError` when `part` cannot be written.
        Cancelling leaves the parts that came, which the next call goes on with.
        """
        if wanted.size > LARGEST:
            raise FileUnavailable(f"No file on Telegram has {wanted.size:,} bytes.", final=True)
        transfer = Transfer(wanted, self._ask, self._references, uses_cdn=self._uses_cdn)
        try:
            if wanted.size < 0:
                await _in_order(transfer, part, partial(self._arrived, wanted))
            elif wanted.size <= PART:
                await _at_once(transfer, part)
                self._arrived(wanted, wanted.size)
            else:
                await self._in_parts(transfer, part)
        except FileUnavailable:
            await trio.Path(part).unlink(missing_ok=True)  # nothing tells which of its bytes are right
            raise

    async def _in_parts(self, transfer: Transfer, part: Path) -> None:
        with await trio.to_thread.run_sync(PartFile, part, transfer.wanted.size) as file:
            arrived = partial(self._arrived, transfer.wanted)
            arrived(file.size - sum(map(file.length, file.missing)), True)
            if file.missing:
                parts = _Parts(transfer, file, deque(file.missing), arrived)
                await gather([parts.fetch] * min(self._lanes, len(file.missing)))
                await trio.to_thread.run_sync(file.finish)


@attrs.define(eq=False)
class _Parts:
    """The parts of a file that are missing."""

    transfer: Transfer
    file: PartFile
    missing: deque[int]
    arrived: Callable[[int], None]
    _told: dict[int, list[Any]] = attrs.field(factory=dict)  # hashes by megabyte
    _asking: defaultdict[int, trio.Lock] = attrs.field(factory=lambda: defaultdict(trio.Lock))

    async def fetch(self) -> None:
        """Fetch parts until none is missing. Several tasks do that."""
        while self.missing:
            number = self.missing.popleft()
            data = await self._right(number)
            await trio.to_thread.run_sync(self.file.put, number, data)
            self.arrived(len(data))

    async def _right(self, number: int) -> bytes:
        """A part as it must be. Raises when it does not come like that."""
        offset, length = number * PART, self.file.length(number)
        for _ in range(ATTEMPTS):
            data, hashes = await self._asked(offset)
            if len(data) != length:
                failure: SourceError = _wrong_length(offset + len(data), self.file.size)
            elif not await trio.to_thread.run_sync(fits, data, offset, hashes):
                failure = SourceError("Telegram sent bytes that do not have the hash it tells of them.")
            else:
                return data
        raise failure

    async def _asked(self, offset: int) -> tuple[bytes, list[Any]]:
        """The bytes at `offset`, and what they should hash to."""
        hashes = partial(self._hashes, offset // MEGABYTE)
        jobs: list[Callable[[], Awaitable[Any]]] = [partial(self.transfer.part, offset), hashes]
        data, told = await gather(jobs)
        return data, told

    async def _hashes(self, megabyte: int) -> list[Any]:
        async with self._asking[megabyte]:
            if megabyte not in self._told:
                self._told[megabyte] = await self.transfer.hashes(megabyte * MEGABYTE)
        return self._told[megabyte]


async def _at_once(transfer: Transfer, part: Path) -> None:
    """A file of one part. What a run that was killed left of it is not trusted: nobody synced it."""
    size = transfer.wanted.size
    for _ in range(ATTEMPTS):
        data = await transfer.part(0) if size else b""
        if len(data) == size:
            await trio.Path(part).write_bytes(data)
            return
    raise _wrong_length(len(data), size)


async def _in_order(transfer: Transfer, part: Path, arrived: Callable[[int], None]) -> None:
    """A file whose size nobody knows ends with the first part that is short."""
    async with await trio.open_file(part, "ab") as file:
        done = await file.tell() // PART * PART
        await file.truncate(done)
        while True:
            data = await transfer.part(done)
            await file.write(data)
            await file.flush()
            done += len(data)
            arrived(len(data))
            if len(data) < PART:
                return


def _wrong_length(arrived: int, size: int) -> FileUnavailable:
    return FileUnavailable(f"Telegram sent {arrived:,} bytes of a file of {size:,}.")
