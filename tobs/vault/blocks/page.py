"""What blocks are rendered with, and how their lines are put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

import attrs

from tobs.model import Attachment, Message, Raw
from tobs.vault.context import Context, Links

DEPTH = 12  # levels of blocks in blocks; Telegram allows 16, and each costs the reader some width
LAST_DATE = 2**36  # seconds: the year 4147, before Python's own end of time

Inside = Callable[[Sequence[Raw]], list[str]]  # the lines of the blocks that a block holds


@attrs.frozen
class Page:
    """A rich message, or the article of a link preview: whose it is, the files it names by id, and how it is shown.

    An `article` is a note of its own, with real headings; a message has bold
    lines in their place, which no outline or link would take for the note's.
    """

    message: Message
    context: Context
    links: Links
    files: Mapping[int, Sequence[Attachment]]
    article: bool = False
    depth: int = 0
    again: bool = False  # whether the block before was a list, from which the next one must stand apart

    def date(self, unix: int) -> str:
        """The day in the zone of the notes, "" if it is unknown."""
        return f"{datetime.fromtimestamp(unix, self.context.zone).date()}" if 0 < unix < LAST_DATE else ""


def page_of(message: Message, context: Context) -> Page:
    """A page that stands in a message."""
    files: dict[int, list[Attachment]] = {}
    for attachment in message.files:
        files.setdefault(attachment.file.id, []).append(attachment)
    return Page(message, context, context, files)


def paragraphs(parts: Iterable[list[str]]) -> list[str]:
    """Groups of lines, with a blank line between them; groups without lines leave no trace."""
    lines: list[str] = []
    for part in parts:
        if part and lines:
            lines.append("")
        lines += part
    return lines


def quoted(lines: Iterable[str]) -> list[str]:
    """Lines as a quote, or as a callout if the first is ``[!type] title``."""
    return [f"> {line}" if line else ">" for line in lines]


def one_by_one(lines: Iterable[str]) -> list[str]:
    """Lines that may hold newlines, each on its own and without blank ones at the ends."""
    text = "\n".join(lines).strip("\n")
    return text.split("\n") if text else []
