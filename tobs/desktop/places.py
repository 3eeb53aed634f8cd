"""The exports that are at some paths."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath

from tobs.desktop.place import RESULT, Folder, Place, Single
from tobs.desktop.spool import Spool, open_spool
from tobs.desktop.zipped import exports_in, open_zip
from tobs.errors import ConfigError

_PAGES = ("messages*.html", "export_results.html")


@contextmanager
def open_places(paths: Sequence[Path], check: Callable[[], None] = lambda: None) -> Iterator[list[Place]]:
    """The exports at `paths` for the block: each is a result.json, a folder with one, one of several, or a zip file.

    `check` raises when unpacking is to stop. Raises `ConfigError` for what is none of these.
    """
    with ExitStack() as stack:
        spool = stack.enter_context(open_spool(check))
        yield [place for path in paths for place in _places(path, spool, stack)]


def _places(path: Path, spool: Spool, stack: ExitStack) -> Sequence[Place]:
    if path.is_dir():
        return _in_folder(path)
    if not path.exists():
        raise ConfigError([f"there is no {path}; name the folder of an export of Telegram Desktop"])
    if path.suffix.lower() == ".zip" or zipfile.is_zipfile(path):
        archive = stack.enter_context(open_zip(path))
        return exports_in(archive, path, spool) or _refuse(path, archive.NameToInfo)
    if path.suffix == ".json":
        return [Folder(path.parent)] if path.name == RESULT else [Single(path)]
    return _refuse(path, [path.name])


def _in_folder(path: Path) -> Sequence[Place]:
    if (path / RESULT).is_file():
        return [Folder(path)]
    found = [Folder(found.parent) for found in sorted(path.glob(f"*/{RESULT}"))]
    return found or _refuse(path, (each.name for pattern in ("*.html", "*/*.html") for each in path.glob(pattern)))


def _refuse(path: Path, names: Iterable[str]) -> Sequence[Place]:
    html = any(PurePosixPath(name).match(page) for name in names for page in _PAGES)
    advice = "that one is in HTML; choose “Machine-readable JSON” when you export" if html else f"it has no {RESULT}"
    raise ConfigError([f"{path} is no export that can be read: {advice}"])
