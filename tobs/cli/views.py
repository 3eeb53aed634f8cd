"""What a person or a program sees of an export: one protocol, two views."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Protocol

import attrs
import trio

from tobs.cli.outcome import Exit, Says, complain
from tobs.cli.plain import plain
from tobs.cli.signals import Interrupts
from tobs.config import ExportConfig
from tobs.errors import SourceError, TobsError, VaultError, leaves
from tobs.export import export
from tobs.imports import import_exports
from tobs.memory import peak_memory
from tobs.progress import Progress, Report
from tobs.report import make_report
from tobs.runs import Run, keep_run
from tobs.source import Source
from tobs.sync import sync


class View(Protocol):
    """Shows one export."""

    async def follow(self, progress: Progress) -> None:
        """Show how it goes on, until cancelled; what was shown last is true then."""
        ...

    def conclude(self, report: Report, vault: Path) -> None:
        """Show what has become of it."""
        ...


def choose_view(json: bool, says: Says = str, *, quiet: bool = False) -> View:
    """Bars and tables on a terminal, else or with `json` one JSON object a line; with `quiet` only what failed.

    Sentences of the report are told as `says` puts them.
    """
    return Told(_view(json, quiet=quiet), says)


def _view(json: bool, *, quiet: bool) -> View:
    if quiet:
        return Quiet()
    if json or not sys.stdout.isatty():
        from tobs.cli.jsonlines import JsonLines

        return JsonLines(sys.stdout)
    from tobs.cli.bars import Bars

    return Bars()


@attrs.frozen
class Told:
    """A view of what `says` makes of the sentences. What is kept of the run stays as it was."""

    view: View
    says: Says

    async def follow(self, progress: Progress) -> None:
        """Show how it goes on."""
        await self.view.follow(progress)

    def conclude(self, report: Report, vault: Path) -> None:
        """Show what has become of it."""
        self.view.conclude(told_report(report, self.says), vault)


def told_report(report: Report, says: Says) -> Report:
    """The report with its sentences as `says` puts them."""
    failures = tuple(attrs.evolve(each, reason=says(each.reason)) for each in report.failures)
    return attrs.evolve(report, failures=failures, notices=tuple(map(says, report.notices)))


@attrs.frozen
class Quiet:
    """Says nothing but what went wrong, so that a cron job writes a mail only then."""

    async def follow(self, progress: Progress) -> None:
        """Show nothing."""
        await trio.sleep_forever()

    def conclude(self, report: Report, vault: Path) -> None:
        """Name on stderr what failed and what a person has to look at."""
        for failure in report.failures:
            complain(f"{plain(failure.what, 60)}: {failure.reason}")
        for notice in report.notices:
            complain(notice)


@attrs.define(eq=False)
class _Follower:
    """Starts the view when the export hands over its progress."""

    view: View
    nursery: trio.Nursery | None = None
    progress: Progress | None = None

    def started(self, value: Progress | None = None) -> None:
        self.progress = value
        if value is not None and self.nursery is not None:
            self.nursery.start_soon(self.view.follow, value)


async def export_shown(source: Source, config: ExportConfig, interrupts: Interrupts, view: View) -> int:
    """Export, showing it in `view`. Returns the exit code."""
    return await _shown("export", partial(export, source, config), config, interrupts, view)


async def sync_shown(source: Source, config: ExportConfig, interrupts: Interrupts, view: View) -> int:
    """Look at messages again, showing it in `view`. Returns the exit code."""
    return await _shown("sync", partial(sync, source, config), config, interrupts, view)


async def import_shown(
    paths: Sequence[Path], config: ExportConfig, interrupts: Interrupts, view: View, *, link: bool
) -> int:
    """Import exports of Telegram Desktop, showing it in `view`. Returns the exit code."""
    return await _shown("import", partial(import_exports, paths, config, link=link), config, interrupts, view)


async def _shown(
    command: str, work: Callable[..., Awaitable[Report]], config: ExportConfig, interrupts: Interrupts, view: View
) -> int:
    interrupts.exporting = True
    follower = _Follower(view)
    try:
        async with trio.open_nursery() as follower.nursery:
            report = await work(shutdown=interrupts.shutdown, task_status=follower)
            follower.nursery.cancel_scope.cancel()
    except* (SourceError, VaultError) as group:
        keep_failed(command, follower.progress, group, config)
        raise
    view.conclude(report, config.vault)
    if report.chats:  # else nothing was done, and nothing may change
        keep_run(config.vault, Run(command, report), config.root)
    return code_of(report)


def keep_failed(
    command: str, progress: Progress | None, group: BaseExceptionGroup[TobsError], config: ExportConfig
) -> None:
    """Keep what a run did until an error ended it, unless it had not begun or the disk takes no more."""
    if progress is None or not progress.chats:
        return
    seconds = trio.current_time() - progress.started
    report = make_report(progress, (), (), seconds=seconds, interrupted=True, peak_memory=peak_memory())
    with suppress(VaultError):  # the error itself is told, and it is the more important one
        keep_run(config.vault, Run(command, report, str(next(leaves(group)))), config.root)


def code_of(report: Report) -> int:
    """The exit code that a report stands for."""
    if report.interrupted:
        return Exit.INTERRUPTED
    return Exit.SOME_FAILED if report.failures else Exit.DONE
