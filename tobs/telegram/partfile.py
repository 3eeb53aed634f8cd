"""A file that grows in any order of its parts, and knows after any ending which of them it has.

While it grows, a table follows the data: for each part eight bytes, zero until
the part is there and then its CRC-32 beside a mark. Data and table are one file,
so neither can be lost or left behind without the other. A part counts only if
its bytes still have that checksum, which is why no part needs to be synced before
it is marked: what a power failure took is fetched again. When all is there the
data is synced and the table cut off, so a file of its full length is whole. The
disk is put to work before that, while the network is, and not for a second at the end.
"""

from __future__ import annotations

import itertools
import os
import struct
import sys
import zlib
from pathlib import Path
from types import TracebackType

PART = 512 * 1024  # the largest that divides Telegram's megabyte and is not refused to anyone
WRITE_BACK = 32  # parts, 16 MB, that may wait for the disk: a fraction of a second's work, and worth beginning
_ENTRY = struct.Struct("<II")
_MARK = 0x74726170


class PartFile:
    """The parts of one file of `size` bytes. A file that grew from its start without a table is taken over."""

    def __init__(self, path: Path, size: int) -> None:
        self.size = size
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        self.missing: list[int] = []
        self._puts = itertools.count(1)  # counts once for each of the threads that put parts
        try:
            self._open(os.fstat(self._file).st_size)
        except BaseException:
            self.close()
            raise

    @property
    def count(self) -> int:
        """How many parts there are."""
        return -(-self.size // PART)

    @property
    def _full_length(self) -> int:
        # With the table. A file that grew without one is shorter than its data alone.
        return self.size + self.count * _ENTRY.size

    def length(self, number: int) -> int:
        """The bytes of a part; only the last is shorter."""
        return min(PART, self.size - number * PART)

    def put(self, number: int, data: bytes | memoryview) -> None:
        """Write a part, then mark it; now and then, wait for the disk. Raises `OSError`."""
        _write(self._file, data, number * PART)
        self._mark(number, zlib.crc32(data))
        if next(self._puts) % WRITE_BACK == 0:
            _sync(self._file)

    def read(self, number: int) -> bytes:
        """The bytes of a part, as far as they are there."""
        return os.pread(self._file, self.length(number), number * PART)

    def finish(self) -> None:
        """Make the file durable, and whole by its length. Raises `OSError`."""
        os.fsync(self._file)
        os.ftruncate(self._file, self.size)

    def close(self) -> None:
        """Close the file; what was put stays."""
        os.close(self._file)

    def __enter__(self) -> PartFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _open(self, there: int) -> None:
        if there == self.size:
            return
        self.missing = [number for number in range(self.count) if not self._had(number, there)]
        if there != self._full_length:
            self._begin_table(there)

    def _had(self, number: int, there: int) -> bool:
        """Whether a part is there, whole and unchanged."""
        if there == self._full_length:
            crc, mark = _ENTRY.unpack(os.pread(self._file, _ENTRY.size, self._entry(number)))
            return bool(mark == _MARK and crc == zlib.crc32(self.read(number)))
        # Without a table: whole parts from the start, unless it is longer than the file can be.
        return there < self.size and (number + 1) * PART <= there

    def _begin_table(self, there: int) -> None:
        """Make room for all, and mark the parts of a file that had no table."""
        missing = set(self.missing)
        if there > self.size:
            os.ftruncate(self._file, 0)
        # In one step: killed in between, it must not have the length of a whole file.
        os.ftruncate(self._file, self._full_length)
        _reserve(self._file, self._full_length)
        for number in range(self.count):
            if number not in missing:
                self._mark(number, zlib.crc32(self.read(number)))

    def _mark(self, number: int, crc: int) -> None:
        _write(self._file, _ENTRY.pack(crc, _MARK), self._entry(number))

    def _entry(self, number: int) -> int:
        return self.size + number * _ENTRY.size


def _write(file: int, data: bytes | memoryview, offset: int) -> None:
    while data:
        written = os.pwrite(file, data, offset)
        data, offset = data[written:], offset + written


def _sync(file: int) -> None:
    """Wait until the disk has the bytes. Raises `OSError`."""
    getattr(os, "fdatasync", os.fsync)(file)  # there is none on macOS and Windows


def _reserve(file: int, size: int) -> None:
    """Take the room on the disk at once, so that whoever asks what is free is told the truth."""
    if sys.platform == "linux":
        os.posix_fallocate(file, 0, size)
