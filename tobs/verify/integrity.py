"""Whether the archive is whole in itself: the file, its raw rows, and what its rows refer to."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

import orjson
import zstandard

from tobs.archive.codec import Codec
from tobs.source import Span
from tobs.verify.findings import Finding, Kind
from tobs.verify.snapshot import KnownChat, Snapshot

PROBLEMS = 20  # of SQLite's own findings; the first say where the damage is


def check_file(snapshot: Snapshot) -> Iterator[Finding]:
    """What SQLite itself finds wrong."""
    for (problem,) in snapshot.db.execute(f"PRAGMA quick_check({PROBLEMS})"):
        if problem != "ok":
            yield Finding(Kind.DAMAGED, f"The archive is damaged: {problem}.", snapshot.path.name)


def check_rows(snapshot: Snapshot) -> Iterator[Finding]:
    """Raw forms of chats and people that cannot be read, and rows whose owner is gone."""
    for table, what in (("chats", "chat"), ("peers", "person or chat")):
        for row_id, raw in snapshot.db.execute(f"SELECT id, raw FROM {table} ORDER BY id"):
            if decoded(snapshot.codec, raw) is None:
                yield Finding(Kind.UNREADABLE, f"What Telegram said of the {what} {row_id} cannot be read.")
    yield from _orphans(snapshot.db)


def decoded(codec: Codec, blob: object) -> dict[str, object] | None:
    """The raw dict of a row, None if it is none."""
    try:
        raw = codec.decode(blob)  # type: ignore[arg-type]  # a damaged archive may hold anything
    except (zstandard.ZstdError, orjson.JSONDecodeError, TypeError):
        return None
    return raw if isinstance(raw, dict) else None


def _orphans(db: sqlite3.Connection) -> Iterator[Finding]:
    tables = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
    for table in tables:
        keys = [name for _, name, _, _, _, part in db.execute(f"PRAGMA table_info({table})") if part]
        references = db.execute(f"PRAGMA foreign_key_list({table})").fetchall()
        for _, columns in groupby(references, key=lambda row: row[0]):
            yield from _without_owner(db, table, keys, [(row[2], row[3], row[4]) for row in columns])
    yield from _without_owner(db, "unpublished", ["chat_id", "low"], [("chats", "chat_id", "id")])
    yield from _without_owner(db, "notes", ["path"], [("chats", "chat_id", "id")], "child.chat_id <> 0")


def _without_owner(
    db: sqlite3.Connection, table: str, keys: Sequence[str], columns: Sequence[tuple[str, str, str]], where: str = "1"
) -> Iterator[Finding]:
    """The rows of `table` that name a row of another table which is not there."""
    owner = columns[0][0]
    same = " AND ".join(f"owner.{there} = child.{here}" for _, here, there in columns)
    names = ", ".join(f"child.{name}" for name in keys or ["rowid"])
    missing = f"NOT EXISTS (SELECT 1 FROM {owner} AS owner WHERE {same})"
    for row in db.execute(f"SELECT {names} FROM {table} AS child WHERE {where} AND {missing}"):
        which = ", ".join(f"{name} {value}" for name, value in zip(keys, row, strict=False))
        place = dict(zip(keys, row, strict=False))
        yield Finding(
            Kind.STRAY_ROW,
            f"The row {which} of the table {table} belongs to nothing in the table {owner}.",
            str(place.get("path", "")),
            place.get("chat_id", 0),
            place.get("message_id", 0),
        )


def check_spans(known: KnownChat, spans: Sequence[Span]) -> Iterator[Finding]:
    """Ranges that are empty, or that touch the next one, which tobs would have joined."""
    chat = known.chat
    for low, high in spans:
        if low > high:
            yield Finding(Kind.BAD_SPAN, f"The range {low}–{high} of “{chat.title}” is none.", chat_id=chat.id)
    for (low, high), (next_low, next_high) in pairwise(spans):
        if next_low <= high + 1:
            text = f"The ranges {low}–{high} and {next_low}–{next_high} of “{chat.title}” overlap or touch."
            yield Finding(Kind.BAD_SPAN, text, chat_id=chat.id)
