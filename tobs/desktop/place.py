"""Where an export lies, and its files: paths in it are hostile."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, Protocol

import attrs

from tobs.devices import DEVICE
from tobs.errors import FileUnavailable
from tobs.model import NOT_IN_EXPORT

RESULT = "result.json"
CHUNK = 1 << 20


class Place(Protocol):
    """An export."""

    @property
    def name(self) -> str:
        """What to call it in sentences."""

    @property
    def problems(self) -> Sequence[str]:
        """What of it is refused before anything is read, ``name: sentence``."""

    def open_result(self) -> IO[bytes]:
        """Its result.json, seekable. Raises `FileUnavailable`."""

    def copy(self, path: str, part: Path, *, link: bool) -> None:
        """Bring `part` to a file of it, as another link to it if that is wanted and can be had.

        Raises `FileUnavailable` when it is not there, or when `path` is no
        path inside the export.
        """

    def read(self, path: str, most: int) -> bytes:
        """The first bytes of a file. Raises `FileUnavailable`."""

    def digest(self) -> str:
        """Whether it is the same as at another time: its JSON byte by byte, its files by name and size."""


def inside(path: str) -> PurePosixPath:
    """The path as one below the export's folder. Raises `FileUnavailable`."""
    windows, found = PureWindowsPath(path), PurePosixPath(path)
    parts = windows.parts
    if (
        not parts
        or windows.drive
        or windows.root
        or ".." in parts
        or any(not part.isprintable() or len(part.encode("utf-8", "replace")) > 255 for part in parts)
        or any(DEVICE.match(part.split(".")[0].strip()) for part in parts)
    ):
        raise FileUnavailable("its path in the export leads elsewhere")
    return PurePosixPath(*parts) if "\\" in path else found


@attrs.frozen
class Folder:
    """An export as Telegram Desktop writes it."""

    root: Path

    @property
    def name(self) -> str:
        return str(self.root / RESULT)

    @property
    def problems(self) -> Sequence[str]:
        return ()

    def open_result(self) -> IO[bytes]:
        return (self.root / RESULT).open("rb")

    def copy(self, path: str, part: Path, *, link: bool) -> None:
        source = self._file(path)
        part.unlink(missing_ok=True)
        if link and not _linked(source, part):
            link = False
        if not link:
            with source.open("rb") as whole, part.open("wb") as copied:
                copy_bytes(whole, copied, source.stat().st_size)

    def read(self, path: str, most: int) -> bytes:
        with self._file(path).open("rb") as file:
            return file.read(most)

    def digest(self) -> str:
        found = hashlib.sha256()
        with self.open_result() as file:
            while chunk := file.read(CHUNK):
                found.update(chunk)
        for name, size in sorted(self._listing()):
            found.update(f"{name}\0{size}\0".encode("utf-8", "surrogateescape"))
        return found.hexdigest()

    def _listing(self) -> Iterator[tuple[str, int]]:
        for folder, folders, names in os.walk(self.root):
            folders.sort()
            yield from ((f"{folder}/{name}", os.lstat(f"{folder}/{name}").st_size) for name in names)

    def _file(self, path: str) -> Path:
        there = self.root / inside(path)
        try:
            real = there.resolve(strict=True)
        except (OSError, RuntimeError) as exc:
            raise FileUnavailable(NOT_IN_EXPORT) from exc
        if not real.is_relative_to(self.root.resolve()) or not stat.S_ISREG(real.stat().st_mode):
            raise FileUnavailable("its path in the export leads elsewhere")
        return real


def _linked(source: Path, part: Path) -> bool:
    try:
        os.link(source, part)
    except OSError:  # another disk, or one that knows no links: a copy serves as well
        return False
    return True


@attrs.frozen
class Single(Folder):
    """A result.json under another name. `root` is the file."""

    @property
    def name(self) -> str:
        return str(self.root)

    def open_result(self) -> IO[bytes]:
        return self.root.open("rb")

    def _listing(self) -> Iterator[tuple[str, int]]:
        yield from ()

    def _file(self, path: str) -> Path:
        return Folder(self.root.parent)._file(path)


def copy_bytes(source: IO[bytes], target: IO[bytes], size: int) -> None:
    """Copy as many bytes as were announced, never more."""
    left = size
    while left > 0 and (chunk := source.read(min(CHUNK, left))):
        target.write(chunk)
        left -= len(chunk)
