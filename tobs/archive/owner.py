"""Whose archive it is: needed to render it when nobody is signed in."""

from __future__ import annotations

import orjson

from tobs.archive.published import remember
from tobs.archive.reads import Reads
from tobs.archive.store import Archive
from tobs.errors import ArchiveError
from tobs.model import Peer

UNKNOWN = Peer(0, "private", "Me")  # whose export file does not say whose it is


def keep_owner(archive: Archive, reads: Reads, account: Peer) -> None:
    """Write down the account that is being exported; nothing if it is not known while another one is.

    Raises `ArchiveError` if the archive is another account's: the ids of
    private messages are each account's own, and would meet.
    """
    known = orjson.dumps([account.id, account.kind, account.name, account.username])
    before = reads.meta("owner")
    owner = orjson.loads(before)[0] if before else UNKNOWN.id
    if owner and account.id == UNKNOWN.id:
        return
    if before and owner not in (UNKNOWN.id, account.id):
        name = orjson.loads(before)[2]
        raise ArchiveError(
            archive.path, f"this vault holds the account of {name}; choose another folder for {account.name}."
        )
    if known != before:
        remember(archive, "owner", known)


def read_owner(archive: Archive, reads: Reads) -> Peer:
    """The account that was exported last. Raises `ArchiveError` if none ever was."""
    known = reads.meta("owner")
    if not known:
        raise ArchiveError(archive.path, f"nothing has been exported into {archive.path} yet; run tobs export first.")
    return Peer(*orjson.loads(known))
