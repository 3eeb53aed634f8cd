"""``tobs chats``"""

from __future__ import annotations

import json as jsonlib
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tobs.cli.called import Called
from tobs.cli.listed import day_of, folder_words, has_words, read_chats
from tobs.cli.outcome import Exit
from tobs.cli.plain import plain
from tobs.cli.settings import DEFAULT, ConfigPath, Switch, require_account, settings
from tobs.errors import ConfigError

if TYPE_CHECKING:
    from tobs.telegram.listing import ChatLine


def chats(
    *words: str,
    config: ConfigPath = DEFAULT,
    choose: Switch = False,
    count: Switch = False,
    json: Switch = False,
    debug: Switch = False,
) -> int:
    """List your chats, or choose among them: id, kind, name, title, newest message and folders.

    Examples:
        tobs chats
        tobs chats --choose

    Parameters
    ----------
    words
        Only chats that have all these words in title, name, number, kind or folders.
    choose
        Choose the chats to export, and topics of forums, from a list; the choice is written into the configuration.
    count
        Tell how many messages each has, too; this asks Telegram once a chat.
    json
        Print one JSON object a line, as is done without a terminal.
    debug
        Log everything, and show tracebacks.
    """
    chosen = settings(config, debug=debug)
    require_account(chosen, config)
    if choose:
        # A list that scrolls cannot be drawn where the cursor cannot be moved.
        if not (sys.stdin.isatty() and sys.stdout.isatty()) or os.environ.get("TERM") == "dumb":
            raise ConfigError(["`tobs chats --choose` needs a terminal; without one, write the chats into [export]"])
        from tobs.cli.choice import choose_chats

        if choose_chats(chosen, config, words):
            print(Called(config).says("Next: `tobs plan`, then `tobs export`"))
        return Exit.DONE
    found = [line for line in read_chats(chosen, counts=count) if has_words(line, words)]
    if json or not sys.stdout.isatty():
        for line in found:
            print(jsonlib.dumps(as_dict(line)))
    else:
        print_table(found, count)
    return Exit.DONE


def as_dict(line: ChatLine) -> dict[str, object]:
    """What a line of JSON says of a chat."""
    chat = line.chat
    return {
        "id": chat.id,
        "kind": chat.kind,
        "title": chat.title,
        "username": chat.username,
        "last": line.last,
        "folders": list(line.folders),
        "archived": line.archived,
        "messages": None if chat.count < 0 else chat.count,
    }


def print_table(found: Sequence[ChatLine], count: bool) -> None:
    """The chats for a person."""
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    messages = [Column("messages", justify="right")] if count else []
    # Number and name are there to be copied: neither is cut, and a name may go on in the next line.
    number, name = Column("id", no_wrap=True, overflow="ignore"), Column("name", overflow="fold")
    table = Table(number, "kind", name, "title", *messages, "newest", "folders")
    for line in found:
        chat = line.chat
        called = f"@{plain(chat.username)}" if chat.username else ""
        counted = [f"{chat.count:,}" if chat.count >= 0 else ""] if count else []
        titles = (Text(called), Text(plain(chat.title)))
        table.add_row(str(chat.id), chat.kind, *titles, *counted, day_of(line.last), Text(folder_words(line)))
    Console().print(table)
