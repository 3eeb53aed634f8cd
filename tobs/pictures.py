"""Pictures that belong to no message: from the source to their place in the vault, behind the files."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

import attrs
import trio

from tobs.archive.pictures import (
    BLOCK,
    Picture,
    drop_thumbnails,
    drop_unfetched,
    list_pictures,
    messages_with,
    pending_pictures,
    record_picture,
    without_thumbnail,
)
from tobs.archive.reads import Reads
from tobs.archive.store import Archive
from tobs.archive.waiting import held
from tobs.config import FileFilters, MediaConfig
from tobs.errors import STOPPING, FileUnavailable, SourceError, VaultError
from tobs.files import check_room, check_size, is_there, make_durable, make_folder, move_files, refused, sha256_of
from tobs.model import File
from tobs.pipeline import Bounds, run_pipeline
from tobs.prepare import MEGABYTE
from tobs.progress import Stages
from tobs.rawfiles import decode_small, stored
from tobs.shutdown import Shutdown
from tobs.source import Source, Wanted
from tobs.vault.names import PICTURES


@attrs.define(eq=False)
class Pictures:
    """The pictures that a run fetches: of its chats, as `config` says. `files` are the filters of each of them."""

    source: Source
    archive: Archive
    reads: Reads
    vault: Path
    config: MediaConfig
    files: Mapping[int, FileFilters]
    now: int = attrs.field(factory=lambda: int(time.time()))

    async def bring(self, chats: Iterable[int], shutdown: Shutdown) -> None:
        """Find out which pictures are missing, and fetch them. Raises `DiskFull`, `VaultError` and what stops a run.

        Stopped anywhere, it is taken up by the next run. One that does not come is named by ``tobs verify``.
        """
        drop_thumbnails(self.archive)
        if self.config.enabled and self.config.thumbnails:
            with shutdown.intake():
                await self._list_thumbnails(chat_id for chat_id in chats if self.files[chat_id].enabled)
            await self._fetch(pending_pictures(self.archive, "thumbnail", self.now), shutdown)
        else:
            drop_unfetched(self.archive, "thumbnail")
        move_files(self.archive, self.vault)

    async def _list_thumbnails(self, chats: Iterable[int]) -> None:
        for chat_id in chats:
            missing = without_thumbnail(self.archive, chat_id)
            while block := [*islice(missing, BLOCK)]:
                list_pictures(self.archive, [self._thumbnail(chat_id, *one) for one in block])
                await trio.lowlevel.checkpoint()

    def _thumbnail(self, chat_id: int, message_id: int, file_id: int) -> Picture:
        raw = next((raw for raw in stored(self.reads.message(chat_id, message_id)) if raw.get("id") == file_id), None)
        return thumbnail(file_id, decode_small(raw) if raw else None)

    async def _fetch(self, pictures: Iterator[Picture], shutdown: Shutdown) -> None:
        total = self.config.max_total_mb * MEGABYTE
        left = total - held(self.archive) if total else float("inf")

        async def following() -> Picture | None:
            nonlocal left
            await trio.lowlevel.checkpoint()
            for picture in pictures:
                if max(picture.size, 0) <= left:
                    left -= max(picture.size, 0)
                    return picture
            return None

        workers = self.config.workers
        bounds = Bounds(fetched=1, processed=2 * workers, workers=workers)
        await run_pipeline(following, self.fetch, self._record, shutdown=shutdown, bounds=bounds, stages=Stages())

    async def _record(self, picture: Picture) -> None:
        await trio.lowlevel.checkpoint()
        record_picture(self.archive, picture)

    async def fetch(self, picture: Picture) -> Picture:
        """Fetch a picture and put it into the vault whole, or say why not; as `tobs.files.Fetching.fetch`."""
        target = self.vault / picture.path
        try:
            if is_there(target, picture.size):  # a run was killed before it wrote that down
                return done(picture, target.stat().st_size, sha256_of(target))
            check_room(self.vault, max(picture.size, 0), self.config.min_free_mb * MEGABYTE)
            part = await self._part(picture)
            size, digest = await trio.to_thread.run_sync(make_durable, part)
            make_folder(self.vault, target.parent)
            part.replace(target)
            return done(picture, size, digest)
        except STOPPING:
            raise
        except FileUnavailable as error:
            return refused(picture, error, self.now)
        except SourceError as error:
            return attrs.evolve(picture, state="pending", reason=str(error))  # the next run tries again
        except OSError as error:
            raise VaultError(
                target, f"cannot write {target}: {error.strerror}; make room or fix the permissions and run tobs again."
            ) from error

    async def _part(self, picture: Picture) -> Path:
        """The whole picture, through the first of the messages that gives it."""
        failure = FileUnavailable("No message has this file any more.", final=True)
        part = self.vault / ".tobs" / "parts" / f"{picture.name}_{picture.size}.part"
        make_folder(self.vault, part.parent)
        for chat_id, message_id in messages_with(self.archive, picture):
            wanted = Wanted(chat_id, message_id, picture.file_id, picture.dc_id, picture.size, picture.thumb)
            try:
                await self.source.fetch_file(wanted, part)
                check_size(part, picture.size)
            except FileUnavailable as error:
                failure = error
                part.unlink(missing_ok=True)
            else:
                return part
        raise failure


def thumbnail(file_id: int, small: File | None) -> Picture:
    """The picture of a file that Telegram made, or that there is none."""
    if small is None:
        return Picture("thumbnail", 0, file_id, 0, 0, "", "", state="none")
    path = f"{PICTURES}/thumbnail_{file_id}{small.extension}"
    return Picture("thumbnail", 0, file_id, small.dc_id, small.size, small.thumb, path)


def done(picture: Picture, size: int, digest: str) -> Picture:
    """A picture that is in the vault."""
    return attrs.evolve(picture, state="done", reason="", size=size, sha256=digest, tries=0, next_try=0)
