"""What zip files hold of exports, unpacked once: a compressed file cannot be read from the middle."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import attrs

from tobs.errors import FileUnavailable

CHUNK = 1 << 20
ROOM = 100_000_000  # bytes that are left to others
_LASTING = Path("/var/tmp")


@attrs.define(eq=False)
class Spool:
    """A temporary file with the content of files one behind the other. Only the user can read it.

    It has no name, so nothing is left of it when the process ends, however it does.
    `check` raises when unpacking is to stop.
    """

    folder: Path
    check: Callable[[], None]
    _file: IO[bytes]
    _lock: threading.Lock = attrs.field(factory=threading.Lock)
    _end: int = 0

    def keep(self, source: IO[bytes], size: int) -> tuple[int, int]:
        """Where `source` is kept from now on; it says that it has `size` bytes, and no more are read.

        Raises `FileUnavailable` if there is no room for it.
        """
        self._check_room(size)
        with self._lock:
            begin = self._end
            try:
                self._file.seek(begin)
                while (left := size - (self._end - begin)) > 0 and (chunk := source.read(min(CHUNK, left))):
                    self.check()
                    self._file.write(chunk)
                    self._end += len(chunk)
                self._file.flush()
                source.read(1)  # so that a zip file looks at the checksum
            except BaseException:
                self._end = begin  # of one that cannot be unpacked nothing takes room
                self._file.truncate(begin)
                raise
            return begin, self._end

    def open(self, begin: int, end: int) -> IO[bytes]:
        """What lies there, as a file of its own; any number can be open."""
        return io.BufferedReader(_View(self, begin, end))

    def read_at(self, at: int, size: int) -> bytes:
        with self._lock:
            self._file.seek(at)
            return self._file.read(size)

    def _check_room(self, size: int) -> None:
        free = shutil.disk_usage(self.folder).free
        if size + ROOM > free:
            raise FileUnavailable(
                f"unpacking it takes {size:,} bytes in {self.folder}, which has {free:,} free; "
                "make room, or set TMPDIR to a folder that has it"
            )


class _View(io.RawIOBase):
    def __init__(self, spool: Spool, begin: int, end: int) -> None:
        super().__init__()
        self._spool, self._begin, self._end, self._at = spool, begin, end, begin

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._spool.read_at(self._at, min(len(buffer), max(self._end - self._at, 0)))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: self._begin, os.SEEK_CUR: self._at, os.SEEK_END: self._end}[whence]
        self._at = max(base + offset, self._begin)
        return self._at - self._begin


@contextmanager
def open_spool(check: Callable[[], None] = lambda: None) -> Iterator[Spool]:
    """An empty one for the block, where temporary files of any size belong."""
    is_lasting = "TMPDIR" not in os.environ and os.access(_LASTING, os.W_OK)
    folder = _LASTING if is_lasting else Path(tempfile.gettempdir())
    with tempfile.TemporaryFile(dir=folder) as file:
        yield Spool(folder, check, file)
