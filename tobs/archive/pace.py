"""How fast the last exports went, so that the next one's time can be told beforehand."""

from __future__ import annotations

import sqlite3

import attrs
import orjson

from tobs.archive.published import remember
from tobs.archive.store import Archive

ENOUGH_PAGES = 20  # fewer say more about connecting than about reading
ENOUGH_BYTES = 20_000_000


@attrs.frozen
class Pace:
    """Requests for history and bytes of files a second over a whole run; 0 if not known.

    Pauses that Telegram asked for are no part of the reading, and part of the files, which pause all the time.
    """

    pages: float = 0.0
    bytes: float = 0.0


def read_pace(db: sqlite3.Connection) -> Pace:
    """What `keep_pace` wrote down last."""
    row = db.execute("SELECT value FROM meta WHERE key = 'pace'").fetchone()
    return Pace(*orjson.loads(row[0])) if row else Pace()


def keep_pace(archive: Archive, pages: int, page_seconds: float, size: int, file_seconds: float) -> None:
    """Write down how fast a run was, as far as it was long enough to tell."""
    before = read_pace(archive.connection)
    now = Pace(
        round(pages / page_seconds, 2) if pages >= ENOUGH_PAGES and page_seconds else before.pages,
        round(size / file_seconds) if size >= ENOUGH_BYTES and file_seconds else before.bytes,
    )
    if now != before:
        remember(archive, "pace", orjson.dumps(attrs.astuple(now)))
