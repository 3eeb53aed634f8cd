"""What a run left on disk, comparable: notes byte for byte, archive row for row, times of fetching aside."""

import sqlite3
from difflib import unified_diff
from pathlib import Path

TABLES = ("meta", "chats", "peers", "seen", "messages", "spans", "media", "unpublished", "notes", "layouts", "threads",
          "versions", "tombstones", "moves", "emoji", "stories", "story_uses")  # fmt: skip
TIMES = {"fetched_at", "found_at", "seen_at"}


def notes(vault: Path) -> dict[str, bytes]:
    """Every file of the vault but the archive's own folder."""
    return {
        str(path.relative_to(vault)): path.read_bytes()
        for path in sorted(vault.rglob("*"))
        if path.is_file() and ".tobs" not in path.relative_to(vault).parts
    }


def archive(vault: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table of the archive."""
    db = sqlite3.connect(vault / ".tobs" / "archive.sqlite3")
    try:
        return {table: table_rows(db, table) for table in TABLES}
    finally:
        db.close()


def table_rows(db: sqlite3.Connection, table: str) -> list[tuple[object, ...]]:
    """The rows of one table, sorted."""
    names = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
    columns = ", ".join(name for name in names if name not in TIMES)
    rows = db.execute(f"SELECT {columns} FROM {table}").fetchall()
    # How fast it went, and which filter lies beside the archive, are of one run.
    return sorted((row for row in rows if table != "meta" or row[0] not in ("pace", "bloom")), key=repr)


def different_lines(here: bytes, there: bytes, names: list[str]) -> str:
    """What differs in the first of some notes, for whoever reads a failure."""
    texts = [data.decode("utf-8", "replace").splitlines() for data in (here, there)]
    return "\n".join([*names, *unified_diff(*texts, "here", "undisturbed", lineterm="", n=1)])


def assert_same(vault: Path, undisturbed: Path) -> None:
    """Both vaults hold the same notes and the same archive."""
    here, there = notes(vault), notes(undisturbed)
    assert sorted(here) == sorted(there)
    different = [name for name in here if here[name] != there[name]]
    assert not different, different_lines(here[different[0]], there[different[0]], different)
    ours, theirs = archive(vault), archive(undisturbed)
    for table in TABLES:
        assert ours[table] == theirs[table], table
    assert not list((vault / ".tobs").rglob("*.part"))
