"""What one run over an open archive does: read, publish, fetch the files.

One task a chat reads, archives and publishes; one pipeline fetches the files
of all chats behind them. Archive and notes are written between two reads, on
trio's own thread: a worker thread would have to win back the interpreter lock
for every row, while this one is busy decoding.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from zoneinfo import ZoneInfo

import attrs
import trio

from tobs.archive.filing import judge_file, share_files
from tobs.archive.owner import UNKNOWN, keep_owner
from tobs.archive.pace import keep_pace
from tobs.archive.reads import Reads
from tobs.archive.reduced import joined_chat
from tobs.archive.rows import ArchivedChat, MediaRow
from tobs.archive.store import Archive
from tobs.archive.waiting import held, open_files, waiting
from tobs.config import ExportConfig, FileFilters
from tobs.errors import STOPPING, DiskFull, SourceError, leaves
from tobs.files import Fetching, move_files
from tobs.forums import complete_topics, with_earlier_topics
from tobs.memory import peak_memory
from tobs.model import Chat
from tobs.pending import PendingFiles
from tobs.pictures import Pictures
from tobs.pipeline import Bounds, run_pipeline
from tobs.prepare import MEGABYTE, Preparation, unwanted
from tobs.progress import ChatProgress, Failure, Progress, Report
from tobs.publishing import Publishing
from tobs.reading import Reading, Traffic, read_history
from tobs.relisting import relist_files
from tobs.report import make_report
from tobs.selecting import files_for
from tobs.shutdown import Shutdown, Stage
from tobs.source import (
    MESSAGES,
    ExpectingSource,
    Source,
    WatchedSource,
)
from tobs.stories import Stories
from tobs.vault.names import chat_folders, homes
from tobs.vault.publish import Publisher
from tobs.ways import Way

MakeWay = Callable[[Source, ExportConfig, Archive, ZoneInfo], Way]


def start_run(
    source: Source,
    config: ExportConfig,
    shutdown: Shutdown,
    progress: Progress,
    archive: Archive,
    make_way: MakeWay,
) -> Run:
    """A run over an open archive."""
    reads = Reads(archive.connection, archive.codec)
    keep_owner(archive, reads, source.account)
    publisher = Publisher(archive, reads, config, source.account)
    way = make_way(source, config, archive, publisher.zone)
    return Run(source, config, shutdown, progress, archive, reads, publisher, way)


@attrs.define(eq=False)
class Run:
    """One run, over an archive that is open as long as it lives."""

    source: Source
    config: ExportConfig
    shutdown: Shutdown
    progress: Progress
    archive: Archive
    reads: Reads
    publisher: Publisher
    way: Way
    failures: list[Failure] = attrs.field(factory=list)
    homes: Mapping[int, str] = attrs.field(factory=dict)  # the folder of each chat
    files: Mapping[int, FileFilters] = attrs.field(factory=dict)  # which files of each chat are fetched
    centres: set[int] = attrs.field(factory=set)  # that the source was told files will come from
    fatal: list[BaseException] = attrs.field(factory=list)
    traffic: Traffic = attrs.field(factory=Traffic)
    publishing: Publishing = attrs.field(
        default=attrs.Factory(lambda self: Publishing(self.publisher, self.progress, self.traffic), takes_self=True)
    )
    stories: Stories = attrs.field(
        default=attrs.Factory(
            lambda self: Stories(self.archive, self.reads, self._preparation, self._expect_files), takes_self=True
        )
    )

    async def export(self, chats: Sequence[Chat]) -> Report:
        """All chats, then the notes that speak of more than one of them."""
        archived = self._register(chats)
        with self.shutdown.intake():
            await self._list_files()
        self._admit_files()
        for chat_id in self.progress.chats:
            self.progress.transfers.expect(chat_id, *self._waiting(chat_id))
        self._move_files()
        await self._export_chats(archived)
        await self._fetch_pictures()
        with self.shutdown.work():
            await self._publish_rest()
        if self.way.is_export:
            self._keep_pace()
        self.archive.checkpoint()
        if self.fatal:
            raise self.fatal[0]
        return finished(self.progress, self.failures, self.publisher.notices, self.shutdown)

    def _keep_pace(self) -> None:
        progress = self.progress
        pages = progress.stages.fetch.items
        keep_pace(self.archive, pages, progress.reading_seconds, progress.media_bytes, progress.file_seconds)

    def _register(self, chats: Sequence[Chat]) -> list[ArchivedChat]:
        """Give each chat its folder before anything is read, so that names do not depend on who finishes first."""
        known = {each.chat.id: each.chat for each in self.reads.chats()}
        chats = [joined_chat(known.get(chat.id, chat), chat) if chat.reduced else chat for chat in chats]
        chats = [with_earlier_topics(known.get(chat.id, chat), chat) for chat in self.way.choose(chats)]
        archived = chat_folders(self.reads.chats(), chats, self.config.root)
        if self.source.account.id != UNKNOWN.id:
            self.archive.remember_account(self.source.account)
        self.archive.register(archived)
        known_now = self.reads.chats()
        self.homes = homes(known_now, self.config.root)
        self.files = files_for(self.config, [each.chat for each in known_now])
        self.progress.chats |= {chat.id: self.way.expect(chat) for chat in chats}
        return archived

    async def _list_files(self) -> None:
        """Add files that an older tobs did not see in messages that it read, and share those it fetched twice."""
        share_files(self.archive)
        for _messages in relist_files(self.archive, self.reads, self._preparation):
            await trio.lowlevel.checkpoint()

    def _preparation(self, archived: ArchivedChat) -> Preparation:
        return Preparation(
            archived.chat,
            self.homes[archived.chat.id],
            self.source.account.id,
            self.publisher.zone,
            self.files[archived.chat.id],
            self.archive.codec,
            self.config.root,
        )

    def _admit_files(self) -> None:
        """Judge anew, by this run's configuration, every file that is neither there nor refused by Telegram."""
        for row in open_files(self.archive):
            if row.state == "failed" and row.chat_id not in self.progress.chats:
                continue
            reason = unwanted(row, self.files[row.chat_id])
            state = "skipped" if reason else "pending"
            if state != row.state or (reason and reason != row.reason):
                judge_file(self.archive, attrs.evolve(row, state=state, reason=reason))
            if row.chat_id not in self.progress.chats:
                continue
            if reason:
                self.progress.chats[row.chat_id].media_skipped += 1
            else:
                self._expect_centres([row])

    def _expect_centres(self, rows: Iterable[MediaRow]) -> None:
        """The source hears, once a run, of each data centre whose files are wanted, long before they are fetched."""
        if isinstance(self.source, ExpectingSource):
            new = {row.dc_id for row in rows if row.state != "skipped"} - self.centres
            self.centres |= new
            if new:
                self.source.expect_centres(sorted(each for each in new if each > 0))

    def _expect_files(self, rows: Sequence[MediaRow]) -> None:
        """Files of a page that was read: they are counted, and their data centres connected to."""
        self._expect_centres(rows)
        for row in rows:
            if row.state == "pending" and row.chat_id in self.progress.chats:
                self.progress.transfers.expect(row.chat_id, 1, max(row.size, 0))

    def _waiting(self, chat_id: int) -> tuple[int, int]:
        """How many files of a chat are to come, as the archive knows it: one of many messages counts once."""
        return waiting(self.archive, chat_id, int(time.time()))

    def _budget(self) -> float:
        """The bytes that files of this run may have."""
        total = self.config.media.max_total_mb * MEGABYTE
        return total - held(self.archive) if total else math.inf

    def _move_files(self) -> None:
        move_files(self.archive, self.config.vault)

    async def _export_chats(self, chats: Sequence[ArchivedChat]) -> None:
        limit = trio.CapacityLimiter(self.config.pipeline.requests)
        send, receive = trio.open_memory_channel[int](len(chats))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._fetch_files, self._pending_files(receive, self._budget()))
            with send:
                async with trio.open_nursery() as texts:
                    for chat in chats:
                        texts.start_soon(self._export_chat, chat, limit, send)

    async def _export_chat(
        self, archived: ArchivedChat, limit: trio.CapacityLimiter, finished: trio.MemorySendChannel[int]
    ) -> None:
        async with limit:
            with self.shutdown.work():
                complete = await self._read_or_note(archived)
                # What was read in part keeps no layout: the whole of it may ask for another one.
                await self.publishing.chat(archived.chat.id, complete=complete and self.way.is_whole(archived.chat.id))
        self.progress.transfers.settle(archived.chat.id, *self._waiting(archived.chat.id))
        finished.send_nowait(archived.chat.id)  # never full: it has room for every chat

    async def _read_or_note(self, archived: ArchivedChat) -> bool:
        """Read a chat; whether all of it is in the archive now.

        An error of this chat is noted and the others go on. What concerns the
        whole run ends it, after what was read has been published.
        """
        progress = self.progress.chats[archived.chat.id]
        progress.phase, complete = "reading", False
        try:
            complete = await self._read(archived, progress)
        except* STOPPING as group:
            self._stop(group)
        except* SourceError as group:
            progress.phase = "failed"
            self.failures.append(Failure(archived.chat.title, str(next(leaves(group)))))
        if complete:
            progress.phase = "done"
        return complete

    def _stop(self, group: BaseExceptionGroup[BaseException]) -> None:
        """End the run with an error, but not before what was read is published."""
        self.fatal.extend(leaves(group))
        self.shutdown.drain()

    async def _read(self, archived: ArchivedChat, progress: ChatProgress) -> bool:
        chat, config = archived.chat, self.config
        async with self.way.open(chat) as history, trio.open_nursery() as nursery:
            using = self._preparation(archived)
            reading = Reading(history, self.archive, using, self.progress, progress, self.traffic, self._expect_files)
            if config.pipeline.enabled:
                nursery.start_soon(self.publishing.meanwhile, reading)
            complete = await read_history(reading, config.pipeline, self.shutdown)
            reading.over = True
            self.traffic.stir()
        await complete_topics(self.source, self.archive, self.reads, chat.id)
        with self.shutdown.intake():
            self.failures += await self.stories.complete(self.source, chat.id)
        # What Telegram makes us wait for is no slowness that the next run would meet again.
        self.progress.reading_seconds = trio.current_time() - self.progress.started - self.progress.paused(MESSAGES)
        return complete

    async def _publish_rest(self) -> None:
        """Notes whose files failed after they were written, then those of chats and people and the start page."""
        for chat_id in self.progress.chats:
            complete = self.progress.chats[chat_id].phase == "done" and self.way.is_whole(chat_id)
            await self.publishing.chat(chat_id, complete=complete)
        await self.publishing.overview()

    def _pending_files(self, chats: trio.MemoryReceiveChannel[int], budget: float) -> PendingFiles:
        expect = self.source.expect_files if isinstance(self.source, ExpectingSource) else None
        media = self.config.media
        return PendingFiles(self.archive, chats, media.order, expect, budget, media.workers, self._leave_out)

    def _leave_out(self, row: MediaRow) -> None:
        self.progress.transfers.leave_out(row.size)

    async def _fetch_files(self, pending: PendingFiles) -> None:
        workers, config = self.config.media.workers, self.config
        titles = {chat.id: chat.title for chat in self.progress.chats.values()}
        room = config.media.min_free_mb * MEGABYTE
        fetching = Fetching(self.source, self.archive, config.vault, room, self.progress.transfers, titles, config.root)
        if isinstance(self.source, WatchedSource):
            self.source.watch_files(fetching.arrived)
        try:
            await run_pipeline(
                pending.next,
                fetching.fetch,
                partial(self._record_file, pending),
                shutdown=self.shutdown,
                bounds=Bounds(fetched=1, processed=workers, workers=workers),
                stages=self.progress.file_stages,
                ordered=False,
            )
        except* (*STOPPING, DiskFull) as group:
            self._stop(group)

    async def _fetch_pictures(self) -> None:
        parts = self.source, self.archive, self.reads, self.config.vault, self.config.media, self.files
        pictures = Pictures(*parts, self.config.root, count=self.progress.pictures, failures=self.failures)
        try:
            await pictures.bring(self.progress.chats, self.shutdown)
        except* (*STOPPING, DiskFull) as group:
            self._stop(group)

    async def _record_file(self, pending: PendingFiles, row: MediaRow) -> None:
        await trio.lowlevel.checkpoint()
        self.archive.record_media(row)
        self._move_files()
        pending.finish(row)
        chat = self.progress.chats[row.chat_id]
        if row.state == "done":
            chat.media += 1
            self.progress.transfers.finish(row.size)
        else:
            chat.media_failed += 1
            self.progress.transfers.fail()
            self.failures.append(Failure(f"{chat.title}: {row.name}", row.reason))
        self.progress.file_seconds = trio.current_time() - self.progress.started


def finished(progress: Progress, failures: Sequence[Failure], notices: Sequence[str], shutdown: Shutdown) -> Report:
    """The report of a run that ends now."""
    seconds = trio.current_time() - progress.started
    interrupted = shutdown.stage is not Stage.RUNNING
    return make_report(progress, failures, notices, seconds=seconds, interrupted=interrupted, peak_memory=peak_memory())
