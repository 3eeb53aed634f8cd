"""The end of an export, as tables for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from tobs.cli.plain import plain
from tobs.progress import ChatReport, Report
from tobs.runs import Run


def summary(report: Report, vault: Path) -> RenderableType:
    """Chats, failures, where the time went, and what to do next."""
    return Group(_chats(report), *_findings(report), _stages(report), _last_line(report, vault))


def run_list(runs: Sequence[Run]) -> Table:
    """The runs that are kept, a line each, the newest last."""
    table = Table("", "when", "command", "new", "files", "seconds", "")
    for column in (0, 3, 4, 5):
        table.columns[column].justify = "right"
    for number, run in zip(range(len(runs), 0, -1), runs, strict=True):
        report = run.report
        files = sum(chat.media for chat in report.chats)
        table.add_row(
            str(number),
            f"{datetime.fromtimestamp(report.started_at):%Y-%m-%d %H:%M}",
            plain(run.command, 10),
            f"{report.messages:,}",
            f"{files:,}",
            f"{report.seconds:,.0f}",
            Text(plain(run.error, 200) or _ending(run)),
        )
    return table


def _ending(run: Run) -> str:
    if not run.ended:
        return "under way, or killed"
    if run.report.interrupted:
        return "interrupted"
    return f"{len(run.report.failures):,} failed" if run.report.failures else ""


LEVELS = " ▁▂▃▄▅▆▇█"
ASCII_LEVELS = " .:-=+*#@"  # where the terminal has no blocks


def throughput(report: Report, width: int, encoding: str) -> Text:
    """A line of messages a second over the run, from left to right, at most `width` characters."""
    counts = narrowed(report.throughput, max(width - 2, 1))
    if not any(counts):
        return Text()
    levels = LEVELS if encoding.lower().startswith("utf") else ASCII_LEVELS
    most = max(counts)
    line = "".join(levels[-(-count * (len(levels) - 1) // most)] for count in counts)
    each = report.throughput_seconds * -(-len(report.throughput) // len(counts))
    return Text(f"messages/s, at most {most / each:,.0f}, each sign {each:,.0f} s\n{line}\n")


def narrowed(counts: Sequence[int], width: int) -> list[int]:
    """The same counts in at most `width` stretches."""
    step = -(-len(counts) // width) or 1
    return [sum(counts[i : i + step]) for i in range(0, len(counts), step)]


def _chats(report: Report) -> Table:
    columns: dict[str, Callable[[ChatReport], int]] = {
        "new": lambda chat: chat.messages,
        "known": lambda chat: chat.known,
        "checked": lambda chat: chat.checked,
        "edited": lambda chat: chat.edited,
        "changed": lambda chat: chat.updated,
        "deleted": lambda chat: chat.deleted,
        "back": lambda chat: chat.restored,
        "files": lambda chat: chat.media,
        "notes": lambda chat: chat.notes,
    }
    rare = ("checked", "edited", "changed", "deleted", "back")  # a terminal has few columns
    shown = {name: count for name, count in columns.items() if name not in rare or any(map(count, report.chats))}
    table = Table("chat", *(Column(name, justify="right") for name in shown), "")
    for chat in report.chats:
        counts = (f"{count(chat):,}" for count in shown.values())
        table.add_row(Text(plain(chat.title, 40)), *counts, Text(_state(chat)))
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
    if report.checked:
        speed = f"{report.checked:,} messages looked at again, {report.messages:,} new, in {report.seconds:.1f} s."
    speed += f" {report.pictures:,} pictures." if report.pictures else ""
    speed += f" {report.pictures_failed:,} pictures failed." if report.pictures_failed else ""
    waits = f" {report.flood_waits} waits for Telegram, {report.flood_seconds:.0f} s." if report.flood_waits else ""
    memory = f" At most {report.peak_memory / 1e6:,.0f} MB of memory." if report.peak_memory else ""
    then = "Interrupted; run it again to go on." if report.interrupted else f"In Obsidian, open the folder {vault}"
    return Text(f"{speed}{waits}{memory}\n{plain(then, 500)}")
