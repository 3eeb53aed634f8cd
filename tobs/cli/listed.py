"""The chats of an account, and the words in which lists speak of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from tobs.cli.plain import plain

if TYPE_CHECKING:
    from tobs.cli.signals import Interrupts
    from tobs.config import Config
    from tobs.telegram.listing import ChatLine


def read_chats(config: Config, *, counts: bool = False, topics: bool = False) -> Sequence[ChatLine]:
    """The account's chats."""
    from tobs.cli.signals import run
    from tobs.telegram.client import open_telegram
    from tobs.vault.publish import local_zone

    async def work(_interrupts: Interrupts) -> Sequence[ChatLine]:
        async with open_telegram(config.telegram, zone=local_zone(config.export.timezone)) as source:
            return await source.list_lines(counts=counts, topics=topics)

    return run(work)


def has_words(line: ChatLine, words: Sequence[str]) -> bool:
    """Whether all words stand somewhere in what is told of the chat."""
    chat = line.chat
    archived = ("archived",) if line.archived else ()
    text = "\n".join((chat.title, chat.username, str(chat.id), chat.kind, *line.folders, *archived)).casefold()
    return all(word.casefold() in text for word in words)


def day_of(seconds: int) -> str:
    """The local day of a moment; nothing if it is not known."""
    return f"{datetime.fromtimestamp(seconds).astimezone():%Y-%m-%d}" if seconds else ""


def folder_words(line: ChatLine) -> str:
    """The folders of a chat, the archive among them."""
    return ", ".join((*map(plain, line.folders), *(("archived",) if line.archived else ())))
