"""The files of messages, against the rows of the archive."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import attrs

from tobs.files import sha256_of
from tobs.root import Root
from tobs.verify.findings import Finding, Kind
from tobs.verify.snapshot import KnownChat, Snapshot

ATTACHMENTS = "attachments"
PICTURE_ROWS = "SELECT path, state, reason, size, sha256 FROM pictures WHERE state <> 'none' ORDER BY path"
PICTURE_OR_MOVE = "SELECT 1 FROM pictures WHERE path = ?1 UNION SELECT 1 FROM moves WHERE old = ?1"
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
    shared: bool = False  # it lies where it is named after another message, whose row tells of it


def walk(vault: Path) -> Iterator[str]:
    """All files of a vault, relative to it, save those that Obsidian does not see: with a dot in front."""
    for where, folders, names in os.walk(vault):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        base = Path(where).relative_to(vault).as_posix()
        prefix = "" if base == "." else f"{base}/"
        yield from (f"{prefix}{name}" for name in sorted(names) if not name.startswith("."))


def file_rows(snapshot: Snapshot, chat_id: int) -> Iterator[FileRow]:
    """The files of a chat's messages."""
    query = (
        "SELECT message_id, path, size, state, reason, sha256, path <> own FROM media "
        "WHERE chat_id = ? ORDER BY message_id, path"
    )
    yield from (FileRow(*row) for row in snapshot.db.execute(query, (chat_id,)))


def moving(snapshot: Snapshot) -> dict[str, str]:
    """Where files still lie that a run was killed before it moved, by where they are to lie."""
    return dict(snapshot.db.execute("SELECT new, old FROM moves ORDER BY id DESC").fetchall())


def check_files(
    known: KnownChat, rows: Iterable[FileRow], vault: Path, moves: Mapping[str, str], *, hashes: bool
) -> Iterator[Finding]:
    """Each file of a chat against its row; `moves` as `moving` gives them."""
    for row in rows:
        yield from _check(known, row, vault, moves, hashes=hashes)


def _standing(vault: Path, path: str, moves: Mapping[str, str]) -> Path:
    """Where a file lies: at its place, or where the next run moves it from."""
    place = vault / path
    return vault / moves[path] if path in moves and not place.exists() else place


def is_attachment(path: str, root: Root) -> bool:
    """Whether a file lies where those of an account's messages do, and was not put there by an operating system."""
    inside = path.startswith(f"{root.chats}/") and f"/{ATTACHMENTS}/" in path
    return inside and path.rpartition("/")[2].lower() not in LITTER


def check_owner(path: str, snapshot: Snapshot) -> Iterator[Finding]:
    """Whether a file in an attachment folder is one of a message, or was when a run was killed before it moved it."""
    name = _same(path.rpartition("/")[2])
    if snapshot.db.execute("SELECT 1 FROM moves WHERE old = ?", (_same(path),)).fetchone():
        return
    owned = snapshot.db.execute("SELECT path FROM media WHERE name = ?", (name,)).fetchall()
    if _same(path) not in {_same(there) for (there,) in owned}:
        yield Finding(Kind.FILE_UNKNOWN, f"{path} belongs to no message.", path)


def check_pictures(snapshot: Snapshot, vault: Path, *, hashes: bool) -> Iterator[Finding]:
    """Each picture that belongs to no message against its row."""
    for path, state, reason, size, sha256 in snapshot.db.execute(PICTURE_ROWS):
        why = f" ({reason})" if reason else ""
        if state == "pending":
            yield Finding(Kind.FILE_PENDING, f"{path} was not fetched yet{why}.", path)
        elif state == "failed":
            yield Finding(Kind.FILE_FAILED, f"{path} could not be fetched{why}.", path)
        elif (found := _look(vault / path, FileRow(0, path, size, state, reason, sha256), hashes=hashes))[0]:
            yield Finding(found[0], f"{path} {found[1]}.", path)


def check_picture_owner(path: str, snapshot: Snapshot) -> Iterator[Finding]:
    """Whether a file in the folder of pictures is one, or was when a run was killed before it removed it."""
    known = snapshot.db.execute(PICTURE_OR_MOVE, (path,)).fetchone()
    if known is None and path.rpartition("/")[2].lower() not in LITTER:
        yield Finding(Kind.FILE_UNKNOWN, f"{path} belongs to no file, chat or person.", path)


def _same(path: str) -> str:
    """Equal for names that a disk may have changed."""
    return path if path.isascii() else unicodedata.normalize("NFC", path)


def _check(known: KnownChat, row: FileRow, vault: Path, moves: Mapping[str, str], *, hashes: bool) -> Iterator[Finding]:
    which = f"{row.path}, of message {row.message_id} of “{known.chat.title}”,"
    why = f" ({row.reason})" if row.reason else ""
    kind, text = {
        "pending": (Kind.FILE_PENDING, f"{which} was not fetched yet{why}."),
        "failed": (Kind.FILE_FAILED, f"{which} could not be fetched{why}."),
        "skipped": (Kind.FILE_SKIPPED, f"{which} was left out{why}."),
    }.get(row.state, (None, ""))
    if kind is None and not row.shared:
        kind, what = _look(_standing(vault, row.path, moves), row, hashes=hashes)
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
