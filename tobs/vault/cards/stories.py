"""Stories and live streams. https://core.telegram.org/api/stories"""

from __future__ import annotations

from collections.abc import Iterator

from tobs.model import Message, Raw
from tobs.rawfields import mapping, peer_id, plain, whole
from tobs.rawstories import MISSING
from tobs.vault.cards.shape import joined, nested, paragraphs
from tobs.vault.context import Context
from tobs.vault.escape import escape_one_line
from tobs.vault.kinds import kind_words
from tobs.vault.words import bold, moment

_STATES = {"StoryItemDeleted": "*(deleted)*", "StoryItemSkipped": "*(not read)*"}


def story(raw: Raw, message: Message, context: Context) -> Iterator[str]:
    """Whose story it is, and what it says if it is known; most are gone after a day."""
    whose, told = peer_id(raw.get("peer")), mapping(raw, "story")
    of = f" of {bold(context.name(whose))}" if whose else ""
    yield joined(
        f"📖 story {whole(raw, 'id')}{of}",
        "a mention" if raw.get("via_mention") else "",
        *_about(told, message, context),
        _state(told),
    )
    if caption := paragraphs(told, "caption", "entities", context):
        yield from nested(["[!quote]", caption])


def _state(told: Raw) -> str:
    """Why there is nothing to tell."""
    if told.get("_") == MISSING:
        return f"*({escape_one_line(plain(told.get('reason')))})*"
    return _STATES.get(plain(told.get("_")), "")


def _about(told: Raw, message: Message, context: Context) -> Iterator[str]:
    author, origin = peer_id(told.get("from_id")), mapping(told, "fwd_from")
    if author:
        yield f"by {bold(context.name(author))}"
    if date := whole(told, "date"):
        yield moment(date, message.date, context) + (" ✎" if told.get("edited") else "")
    if media := mapping(told, "media"):
        yield kind_words(media)
    if origin:
        first = peer_id(origin.get("from_"))
        yield f"↪ from {bold(plain(origin.get('from_name')) or (context.name(first) if first else 'someone'))}"


def stream(raw: Raw, message: Message, context: Context) -> Iterator[str]:
    """A live video stream, of which nothing stays."""
    yield "📺 live stream" + (" (RTMP)" if raw.get("rtmp_stream") else "")
