"""``tobs chats``"""

from __future__ import annotations

import json as jsonlib
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tobs.cli.outcome import Exit
from tobs.cli.plain import plain
from tobs.cli.settings import DEFAULT, ConfigPath, Switch, require_account, settings

if TYPE_CHECKING:
    from tobs.cli.signals import Interrupts
    from tobs.model import Chat


def chats(*, config: ConfigPath = DEFAULT, json: Switch = False, debug: Switch = False) -> int:
    """List your chats: id, kind, name and title.

    Parameters
    ----------
    json
        Print one JSON object a line, as is done without a terminal.
    debug
        Log everything, and show tracebacks.
    """
    from tobs.cli.signals import run
    from tobs.telegram.client import open_telegram
    from tobs.vault.publish import local_zone

    chosen = settings(config, debug=debug)
    require_account(chosen, config)

    async def work(_interrupts: Interrupts) -> Sequence[Chat]:
        async with open_telegram(chosen.telegram, zone=local_zone(chosen.export.timezone)) as source:
            return await source.list_chats()

    found = run(work)
    if json or not sys.stdout.isatty():
        for chat in found:
            print(jsonlib.dumps(as_dict(chat)))
    else:
        print_table(found)
    return Exit.DONE


def as_dict(chat: Chat) -> dict[str, object]:
    """What a line of JSON says of a chat."""
    return {
        "id": chat.id,
        "kind": chat.kind,
        "title": chat.title,
        "username": chat.username,
    }


def print_table(found: Sequence[Chat]) -> None:
    """The chats for a person."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("id", "kind", "name", "title")
    for chat in found:
        name = f"@{plain(chat.username)}" if chat.username else ""
        table.add_row(str(chat.id), chat.kind, Text(name), Text(plain(chat.title)))
    Console().print(table)
