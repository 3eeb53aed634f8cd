"""Bringing an archive to this program's schema, one version at a time."""

from __future__ import annotations

import sqlite3
from importlib.resources import files
from pathlib import Path

from tobs.archive.codec import DICTIONARY
from tobs.errors import ArchiveError

APPLICATION_ID = 0x746F6273  # "tobs", so that file(1) and we know our own files
STEPS = (
    "schema.sql",
    "v2.sql",
    "v3.sql",
    "v4.sql",
    "v5.sql",
    "v6.sql",
    "v7.sql",
    "v8.sql",
    "v9.sql",
    "v10.sql",
)  # STEPS[n] leads from version n to n + 1; an archive's version is its user_version


def version_of(connection: sqlite3.Connection) -> int:
    """The schema version, 0 for a new file."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def check_ours(connection: sqlite3.Connection, path: Path) -> None:
    """Raise `ArchiveError` for a file of another program or of a newer tobs; change nothing."""
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if tables and application_id != APPLICATION_ID:
        raise ArchiveError(path, f"{path} is not a tobs archive; choose another vault or move that file away.")
    if (version := version_of(connection)) > len(STEPS):
        raise ArchiveError(
            path,
            f"{path} was written by a newer tobs (schema {version}, this one knows {len(STEPS)}); "
            "update tobs to use this vault.",
        )


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the archive to the current schema. Each step is one transaction, so a crash leaves a whole version."""
    for version in range(version_of(connection), len(STEPS)):
        script = files("tobs.archive").joinpath(STEPS[version]).read_text("utf-8")
        connection.executescript(
            f"BEGIN IMMEDIATE; {script} PRAGMA application_id = {APPLICATION_ID};"
            f"INSERT OR IGNORE INTO meta VALUES ('dictionary', x'{DICTIONARY.hex()}');"
            f"PRAGMA user_version = {version + 1}; COMMIT;"
        )
