"""Whose archive it is: needed to render it when nobody is signed in."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import orjson

from tobs.archive.connection import open_read_only
from tobs.archive.published import remember
from tobs.archive.reads import Reads
from tobs.archive.store import Archive
from tobs.errors import ArchiveError
from tobs.model import Peer
from tobs.root import OTHERS, PLAIN, PRIVATE, Root

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


def check_owner(vault: Path, root: Root, account: Peer) -> None:
    """Raises `ArchiveError` if `vault` has this account under another name: it would come into it a second time."""
    for other in _roots_in(vault):
        if other != root and account.id != UNKNOWN.id and owner_of(other.archive(vault)) == account.id:
            called = f"account {other.name} of config.toml" if other.name else "account without a sign in its names"
            raise ArchiveError(
                other.archive(vault),
                f"{vault} has the account of {account.name} already, in {other.folder}, as the {called}; "
                "export it as that one, or choose another vault.",
            )


def _roots_in(vault: Path) -> Iterator[Root]:
    """The accounts that have an archive in this vault."""
    names = sorted(path.name for path in (vault / PRIVATE / OTHERS).glob("*"))
    yield from (root for root in (PLAIN, *map(Root, names)) if root.archive(vault).is_file())


def owner_of(path: Path) -> int:
    """The id of the account of an archive that another tobs may be writing to; 0 if nothing tells."""
    try:
        with open_read_only(path) as db:
            row = db.execute("SELECT value FROM meta WHERE key = 'owner'").fetchone()
    except sqlite3.DatabaseError:  # it is being made, or damaged, which its own runs will say
        return UNKNOWN.id
    return int(orjson.loads(row[0])[0]) if row else UNKNOWN.id


def read_owner(archive: Archive, reads: Reads) -> Peer:
    """The account that was exported last. Raises `ArchiveError` if none ever was."""
    known = reads.meta("owner")
    if not known:
        raise ArchiveError(archive.path, f"nothing has been exported into {archive.path} yet; run `tobs export` first.")
    return Peer(*orjson.loads(known))
