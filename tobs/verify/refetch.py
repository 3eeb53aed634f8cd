"""Files that are gone, to be fetched again."""

from __future__ import annotations

import attrs

from tobs.archive.pictures import done_pictures, record_picture
from tobs.archive.store import open_archive
from tobs.archive.waiting import done_files
from tobs.config import ExportConfig
from tobs.verify.snapshot import archive_path


def refetch_files(config: ExportConfig) -> int:
    """Have the next export fetch every file that was fetched and is no longer there; how many these are.

    Raises `ArchiveError` if there is no archive, or while another tobs works on the vault.
    """
    archive_path(config)
    gone: set[str] = set()
    with open_archive(config.vault, root=config.root) as archive:
        for row in done_files(archive):
            if not (config.vault / row.path).exists():
                archive.record_media(attrs.evolve(row, state="pending", sha256=""))
                gone.add(row.path)  # which several messages may have
        for picture in done_pictures(archive):
            if not (config.vault / picture.path).exists():
                record_picture(archive, attrs.evolve(picture, state="pending", sha256=""))
                gone.add(picture.path)
        archive.checkpoint()
    return len(gone)
