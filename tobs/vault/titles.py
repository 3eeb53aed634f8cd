"""What a message is called when it has a note of its own (pure)."""

from __future__ import annotations

from collections.abc import Sequence

from tobs.model import Message
from tobs.rawfields import mapping, plain

_WORDS = {"voice": "Voice message", "round": "Video message", "geo": "Place", "geolive": "Live location"}


def post_title(messages: Sequence[Message]) -> str:
    """The first line of a message or album; what is attached where there is no text. Not escaped, never empty.

    It follows from the messages alone, so that a note's name depends on nothing else.
    """
    for message in messages:
        for line in message.text.splitlines():
            if line.strip():
                return line.strip()
    return _wordless(messages[0], len(messages))


def _wordless(message: Message, count: int) -> str:
    if message.action is not None:
        return "Service message"
    if message.media is None:
        return "Message"
    raw, kind = message.media.raw, message.media.kind
    named = plain(mapping(raw, "poll").get("question")) or plain(mapping(raw, "todo").get("title"))
    name = named or plain(raw.get("title")) or (message.media.file.name if message.media.file else "")
    if count > 1 and kind in ("photo", "video"):
        return f"Album of {count}"
    return " ".join(name.split()) or _WORDS.get(kind, kind.replace("_", " ").capitalize())
