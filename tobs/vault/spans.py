"""From the entities of a text, as any server may send them, to spans that nest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from tobs.model import Entity, Message

QUOTE, PRE, CODE, FORMULA, EMBED, EMOJI = "Blockquote", "Pre", "Code", "Math", "Embed", "CustomEmoji"
BLOCKS = frozenset({QUOTE, PRE})
# Outermost first among spans of one range, as in TDLib's MessageEntity.cpp. What is not here shows as plain text:
# mentions by username, commands, cashtags, bank cards, phone numbers, dates and the unknown.
_PRIORITY = {
    QUOTE: 0, PRE: 10, "TextUrl": 49, "Url": 50, "Email": 50, "MentionName": 50, CODE: 60,
    "DiffReplace": 89,
    "Bold": 90, "Italic": 91, "Underline": 92, "Strike": 93, "Spoiler": 94,
    # Of rich text; no entity of a message is one of these.
    FORMULA: 60, EMBED: 60, "Marked": 95, "Subscript": 96, "Superscript": 97,
    "Hashtag": 98,  # inside, since Obsidian sees a tag within emphasis, and a tag holds none
    EMOJI: 99,
}  # fmt: skip
_ALIASES = {"DiffInsert": "Underline", "DiffDelete": "Strike"}
_MERGED = frozenset(
    {CODE, "TextUrl", "Bold", "Italic", "Underline", "Strike", "Spoiler", "Marked", "Subscript", "Superscript"}
)


class Span(NamedTuple):
    """A marked range in Python's own indices, never empty and within the text."""

    start: int
    end: int
    kind: str
    url: str = ""
    language: str = ""
    collapsed: bool = False
    user_id: int = 0
    old_text: str = ""
    document_id: int = 0


def spans(text: str, entities: Sequence[Entity]) -> list[Span]:
    """The spans that show, outermost first; touching equal ones are one. Offsets are clipped to the text."""
    found = []
    units = b"" if text.isascii() else text.encode("utf-16-le")
    exact = not units or len(units) == 2 * len(text)  # no character outside the basic plane: units are indices
    for entity in entities:
        kind = _ALIASES.get(entity.kind, entity.kind)
        if kind not in _PRIORITY or entity.length <= 0:
            continue
        start, end = max(0, entity.offset), entity.offset + entity.length
        if not exact:
            start, end = _index(units, start), _index(units, end)
        end = min(end, len(text))
        if start < end:
            more = entity.collapsed, entity.user_id, entity.old_text, entity.document_id
            found.append(Span(start, end, kind, entity.url, entity.language, *more))
    return _merge(found) if len(found) > 1 else found


def emojis(messages: Iterable[Message]) -> Iterator[tuple[int, str]]:
    """The custom emoji of texts, by the id of their document, with the emoji that each stands for."""
    for message in messages:
        for entity in message.entities:
            if entity.kind == "CustomEmoji" and entity.document_id:
                units = message.text.encode("utf-16-le", "replace")
                start, end = max(0, entity.offset), entity.offset + entity.length
                yield entity.document_id, message.text[_index(units, start) : _index(units, end)]


def _index(units: bytes, offset: int) -> int:
    # An offset within a surrogate pair counts as before it.
    return len(units[: max(0, 2 * offset)].decode("utf-16-le", "ignore"))


def by_order(span: Span) -> tuple[int, int, int]:
    """Sorts spans by start, the outer first."""
    return span.start, -span.end, _PRIORITY[span.kind]


def _merge(found: list[Span]) -> list[Span]:
    found.sort(key=by_order)
    merged: list[Span] = []
    last: dict[tuple[str, str], int] = {}  # where the latest span of this kind and address is
    for span in found:
        key = (span.kind, span.url if span.kind == "TextUrl" else "")
        at = last.get(key)
        if at is not None and span.kind in _MERGED and span.start <= merged[at].end:
            merged[at] = merged[at]._replace(end=max(merged[at].end, span.end))
        else:
            last[key] = len(merged)
            merged.append(span)
    if len(merged) < len(found):
        merged.sort(key=by_order)
    return merged


def within(found: Sequence[Span], start: int, end: int) -> list[Span]:
    """The spans that touch a range, clipped to it."""
    return [
        span
        if span.start >= start and span.end <= end
        else span._replace(start=max(span.start, start), end=min(span.end, end))
        for span in found
        if span.start < end and span.end > start
    ]
