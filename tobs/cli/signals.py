"""Ctrl+C and SIGTERM. This is the only module that knows signals, and the only one that may end the process."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Awaitable, Callable
from typing import TypeVar

import attrs
import trio

from tobs.cli.collector import calm_collector
from tobs.cli.log import flush_log
from tobs.config import ShutdownConfig
from tobs.errors import ConnectionLost
from tobs.shutdown import Shutdown, Stage

T = TypeVar("T")

# A cancelled DNS look-up or a library that swallows its cancellation can hold
# the event loop; nobody who asked to stop waits longer than this.
LAST_RESORT_SECONDS = 3.0


@attrs.define(eq=False)
class Interrupts:
    """What an interrupt means now.

    Before `exporting` nothing can be lost, so the first one ends everything at
    once. From then on it means what `Shutdown.request` says: drain, then abort.
    """

    shutdown: Shutdown
    early: trio.CancelScope = attrs.field(factory=trio.CancelScope)
    exporting: bool = False
    _last_resort: threading.Timer | None = None

    def request(self) -> None:
        """An interrupt arrived."""
        if self.exporting:
            self.shutdown.request()
        else:
            self.early.cancel()
        if self.early.cancel_called or self.shutdown.stage is Stage.ABORTED:
            self._arm(LAST_RESORT_SECONDS)
        elif self._last_resort is None:
            self._arm(self.shutdown.grace_seconds + LAST_RESORT_SECONDS)

    def _arm(self, seconds: float) -> None:
        self.disarm()
        if seconds < threading.TIMEOUT_MAX:
            self._last_resort = threading.Timer(seconds, _end)
            self._last_resort.daemon = True
            self._last_resort.start()

    def disarm(self) -> None:
        """The work has ended by itself."""
        if self._last_resort is not None:
            self._last_resort.cancel()


def _end() -> None:
    # What was committed is on disk; only the log may have lines left.
    flush_log()
    os._exit(130)


async def watch_signals(
    interrupts: Interrupts, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
) -> None:
    """Hand every SIGINT and SIGTERM to `interrupts`, until cancelled. Must run in the main thread."""
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        task_status.started()
        async for _ in signals:
            interrupts.request()


async def interruptible(work: Callable[[Interrupts], Awaitable[T]], shutdown: Shutdown) -> T | None:
    """What `work` returns, or None if an interrupt ended it early.

    Signals are received until `work` is cleaned up too: a KeyboardInterrupt
    raised inside asyncio code would hang it.
    """
    interrupts = Interrupts(shutdown)
    result = None
    try:
        async with trio.open_nursery() as nursery:
            await nursery.start(watch_signals, interrupts)
            with interrupts.early:
                result = await work(interrupts)
            nursery.cancel_scope.cancel()
    except* ConnectionLost:
        if not interrupts.early.cancel_called:  # else we hung up ourselves
            raise
    finally:
        interrupts.disarm()
    return result


def run_long(work: Callable[[Interrupts], Awaitable[T]], limits: ShutdownConfig) -> T:
    """As `run`, for work that takes long and stops as the configuration says. To be called when all is imported."""
    calm_collector()
    return run(work, Shutdown(limits.grace_seconds, limits.force_window_seconds))


def run(work: Callable[[Interrupts], Awaitable[T]], shutdown: Shutdown | None = None) -> T:
    """Run `work` in trio to its end. Raises KeyboardInterrupt if it was interrupted before it exported."""
    result = trio.run(interruptible, work, shutdown or Shutdown(), restrict_keyboard_interrupt_to_checkpoints=True)
    if result is None:
        raise KeyboardInterrupt
    return result
