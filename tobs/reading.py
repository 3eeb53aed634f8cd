"""One chat's history into the archive."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial

import attrs
import trio

from tobs.archive.rows import MediaRow, PreparedPage
from tobs.archive.store import Archive
from tobs.config import PipelineConfig
from tobs.model import Page
from tobs.pipeline import Bounds, run_page_by_page, run_pipeline
from tobs.prepare import Preparation, prepare_page
from tobs.progress import ChatProgress, Progress
from tobs.shutdown import Shutdown
from tobs.source import History

_LOG = logging.getLogger(__name__)


@attrs.define(eq=False)
class Traffic:
    """How many pages, of all chats, were fetched and are not yet committed."""

    pages: int = 0
    _moved: trio.Event = attrs.field(factory=trio.Event)

    def stir(self) -> None:
        """A page was committed, or a reading is over: who waits looks again."""
        self._moved.set()
        self._moved = trio.Event()

    async def moves(self) -> None:
        """Wait for the next one."""
        await self._moved.wait()


@attrs.define(eq=False)
class Reading:
    """The reading of one chat: its three stages, and the count that tells whether it came to its end."""

    history: History
    archive: Archive
    using: Preparation
    progress: Progress
    chat: ChatProgress
    traffic: Traffic
    expect: Callable[[Sequence[MediaRow]], None]  # hears of the files of each page that was archived
    ended: bool = False
    over: bool = False  # whether no more pages come, for whatever reason
    on_the_way: int = 0  # pages fetched and not yet committed

    async def fetch(self) -> Page | None:
        """The next page; its end is remembered."""
        page = await self.history.next_page()
        self.ended = page is None
        if page is not None:
            self.on_the_way += 1
            self.traffic.pages += 1
        return page

    async def prepare_here(self, page: Page) -> PreparedPage:
        """Prepare between two reads of the network."""
        await trio.lowlevel.checkpoint()
        return prepare_page(page, self.using)

    async def prepare_in_thread(self, limiter: trio.CapacityLimiter, page: Page) -> PreparedPage:
        """Prepare in one of the limiter's worker threads."""
        return await trio.to_thread.run_sync(prepare_page, page, self.using, limiter=limiter)

    async def commit(self, page: PreparedPage) -> None:
        """Write a page down. After the one checkpoint nothing can come between the archive and the count."""
        await trio.lowlevel.checkpoint()
        committed = self.archive.commit_page(page)
        self.expect(page.media)
        self.on_the_way -= 1
        self.progress.archived(self.chat, committed, len(page.messages) + len(page.gone) - committed.new)
        self.traffic.pages -= 1
        self.traffic.stir()
        _LOG.debug("chat %d: %d messages up to %d archived", page.chat_id, len(page.messages), page.span[1])

    @property
    def complete(self) -> bool:
        """Whether everything up to the end of the history is in the archive."""
        return self.ended and self.on_the_way == 0


async def read_history(reading: Reading, config: PipelineConfig, shutdown: Shutdown) -> bool:
    """Read and archive until the end of the history or a shutdown; whether the end was reached.

    Raises what the source or the archive raises, in an exception group.
    """
    stages = reading.progress.stages
    if not config.enabled:
        await run_page_by_page(reading.fetch, reading.prepare_here, reading.commit, shutdown=shutdown, stages=stages)
        return reading.complete
    workers = config.process_workers
    prepare = partial(reading.prepare_in_thread, trio.CapacityLimiter(workers)) if workers else reading.prepare_here
    bounds = Bounds(config.fetch_queue_size, config.process_queue_size, max(workers, 1))
    await run_pipeline(reading.fetch, prepare, reading.commit, shutdown=shutdown, bounds=bounds, stages=stages)
    return reading.complete
