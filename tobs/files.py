"""Files of messages: from the source to their place in the vault."""

from __future__ import annotations

import filecmp
import hashlib
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import attrs
import trio

from tobs.archive.filing import current, finish_move, moves, others
from tobs.archive.pictures import Picture
from tobs.archive.reads import Reads
from tobs.archive.rows import MediaRow
from tobs.archive.store import Archive
from tobs.errors import STOPPING, DiskFull, FileUnavailable, SourceError, VaultError, unwritable
from tobs.rawfiles import original_name
from tobs.root import PLAIN, Root
from tobs.source import LARGEST_FILE, Source, Wanted, WatchedSource
from tobs.transfers import LARGE, Transfers

OTHERS = 4  # further messages through which a file is asked for that one does not give
BLOCK = 512  # what st_blocks counts in, whatever the disk does
DAY = 86_400
Row = TypeVar("Row", MediaRow, Picture)
RETRY_AFTER = (DAY, 7 * DAY, 30 * DAY)  # Telegram loses files for a while; what is gone for a month is gone


@attrs.define(eq=False)
class Fetching:
    """How files come into the vault."""

    source: Source
    archive: Archive
    vault: Path
    min_free: float
    transfers: Transfers = attrs.Factory(Transfers)
    titles: Mapping[int, str] = attrs.field(factory=dict)  # of the chats
    root: Root = PLAIN
    _under_way: dict[Path, int] = attrs.field(factory=dict)  # parts, and how long they will be

    async def fetch(self, row: MediaRow) -> MediaRow:
        """Fetch the file of `row` and put it into the vault whole, or say why not.

        Returns the row as ``done``, with the place where it lies; as
        ``failed`` when Telegram does not give the file, through whichever
        message has it; or as ``pending`` with a reason when the next run may
        succeed. What arrived lies in ``parts`` beside the archive until it is whole, so
        cancelling costs nothing that was fetched. Raises `DiskFull` before
        less than `min_free` bytes would be left, `VaultError` for the disk and
        `SourceError` for anything that is not about this file alone.
        """
        try:
            return await self._fetch(row)
        except STOPPING:
            raise
        except FileUnavailable as error:
            return refused(row, error, int(time.time()))
        except SourceError as error:
            return attrs.evolve(row, state="pending", reason=str(error))  # the next run tries again
        except OSError as error:
            raise unwritable(self.vault / row.path, error) from error

    async def _fetch(self, row: MediaRow) -> MediaRow:
        move_files(self.archive, self.vault)  # first, so that nothing else lies where this file is to lie
        row = current(self.archive, row) or row
        target = self.vault / row.path
        if is_there(target, row.size):
            self.arrived(wanted(row), row.size, before=True)
            return arrived(row, row.path, target.stat().st_size, await trio.to_thread.run_sync(sha256_of, target))
        part = await self._part(row)
        size, digest = await trio.to_thread.run_sync(make_durable, part)
        # Meanwhile an earlier message that has the file may have come: it lies where it belongs now.
        now = current(self.archive, row) or row
        make_folder(self.vault, (self.vault / now.path).parent)
        part.replace(self.vault / now.path)
        return arrived(row, now.path, size, digest)

    async def _part(self, row: MediaRow) -> Path:
        """The whole file, through the first of its messages that gives it."""
        failure: FileUnavailable | None = None
        for each in (row, *others(self.archive, row, OTHERS)):
            part = part_path(self.vault, each, self.root)
            make_part_room(self.vault, part)
            try:
                check_possible(each.size)
                with self._reserved(part, max(each.size, 0)), self._told(each):
                    await self.source.fetch_file(wanted(each), part)
                check_size(part, each.size)
            except FileUnavailable as error:
                part.unlink(missing_ok=True)
                failure = error if failure is None or failure.final else failure
            else:
                if not isinstance(self.source, WatchedSource):
                    self.arrived(wanted(each), part.stat().st_size)
                return part
        assert failure is not None
        raise failure

    def _told(self, row: MediaRow) -> AbstractContextManager[None]:
        """Whoever looks at the progress sees the file within the block."""
        return self.transfers.transfer(wanted(row), self._called(row), self.titles.get(row.chat_id, ""), row.size)

    def _called(self, row: MediaRow) -> str:
        """What a file is called for those who look on: as its sender called it, where there is time to read that."""
        if row.size < LARGE:
            return row.name
        message = Reads(self.archive.connection, self.archive.codec).message(row.chat_id, row.message_id)
        return original_name(message, row.file_id) or row.name

    def arrived(self, file: Wanted, count: int, before: bool = False) -> None:
        """A part of a file is here. Fits `tobs.source.FileWatch`."""
        self.transfers.arrived(file, count, trio.current_time(), before=before)

    @contextmanager
    def _reserved(self, part: Path, size: int) -> Iterator[None]:
        """Room on the disk for a file, which others that are under way do not take."""
        self._under_way[part] = size
        try:
            check_room(self.vault, sum(map(to_come, self._under_way, self._under_way.values())), self.min_free)
            yield
        finally:
            del self._under_way[part]


def arrived(row: MediaRow, path: str, size: int, digest: str) -> MediaRow:
    """A row whose file lies at `path`."""
    return attrs.evolve(row, state="done", reason="", path=path, size=size, sha256=digest, tries=0, next_try=0)


def to_come(part: Path, size: int) -> int:
    """The room that a file will still take on the disk, besides what its part has there."""
    try:
        found = part.stat()
    except FileNotFoundError:
        return size
    return max(size - getattr(found, "st_blocks", 0) * BLOCK, 0)  # not its length: it may have holes


def refused(row: Row, error: FileUnavailable, now: int) -> Row:
    """A row whose file Telegram did not give: it is asked for again if that may help, ever later, and not for ever."""
    # Only Telegram may have it again: an export file stays as it is.
    again = not error.final and row.dc_id > 0 and row.tries < len(RETRY_AFTER)
    next_try = now + RETRY_AFTER[row.tries] if again else 0
    return attrs.evolve(row, state="failed", reason=str(error), tries=row.tries + 1, next_try=next_try)


def move_files(archive: Archive, vault: Path) -> None:
    """Put files where they are to lie now. What a killed run left undone is done by the next one."""
    for move in moves(archive):
        old = vault / move.old
        if old.is_file() and not old.is_symlink():
            if move.new and not is_same(old, vault / move.new):
                make_folder(vault, (vault / move.new).parent)
                old.replace(vault / move.new)
            else:
                old.unlink()
            with suppress(OSError):
                old.parent.rmdir()  # if it is empty now
        finish_move(archive, move)


def is_same(one: Path, other: Path) -> bool:
    """Whether two files have the same content."""
    return other.is_file() and not other.is_symlink() and filecmp.cmp(one, other, shallow=False)


def wanted(row: MediaRow) -> Wanted:
    """What to ask the source for."""
    return Wanted(row.chat_id, row.message_id, row.file_id, row.dc_id, row.size, row.thumb)


def part_path(vault: Path, row: MediaRow, root: Root = PLAIN) -> Path:
    """Where a file grows: named by all that identifies it, so that no other file's rest is ever taken for it, and by
    nothing else, so that the run after one that was killed goes on with it through any message that has it."""
    whose = f"dc{row.dc_id}" if row.dc_id > 0 else f"{row.chat_id}_{row.message_id}"  # as files are shared
    thumb = f"-{row.thumb.encode().hex()}" if row.thumb else ""  # hex, since a server chooses it
    return root.private(vault) / "parts" / f"{whose}_{row.file_id}{thumb}_{row.size}.part"


def is_there(target: Path, size: int) -> bool:
    """Whether the file was put in place before, by a run that was killed before it could write that down."""
    return size >= 0 and not target.is_symlink() and target.is_file() and target.stat().st_size == size


def make_folder(vault: Path, folder: Path) -> None:
    """Make a folder inside the vault. Raises `VaultError` if a link leads out of it."""
    if not folder.resolve().is_relative_to(vault.resolve()):
        raise VaultError(folder, f"{folder} leads out of the vault; remove that link and run tobs again.")
    folder.mkdir(parents=True, exist_ok=True)


def make_part_room(vault: Path, part: Path) -> None:
    """Make the folder where a file is to grow. A link in the place of the file goes: nothing is written through it."""
    make_folder(vault, part.parent)
    if part.is_symlink():
        part.unlink()


def check_possible(size: int) -> None:
    """Raise `FileUnavailable` for a size that no file has, for which no disk would ever have room."""
    if size > LARGEST_FILE:
        raise FileUnavailable(f"No file on Telegram has {size:,} bytes.", final=True)


def check_room(vault: Path, size: float, min_free: float) -> None:
    """Raise `DiskFull` if so many bytes would not leave `min_free` of them."""
    free = shutil.disk_usage(vault).free
    if free - size < min_free:
        raise DiskFull(
            vault,
            f"the disk of {vault} has {free / 1e6:,.0f} MB left; what was read is kept. "
            "Make room, or set max_size_mb or min_free_mb under [media], and run tobs again.",
        )


def check_size(part: Path, size: int) -> None:
    """Raise `SourceError` for a file that is not as long as Telegram said."""
    actual = part.stat().st_size
    if size >= 0 and actual != size:
        raise SourceError(f"Telegram sent {actual:,} of {size:,} bytes")


def make_durable(part: Path) -> tuple[int, str]:
    """Bring a whole file onto the disk; its size and SHA-256."""
    digest = sha256_of(part)
    with part.open("rb") as file:
        os.fsync(file.fileno())
        return os.fstat(file.fileno()).st_size, digest


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file as hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
