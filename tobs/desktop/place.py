"""Where an export lies, a folder or a zip file, and its files: paths in it are hostile."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, Protocol

import attrs

from tobs.errors import ConfigError, FileUnavailable
from tobs.model import NOT_IN_EXPORT

RESULT = "result.json"
CHUNK = 1 << 20
# A JSON export shrinks to a tenth, media hardly. More than this is made to fill a disk.
LARGEST_RATIO = 200
SMALL = 10_000_000  # bytes; below that no ratio fills a disk
_DEVICES = frozenset(
    ("con", "prn", "aux", "nul", *(f"com{n}" for n in range(10)), *(f"lpt{n}" for n in range(10)))
)  # fmt: skip


class Place(Protocol):
    """An export."""

    @property
    def name(self) -> str:
        """What to call it in sentences."""

    def open_result(self) -> IO[bytes]:
        """Its result.json, seekable."""

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
        or any(part.split(".")[0].strip().lower() in _DEVICES for part in parts)
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

    def open_result(self) -> IO[bytes]:
        return (self.root / RESULT).open("rb")

    def copy(self, path: str, part: Path, *, link: bool) -> None:
        source = self._file(path)
        part.unlink(missing_ok=True)
        if link and not _linked(source, part):
            link = False
        if not link:
            with source.open("rb") as whole, part.open("wb") as copied:
                _copy(whole, copied, source.stat().st_size)

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
class Zip:
    """An export in a zip file. `prefix` is its folder in there, "" or with a slash."""

    archive: zipfile.ZipFile
    path: Path
    prefix: str

    @property
    def name(self) -> str:
        return f"{self.path}/{self.prefix}{RESULT}"

    def open_result(self) -> IO[bytes]:
        # Going back and forth in a compressed file would unpack it again each time.
        unpacked = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
        info = self._info(f"{self.prefix}{RESULT}")
        with self.archive.open(info) as packed:
            _copy(packed, unpacked, info.file_size)
        unpacked.seek(0)
        return unpacked

    def copy(self, path: str, part: Path, *, link: bool) -> None:
        info = self._info(f"{self.prefix}{inside(path)}")
        try:
            with self.archive.open(info) as packed, part.open("wb") as copied:
                _copy(packed, copied, info.file_size)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as exc:
            raise FileUnavailable(f"it cannot be unpacked: {exc}") from exc

    def read(self, path: str, most: int) -> bytes:
        try:
            with self.archive.open(self._info(f"{self.prefix}{inside(path)}")) as packed:
                return packed.read(most)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as exc:
            raise FileUnavailable(f"it cannot be unpacked: {exc}") from exc

    def digest(self) -> str:
        entries = sorted((info.filename, info.file_size, info.CRC) for info in self.archive.infolist())
        return hashlib.sha256(repr(entries).encode("utf-8", "surrogatepass")).hexdigest()

    def _info(self, name: str) -> zipfile.ZipInfo:
        try:
            info = self.archive.getinfo(name)
        except KeyError as exc:
            raise FileUnavailable(NOT_IN_EXPORT) from exc
        if info.file_size > SMALL and info.file_size > LARGEST_RATIO * max(info.compress_size, 1):
            raise FileUnavailable(f"it would grow to {info.file_size:,} bytes, which no export does")
        return info


def _copy(source: IO[bytes], target: IO[bytes], size: int) -> None:
    """Copy as many bytes as were announced, never more."""
    left = size
    while left > 0 and (chunk := source.read(min(CHUNK, left))):
        target.write(chunk)
        left -= len(chunk)


@contextmanager
def open_places(paths: list[Path]) -> Iterator[list[Place]]:
    """The exports at `paths` for the block: each is a result.json, a folder with one, one of several, or a zip file.

    Raises `ConfigError` for what is none of these.
    """
    opened: list[zipfile.ZipFile] = []
    try:
        yield [place for path in paths for place in _places(path, opened)]
    finally:
        for archive in opened:
            archive.close()


def _places(path: Path, opened: list[zipfile.ZipFile]) -> list[Place]:
    if path.is_dir():
        return _in_folder(path)
    if not path.exists():
        raise ConfigError([f"there is no {path}; name the folder of an export of Telegram Desktop"])
    if zipfile.is_zipfile(path):
        archive = zipfile.ZipFile(path)
        opened.append(archive)
        names = sorted(name for name in archive.namelist() if name.rpartition("/")[2] == RESULT)
        return [Zip(archive, path, name.removesuffix(RESULT)) for name in names] or _refuse(path)
    if path.suffix == ".json":
        return [Folder(path.parent)] if path.name == RESULT else [Single(path)]
    return _refuse(path)


def _in_folder(path: Path) -> list[Place]:
    if (path / RESULT).is_file():
        return [Folder(path)]
    return [Folder(found.parent) for found in sorted(path.glob(f"*/{RESULT}"))] or _refuse(path)


def _refuse(path: Path) -> list[Place]:
    html = path.is_dir() and any(path.glob("messages*.html"))
    advice = "that one is in HTML; choose “Machine-readable JSON” when you export" if html else f"it has no {RESULT}"
    raise ConfigError([f"{path} is no export that can be read: {advice}"])


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
