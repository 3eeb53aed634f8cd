"""render_vault(): the notes of a vault anew from its archive, without a source."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from tobs.archive.owner import read_owner
from tobs.archive.reads import Reads
from tobs.archive.rows import ArchivedChat
from tobs.archive.store import open_archive, place_of
from tobs.config import ExportConfig
from tobs.errors import ArchiveError
from tobs.vault.publish import Publisher


@attrs.frozen
class Rendered:
    """How many notes are new or different, and sentences about those that a person changed."""

    chats: int
    notes: int
    notices: tuple[str, ...]


def render_vault(config: ExportConfig, *, relayout: bool = False) -> Rendered:
    """Write every note of the vault as the archive and `config` have it.

    Chats keep the layout they have; with `relayout` they get that of `config`.
    Stopped anywhere, it leaves whole notes, and the next run writes the rest.
    Raises `ArchiveError` if there is no archive, and changes nothing then.
    """
    require_archive(config)
    with open_archive(config.vault, root=config.root) as archive:
        reads = Reads(archive.connection, archive.codec)
        publisher = Publisher(archive, reads, config, read_owner(archive, reads))
        chats = reads.chats()
        for archived in chats:
            if relayout:
                publisher.relayout(archived.chat.id)
            else:
                archive.mark_unpublished(archived.chat.id)
        notes = publish_all(publisher, chats)
        archive.checkpoint()
        return Rendered(len(chats), notes, tuple(publisher.notices))


def require_archive(config: ExportConfig) -> None:
    """Raises `ArchiveError` if there is none: opening it would make one."""
    path, where = config.root.archive(config.vault), place_of(config.vault, config.root)
    if not path.exists():
        raise ArchiveError(path, f"there is no archive in {where}; run `tobs export` first, or name its vault.")


def publish_all(publisher: Publisher, chats: Iterable[ArchivedChat]) -> int:
    """Write what is behind of these chats and of the notes about them; how many notes are new or different."""
    notes = 0
    for archived in chats:
        notes += sum(1 for _ in publisher.publish_chat(archived.chat.id, complete=bool(archived.layout)))
    return notes + sum(1 for _ in publisher.publish_overview())
