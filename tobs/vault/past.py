"""What a message said before it was edited."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import attrs

from tobs.model import Message
from tobs.vault.context import Context
from tobs.vault.frame import quote_lines
from tobs.vault.words import moment


def version_lines(
    message: Message, content: Callable[[Message, Context], Iterable[str]], context: Context
) -> Iterator[str]:
    """A folded callout for each earlier version, oldest first; `content` renders what a message holds."""
    past = context.past(message.chat_id, message.id)
    if past is None:
        return
    later = [*past.versions[1:], message]
    for version, after in zip(past.versions, later, strict=False):
        head = f"[!quote]- Earlier version · {moment(version.edit_date or version.date, message.date, context)}"
        lines = [*content(_as_said(version, after), context)] or ["*(empty)*"]
        yield from (quote_lines([head, *lines]), "")


def _as_said(version: Message, after: Message) -> Message:
    """An earlier version without its preview and buttons, and without pictures that stayed."""
    raw = {key: value for key, value in version.raw.items() if key != "reply_markup"}
    media = version.media
    stayed = media is not None and media.files and after.media is not None and media.files == after.media.files
    if media is not None and (stayed or media.kind == "webpage"):
        media = None
    return attrs.evolve(version, media=media, buttons=(), raw=raw)
