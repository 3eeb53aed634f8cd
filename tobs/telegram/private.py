"""Small files beside the session, as private as it is."""

from __future__ import annotations

import os
from pathlib import Path


def write_private(path: Path, data: bytes) -> None:
    """Replace a file by one that nobody but its owner could ever read. Raises `OSError`."""
    part = _part(path)
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(data)
    part.replace(path)


def remove_private(path: Path) -> None:
    """Remove a file, and what a kill left behind of writing it. Raises `OSError`."""
    for each in (path, _part(path)):
        each.unlink(missing_ok=True)


def _part(path: Path) -> Path:
    return path.with_name(path.name + ".part")
