"""render_redacted(): notes to share, without identities, from the archive of a vault that stays as it is."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs

from tobs.archive.owner import read_owner
from tobs.archive.published import remember
from tobs.archive.reads import Reads
from tobs.archive.store import Archive, open_archive
from tobs.config import ExportConfig
from tobs.errors import VaultError
from tobs.model import Peer
from tobs.redact import Redaction, redaction
from tobs.redact.pseudonyms import KEY_BYTES
from tobs.redacted import copy_redacted, told
from tobs.render import Rendered, publish_all, require_archive
from tobs.root import PLAIN
from tobs.vault.disk import TEMPORARY, Disk
from tobs.vault.publish import Publisher, local_zone
from tobs.vault.writer import Writer, beside, understood

KEY = "redaction"  # in the archive's meta, so that a person keeps their pseudonym from run to run
MARKER = ".tobs-redacted"
SENTENCE = b"tobs render --redact wrote this folder, and brings its notes up to date when it is run again.\n"


def render_redacted(
    config: ExportConfig, folder: Path, *, relayout: bool = False, keep_titles: bool = False
) -> Rendered:
    """Write the notes of the archive into `folder`, with pseudonyms in place of identities and without files.

    The vault stays as it is; only the key of the pseudonyms is kept in its
    archive. `folder` has to be new, empty or written by an earlier run, whose
    notes are brought up to date as in any vault. Raises `VaultError` for
    another folder and `ArchiveError` without an archive, and changes nothing then.
    """
    require_archive(config)
    check_folder(folder, config.vault)
    with (
        open_archive(config.vault, root=config.root) as archive,
        tempfile.TemporaryDirectory(prefix="tobs-redacted-") as temporary,
        open_archive(Path(temporary)) as redacted,
    ):
        reads = Reads(archive.connection, archive.codec)
        owner = read_owner(archive, reads)
        redact = read_redaction(archive, reads, keep_titles=keep_titles)
        zone = local_zone(config.timezone)
        copy_redacted(reads, redacted, redact, owner.id, zone, keep_layouts=not relayout)
        with prepared(folder):
            return publish(
                redacted, attrs.evolve(config, vault=folder, root=PLAIN, phone_numbers=False), redact.peer(owner)
            )


def read_redaction(archive: Archive, reads: Reads, *, keep_titles: bool) -> Redaction:
    """How to redact this archive. The first time a key is made for it."""
    key = reads.meta(KEY)
    if not key:
        key = secrets.token_bytes(KEY_BYTES)
        remember(archive, KEY, key)
        archive.checkpoint()

    def has(chat_id: int, message_id: int) -> bool:
        return reads.head(chat_id, message_id).id != 0

    chats, names = told(reads)
    return redaction(key, reads.everybody(), chats, names, has=has, keep_titles=keep_titles)


def publish(archive: Archive, config: ExportConfig, owner: Peer) -> Rendered:
    """All notes of a redacted archive; those of an earlier run that are no longer needed go."""
    reads = Reads(archive.connection, archive.codec)
    publisher = Publisher(archive, reads, config, owner)
    chats = reads.chats()
    notes = publish_all(publisher, chats)
    publisher.notices += remove_stale(config.vault, {note.path for note in reads.notes()})
    return Rendered(len(chats), notes, tuple(publisher.notices))


def remove_stale(folder: Path, needed: set[str]) -> Iterator[str]:
    """Remove notes of tobs that are not `needed`; sentences about those that a person changed."""
    writer = Writer(Disk(folder), 1)
    needed = needed | {beside(path) for path in needed}
    for file in sorted((folder / PLAIN.folder).rglob("*.md")):
        path = file.relative_to(folder).as_posix()
        found = understood(file.read_bytes())
        if path not in needed and found is not None and found.between is not None:
            yield from filter(None, [writer.remove(path)])


def check_folder(folder: Path, vault: Path) -> None:
    """Raises `VaultError` unless notes for others may be written into `folder`."""
    if is_within(folder, vault) or is_within(vault, folder):
        raise VaultError(folder, f"{folder} is the vault itself, in it or around it; name a folder elsewhere.")
    if folder.exists() and not folder.is_dir():
        raise VaultError(folder, f"{folder} is a file; name a folder.")
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    marker = folder / MARKER
    # Notes that a killed run was writing are in .tobs; anything else there is of an export into this folder.
    exported = any(not path.name.startswith(TEMPORARY) for path in PLAIN.private(folder).glob("*"))
    if exported or not marker.is_file() or marker.read_bytes() != SENTENCE:
        raise VaultError(
            folder,
            f"{folder} holds other files; name a new folder, an empty one, or one that tobs render --redact wrote.",
        )


def is_within(path: Path, folder: Path) -> bool:
    """Whether a path is `folder` or leads into it, by whatever names and links."""
    path = path.resolve()
    return folder.exists() and any(each.exists() and each.samefile(folder) for each in (path, *path.parents))


@contextmanager
def prepared(folder: Path) -> Iterator[None]:
    """The folder, marked as ours before anything is in it, and with room for notes that are being written."""
    growing = PLAIN.private(folder)
    try:
        growing.mkdir(parents=True, exist_ok=True)
        (folder / MARKER).write_bytes(SENTENCE)
    except OSError as error:
        raise VaultError(folder, f"cannot write to {folder}: {error.strerror}; choose another folder.") from error
    try:
        yield
    finally:
        Disk(folder).sweep()
        growing.rmdir()
