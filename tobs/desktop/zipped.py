"""Exports in a zip file: names, sizes and all else that it says of itself are hostile."""

from __future__ import annotations

import errno
import hashlib
import io
import lzma
import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import attrs

from tobs.desktop.place import RESULT, copy_bytes, inside
from tobs.desktop.spool import Spool
from tobs.errors import ConfigError, FileUnavailable
from tobs.model import NOT_IN_EXPORT

# A JSON export shrinks to a tenth, media hardly. More than this is made to fill a disk.
LARGEST_RATIO = 200
SMALL = 10_000_000  # bytes; below that no ratio fills a disk
# Bytes of the list of what is in a zip file: some 280,000 of Telegram Desktop's names. Each takes 600 bytes of memory.
LONGEST_LIST = 24_000_000
MOST = 1000  # exports in one zip file
NAMED = 20  # entries that are refused one by one


@attrs.define(eq=False)
class Zip:
    """An export in a zip file. `prefix` is its folder in there, "" or with a slash."""

    archive: zipfile.ZipFile
    path: Path
    prefix: str
    spool: Spool
    listing: bytes  # what says which files the zip file has
    problems: Sequence[str] = ()
    _kept: tuple[int, int] | None = None  # where its JSON lies, once that is unpacked

    @property
    def name(self) -> str:
        return f"{self.path}/{self.prefix}{RESULT}"

    def open_result(self) -> IO[bytes]:
        if self._kept is None:
            info = self._info(f"{self.prefix}{RESULT}")
            with _unpacking(), self.archive.open(info) as packed:
                self._kept = self.spool.keep(packed, info.file_size)
        return self.spool.open(*self._kept)

    def copy(self, path: str, part: Path, *, link: bool) -> None:
        info = self._info(f"{self.prefix}{inside(path)}")
        with _unpacking(), self.archive.open(info) as packed, part.open("wb") as copied:
            copy_bytes(packed, copied, info.file_size)
            packed.read(1)  # so that the checksum is looked at

    def read(self, path: str, most: int) -> bytes:
        with _unpacking(), self.archive.open(self._info(f"{self.prefix}{inside(path)}")) as packed:
            return packed.read(most)

    def digest(self) -> str:
        return hashlib.sha256(self.listing + self.prefix.encode("utf-8", "surrogatepass")).hexdigest()

    def _info(self, name: str) -> zipfile.ZipInfo:
        try:
            info = self.archive.getinfo(name)
        except KeyError as exc:
            raise FileUnavailable(NOT_IN_EXPORT) from exc
        if _is_link(info):
            raise FileUnavailable("its path in the export leads elsewhere")
        if info.file_size > SMALL and info.file_size > LARGEST_RATIO * max(info.compress_size, 1):
            raise FileUnavailable(f"it would grow to {info.file_size:,} bytes, which no export does")
        return info


@contextmanager
def _unpacking() -> Iterator[None]:
    """What zip files raise that are damaged, encrypted, or packed in a way that Python does not know."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, ValueError) as exc:
        raise FileUnavailable(f"it cannot be unpacked: {exc or 'it ends too early'}") from exc
    except OSError as exc:
        if exc.errno != errno.EINVAL:
            raise
        raise FileUnavailable("it cannot be unpacked: its place in the zip file is before the beginning") from exc
    except RuntimeError as exc:
        if "encrypted" not in str(exc) and "password" not in str(exc):
            raise
        raise FileUnavailable("it is encrypted; unpack it and name the folder") from exc


class _Bounded(io.BufferedReader):
    """A file of which not much is read at once: `zipfile` takes the whole list of entries into memory."""

    def read(self, size: int | None = -1) -> bytes:
        if size is not None and size > LONGEST_LIST:
            raise _LongList
        return super().read(size)


class _LongList(Exception):
    pass


@contextmanager
def open_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """The zip file, with its list of entries read. Raises `ConfigError` if that cannot be done or is too long."""
    with _Bounded(io.FileIO(path)) as file, _listed(file, path) as archive:
        yield archive


def _listed(file: IO[bytes], path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except _LongList:
        advice = "its list of files is longer than any export's; unpack it and name the folder"
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError) as exc:
        advice = f"the zip file is damaged ({exc}); copy or export it again"
    raise ConfigError([f"{path} is no export that can be read: {advice}"])


def exports_in(archive: zipfile.ZipFile, path: Path, spool: Spool) -> list[Zip]:
    """The exports in a zip file, the first of which has the `problems` of all. Raises `ConfigError` for too many."""
    names = sorted(name for name in archive.NameToInfo if name.rpartition("/")[2] == RESULT and _is_inside(name))
    if len(names) > MOST:
        raise ConfigError([f"{path} has {len(names):,} exports in it; unpack it and name the folders of some"])
    listing, problems = _listing(archive), _refused(archive, path)
    prefixes = [name.removesuffix(RESULT) for name in names]
    return [Zip(archive, path, prefix, spool, listing, () if n else problems) for n, prefix in enumerate(prefixes)]


def _listing(archive: zipfile.ZipFile) -> bytes:
    entries = sorted((info.filename, info.file_size, info.CRC) for info in archive.infolist())
    return hashlib.sha256(repr(entries).encode("utf-8", "surrogatepass")).digest()


def _refused(archive: zipfile.ZipFile, path: Path) -> list[str]:
    """The entries that lead out of the zip file, by name: nothing is ever read of them."""
    refused = [info.filename for info in archive.infolist() if _is_link(info) or not _is_inside(info.filename)]
    told = [f"{path}: the entry {name[:200]!a} leads elsewhere; it is left out." for name in refused[:NAMED]]
    more = len(refused) - NAMED
    return [*told, f"{path}: {more:,} more entries lead elsewhere; they are left out."] if more > 0 else told


def _is_inside(name: str) -> bool:
    try:
        inside(name)
    except FileUnavailable:
        return False
    return True


def _is_link(info: zipfile.ZipInfo) -> bool:
    return stat.S_ISLNK(info.external_attr >> 16)
