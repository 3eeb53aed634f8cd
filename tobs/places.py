"""Where a folder is, whatever it is called: two paths to one folder are one place."""

from __future__ import annotations

import os
from pathlib import Path

import attrs

# A folder by what its disk calls it, and the names of folders in it that are not there yet.
_Known = tuple[tuple[int, int] | None, tuple[str, ...]]


@attrs.frozen
class Place:
    """A folder and those around it, the innermost first. Symbolic links, ``..`` and mounts make no difference."""

    ids: tuple[_Known, ...]

    def within(self, other: Place) -> bool:
        """Whether it lies somewhere inside `other`."""
        return other.ids[0] in self.ids[1:]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Place) and self.ids[0] == other.ids[0]

    def __hash__(self) -> int:
        return hash(self.ids[0])


def place_of(path: Path) -> Place:
    """The place of a folder that may not be there yet. What cannot be looked at counts as not there."""
    real = Path(os.path.realpath(path))
    return Place(tuple(_known(each) for each in (real, *real.parents)))


def _known(path: Path) -> _Known:
    rest: tuple[str, ...] = ()
    for each in (path, *path.parents):
        try:
            found = each.stat()
        except OSError:
            rest = (each.name, *rest)
        else:
            return (found.st_dev, found.st_ino), tuple(map(str.casefold, rest)) if rest and _folds(each) else rest
    return None, rest


def _folds(folder: Path) -> bool:
    """Whether the disk of a folder takes upper and lower case for the same, as far as its own name tells."""
    for each in (folder, *folder.parents):
        turned = each.name.swapcase()
        if turned != each.name:
            try:
                return each.with_name(turned).samefile(each)
            except OSError:
                return False
    return False
