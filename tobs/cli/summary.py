"""The end of an export, as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tobs.cli.plain import plain
from tobs.progress import ChatReport, Report


def summary(report: Report, vault: Path) -> RenderableType:
    """Chats, failures, where the time went, and what to do next."""
    return Group(_chats(report), *_findings(report), _stages(report), _last_line(report, vault))


def _chats(report: Report) -> Table:
    table = Table("chat", "new", "known", "files", "notes", "")
    for column in table.columns[1:5]:
        column.justify = "right"
    for chat in report.chats:
        counts = (chat.messages, chat.known, chat.media, chat.notes)
        table.add_row(Text(plain(chat.title, 40)), *(f"{count:,}" for count in counts), Text(_state(chat)))
    return table


def _state(chat: ChatReport) -> str:
    parts = ["" if chat.complete else "not complete"]
    parts += [f"{chat.media_skipped:,} files left out"] if chat.media_skipped else []
    parts += [f"{chat.media_failed:,} files failed"] if chat.media_failed else []
    return ", ".join(filter(None, parts))


def _findings(report: Report) -> Iterator[Text]:
    for failure in report.failures:
        yield Text(f"✗ {plain(failure.what, 40)}: {plain(failure.reason, 300)}", "red")
    for notice in report.notices:
        yield Text(f"! {plain(notice, 300)}", "yellow")


def _stages(report: Report) -> Table:
    table = Table("stage", "items", "seconds", "items/s", "longest queue", box=None, header_style="dim", style="dim")
    for stage in report.stages:
        speed = f"{stage.items / stage.seconds:,.0f}" if stage.seconds else ""
        table.add_row(stage.name, f"{stage.items:,}", f"{stage.seconds:.2f}", speed, str(stage.queue_peak))
    return table


def _last_line(report: Report, vault: Path) -> Text:
    speed = f"{report.messages:,} messages in {report.seconds:.1f} s ({report.messages_per_second:,.0f}/s)."
    waits = f" {report.flood_waits} waits for Telegram, {report.flood_seconds:.0f} s." if report.flood_waits else ""
    then = "Interrupted; run it again to go on." if report.interrupted else f"In Obsidian, open the folder {vault}"
    return Text(f"{speed}{waits} {plain(then, 500)}")
