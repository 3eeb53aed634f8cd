"""Where a link leads, as Obsidian finds it: by the name of a file anywhere in the vault, or by its path (pure)."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping

import attrs

from tobs.vault.seal import Found
from tobs.verify.findings import Finding, Kind
from tobs.verify.markdown import Link, heading_key, links, property_links, without_code
from tobs.verify.notes import StandingNote, State


def folded(name: str) -> str:
    """Equal for names that Obsidian takes for the same."""
    return name.lower() if name.isascii() else unicodedata.normalize("NFC", name).lower()


@attrs.define(eq=False)
class Files:
    """The files of a vault by name. Their folders are shared, so that a file costs little more than its name."""

    _folders: dict[str, tuple[str, ...]] = attrs.field(factory=dict)

    def add(self, path: str) -> None:
        """Know one more file, by its path in the vault."""
        folder, _, name = folded(path).rpartition("/")
        self._folders[name] = (*self._folders.get(name, ()), sys.intern(folder))

    def expect(self, path: str) -> None:
        """Know a file that should be there, once."""
        folder, _, name = folded(path).rpartition("/")
        if folder not in self._folders.get(name, ()):
            self.add(path)

    def meant_by(self, target: str) -> list[str]:
        """The paths, folded, of the files that a link may mean: one, if all is well."""
        folder, _, name = folded(target).rpartition("/")
        for each in (name, f"{name}.md"):
            if folders := self._folders.get(each):
                return [f"{place}/{each}".lstrip("/") for place in _within(folders, folder)]
        return []


def _within(folders: Iterable[str], wanted: str) -> list[str]:
    """Of these folders the one that a path names from the vault's root, else those whose end it is."""
    inside = [folder for folder in folders if f"/{folder}".endswith(f"/{wanted}")] if wanted else [*folders]
    return [wanted] if wanted and wanted in inside else inside


@attrs.frozen(eq=False)
class Places:
    """All that links can lead to: the files of the vault, and the anchors of the notes among them by folded path."""

    files: Files
    notes: Mapping[str, StandingNote]

    def problem(self, link: Link, note: StandingNote) -> tuple[Kind, str] | None:
        """What is wrong with a link in `note`, None if it leads to one place, or to one whose lack is told already."""
        paths = self.files.meant_by(link.target) if link.target else [folded(note.path)]
        if len(paths) != 1:
            several = f"may mean {len(paths)} files: {', '.join(sorted(paths)[:3])}"
            return (Kind.LINK_AMBIGUOUS, several) if paths else (Kind.LINK_BROKEN, "leads to no file")
        target = self.notes.get(paths[0])
        if target is None or not target.readable or not link.place:
            return None
        # [[Note#Day#Hour]] is a heading below a heading.
        parts = [link.place] if link.place.startswith("^") else [heading_key(part) for part in link.place.split("#")]
        counts = [target.places(part) for part in parts]
        if 0 in counts:
            return Kind.LINK_BROKEN, f"leads to no place in {target.path}"
        return (Kind.LINK_AMBIGUOUS, f"may mean several places in {target.path}") if counts[-1] > 1 else None


def links_of_tobs(found: Found, note: StandingNote) -> set[Link]:
    """The links that tobs wrote into a note: none of those that a person added outside its marks."""
    body = links(without_code(found.between or "")) if note.state is not State.CUT else ()
    return {*property_links(found.head), *body}


def check_links(found: Found, note: StandingNote, places: Places) -> Iterator[Finding]:
    """The links of a note that do not lead to one place."""
    for link in sorted(links_of_tobs(found, note), key=lambda link: (link.target, link.place)):
        if problem := places.problem(link, note):
            kind, what = problem
            shown = f"{link.target}#{link.place}" if link.place else link.target
            yield Finding(kind, f"[[{shown}]] in {note.path} {what}.", note.path, note.row.chat_id)
