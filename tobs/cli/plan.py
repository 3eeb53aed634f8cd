"""``tobs plan``"""

from __future__ import annotations

import json as jsonlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from tobs.cli.called import Called
from tobs.cli.export import with_chats
from tobs.cli.filters import FilterOptions, with_filters
from tobs.cli.outcome import Exit, Says
from tobs.cli.plain import plain
from tobs.cli.settings import DEFAULT, ConfigPath, Switch, require_account, settings
from tobs.cli.units import size_words, time_words

if TYPE_CHECKING:
    from tobs.cli.signals import Interrupts
    from tobs.plan import ChatPlan, ExportPlan


def plan(
    *chats: str,
    config: ConfigPath = DEFAULT,
    vault: Path | None = None,
    filters: FilterOptions = None,
    json: Switch = False,
    debug: Switch = False,
) -> int:
    """Tell what an export would fetch: messages, files, bytes, requests and time. Changes nothing in the vault.

    Counts are Telegram's; sizes are those usual in the archive or elsewhere, and the time is that of the last
    export's pace. Stickers and pictures of link previews are not counted, and of the pictures that the
    configuration asks for (thumbnails, avatars, custom emoji) those that are known of.

    Examples:
        tobs plan all
        tobs plan folder:Work --since 2024-01-01

    Parameters
    ----------
    chats
        As for tobs export; without any, those of the configuration.
    vault
        Folder of the vault, instead of the one in the configuration.
    json
        Print one JSON object, as is done without a terminal.
    debug
        Log everything, and show tracebacks.
    """
    from tobs.cli.signals import run
    from tobs.plan import plan as make_plan
    from tobs.telegram.client import open_telegram
    from tobs.vault.publish import local_zone

    chosen = with_filters(with_chats(settings(config, vault, debug=debug), chats, config), filters)
    require_account(chosen, config)

    async def work(_interrupts: Interrupts) -> ExportPlan:
        async with open_telegram(chosen.telegram, zone=local_zone(chosen.export.timezone)) as source:
            return await make_plan(source, chosen.export)

    found = told(run(work), Called(config, vault).says)
    if json or not sys.stdout.isatty():
        print(jsonlib.dumps(as_dict(found)))
    else:
        print_table(found)
    return Exit.SOME_FAILED if found.failures else Exit.DONE


def told(found: ExportPlan, says: Says) -> ExportPlan:
    """The plan with its sentences as `says` puts them."""
    return attrs.evolve(found, failures=tuple(attrs.evolve(each, reason=says(each.reason)) for each in found.failures))


def as_dict(found: ExportPlan) -> dict[str, object]:
    """What one object of JSON says."""
    sums = {name: sum(getattr(chat, name) for chat in found.chats) for name in ("messages", "new_messages")}
    costs = {"bytes": found.bytes, "requests": found.requests, "seconds": found.seconds}
    return {
        "event": "plan",
        **attrs.asdict(found),
        **{f"total_{name}": value for name, value in (sums | costs).items()},
    }


def print_table(found: ExportPlan) -> None:
    """The plan for a person."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("chat", "messages", "new", "new files", "size", "requests", "time")
    for column in table.columns[1:]:
        column.justify = "right"
    for chat in found.chats:
        table.add_row(Text(plain(chat.title, 40)), *_cells(chat))
    for picture in found.pictures:
        costs = (size_words(picture.bytes), f"{picture.requests:,}", time_words(picture.bytes / found.pace.bytes))
        table.add_row(_PICTURES[picture.kind], "", "", f"{picture.count:,}", *costs)
    table.add_section()
    counts = (f"{sum(chat.messages for chat in found.chats):,}", f"{sum(chat.new_messages for chat in found.chats):,}")
    table.add_row("together", *counts, "", size_words(found.bytes), f"{found.requests:,}", time_words(found.seconds))
    console = Console()
    console.print(table)
    for failure in found.failures:
        console.print(Text(f"✗ {plain(failure.what, 40)}: {plain(failure.reason, 300)}", "red"))
    source = "as fast as the last export" if found.measured else "at the pace that Telegram usually allows"
    console.print(f"Sizes and times are estimates, {source}.")
    if any(chat.new_messages for chat in found.chats) and found.pictures:
        console.print("Pictures of people and emoji that only new messages tell of are not among them.")


_PICTURES = {"avatar": "pictures of chats and people", "thumbnail": "thumbnails", "emoji": "custom emoji"}


def _cells(chat: ChatPlan) -> list[str]:
    files = ", ".join(f"{number:,} {kind}" for kind, number in chat.new_files.items() if number)
    costs = (size_words(chat.bytes), f"{chat.requests:,}", time_words(chat.seconds))
    return [f"{chat.messages:,}", f"{chat.new_messages:,}", files, *costs]
