"""Files of messages: from the source to their place in the vault."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import attrs
import trio

from tobs.archive.rows import MediaRow
from tobs.archive.store import Archive
from tobs.archive.waiting import pending_files
from tobs.config import MediaOrder
from tobs.errors import STOPPING, DiskFull, FileUnavailable, SourceError, VaultError
from tobs.source import Source, Wanted

AHEAD = 100  # files that a source hears of before they are needed


@attrs.define(eq=False)
class PendingFiles:
    """The files that wait to be fetched, of each chat whose messages have been read.

    It ends when no more chats come: the sending end of `chats` is closed.
    `expect` hears of some files before they come, so that they can be asked for together.
    """

    archive: Archive
    chats: trio.MemoryReceiveChannel[int]
    order: MediaOrder = "oldest"
    expect: Callable[[Sequence[Wanted]], None] | None = None
    _rows: Iterator[MediaRow] = attrs.field(factory=lambda: iter(()))

    async def next(self) -> MediaRow | None:
        """The next file, in their order within a chat; None at the end."""
        await trio.lowlevel.checkpoint()
        while (row := next(self._rows, None)) is None:
            try:
                chat_id = await self.chats.receive()
            except trio.EndOfChannel:
                return None
            self._rows = self._announced(pending_files(self.archive, chat_id, self.order))
        return row

    def _announced(self, rows: Iterator[MediaRow]) -> Iterator[MediaRow]:
        while ahead := [*islice(rows, AHEAD)]:
            if self.expect is not None:
                self.expect([wanted(row) for row in ahead])
            yield from ahead


async def fetch_row(source: Source, vault: Path, min_free: float, row: MediaRow) -> MediaRow:
    """Fetch the file of `row` and put it into the vault whole, or say why not.

    Returns the row as ``done``, as ``failed`` when Telegram no longer has the
    file, or as ``pending`` with a reason when the next run may succeed. What arrived lies in
    ``.tobs/parts`` until it is whole, so cancelling costs nothing that was
    fetched. Raises `DiskFull` before less than `min_free` bytes would be left,
    `VaultError` for the disk and `SourceError` for anything that is not
    about this file alone.
    """
    target, part = vault / row.path, part_path(vault, row)
    try:
        if not is_there(target, row.size):
            check_room(vault, row, min_free)
            make_folder(vault, target.parent)
            make_folder(vault, part.parent)
            await source.fetch_file(wanted(row), part)
            check_size(part, row.size)
            size, digest = await trio.to_thread.run_sync(settle, part, target)
        else:
            size, digest = target.stat().st_size, await trio.to_thread.run_sync(sha256_of, target)
    except STOPPING:
        raise
    except FileUnavailable as error:
        part.unlink(missing_ok=True)
        return attrs.evolve(row, state="failed", reason=str(error))
    except SourceError as error:
        return attrs.evolve(row, state="pending", reason=str(error))  # the next run tries again
    except OSError as error:
        raise VaultError(
            target, f"cannot write {target}: {error.strerror}; make room or fix the permissions and run tobs again."
        ) from error
    return attrs.evolve(row, state="done", reason="", size=size, sha256=digest)


def wanted(row: MediaRow) -> Wanted:
    """What to ask the source for."""
    return Wanted(row.chat_id, row.message_id, row.file_id, row.dc_id, row.size, row.thumb)


def part_path(vault: Path, row: MediaRow) -> Path:
    """Where a file grows; named by all that identifies it, so that no other file's rest is ever taken for it."""
    thumb = f"-{row.thumb.encode().hex()}" if row.thumb else ""  # hex, since a server chooses it
    return vault / ".tobs" / "parts" / f"{row.chat_id}_{row.message_id}_{row.file_id}{thumb}_{row.size}.part"


def is_there(target: Path, size: int) -> bool:
    """Whether the file was put in place before, by a run that was killed before it could write that down."""
    return size >= 0 and not target.is_symlink() and target.is_file() and target.stat().st_size == size


def make_folder(vault: Path, folder: Path) -> None:
    """Make a folder inside the vault. Raises `VaultError` if a link leads out of it."""
    if not folder.resolve().is_relative_to(vault.resolve()):
        raise VaultError(folder, f"{folder} leads out of the vault; remove that link and run tobs again.")
    folder.mkdir(parents=True, exist_ok=True)


def check_room(vault: Path, row: MediaRow, min_free: float) -> None:
    """Raise `DiskFull` if the file would not leave as many bytes free."""
    free = shutil.disk_usage(vault).free
    if free - max(row.size, 0) < min_free:
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


def settle(part: Path, target: Path) -> tuple[int, str]:
    """Move a whole file into place, durably; its size and SHA-256."""
    digest = sha256_of(part)
    with part.open("rb") as file:
        os.fsync(file.fileno())
        size = os.fstat(file.fileno()).st_size
    part.replace(target)
    return size, digest


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file as hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
