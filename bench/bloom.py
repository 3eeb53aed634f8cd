"""The filter of known files: its size, how often it is wrong, and what a look-up behind it costs against a scan."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.figure import Figure
from tobs.archive.bloom import load_seen, make_seen
from tobs.archive.rows import ArchivedChat, MediaRow, MessageRow, PreparedPage
from tobs.archive.seen import NAME
from tobs.archive.sharing import group_of, key_of, place_of
from tobs.archive.store import Archive, open_archive
from tobs.model import Chat

MILLION = 1_000_000
FILES = 100_000
SCANS = 20  # measured; each reads all rows, so the others cost as much
CHAT = -1_000_000_000_007
STEP = 7_919_000_001  # ids of files are far apart


def bloom() -> Iterator[Figure]:
    """A million ids, and an archive of a hundred thousand files."""
    with tempfile.TemporaryDirectory() as name:
        yield from million(Path(name) / NAME)
        yield from look_ups(Path(name))


def million(path: Path) -> Iterator[Figure]:
    seen = make_seen((key_of(number * STEP, "") for number in range(MILLION)), MILLION)
    token = seen.save(path)
    megabytes = path.stat().st_size / 1e6
    wrong = sum(key_of(-number, "") in seen for number in range(1, MILLION + 1)) / MILLION * 100
    yield Figure("filter of 1,000,000 ids on the disk", megabytes, "MB", "<= 1.2", megabytes <= 1.2)
    yield Figure("unknown ids that it takes for known", wrong, "%", "1 (<= 1.05)", wrong <= 1.05)
    started = time.perf_counter()
    load_seen(path, token)
    yield Figure("reading it when a run begins", (time.perf_counter() - started) * 1000, "ms")


def look_ups(folder: Path) -> Iterator[Figure]:
    with open_archive(folder) as archive:
        fill(archive)
    with open_archive(folder) as archive, archive.transaction() as db:  # as pages are written
        seen = archive.seen.for_writing()
        rows = [media(number) for number in range(1, FILES + 1)]
        exact = timed(lambda: sum(key_of(row.file_id, row.thumb) in seen and known(db, row) for row in rows))
        scanned = rows[:: FILES // SCANS]
        scan = timed(lambda: sum(scan_for(db, row) for row in scanned)) / SCANS * FILES
        others = [media(-number) for number in range(1, FILES + 1)]
        quick = timed(lambda: sum(key_of(row.file_id, row.thumb) in seen and known(db, row) for row in others))
    ratio = scan / exact
    yield Figure("100,000 known files looked up: filter and database", exact, "s")
    yield Figure("the same by reading all rows for each", scan, "s")
    yield Figure("gain", ratio, "×", ">= 50", ratio >= 50)
    yield Figure("100,000 unknown files looked up", quick, "s")


def timed(look_up: Callable[[], int]) -> float:
    """Seconds of processor time that looking up takes."""
    started = time.process_time()
    look_up()
    return time.process_time() - started


def scan_for(db: sqlite3.Connection, row: MediaRow) -> bool:
    """The same without filter and index: one look at every row."""
    return bool(db.execute(SCAN, (row.file_id, row.thumb, row.dc_id)).fetchone()[0])


def known(db: sqlite3.Connection, row: MediaRow) -> bool:
    """The exact look-up, with the place of the file."""
    return place_of(db, group_of(row)) is not None


def media(number: int) -> MediaRow:
    name = f"{number}.jpg"
    return MediaRow(CHAT, number, number * STEP, "photo", 2, 1000, "y", name, f"Telegram/Chats/Cats/attachments/{name}")


def fill(archive: Archive) -> None:
    archive.register([ArchivedChat(Chat(CHAT, "channel", "Cats"), "Cats")])
    for low in range(1, FILES + 1, 1000):
        numbers = range(low, low + 1000)
        raws = [archive.codec.encoder()({"_": "Message", "id": number}) for number in numbers]
        messages = tuple(MessageRow(number, number, 1, 0, 0, 1, raw) for number, raw in zip(numbers, raws, strict=True))
        page = PreparedPage(CHAT, (low, low + 999), messages, tuple(map(media, numbers)), (), 1)
        archive.commit_page(page)


SCAN = "SELECT count(*) FROM media WHERE +file_id = ? AND +thumb = ? AND +dc_id = ?"  # "+" keeps indexes out of it
