"""What one connection of a watch does: read what is missing, then archive, publish and fetch what happens."""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial

import attrs
import trio

from tobs.archive.marks import known_ids, places, read_marks
from tobs.archive.rows import Committed, PreparedPage
from tobs.described import box_of
from tobs.export import find_chats
from tobs.live import COMMON, Mark, Standing, Update, Updates, WatchingSource
from tobs.model import Chat, Page
from tobs.prepare import prepare_page
from tobs.raw import CHANNEL_MARK
from tobs.shutdown import Stage
from tobs.watchchats import LiveChats
from tobs.ways import Unread

_LOG = logging.getLogger(__name__)

PUBLISH_SECONDS = 1.0  # between two writings of notes, so that a burst of messages is written once
OVERVIEW_SECONDS = 10.0  # between two writings of the notes of chats and people
OVERVIEW_SHARE = 20  # and so many times as long as the last one took: in a large vault it reads a lot
LOOK_SECONDS = 300.0  # between two looks at the list of chats, which also finds what Telegram did not tell
STRANGER_SECONDS = 20.0  # after a word of an unknown chat; people and channels that are not wanted write all the time
KEPT_FAILURES = 100  # that a watch of months remembers


@attrs.define(eq=False)
class LiveRun(LiveChats):
    """A run that does not end with the newest message. It lasts as long as its archive is open: many connections."""

    found: Sequence[Chat] = ()  # chats that were found and not registered yet
    reread: set[int] = attrs.field(factory=set)  # of which a part is chosen, and something new came
    listed: frozenset[int] = frozenset()  # all chats of the account when it was looked last
    tops: dict[int, int] = attrs.field(factory=dict)  # whole chats → everything up to this id is in the archive
    held: dict[int, list[Update]] = attrs.field(factory=dict)  # sequences of which something is read → what came since
    reread_due: trio.Event = attrs.field(factory=trio.Event)
    last_overview: float = 0.0  # seconds it took
    last_look: float = -math.inf

    def connect(self, source: WatchingSource) -> None:
        """Go on over another connection."""
        assert isinstance(self.way, Unread)
        self.source = self.way.source = source
        self.centres.clear()
        self.held.clear()  # Telegram tells it once more
        self.traffic.pages = 0  # those under way were lost with the connection

    async def watch(self, going_well: Callable[[], None]) -> None:
        """Until a shutdown. Raises what ends the connection, in a group or not; then what arrived is in the archive."""
        assert isinstance(self.source, WatchingSource)
        async with self.source.open_updates() as updates:
            self.health.waiting = lambda: updates.waiting
            self.to_fetch, chats = trio.open_memory_channel[int](math.inf)  # as many as there are chats
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._fetch_live, chats)
                with self.to_fetch:
                    await self._follow(updates, going_well)

    async def finish(self) -> None:
        """What arrived gets into its notes."""
        await self._publish_changes()
        await self._publish_overview()
        self.archive.checkpoint()

    async def _follow(self, updates: Updates, going_well: Callable[[], None]) -> None:
        standing = await self._unless_stopped(updates.look)
        if standing is None:
            return
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._publish_for_ever)
            await self._catch_up(updates, standing)
            going_well()
            nursery.start_soon(self._look_for_ever, updates)
            nursery.start_soon(self._bring_pictures)
            nursery.start_soon(self._reread_for_ever)
            nursery.start_soon(self._describe_for_ever)
            await self._take_in(updates, nursery)
            nursery.cancel_scope.cancel()

    async def _unless_stopped(self, ask: Callable[[], Awaitable[Standing]]) -> Standing | None:
        with self.shutdown.intake():
            return await ask()
        return None

    # Before: what is missing

    async def _catch_up(self, updates: Updates, standing: Standing) -> None:
        """Read what is missing, and follow what happens. `standing` is from before the reading."""
        if self.found:  # else a chat that is new since the last connection has to be noticed
            self.listed |= standing.chats
        self._admit(self.found)
        self._notice_looks(standing)
        self.found = ()
        self.health.enter("reading")
        strange = [each for each in self.archived if each < CHANNEL_MARK and each not in standing.marks]
        if strange and (more := await self._unless_stopped(partial(updates.look, strange))):
            standing = attrs.evolve(standing, marks={**more.marks, **standing.marks})
        await self._read_missing()
        if self.shutdown.stage is Stage.RUNNING:
            updates.follow(self._marks(standing), self.archived.keys())
            await self._unless_stopped(updates.look)
            self.overview_due = trio.current_time()
            self.changed.set()
            self.health.enter("watching")

    async def _read_missing(self) -> None:
        """Everything of the chats of which something may be missing."""
        if not self.unread:
            return
        with self.shutdown.intake():
            await self._list_files()
        self._admit_files()
        self._move_files()
        limit = trio.CapacityLimiter(self.config.pipeline.requests)
        async with trio.open_nursery() as nursery:
            for chat_id in sorted(self.unread):
                nursery.start_soon(self._export_chat, self.archived[chat_id], limit, self.to_fetch)
        for chat_id in [*self.unread]:
            if self.progress.chats[chat_id].phase == "done":
                self.unread.discard(chat_id)
                self._note_top(chat_id)

    def _note_top(self, chat_id: int) -> None:
        spans = self.archive.spans(chat_id)
        if self.way.is_whole(chat_id):
            self.tops[chat_id] = spans[-1][1] if spans else 0

    def _marks(self, standing: Standing) -> list[Mark]:
        """Where to go on. What was read just now is known from where everything stood before the reading."""
        known = read_marks(self.archive.connection)
        followed = {COMMON, *(each for each in self.archived if each < CHANNEL_MARK and each not in self.unread)}
        new = [standing.marks[each] for each in followed if each not in known and each in standing.marks]
        self.archive.commit_pages([], new)
        return [mark for number, mark in (known | {mark.chat_id: mark for mark in new}).items() if number in followed]

    # Then: what happens

    async def _take_in(self, updates: Updates, nursery: trio.Nursery) -> None:
        while self.shutdown.stage is Stage.RUNNING:
            with self.shutdown.intake():
                self._take(await updates.next(), nursery)
        for update in updates.arrived():
            if not update.lost and box_of(update) not in self.held:  # else the next watch asks again
                self._archive(update)

    def _take(self, update: Update, nursery: trio.Nursery) -> None:
        box = box_of(update)
        if box in self.held:
            self.held[box].append(update)
        elif update.lost:
            assert box is not None
            self.held[box] = []
            nursery.start_soon(self._make_up, box, update)
        else:
            self._archive(update)

    async def _make_up(self, box: int, lost: Update) -> None:
        """Read what Telegram does not tell, and then take what came of that sequence meanwhile; the others go on."""
        with self.shutdown.intake():
            update: Update | None = lost
            while update is not None:
                if update.lost:
                    await self._read_lost(update)
                else:
                    self._archive(update)
                update = self.held[box].pop(0) if self.held[box] else None
            del self.held[box]

    async def _read_lost(self, update: Update) -> None:
        """Telegram does not tell all that happened: what is new is read. What was edited or deleted stays as it was."""
        assert update.mark is not None
        _LOG.warning("too much happened for Telegram to tell: new messages are read, changes of old ones are not seen")
        box = update.mark.chat_id
        chats = [each for each in self.archived if each == box or (box == COMMON and each > CHANNEL_MARK)]
        if all([await self._read_again(chat_id) for chat_id in chats]):
            self.archive.commit_pages([], [update.mark])
            self._changed(Committed(), update.since)

    async def _read_again(self, chat_id: int) -> bool:
        """Read what is new in a chat; whether all of it is here."""
        archived = self.archived[chat_id]
        unknown = attrs.evolve(archived, chat=attrs.evolve(archived.chat, top_message=0, count=-1))
        before = self.progress.messages
        complete = await self._read_or_note(unknown)
        self.health.new += self.progress.messages - before
        if complete:
            self._note_top(chat_id)
        return complete

    def _archive(self, update: Update) -> None:
        """One update, in one transaction with how far everything is known then."""
        self.check_place()
        self._describe_some_time(update)
        pages = [page for page in self._pages(update) if page.messages or page.gone]
        prepared = [prepare_page(page, self._preparation(self.archived[page.chat_id])) for page in pages]
        marks = [update.mark] if update.mark else []
        for page, committed in zip(prepared, self.archive.commit_pages(prepared, marks), strict=True):
            self.progress.archived(self.progress.chats[page.chat_id], committed)
            self._know(page)
            self._changed(committed, update.since)

    def _know(self, page: PreparedPage) -> None:
        if not page.found:
            self.tops[page.chat_id] = page.span[1]

    def _changed(self, committed: Committed, since: float) -> None:
        self.health.heard(committed, since)
        self.unshown = True
        self.changed.set()

    def _pages(self, update: Update) -> Iterator[Page]:
        """What of an update is wanted, with what it proves."""
        for page in update.pages:
            if page.chat_id in self.archived:
                yield from self._proven(page) if self.way.is_whole(page.chat_id) else self._chosen(page)
        for chat_id, ids in places(self.archive.connection, update.gone).items():
            if chat_id in self.archived:
                yield Page(chat_id, min(ids), max(ids), (), (), 0, found=True, gone=tuple(sorted(ids)))

    def _proven(self, page: Page) -> Iterator[Page]:
        """People and basic groups share the account's ids: between two messages of one of them there is none.

        In channels ids are dense, so that they tell by themselves.
        """
        top = self.tops.get(page.chat_id, math.inf)
        new = tuple(message for message in page.messages if message.id > top)
        if page.chat_id < CHANNEL_MARK or not new:
            yield page
            return
        old = tuple(message for message in page.messages if message.id <= top)
        yield attrs.evolve(page, messages=old)
        yield attrs.evolve(page, messages=new, low=int(top) + 1, high=new[-1].id, found=False, gone=())

    def _chosen(self, page: Page) -> Iterator[Page]:
        """Only the source can tell whether a new message is meant: the chat is read again, for what is missing."""
        ids = [message.id for message in page.messages]
        known = known_ids(self.archive.connection, page.chat_id, ids)
        if known.issuperset(ids):
            yield page
            return
        self.reread.add(page.chat_id)
        self.reread_due.set()
        yield attrs.evolve(page, messages=tuple(message for message in page.messages if message.id in known))

    # Beside it

    async def _publish_for_ever(self) -> None:
        while True:
            with trio.move_on_at(self.overview_due):
                await self.changed.wait()
            self.changed = trio.Event()
            for chat_id in await self._publish_changes():
                self.to_fetch.send_nowait(chat_id)
            await trio.sleep(PUBLISH_SECONDS)

    async def _publish_changes(self) -> Sequence[int]:
        """The notes that are not as the archive, those of chats and people less often; gives the chats that changed."""
        await trio.lowlevel.checkpoint()
        self.check_place()
        self._move_files()
        changed = [chat_id for chat_id in sorted(self.reads.dirty()) if chat_id in self.archived]
        for chat_id in changed:
            whole = chat_id not in self.unread and self.way.is_whole(chat_id)
            await self.publishing.chat(chat_id, complete=whole)
        self.health.published()
        del self.failures[:-KEPT_FAILURES]
        if self.overview_due <= trio.current_time():
            started = trio.current_time()
            await self._publish_overview()
            self.overview_due, self.last_overview = math.inf, trio.current_time() - started
        elif changed and self.overview_due == math.inf:
            self.overview_due = trio.current_time() + max(OVERVIEW_SECONDS, OVERVIEW_SHARE * self.last_overview)
        return changed

    async def _publish_overview(self) -> None:
        await self.publishing.overview()
        del self.publisher.notices[:-KEPT_FAILURES]

    async def _reread_for_ever(self) -> None:
        while True:
            await self.reread_due.wait()
            self.reread_due = trio.Event()
            reread, self.reread = self.reread, set()
            for chat_id in sorted(reread):
                await self._read_again(chat_id)
                self.changed.set()
            await trio.sleep(PUBLISH_SECONDS)

    async def _look_for_ever(self, updates: Updates) -> None:
        """Find chats that are new, and what Telegram did not tell of those that are watched."""
        while True:
            await trio.sleep(STRANGER_SECONDS)
            self.check_place()
            due, strangers = self.last_look + LOOK_SECONDS <= trio.current_time(), frozenset(updates.strangers)
            if not due and self.listed.issuperset(strangers):
                continue
            self.last_look = trio.current_time()
            standing = await updates.look()
            self._notice_looks(standing)
            new = standing.chats - self.listed
            self.listed |= standing.chats | strangers
            if new:
                await self._meet(updates, standing)

    async def _meet(self, updates: Updates, standing: Standing) -> None:
        """Chats that were not there before may be meant by the configuration."""
        chats, _failures = await find_chats(self.source, self.config, self.shutdown)
        new = {chat.id for chat in chats if chat.id not in self.archived}
        if new and self.shutdown.stage is Stage.RUNNING:
            self._admit(chats)
            await self._read_missing()
            fresh = {mark.chat_id for mark in self._marks(standing)} & new
            updates.follow([standing.marks[each] for each in fresh], self.archived.keys())
            await updates.look()
            self.changed.set()

    # The end

    def _stop(self, group: BaseExceptionGroup[BaseException]) -> None:
        """What ends an export ends this connection; what was read is published by the next one."""
        raise group
