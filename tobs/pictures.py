"""Pictures that belong to no message: from the source to their place in the vault, behind the files."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

import attrs
import trio

from tobs.archive.emoji import drop_emoji, known_emoji, missing_emoji
from tobs.archive.pictures import (
    BLOCK,
    Picture,
    PictureKind,
    count_pending,
    drop_thumbnails,
    drop_unfetched,
    keep_avatars,
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
from tobs.errors import STOPPING, FileUnavailable, SourceError, unwritable
from tobs.files import (
    check_possible,
    check_room,
    check_size,
    is_there,
    make_durable,
    make_folder,
    make_part_room,
    move_files,
    refused,
    sha256_of,
)
from tobs.model import File, Raw
from tobs.pipeline import Bounds, run_pipeline
from tobs.prepare import MEGABYTE
from tobs.progress import Failure, Stages
from tobs.rawemoji import emoji_picture
from tobs.rawfields import mapping, whole
from tobs.rawfiles import decode_small, stored
from tobs.root import PLAIN, Root
from tobs.shutdown import Shutdown
from tobs.source import EmojiSource, PortrayingSource, Source, Wanted, WantedAvatar
from tobs.transfers import PictureCount

EMOJI_AT_ONCE = 200  # whose documents one question to Telegram is for, so that their references are still good
GONE = "Telegram does not have this emoji any more."


@attrs.define(eq=False)
class Pictures:
    """The pictures that a run fetches: of its chats, as `config` says. `files` are the filters of each of them."""

    source: Source
    archive: Archive
    reads: Reads
    vault: Path
    config: MediaConfig
    files: Mapping[int, FileFilters]
    root: Root = PLAIN
    now: int = attrs.field(factory=lambda: int(time.time()))
    count: PictureCount = attrs.field(factory=PictureCount)
    failures: list[Failure] = attrs.field(factory=list)

    async def bring(self, chats: Iterable[int], shutdown: Shutdown) -> None:
        """Find out which pictures are missing, and fetch them. Raises `DiskFull`, `VaultError` and what stops a run.

        Stopped anywhere, it is taken up by the next run. What does not come is in `failures`.
        """
        self.count.total = self.count.done  # of what an earlier look did not bring, the rest is counted anew
        drop_thumbnails(self.archive)
        if self.config.enabled and self.config.thumbnails:
            with shutdown.intake():
                await self._list_thumbnails(chat_id for chat_id in chats if self.files[chat_id].enabled)
            await self._fetch_kind("thumbnail", shutdown)
        else:
            drop_unfetched(self.archive, "thumbnail")
        if self.config.enabled and self.config.avatars and isinstance(self.source, PortrayingSource):
            keep_avatars(self.archive, self._shown())
            await self._fetch_kind("avatar", shutdown)
        elif not self.config.avatars:
            drop_unfetched(self.archive, "avatar")
        if self.config.enabled and self.config.custom_emoji and isinstance(self.source, EmojiSource):
            await self._bring_emoji(self.source, shutdown)
        elif not self.config.custom_emoji:
            drop_unfetched(self.archive, "emoji")
        move_files(self.archive, self.vault)

    def _shown(self) -> dict[int, Picture | None]:
        """What the chats and people of the archive look like now; without those who have no picture."""
        shown: dict[int, Picture | None] = {}
        for archived in self.reads.chats():
            shown |= avatar(archived.chat.id, archived.chat.raw, self.root)
        for peer in self.reads.profiles():  # behind the chats: what was told with messages is as new, or newer
            shown |= avatar(peer.id, peer.raw, self.root)
        return shown

    async def _list_thumbnails(self, chats: Iterable[int]) -> None:
        for chat_id in chats:
            missing = without_thumbnail(self.archive, chat_id)
            while block := [*islice(missing, BLOCK)]:
                list_pictures(self.archive, [self._thumbnail(chat_id, *one) for one in block])
                await trio.lowlevel.checkpoint()

    def _thumbnail(self, chat_id: int, message_id: int, file_id: int) -> Picture:
        raw = next((raw for raw in stored(self.reads.message(chat_id, message_id)) if raw.get("id") == file_id), None)
        return thumbnail(file_id, decode_small(raw) if raw else None, self.root)

    async def _bring_emoji(self, source: EmojiSource, shutdown: Shutdown) -> None:
        icons = {topic.icon_id for archived in self.reads.chats() for topic in archived.chat.topics} - {0}
        drop_emoji(self.archive, icons)
        missing = missing_emoji(self.archive, icons, self.now)
        self.count.total += len(missing)
        for start in range(0, len(missing), EMOJI_AT_ONCE):
            listed: list[Picture] = []
            with shutdown.intake():
                listed += await self._list_emoji(source, missing[start : start + EMOJI_AT_ONCE])
            await self._fetch(iter([picture for picture in listed if picture.state == "pending"]), shutdown)

    async def _list_emoji(self, source: EmojiSource, ids: Sequence[int]) -> list[Picture]:
        """Write down what is to be fetched of these, and what is not to be had. Of a failure nothing is written."""
        try:
            documents = await source.find_emoji(ids)
        except STOPPING:
            raise
        except SourceError as error:
            self._fail(Failure(f"{len(ids):,} custom emoji", str(error)), len(ids))
            return []
        known = known_emoji(self.archive, ids)
        found = [emoji(number, documents.get(number), self.root, known.get(number)) for number in ids]
        for picture in found:
            if picture.state == "none":
                self.count.total -= 1
            await self._record(picture)
        return found

    async def _fetch_kind(self, kind: PictureKind, shutdown: Shutdown) -> None:
        self.count.total += count_pending(self.archive, kind, self.now)
        await self._fetch(pending_pictures(self.archive, kind, self.now), shutdown)

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
        if picture.state == "done":
            self.count.done += 1
        elif picture.reason:
            self._fail(Failure(self._called(picture), picture.reason), 1)

    def _fail(self, failure: Failure, pictures: int) -> None:
        """Tell of pictures that did not come, once: a watch asks for them again and again."""
        if failure not in self.failures:
            self.failures.append(failure)
            self.count.failed += pictures

    def _called(self, picture: Picture) -> str:
        """A picture for people: with the name of whoever it shows, or of a chat that has the file."""
        whose = picture.owner
        if picture.kind == "thumbnail":
            whose = next((chat_id for chat_id, _message in messages_with(self.archive, picture)), 0)
        archived = self.reads.chat(whose)
        name = archived.chat.title if archived else self.reads.names().get(whose, "")
        return f"{name}: {picture.name}" if name else picture.name

    async def fetch(self, picture: Picture) -> Picture:
        """Fetch a picture and put it into the vault whole, or say why not; as `tobs.files.Fetching.fetch`."""
        target = self.vault / picture.path
        try:
            if is_there(target, picture.size):  # a run was killed before it wrote that down
                return done(picture, target.stat().st_size, sha256_of(target))
            check_possible(picture.size)
            check_room(self.vault, max(picture.size, 0), self.config.min_free_mb * MEGABYTE)
            part = await self._ways[picture.kind](picture)
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
            raise unwritable(target, error) from error

    @property
    def _ways(self) -> Mapping[PictureKind, Callable[[Picture], Awaitable[Path]]]:
        return {"thumbnail": self._thumbnail_part, "avatar": self._avatar_part, "emoji": self._emoji_part}

    def _part(self, picture: Picture) -> Path:
        part = self.root.private(self.vault) / "parts" / f"{picture.name}_{picture.size}.part"
        make_part_room(self.vault, part)
        return part

    async def _emoji_part(self, picture: Picture) -> Path:
        assert isinstance(self.source, EmojiSource)
        part = self._part(picture)
        await self.source.fetch_emoji(Wanted(0, 0, picture.file_id, picture.dc_id, picture.size, picture.thumb), part)
        check_size(part, picture.size)
        return part

    async def _avatar_part(self, picture: Picture) -> Path:
        """The whole picture, asked for by whose it is."""
        assert isinstance(self.source, PortrayingSource)
        part = self._part(picture)
        for raw in self.reads.raws_of(picture.owner):
            if photo_id(raw) == picture.file_id and not raw.get("min"):
                await self.source.fetch_avatar(WantedAvatar(picture.file_id, picture.dc_id, raw), part)
                if part.stat().st_size:
                    return part
        raise FileUnavailable("They have another picture now.")

    async def _thumbnail_part(self, picture: Picture) -> Path:
        """The whole picture, through the first of the messages that gives it."""
        failure = FileUnavailable("No message has this file any more.", final=True)
        part = self._part(picture)
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


def thumbnail(file_id: int, small: File | None, root: Root = PLAIN) -> Picture:
    """The picture of a file that Telegram made, or that there is none."""
    if small is None:
        return Picture("thumbnail", 0, file_id, 0, 0, "", "", state="none")
    path = f"{root.pictures}/thumbnail_{file_id}{root.sign}{small.extension}"
    return Picture("thumbnail", 0, file_id, small.dc_id, small.size, small.thumb, path)


def emoji(number: int, document: Raw | None, root: Root = PLAIN, known: Picture | None = None) -> Picture:
    """The picture of a custom emoji, that there is none, or that Telegram does not have it any more.

    One that is `known` keeps how often it was asked for.
    """
    shown = emoji_picture(document) if document else None
    if document and shown is None:
        return Picture("emoji", 0, number, 0, 0, "", "", state="none")
    path = f"{root.pictures}/emoji_{number}{root.sign}{shown.extension if shown else '.webp'}"
    if shown is None:
        return Picture("emoji", 0, number, 0, -1, "", path, state="failed", reason=GONE)
    tries = known.tries if known else 0
    return Picture("emoji", 0, number, shown.dc_id, shown.size, shown.thumb, path, tries=tries)


def photo_id(raw: Raw) -> int:
    """Which picture a user, group or channel has, 0 for none."""
    return whole(mapping(raw, "photo"), "photo_id")


def avatar(owner: int, raw: Raw, root: Root = PLAIN) -> dict[int, Picture | None]:
    """What a user or chat looks like, under whose it is: None if this sight of them does not tell, nothing if so."""
    if raw.get("_") not in ("User", "Chat", "Channel") or raw.get("min"):
        return {owner: None}
    if not (number := photo_id(raw)):
        return {}
    path = f"{root.pictures}/avatar_{owner}_{number}{root.sign}.jpg"
    return {owner: Picture("avatar", owner, number, whole(mapping(raw, "photo"), "dc_id"), -1, "", path)}


def done(picture: Picture, size: int, digest: str) -> Picture:
    """A picture that is in the vault."""
    return attrs.evolve(picture, state="done", reason="", size=size, sha256=digest, tries=0, next_try=0)
