"""The texts of pages, which are trees: read as one text, and written again part by part."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tobs.model import Raw
from tobs.rawfields import plain
from tobs.redact.offsets import Cut

# The entities of plain texts that mean the same.
ENTITIES: Mapping[str, str] = {
    "TextAutoEmail": "MessageEntityEmail",
    "TextAutoPhone": "MessageEntityPhone",
    "TextAutoUrl": "MessageEntityUrl",
    "TextBankCard": "MessageEntityBankCard",
    "TextEmail": "MessageEntityEmail",
    "TextMention": "MessageEntityMention",
    "TextMentionName": "MessageEntityMentionName",
    "TextPhone": "MessageEntityPhone",
    "TextUrl": "MessageEntityTextUrl",
}
_INNER = ("text", "texts")


class Mark(NamedTuple):
    """Part of a tree's text, as the entity that marks it."""

    start: int
    end: int
    entity: Raw


def is_tree(raw: Raw) -> bool:
    """Whether a raw dict is a RichText (https://core.telegram.org/type/RichText)."""
    kind = plain(raw.get("_"))
    return kind.startswith("Text") and kind != "TextWithEntities"


def leaves(value: Any) -> Iterator[str]:
    """The parts of a tree's text, in order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)
    elif isinstance(value, dict):
        for key in _INNER:
            yield from leaves(value.get(key))


def marks(value: Any, start: int = 0) -> Iterator[Mark]:
    """The parts that a tree marks as a link, a person, a number …"""
    if isinstance(value, list):
        for item in value:
            yield from marks(item, start)
            start += _length(item)
    elif isinstance(value, dict):
        if entity := as_entity(value):
            yield Mark(start, start + _length(value), entity)
        for key in _INNER:
            yield from marks(value.get(key), start)
            start += _length(value.get(key))


def as_entity(raw: Raw) -> Raw:
    """A node as an entity; {} for one that marks nobody."""
    kind = ENTITIES.get(plain(raw.get("_")))
    return {**raw, "_": kind} if kind else {}


def _length(value: Any) -> int:
    return sum(map(len, leaves(value)))


def spread(parts: Sequence[str], cuts: Sequence[Cut]) -> Iterator[str]:
    """The parts of a text after `cuts`; what replaces a cut is in the part in which it begins."""
    start = 0
    for part in parts:
        end, at, left = start + len(part), start, ""
        for cut in cuts:
            if cut.start < end and cut.end > start:
                left += part[at - start : max(cut.start, at) - start] + (cut.text if cut.start >= start else "")
                at = min(cut.end, end)
        yield left + part[at - start :]
        start = end


def rebuilt(value: Any, parts: Iterator[str], node: Callable[[Raw, int, int], dict[str, Any]], start: int = 0) -> Any:
    """The tree with other parts. ``node(raw, start, end)`` is what a node keeps besides them; {} unmarks its text."""
    if isinstance(value, str):
        return next(parts)
    if isinstance(value, list):
        found = []
        for item in value:
            found.append(rebuilt(item, parts, node, start))
            start += _length(item)
        return found
    if not isinstance(value, dict):
        return value
    left = node(value, start, start + _length(value))
    inner = {}
    for key in _INNER:
        if key in value:
            inner[key] = rebuilt(value[key], parts, node, start)
            start += _length(value[key])
    return left | inner if left else {"_": "TextConcat", "texts": [*inner.values()]}
