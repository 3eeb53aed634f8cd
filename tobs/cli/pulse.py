"""What a person or a program sees of a watch: a line that changes, or a JSON object a line."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Any, Protocol, TextIO

import attrs
import trio
from rich.console import Console
from rich.live import Live
from rich.text import Text

from tobs.cli.keeping import keep_renewed, keep_watch
from tobs.cli.outcome import Exit
from tobs.cli.plain import plain
from tobs.cli.signals import Interrupts
from tobs.cli.units import size_words, time_words
from tobs.config import ExportConfig
from tobs.errors import TobsError, leaves
from tobs.health import Health
from tobs.memory import memory
from tobs.shutdown import Stage
from tobs.watch import Opener, watch

LINE_SECONDS = 0.5  # between two drawings of the line
HEALTH_SECONDS = 60.0  # between two JSON lines when nothing changes: enough to raise an alarm, few enough for a log


class Pulse(Protocol):
    """Shows a watch."""

    async def follow(self, health: Health) -> None:
        """Show how it goes, until cancelled."""
        ...

    def conclude(self, health: Health) -> None:
        """Show what it came to."""
        ...


def choose_pulse(*, json: bool, quiet: bool) -> Pulse:
    """A line on a terminal, else or with `json` one JSON object a line; with `quiet` nothing."""
    if quiet:
        return Silence()
    if json or not sys.stdout.isatty():
        return JsonPulse(sys.stdout)
    return Line()


async def watch_shown(opener: Opener, config: ExportConfig, interrupts: Interrupts, pulse: Pulse) -> int:
    """Watch, showing it in `pulse`. Returns the exit code."""
    interrupts.exporting = True
    started = _Started(pulse, config)
    try:
        async with trio.open_nursery() as started.nursery:
            health = await watch(opener, config, shutdown=interrupts.shutdown, task_status=started)
            started.nursery.cancel_scope.cancel()
    except* TobsError as group:
        if started.health is not None:
            keep_watch(started.health, config, ended=True, error=str(next(leaves(group))))
        raise
    aborted = interrupts.shutdown.stage is Stage.ABORTED
    keep_watch(health, config, ended=True, aborted=aborted)
    pulse.conclude(health)
    # Being stopped is how a watch ends.
    return Exit.INTERRUPTED if aborted else Exit.DONE


@attrs.define(eq=False)
class _Started:
    """Starts what follows the health of the watch, when the watch hands it over."""

    pulse: Pulse
    config: ExportConfig
    nursery: trio.Nursery | None = None
    health: Health | None = None

    def started(self, value: Health | None = None) -> None:
        self.health = value
        if value is not None and self.nursery is not None:
            self.nursery.start_soon(self.pulse.follow, value)
            self.nursery.start_soon(keep_renewed, value, self.config)


class Silence:
    """Shows nothing: errors are told on stderr in any case."""

    async def follow(self, health: Health) -> None:
        """Show nothing."""
        await trio.sleep_forever()

    def conclude(self, health: Health) -> None:
        """Show nothing."""


@attrs.define(eq=False)
class JsonPulse:
    """Writes a ``health`` object at every change and once a minute; docs/unattended.md has its keys."""

    out: TextIO

    async def follow(self, health: Health) -> None:
        """Write how it goes."""
        while True:
            self._write(health)
            seen = _worth_a_line(health)
            with trio.move_on_after(HEALTH_SECONDS):
                while _worth_a_line(health) == seen:
                    await self._change(health)

    async def _change(self, health: Health) -> None:
        # A connection that breaks tells nobody; looking twice a second is cheap.
        with trio.move_on_after(LINE_SECONDS):
            await health.changed.wait()

    def conclude(self, health: Health) -> None:
        """Write how it ended."""
        self._write(health)

    def _write(self, health: Health) -> None:
        print(json.dumps({"event": "health", **health_dict(health)}), file=self.out, flush=True)


def _worth_a_line(health: Health) -> tuple[object, ...]:
    """What is told when it changes: what it does, and what it waits for."""
    return health.state, health.trouble, health.no_room, frozenset(_pauses(health))


def _pauses(health: Health) -> dict[str, float]:
    """For which requests Telegram asks to wait, and for how many seconds from now."""
    now = trio.current_time()
    return {wait.kind: round(wait.until - now, 1) for wait in health.progress.waits.values() if wait.until > now}


def health_dict(health: Health) -> dict[str, Any]:
    """The health of a watch as plain data."""
    progress = health.progress
    return {
        "time": _iso(datetime.now(UTC)),
        "state": health.state,
        "trouble": health.trouble or health.no_room,
        "retry_in_seconds": max(round(health.retry_at - trio.current_time(), 1), 0.0) if health.trouble else 0.0,
        "chats": health.chats,
        "read": progress.messages - health.new,
        "new": health.new,
        "edited": health.edited,
        "updated": health.updated,
        "deleted": health.deleted,
        "files": health.files,
        "notes": health.notes,
        "waiting": health.waiting(),
        "lag_seconds": round(health.lag, 1),
        "last_update": _iso(datetime.fromtimestamp(health.last_update, UTC)) if health.last_update else None,
        "connections": health.connections,
        "pauses": _pauses(health),
        "flood_waits": progress.flood_waits,
        "flood_seconds": round(progress.flood_seconds, 1),
        "memory_bytes": memory(),
        "seconds": round(trio.current_time() - health.started, 1),
    }


def _iso(when: datetime) -> str:
    return when.isoformat(timespec="seconds")


@attrs.define(eq=False)
class Line:
    """A quiet line on a terminal."""

    console: Console = attrs.field(factory=Console)

    async def follow(self, health: Health) -> None:
        """Draw twice a second."""
        with Live(console=self.console, auto_refresh=False, transient=True) as live:
            while True:
                live.update(line(health, trio.current_time()), refresh=True)
                await trio.sleep(LINE_SECONDS)

    def conclude(self, health: Health) -> None:
        """Print what happened."""
        seconds = trio.current_time() - health.started
        self.console.print(Text(f"Watched for {time_words(seconds)}: {counts(health)}"))


def line(health: Health, now: float) -> Text:
    """What to show at the time `now`."""
    style = {"watching": "green", "reconnecting": "yellow", "waiting": "yellow"}.get(health.state, "cyan")
    text = Text.assemble((health.state, style), f" {health.chats} chats · {counts(health)}")
    if health.trouble and health.state in ("reconnecting", "waiting", "connecting"):
        wait = max(health.retry_at - now, 0)
        text.append(f"\n{plain(health.trouble, 200)} Next attempt in {wait:.0f} s.", "yellow")
    if health.no_room:
        text.append(f"\nFiles wait: {plain(health.no_room, 200)}", "yellow")
    for pause in health.progress.waits.values():
        if pause.until > now:
            text.append(f"\nTelegram asks to wait for {plain(pause.kind, 30)}: {pause.until - now:.0f} s", "yellow")
    return text


def counts(health: Health) -> str:
    """What happened so far, in words."""
    read = health.progress.messages - health.new
    words = [f"{read:,} read" if read else "", f"{health.new:,} new", f"{health.edited:,} edited"]
    words += [
        f"{health.deleted:,} deleted",
        f"{health.files:,} file{'' if health.files == 1 else 's'} ({size_words(health.progress.media_bytes)})",
    ]
    return " · ".join(filter(None, words))
