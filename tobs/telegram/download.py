"""Files in parts: several at a time, resumable, and never accepted short or changed."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import attrs
import trio

from tobs.errors import FileUnavailable, SourceError
from tobs.source import LARGEST_FILE, FileWatch, Wanted
from tobs.telegram.partfile import PART, PartFile
from tobs.telegram.references import References
from tobs.telegram.tasks import gather
from tobs.telegram.transfer import Ask, Places, Transfer, fits

ATTEMPTS = 3  # at a part that came short or changed; what is wrong on Telegram's side stays wrong
MEGABYTE = 1024 * 1024  # what one request for hashes tells of
GROUP = MEGABYTE // PART  # parts of a megabyte
HELD = 16  # megabytes of large files in memory at once for each data centre: what its connections have under way twice


class Downloader:
    """Fetches files of messages, `lanes` megabytes of a file at a time."""

    def __init__(self, ask: Ask, references: References, lanes: int, *, uses_cdn: bool) -> None:
        self._ask = ask
        self._uses_cdn = uses_cdn
        self._references = references
        self._lanes = lanes
        self._held = defaultdict[int, trio.CapacityLimiter](lambda: trio.CapacityLimiter(HELD))
        self.watchers: list[FileWatch] = []

    def _arrived(self, wanted: Wanted, count: int, before: bool = False) -> None:
        for watch in self.watchers:
            watch(wanted, count, before)

    async def fetch(self, wanted: Wanted, part: Path, places: Places | None = None) -> None:
        """Bring `part` to the whole file, without what it already holds; `places` tell of what no message has.

        Raises `FileUnavailable` when Telegram no longer gives the file or gives
        another length than it says, `SourceError` when its bytes do not have
        the hashes that it tells, `OSError` when `part` cannot be written.
        Cancelling leaves the parts that came, which the next call goes on with.
        """
        if wanted.size > LARGEST_FILE:
            raise FileUnavailable(f"No file on Telegram has {wanted.size:,} bytes.", final=True)
        transfer = Transfer(wanted, self._ask, places or self._references, uses_cdn=self._uses_cdn)
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
                groups = [[*group] for _megabyte, group in groupby(file.missing, key=lambda number: number // GROUP)]
                parts = _Parts(transfer, file, deque(groups), self._held[transfer.wanted.dc_id], arrived)
                await gather([parts.fetch] * min(self._lanes, len(groups)))
                await trio.to_thread.run_sync(file.finish)


@attrs.define(eq=False)
class _Parts:
    """The parts of a file that are missing, those of a megabyte together: one request tells what they hash to."""

    transfer: Transfer
    file: PartFile
    missing: deque[list[int]]
    held: trio.CapacityLimiter
    arrived: Callable[[int], None]

    async def fetch(self) -> None:
        """Fetch parts until none is missing. Several tasks do that."""
        while self.missing:
            async with self.held:
                if self.missing:
                    await self._bring(self.missing.popleft())

    async def _bring(self, numbers: list[int]) -> None:
        """Fetch parts of one megabyte as they must be. Raises when one does not come like that."""
        hashes = partial(self.transfer.hashes, numbers[0] // GROUP * MEGABYTE)
        told: list[Any] | None = None
        for _ in range(ATTEMPTS):
            jobs: list[Callable[[], Awaitable[Any]]] = [partial(self.transfer.part, n * PART) for n in numbers]
            answers = await gather(jobs if told is not None else [*jobs, hashes])
            told = told if told is not None else answers.pop()
            wrong = await trio.to_thread.run_sync(self._keep, dict(zip(numbers, answers, strict=True)), told)
            self.arrived(sum(self.file.length(number) for number in numbers if number not in wrong))
            if not wrong:
                return
            numbers = [*wrong]
        raise next(iter(wrong.values()))

    def _keep(self, answers: dict[int, memoryview], told: list[Any]) -> dict[int, SourceError]:
        """Write the parts that are right, in a thread. What is wrong with the others."""
        wrong: dict[int, SourceError] = {}
        for number, data in answers.items():
            if (problem := _wrong(data, number * PART, self.file.size, told)) is not None:
                wrong[number] = problem
            else:
                self.file.put(number, data)
        return wrong


async def _at_once(transfer: Transfer, part: Path) -> None:
    """A file of one part. What a run that was killed left of it is not trusted: nobody synced it.

    Its hash is asked for only once an answer was wrong: for all photos that would be as many requests again, which at
    a limit of requests is half of the rate. What came over the wire is that which the data centre sent, since MTProto
    holds each message against its SHA-256; a hash from the same data centre tells only of its own mistakes.
    """
    size, told = transfer.wanted.size, list[Any]()
    for _ in range(ATTEMPTS):
        data = await transfer.part(0) if size else memoryview(b"")
        if (wrong := _wrong(data, 0, size, told)) is None:
            await trio.Path(part).write_bytes(data)
            return
        told = told or await transfer.hashes(0)
    assert wrong is not None
    raise wrong


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


def _wrong(data: memoryview, offset: int, size: int, told: list[Any]) -> SourceError | None:
    """What is wrong with a part of a file of `size`; None if it is as it should be."""
    if len(data) != min(size - offset, PART):
        return FileUnavailable(f"Telegram sent {offset + len(data):,} bytes of a file of {size:,}.")
    if not fits(data, offset, told):
        return SourceError("Telegram sent bytes that do not have the hash it tells of them.")
    return None
