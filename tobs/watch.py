"""watch(): stay connected, and keep archive and notes as Telegram is.

What Telegram says by itself is a hint; the archive's spans and marks are the truth. Whatever was missed, for a second
or a month, is read or asked for from where the archive knows it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, ExitStack, suppress

import attrs
import trio

from tobs.archive.owner import check_owner, keep_owner
from tobs.archive.place import Place, gone
from tobs.archive.reads import Reads
from tobs.archive.store import open_archive
from tobs.config import ExportConfig
from tobs.errors import (
    ArchiveError,
    ArchiveFull,
    ArchiveInUse,
    ConfigError,
    ConnectionLost,
    DiskFull,
    NotAuthorized,
    RateLimited,
    SessionInUse,
    TobsError,
    VaultError,
    VaultGone,
    leaves,
    single,
)
from tobs.export import find_chats
from tobs.health import Health
from tobs.live import WatchingSource
from tobs.model import Chat
from tobs.shutdown import Shutdown, Stage
from tobs.vault.publish import Publisher
from tobs.watchchats import Followed
from tobs.watching import LiveRun

WATCH = "tobs watch"  # for others who want its session or vault
FIRST_PAUSE = 1.0  # seconds before the first new attempt; most connections are back by then
LONGEST_PAUSE = 300.0  # a network that was away for hours is noticed within minutes
FINAL = (NotAuthorized, ConfigError, ArchiveError, VaultError)  # no other attempt would end otherwise
DISK = (DiskFull, ArchiveFull, VaultGone)  # but these: room is made, and a drive is plugged in again
BUSY = (SessionInUse, ArchiveInUse)  # nor these, once it was under way: then it is a short command

Opener = Callable[[], AbstractAsyncContextManager[WatchingSource]]


async def watch(
    open_source: Opener,
    config: ExportConfig,
    *,
    shutdown: Shutdown | None = None,
    task_status: trio.TaskStatus[Health] = trio.TASK_STATUS_IGNORED,
) -> Health:
    """Bring the chats of `config` into its vault, and then whatever happens in them, until `shutdown` drains.

    `open_source` opens a connection, and another one whenever one was lost:
    ``partial(tobs.open_telegram, config.telegram)``. Started with
    ``nursery.start`` it hands over its `Health`. Ends by itself only with what
    another attempt would not change: a session that is not signed in, an
    archive that cannot be used, a configuration that means no chat. It waits for a disk
    that is full or away, as for a connection. Draining archives and publishes what has arrived; after that, as after
    cancelling or a kill, another watch goes on where the archive is.
    """
    shutdown = shutdown or Shutdown(config.shutdown.grace_seconds, config.shutdown.force_window_seconds)
    health = Health()
    task_status.started(health)
    try:
        with ExitStack() as opened, shutdown.work():
            await Watch(open_source, config, shutdown, health, opened).run()
    except BaseExceptionGroup as group:
        raise single(group) from group
    return health


@attrs.define(eq=False)
class Pauses:
    """How long to wait before the next attempt: twice as long each time, and never for all at the same moment."""

    next: float = FIRST_PAUSE

    def take(self) -> float:
        """Seconds to wait now."""
        pause, self.next = self.next, min(self.next * 2, LONGEST_PAUSE)
        return pause * random.uniform(0.5, 1)

    def reset(self) -> None:
        """It went well."""
        self.next = FIRST_PAUSE


@attrs.define(eq=False)
class Watch:
    """One watch, over as many connections as it takes.

    The archive is open from the first one that found chats, and is opened again after trouble with its disk.
    """

    open_source: Opener
    config: ExportConfig
    shutdown: Shutdown
    health: Health
    opened: ExitStack
    pauses: Pauses = attrs.field(factory=Pauses)
    connecting: trio.CancelScope = attrs.field(factory=trio.CancelScope)
    run_: LiveRun | None = None
    began: bool = False  # the archive was open before
    disk: TobsError | None = None  # why it is not open now

    async def run(self) -> None:
        """Until a shutdown, or an error that no other connection would mend."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._end_connecting)
            while self._goes_on:
                await self._attempt()
            if self.run_ is not None:
                await self.run_.finish()
            elif self.disk is not None:
                raise self.disk  # what arrived last is not written down: the next watch asks for it
            nursery.cancel_scope.cancel()

    @property
    def _goes_on(self) -> bool:
        return self.shutdown.stage is Stage.RUNNING

    async def _end_connecting(self) -> None:
        """Nothing is lost by giving up a connection that is not there yet."""
        with self.shutdown.intake():
            await trio.sleep_forever()
        self.health.enter("stopping")
        self.connecting.cancel()

    async def _attempt(self) -> None:
        """One connection, from its beginning to its end, and the pause behind it."""
        error: BaseException | None = None
        try:
            with trio.CancelScope() as self.connecting:
                if self._goes_on:
                    await self._connect()
        except* TobsError as group:
            error = self._cause(worst(group))
        if error is not None and self._ends(error):
            if self.run_ is not None and not isinstance(error, ArchiveError):
                with suppress(TobsError):  # the first error is the one to tell of
                    await self.run_.finish()
            raise error
        if isinstance(error, DISK):
            self._close_archive(error)
        if error is not None and self._goes_on:
            await self._pause(error)

    def _cause(self, error: BaseException) -> BaseException:
        """What cannot be written because the vault is away is told so."""
        if self.run_ is not None and isinstance(error, (ArchiveError, VaultError)):
            try:
                self.run_.check_place()
            except VaultGone as away:
                return away
        return error

    def _ends(self, error: BaseException) -> bool:
        """Whether no other attempt would mend it."""
        if isinstance(error, BUSY):
            return not self.health.connections if isinstance(error, SessionInUse) else not self.began
        return isinstance(error, FINAL) and not isinstance(error, DISK)

    def _close_archive(self, error: TobsError) -> None:
        """What was committed is in it. Opened again, it is known to be what is on the disk."""
        self.run_, self.disk = None, error
        with suppress(TobsError):
            self.opened.close()

    async def _connect(self) -> None:
        async with self.open_source() as source:
            self.connecting = trio.CancelScope()  # from here on draining ends it softly
            self.health.connections += 1
            self.health.is_connected = lambda: source.is_connected
            try:
                if (run := await self._run_with(source)) is not None:
                    await run.watch(self.pauses.reset)
            finally:
                self.health.is_connected = lambda: False

    async def _run_with(self, source: WatchingSource) -> LiveRun | None:
        """The run, with this connection. The first one finds the chats; None if a shutdown came before it had."""
        if self.run_ is None:
            chats = await self._find(source)
            if chats:
                self.run_ = self._open_run(source, chats)
        else:
            self.run_.connect(source)
        if self.run_ is not None:
            source.watch_waits(self.health.progress.waiting)
        return self.run_

    async def _find(self, source: WatchingSource) -> list[Chat]:
        self.health.enter("reading")
        chats, failures = await find_chats(source, self.config, self.shutdown)
        self.health.failures += [each for each in failures if each not in self.health.failures]
        if not chats and self._goes_on:
            reasons = [f"{failure.what}: {failure.reason}" for failure in failures]
            raise ConfigError(reasons or ["there is no chat to watch @ config.toml: export.chats"])
        return chats

    def _open_run(self, source: WatchingSource, chats: list[Chat]) -> LiveRun:
        vault, root = self.config.vault, self.config.root
        if self.began and not root.archive(vault).exists():
            raise gone(vault)  # opening it would begin another one, where the drive is to be mounted
        check_owner(vault, root, source.account)
        archive = self.opened.enter_context(open_archive(vault, WATCH, root))
        reads = Reads(archive.connection, archive.codec)
        keep_owner(archive, reads, source.account)
        publisher = Publisher(archive, reads, self.config, source.account)
        way = Followed(source, self.config, archive, publisher.zone)
        run = LiveRun(source, self.config, self.shutdown, self.health.progress, archive, reads, publisher, way)
        run.health, run.found, run.place = self.health, chats, Place.of(vault, archive.path)
        run.failures, publisher.notices = self.health.failures, self.health.notices
        self.began, self.disk = True, None
        return run

    async def _pause(self, error: BaseException) -> None:
        seconds = self.pauses.take()
        if isinstance(error, RateLimited):
            seconds = max(seconds, float(error.seconds))
        self.health.retry_at = trio.current_time() + seconds
        self.health.enter("waiting" if isinstance(error, (*DISK, *BUSY)) else "reconnecting", str(error))
        with self.shutdown.intake():
            await trio.sleep(seconds)
        if self._goes_on:
            self.health.enter("connecting", str(error))


def worst(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error of a group that says most about whether to go on."""
    found = list(leaves(group))
    kinds = (*FINAL, RateLimited, ConnectionLost, TobsError)
    return min(found, key=lambda error: next(at for at, kind in enumerate(kinds) if isinstance(error, kind)))
