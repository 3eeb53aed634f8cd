"""What a person or a program sees of an export: one protocol, two views."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

import attrs
import trio

from tobs.cli.outcome import Exit
from tobs.cli.signals import Interrupts
from tobs.config import ExportConfig
from tobs.export import export
from tobs.imports import import_exports
from tobs.progress import Progress, Report
from tobs.source import Source


class View(Protocol):
    """Shows one export."""

    async def follow(self, progress: Progress) -> None:
        """Show how it goes on, until cancelled; what was shown last is true then."""
        ...

    def conclude(self, report: Report, vault: Path) -> None:
        """Show what has become of it."""
        ...


def choose_view(json: bool) -> View:
    """Bars and tables on a terminal, else or with `json` one JSON object a line."""
    if json or not sys.stdout.isatty():
        from tobs.cli.jsonlines import JsonLines

        return JsonLines(sys.stdout)
    from tobs.cli.bars import Bars

    return Bars()


@attrs.frozen
class _Follower:
    """Starts the view when the export hands over its progress."""

    nursery: trio.Nursery
    view: View

    def started(self, value: Progress | None = None) -> None:
        if value is not None:
            self.nursery.start_soon(self.view.follow, value)


async def export_shown(source: Source, config: ExportConfig, interrupts: Interrupts, view: View) -> int:
    """Export, showing it in `view`. Returns the exit code."""
    return await _shown(partial(export, source, config), config.vault, interrupts, view)


async def import_shown(
    paths: Sequence[Path], config: ExportConfig, interrupts: Interrupts, view: View, *, link: bool
) -> int:
    """Import exports of Telegram Desktop, showing it in `view`. Returns the exit code."""
    return await _shown(partial(import_exports, paths, config, link=link), config.vault, interrupts, view)


async def _shown(work: Callable[..., Awaitable[Report]], vault: Path, interrupts: Interrupts, view: View) -> int:
    interrupts.exporting = True
    async with trio.open_nursery() as nursery:
        report = await work(shutdown=interrupts.shutdown, task_status=_Follower(nursery, view))
        nursery.cancel_scope.cancel()
    view.conclude(report, vault)
    return code_of(report)


def code_of(report: Report) -> int:
    """The exit code that a report stands for."""
    if report.interrupted:
        return Exit.INTERRUPTED
    return Exit.SOME_FAILED if report.failures else Exit.DONE
