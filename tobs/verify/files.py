"""The files of messages, against the rows of the archive."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import attrs

from tobs.files import sha256_of
from tobs.verify.findings import Finding, Kind
from tobs.verify.snapshot import KnownChat, Snapshot

CHATS = "Telegram/Chats"
ATTACHMENTS = "attachments"
LITTER = frozenset({"thumbs.db", "desktop.ini"})  # put there by Windows; what begins with a dot is skipped anyway


@attrs.frozen
class FileRow:
    """A file of a message, as `tobs.archive.rows.MediaRow`."""

    message_id: int
    path: str
    size: int
    state: str
    reason: str
    sha256: str


def walk(vault: Path, folder: str = "") -> Iterator[str]:
    """All files below a folder, relative to the vault, save those that Obsidian does not see: with a dot in front."""
    top = os.path.join(vault, folder)  # noqa: PTH118 - os.walk is a fifth of pathlib's time
    for where, folders, names in os.walk(top):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        base = Path(where).relative_to(vault).as_posix()
        prefix = "" if base == "." else f"{base}/"
        yield from (f"{prefix}{name}" for name in sorted(names) if not name.startswith("."))


def file_rows(snapshot: Snapshot, chat_id: int) -> list[FileRow]:
    """The files of a chat's messages."""
    query = (
        "SELECT message_id, path, size, state, reason, sha256 FROM media WHERE chat_id = ? ORDER BY message_id, path"
    )
    return [FileRow(*row) for row in snapshot.db.execute(query, (chat_id,))]


def check_files(known: KnownChat, rows: list[FileRow], vault: Path, *, hashes: bool) -> Iterator[Finding]:
    """Each file of a chat against its row, then the files that have none."""
    for row in rows:
        yield from _check(known, row, vault, hashes=hashes)
    mine = {_same(row.path) for row in rows}
    for path in walk(vault, f"{CHATS}/{known.folder}/{ATTACHMENTS}"):
        if _same(path) not in mine and path.rpartition("/")[2].lower() not in LITTER:
            yield Finding(Kind.FILE_UNKNOWN, f"{path} belongs to no message.", path, known.chat.id)


def _same(path: str) -> str:
    """Equal for names that a disk may have changed."""
    return path if path.isascii() else unicodedata.normalize("NFC", path)


def _check(known: KnownChat, row: FileRow, vault: Path, *, hashes: bool) -> Iterator[Finding]:
    which = f"{row.path}, of message {row.message_id} of “{known.chat.title}”,"
    why = f" ({row.reason})" if row.reason else ""
    kind, text = {
        "pending": (Kind.FILE_PENDING, f"{which} was not fetched yet{why}."),
        "failed": (Kind.FILE_FAILED, f"{which} could not be fetched{why}."),
        "skipped": (Kind.FILE_SKIPPED, f"{which} was left out{why}."),
    }.get(row.state, (None, ""))
    if kind is None:
        kind, what = _look(vault / row.path, row, hashes=hashes)
        text = f"{which} {what}."
    if kind is not None:
        yield Finding(kind, text, row.path, known.chat.id, row.message_id)


def _look(file: Path, row: FileRow, *, hashes: bool) -> tuple[Kind | None, str]:
    """What is wrong with a file that should be there."""
    try:
        if not file.is_file():
            return Kind.FILE_GONE, "is gone"
        size = file.stat().st_size
        if size != row.size:
            return Kind.FILE_CHANGED, f"has {size:,} bytes and should have {row.size:,}"
        if hashes and row.sha256 and sha256_of(file) != row.sha256:
            return Kind.FILE_CHANGED, "has another content than what Telegram sent"
    except OSError as error:
        return Kind.FILE_CHANGED, f"cannot be read: {error.strerror}"
    return None, ""


def lost_folders(vault: Path, folders: set[str]) -> Iterator[Finding]:
    """Attachments in folders of no chat."""
    chats = vault / CHATS
    names = sorted(path.name for path in chats.iterdir() if path.is_dir()) if chats.is_dir() else []
    for name in names:
        if name.startswith(".") or _same(name) in folders:
            continue
        for path in walk(vault, f"{CHATS}/{name}/{ATTACHMENTS}"):
            yield Finding(Kind.FILE_UNKNOWN, f"{path} belongs to no message.", path)
