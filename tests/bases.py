"""Obsidian's Bases as documented, as far as tobs uses them: which files a view shows, and what stands in its columns.

https://help.obsidian.md/bases/syntax, https://help.obsidian.md/bases/functions. Knows nothing of tobs' own code.
Expressions are Python but for a few words; whatever is not documented is not there, so evaluating it fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import yaml

from tests.obsidian import Vault, properties

VIEW_KEYS = {
    "table": {"type", "name", "filters", "groupBy", "order", "sort", "limit", "summaries"},
    "cards": {"type", "name", "filters", "groupBy", "order", "sort", "limit", "image", "imageFit", "cardSize"},
    "map": {"type", "name", "filters", "order", "coordinates"},  # of the official plugin Maps
}
SUMMARIES = {"Sum", "Average", "Min", "Max", "Range", "Median", "Earliest", "Latest", "Filled", "Empty", "Unique"}


class Text(str):
    """The functions of strings."""

    __slots__ = ()

    def contains(self, value: str) -> bool:
        return value in self

    def split(self, separator: str) -> List:  # type: ignore[override]
        return List(Text(part) for part in str.split(self, separator))


class List(list[Any]):
    """The functions and fields of lists."""

    def contains(self, value: Any) -> bool:
        return any(one == value for one in self)

    def reverse(self) -> List:  # type: ignore[override]
        return List(self[::-1])

    @property
    def length(self) -> int:
        return len(self)


class Number(float):
    """The functions of numbers."""

    def round(self, digits: int = 0) -> Number:
        return Number(round(float(self), digits))

    def __truediv__(self, other: float) -> Number:
        return Number(float(self) / other)


@attrs.frozen
class Link:
    """A link; it equals another, or a file, that it leads to."""

    path: Path | None
    text: str

    def __eq__(self, other: object) -> bool:
        if isinstance(other, File):
            return self.path == other.at
        return isinstance(other, Link) and (self.path or self.text) == (other.path or other.text)

    __hash__ = None  # type: ignore[assignment]


@attrs.frozen(eq=False)
class File:
    """A file of the vault, and its properties as `note`."""

    vault: Vault
    at: Path

    @property
    def path(self) -> Text:
        return Text(self.at.relative_to(self.vault.root).as_posix())

    @property
    def folder(self) -> Text:
        return Text(self.path.rpartition("/")[0])

    @property
    def name(self) -> Text:
        return Text(self.at.name)

    @property
    def ext(self) -> Text:
        return Text(self.at.suffix.removeprefix("."))

    @property
    def size(self) -> Number:
        return Number(self.at.stat().st_size)

    @property
    def file(self) -> File:
        return self

    def inFolder(self, folder: str) -> bool:
        return f"{self.folder}/".startswith(f"{folder}/")

    def asLink(self) -> Link:
        return Link(self.at, self.at.name)


class Note(dict[str, Any]):
    """A note's properties; those it does not have are empty."""

    def __getattr__(self, name: str) -> Any:
        return self.get(name)

    def __missing__(self, name: str) -> None:
        return None


def note_of(file: File, notes: Mapping[str, Path]) -> Note:
    """The properties of a file; `notes` are all notes by their name."""
    found = properties(file.at).items() if file.ext == "md" else ()
    return Note({name: _value(value, notes) for name, value in found})


def _value(value: Any, notes: Mapping[str, Path]) -> Any:
    if isinstance(value, list):
        return List(_value(one, notes) for one in value)
    if isinstance(value, str) and (match := re.fullmatch(r"\[\[([^\]|#]+)(?:\|[^\]]*)?\]\]", value)):
        return Link(notes.get(match[1].casefold()), match[1])
    return Text(value) if isinstance(value, str) else value


@attrs.frozen
class Base:
    """A base, its parsed YAML, and the files of the vault with their properties."""

    path: Path
    tree: Mapping[str, Any]
    rows: list[tuple[File, Note]]

    def view(self, name: str) -> Mapping[str, Any]:
        (found,) = (view for view in self.tree["views"] if view["name"] == name)
        return found  # type: ignore[no-any-return]

    def shown(self, name: str, this: File) -> list[tuple[File, Note]]:
        """The rows of a view that stands in the note `this`."""
        every = {"and": [self.tree["filters"], self.view(name).get("filters", {"and": []})]}
        return [row for row in self.rows if self.holds(every, *row, this)]

    def holds(self, condition: Any, file: File, note: Note, this: File) -> bool:
        if isinstance(condition, str):
            return bool(self.value(condition, file, note, this))
        ((word, parts),) = condition.items()
        results = [self.holds(part, file, note, this) for part in parts]
        return {"and": all(results), "or": any(results), "not": not any(results)}[word]

    def value(self, expression: str, file: File, note: Note, this: File) -> Any:
        """What a filter, a formula or the name of a property gives for a file."""
        if name := re.fullmatch(r"formula\.(\w+)", expression):
            return self.value(self.tree["formulas"][name[1]], file, note, this)
        code = re.sub(r"!(?!=)", " not ", expression).replace("||", " or ").replace("&&", " and ").strip()
        code = re.sub(r'(?<!\w)"([^"]*)"', r'text("\1")', code)
        code = re.sub(r"(?<![\w)\]])(\[[^\]]*\])", r"list(\1)", code)
        scope = {"file": file, "note": note, "this": this, "text": Text, "if_": lambda a, b, c=None: b if a else c}
        scope |= {
            "link": lambda path: Link(None, path),
            "list": lambda a: List(a) if isinstance(a, list) else List([a]),
        }
        return eval(code, {"__builtins__": {}}, _Names(scope, note))


class _Names(dict[str, Any]):
    """What a bare name means: a word of the language, else a property of the note."""

    def __init__(self, scope: Mapping[str, Any], note: Note) -> None:
        super().__init__(scope)
        self._note = note

    def __missing__(self, name: str) -> Any:
        return self._note[name]


def bases(vault: Vault) -> Iterator[Base]:
    """Every base of a vault."""
    notes = {path.stem.casefold(): path for path in vault.notes()}
    rows = [(file, note_of(file, notes)) for file in (File(vault, path) for path in vault.files())]
    for file, _ in rows:
        if file.ext == "base":
            yield Base(file.at, yaml.safe_load(file.at.read_text()), rows)
