"""Properties at the head of a note, as YAML that Obsidian reads and that no title can break out of (pure)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence

import attrs

# JSON strings are YAML strings, but for what YAML takes as a line's end or refuses.
_NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
_KEY = re.compile(r"[^\s#:][^:]*(?=:(\s|$))")
OWN = frozenset({"date", "participants"})  # with every tg_…: properties that tobs keeps up to date in edited notes


@attrs.frozen
class Plain:
    """A date or a time: written without quotes, so that Obsidian knows its type."""

    text: str


Value = str | int | Plain | Sequence[str]


def frontmatter(properties: Iterable[tuple[str, Value]]) -> str:
    """The block with its fences and a last newline. Empty texts and lists are left out."""
    lines = [f"{name}: {_value(value)}" for name, value in properties if value not in ("", (), [])]
    return "\n".join(["---", *lines, "---", ""])


def _value(value: Value) -> str:
    if isinstance(value, Plain):
        return value.text
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return quoted(value)
    return "[" + ", ".join(quoted(item) for item in value) + "]"


def unlinked(text: str) -> str:
    """A stranger's text for a property, where Obsidian would read brackets as a link to a note."""
    return text.replace("[[", "［［")


def quoted(text: str) -> str:
    """Any text as a double-quoted YAML string."""
    return _NOT_IN_YAML.sub(lambda match: f"\\u{ord(match[0]):04X}", json.dumps(text, ensure_ascii=False))


def split_head(text: str) -> tuple[str, str]:
    """The frontmatter of a note with its fences, "" if it has none, and what follows."""
    if text.startswith("---\n") and (end := text.find("\n---\n", 3)) >= 0:
        return text[: end + 5], text[end + 5 :]
    return "", text


def merge_heads(theirs: str, ours: str) -> str:
    """A person's frontmatter with tobs's own properties brought up to date; theirs stay as and where they are."""
    mine = dict(_properties(ours))
    merged = []
    for name, lines in _properties(theirs):
        if not is_own(name):
            merged.append(lines)
        elif name in mine:
            merged.append(mine.pop(name))
    merged += [lines for name, lines in mine.items() if is_own(name)]
    return "---\n" + "".join(merged) + "---\n"


def is_own(name: str) -> bool:
    """Whether tobs keeps this property up to date."""
    return name.startswith("tg_") or name in OWN


def _properties(head: str) -> Iterator[tuple[str, str]]:
    """Each top-level property with all its lines."""
    name, lines = "", ""
    for line in head.removeprefix("---\n").removesuffix("---\n").splitlines(keepends=True):
        if found := _KEY.match(line):
            if lines:
                yield name, lines
            name, lines = found[0].strip("\"' "), ""
        lines += line
    if lines:
        yield name, lines
