"""Who holds a lock, for the sentence that everybody else gets."""

from __future__ import annotations

import os
from pathlib import Path

SOMEBODY = "another tobs"


def name_holder(lock: Path, who: str) -> None:
    """`who` holds the lock, or with "" somebody who does not say; to be called by whoever got it."""
    # Not in the lock itself: trying to get it empties that file.
    place = _beside(lock)
    place.unlink(missing_ok=True)
    if who:
        with place.open("x", encoding="utf-8") as file:  # anew: a link is not written through
            file.write(f"{who} (process {os.getpid()})")


def holder_of(lock: Path) -> str:
    """Who holds the lock, in words."""
    try:
        return _beside(lock).read_text(encoding="utf-8", errors="replace") or SOMEBODY
    except OSError:
        return SOMEBODY


def _beside(lock: Path) -> Path:
    return lock.with_name(f"{lock.name}-holder")
