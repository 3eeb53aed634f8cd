"""The files of a watch: as their messages come, and again when it is time for those that did not come."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import attrs
import trio

from tobs.archive.rows import MediaRow
from tobs.archive.waiting import chats_with_files
from tobs.errors import DiskFull, leaves
from tobs.exporting import Run
from tobs.health import Health
from tobs.pending import PendingFiles
from tobs.progress import Failure
from tobs.shutdown import Stage

# Between two looks for files that did not come. Those that Telegram did not give are due after a day, a week, a month.
FILES_SECONDS = 3600.0
ROOM_SECONDS = 300.0  # between two attempts while the disk has no room for files
PICTURES_SECONDS = 300.0  # between two looks for pictures that are missing, which go through all chats
PICTURES_SHARE = 20  # and so many times as long as the last one took


@attrs.define(eq=False)
class LiveFiles(Run):
    """A run whose files and pictures come for as long as it is connected. A disk without room holds up nothing else."""

    health: Health = attrs.field(factory=Health)
    changed: trio.Event = attrs.field(factory=trio.Event)  # notes are not as the archive
    overview_due: float = math.inf
    portray: trio.Event = attrs.field(factory=trio.Event)  # a chat looks otherwise
    unshown: bool = True  # something came that may have a picture
    to_fetch: trio.MemorySendChannel[int] = attrs.field(init=False)

    async def _fetch_live(self, chats: trio.MemoryReceiveChannel[int]) -> None:
        """Fetch the files of the chats that come, until no more of them come."""
        while True:
            pending = self._pending_files(chats, self._budget())
            try:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._ask_again, pending)
                    await self._fetch_files(pending)
                    nursery.cancel_scope.cancel()
                return
            except* DiskFull as group:
                self.health.no_room = str(next(leaves(group)))
            with self.shutdown.intake():
                await trio.sleep(ROOM_SECONDS)
            self._request_files()

    async def _ask_again(self, pending: PendingFiles) -> None:
        while True:
            await trio.sleep(FILES_SECONDS)
            pending.renew()
            self._request_files()

    def _request_files(self) -> None:
        """All chats that have files to be fetched now."""
        self.health.no_room = ""
        if self.shutdown.stage is Stage.RUNNING:  # else nobody takes them any more
            for chat_id in chats_with_files(self.archive, int(time.time())):
                if chat_id in self.progress.chats:
                    self.to_fetch.send_nowait(chat_id)

    async def _record_file(self, pending: PendingFiles, row: MediaRow) -> None:
        await super()._record_file(pending, row)
        self.changed.set()

    async def _bring_pictures(self) -> None:
        """Of what is known by then: at once, when a chat looks otherwise, and now and then if anything came."""
        while True:
            started, self.unshown, self.portray = trio.current_time(), False, trio.Event()
            await self._bring_stories()
            try:
                await self._fetch_pictures()
            except* DiskFull as group:
                self.health.no_room = str(next(leaves(group)))
                self.unshown = True
            self.overview_due = trio.current_time()
            self.changed.set()
            pause = max(PICTURES_SECONDS, PICTURES_SHARE * (trio.current_time() - started))
            await self._until_portrayed(pause)

    async def _bring_stories(self) -> None:
        """The stories that messages named since, and their files."""
        with self.shutdown.intake():
            for chat_id in [*self.progress.chats]:
                self._tell(await self.stories.complete(self.source, chat_id))
        self._request_files()

    def _tell(self, failures: Sequence[Failure]) -> None:
        """Tell of what did not come, once: a watch asks again and again."""
        self.failures += [each for each in failures if each not in self.failures]

    async def _until_portrayed(self, pause: float) -> None:
        while True:
            with trio.move_on_after(pause):
                await self.portray.wait()
            if self.unshown or self.portray.is_set():
                return
