"""Lists: items of a line or of blocks, numbered as in Telegram, with boxes in signs."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from tobs.model import Raw
from tobs.rawfields import listed, plain, whole
from tobs.vault.blocks.page import Inside, Page, paragraphs
from tobs.vault.blocks.richtext import rich_lines
from tobs.vault.escape import escape

_LAST_NUMBER = 999_999_999  # nine digits: more, and CommonMark sees no list
_LETTERS = 26
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
    (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_LAST_ROMAN = 3999


@attrs.frozen
class Item:
    """An item: its marker, the paragraph it begins with, and the blocks below."""

    marker: str
    first: list[str]
    rest: list[str]

    def lines(self, anchor: str = "") -> list[str]:
        """The item as it stands in the list; a block id goes to the end of its paragraph."""
        first = self.first or ([] if self.rest and not anchor else ["…"])
        if anchor:
            first = [*first[:-1], f"{first[-1]} ^{anchor}"]
        close = self.rest and self.rest[0].startswith(("- ", "+ ", "1. ", "1) "))  # a list may follow a line at once
        lines = [*first, *([""] if first and self.rest and not close else []), *self.rest]
        indent = " " * len(self.marker)
        return [self.marker + lines[0], *(indent + line if line else "" for line in lines[1:])]


def listing(raw: Raw, page: Page, inside: Inside) -> list[str]:
    """The lines of a whole list."""
    return [line for item in items(raw, page, inside) for line in item.lines()]


def items(raw: Raw, page: Page, inside: Inside) -> Iterator[Item]:
    """The items of a PageBlockList or PageBlockOrderedList."""
    found = listed(raw, "items")
    ordered = raw.get("_") == "PageBlockOrderedList"
    numbers = _numbers(raw, found) if ordered else []
    # Two lists in a row would be read as one, but for another marker.
    bullet, stop = ("+", ")") if page.again else ("-", ".")
    counted = ordered and _is_count(numbers)
    for index, item in enumerate(found):
        marker = f"{numbers[index]}{stop} " if counted else f"{bullet} "
        label = _stopped(numbers[index]) if ordered and not counted else ""
        yield _item(item, marker, [*_box(item), *([label] if label else [])], page, inside)


def _item(raw: Raw, marker: str, labels: list[str], page: Page, inside: Inside) -> Item:
    first, rest = _content(raw, page, inside)
    if first and first[0].startswith(("```", "<pre>")):  # code of several lines, which is no paragraph
        first, rest = [], paragraphs([first, rest])
    if labels:
        first = [" ".join([*labels, *first[:1]]), *first[1:]]
    return Item(marker, first, rest)


def _stopped(label: str) -> str:
    return escape(" ".join(label.split()) + ("" if label.endswith(")") else "."))


def _content(raw: Raw, page: Page, inside: Inside) -> tuple[list[str], list[str]]:
    if "blocks" not in raw:
        return rich_lines(raw.get("text"), page), []
    blocks = listed(raw, "blocks")
    if blocks and blocks[0].get("_") == "PageBlockParagraph":
        return rich_lines(blocks[0].get("text"), page), inside(blocks[1:])
    return [], inside(blocks)


def _box(item: Raw) -> list[str]:
    # Signs, not tasks: plugins would count and change those.
    return ["☑" if item.get("checked") else "☐"] if item.get("checkbox") or item.get("checked") else []


def _is_count(labels: list[str]) -> bool:
    """Whether the labels are the numbers that Markdown counts by itself."""
    first = labels[0] if labels else ""
    if not (first.isascii() and first.isdigit() and str(int(first[:10])) == first):
        return False
    return int(first) + len(labels) <= _LAST_NUMBER and labels == [str(int(first) + n) for n in range(len(labels))]


def _numbers(raw: Raw, found: list[Raw]) -> list[str]:
    step = -1 if raw.get("reversed") else 1
    number = whole(raw, "start") if "start" in raw else len(found) if step < 0 else 1
    labels = []
    for item in found:
        number = whole(item, "value") if "value" in item else number
        written = plain(item.get("num")).strip().removesuffix(".")
        labels.append(written or _label(number, plain(item.get("type")) or plain(raw.get("type"))))
        number += step
    return labels


def _label(number: int, kind: str) -> str:
    """The number as HTML's ``type`` of an ordered list says: 1, a, A, i or I."""
    label = ""
    if kind in ("a", "A") and 0 < number <= _LAST_NUMBER:
        label = _letters(number)
    elif kind in ("i", "I") and 0 < number <= _LAST_ROMAN:
        label = _roman(number)
    return (label.upper() if kind.isupper() else label) or str(number)


def _letters(number: int) -> str:
    label = ""
    while number:
        number, rest = divmod(number - 1, _LETTERS)
        label = chr(ord("a") + rest) + label
    return label


def _roman(number: int) -> str:
    label = ""
    for value, sign in _ROMAN:
        times, number = divmod(number, value)
        label += sign * times
    return label
