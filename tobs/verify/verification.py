"""verify_vault(): whether a vault is what its archive says, and the archive what Telegram sent."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import attrs

from tobs.config import ExportConfig
from tobs.vault.writer import understood
from tobs.verify.files import (
    check_files,
    check_owner,
    check_picture_owner,
    check_pictures,
    file_rows,
    is_attachment,
    moving,
    walk,
)
from tobs.verify.findings import Finding, Group, Kind, grouped, joined
from tobs.verify.history import as_chosen
from tobs.verify.integrity import check_file, check_rows
from tobs.verify.links import Files, Places, check_links, folded
from tobs.verify.messages import check_chat
from tobs.verify.notes import StandingNote, check_note, look_at, read_manifest, unknown_note
from tobs.verify.snapshot import KnownChat, Snapshot, open_snapshot


@attrs.frozen
class Verification:
    """What was looked at, and what was found. `groups` hold problems first, then what is good to know."""

    chats: int
    messages: int
    notes: int
    files: int
    groups: tuple[Group, ...]

    def with_more(self, groups: Sequence[Group]) -> Verification:
        """This verification and what was found elsewhere."""
        return attrs.evolve(self, groups=joined([*self.groups, *groups]))

    @property
    def findings(self) -> tuple[Group, ...]:
        """The groups that a person should do something about."""
        return tuple(group for group in self.groups if group.kind.value.problem)

    @property
    def information(self) -> tuple[Group, ...]:
        """The groups that are good to know and no error."""
        return tuple(group for group in self.groups if not group.kind.value.problem)

    @property
    def clean(self) -> bool:
        """Whether there is nothing to do."""
        return not self.findings


def verify_vault(
    config: ExportConfig, *, hashes: bool = True, watch: Callable[[str], None] = lambda what: None
) -> Verification:
    """Hold the vault of `config` against its archive, and the archive against itself. Changes nothing.

    Without `hashes` the content of files is not read, only their sizes are
    compared. `watch` is told what is being looked at. Raises `ArchiveError` if there is no archive, if it is no
    archive of this program, or while another tobs works on the vault.
    """
    with open_snapshot(config) as snapshot:
        groups = grouped(_until_damage(snapshot, _findings(snapshot, config, watch, hashes=hashes)))
        chats, messages, notes, files = map(snapshot.count, ("chats", "messages", "notes", "media"))
        return Verification(chats, messages, notes, files, groups)


def _until_damage(snapshot: Snapshot, findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings; where the archive cannot be read any further that is the last one."""
    try:
        yield from findings
    except sqlite3.DatabaseError as error:
        yield Finding(Kind.DAMAGED, f"The archive cannot be read to its end: {error}.", snapshot.path.name)


def _findings(
    snapshot: Snapshot, config: ExportConfig, watch: Callable[[str], None], *, hashes: bool
) -> Iterator[Finding]:
    vault = config.vault
    watch("the archive")
    yield from check_file(snapshot)
    yield from check_rows(snapshot)
    chats = snapshot.chats()
    watch("the notes")
    notes = [look_at(vault, row) for row in read_manifest(snapshot)]
    for note in notes:
        yield from check_note(note)
    yield from as_chosen(_check_messages(snapshot, chats, notes, watch), config, chats)
    moves = moving(snapshot)
    for known in chats:
        watch(f"the files of “{known.chat.title}”")
        yield from check_files(known, file_rows(snapshot, known.chat.id), vault, moves, hashes=hashes)
    watch("pictures")
    yield from check_pictures(snapshot, vault, hashes=hashes)
    files = Files()
    watch("what else lies in the vault")
    yield from _check_others(snapshot, config, {note.path for note in notes}, files)
    watch("the links")
    yield from _check_links(vault, notes, files)


def _check_messages(
    snapshot: Snapshot, chats: Sequence[KnownChat], notes: Sequence[StandingNote], watch: Callable[[str], None]
) -> Iterator[Finding]:
    account_id = snapshot.account_id()
    by_chat: dict[int, list[StandingNote]] = {}
    for note in notes:
        if note.row.kind == "period":  # messages stand in no other notes
            by_chat.setdefault(note.row.chat_id, []).append(note)
    for known in chats:
        watch(f"the messages of “{known.chat.title}”")
        for finding in check_chat(snapshot, known, by_chat.get(known.chat.id, ()), account_id):
            yield _elsewhere(finding, snapshot, chats, by_chat) if finding.kind is Kind.NO_ROW else finding


def _elsewhere(
    finding: Finding, snapshot: Snapshot, chats: Iterable[KnownChat], notes: Mapping[int, Sequence[StandingNote]]
) -> Finding:
    """An anchor without a message, as that of another chat's message if it stands in none of that chat's notes."""
    for known in chats:
        chat_id, message_id = known.chat.id, finding.message_id
        number = -message_id if known.migrated else message_id
        stands = any(note.placed.count(number) for note in notes.get(chat_id, ()))
        if chat_id != finding.chat_id and not stands and snapshot.has_message(chat_id, message_id):
            text = f"Message {message_id} of “{known.chat.title}” stands in {finding.path}, a note of another chat."
            return attrs.evolve(finding, kind=Kind.WRONG_CHAT, text=text, chat_id=chat_id)
    return finding


def _check_others(snapshot: Snapshot, config: ExportConfig, manifest: set[str], files: Files) -> Iterator[Finding]:
    """What tobs does not know in this account's folder. Fills `files` with all that links may lead to."""
    for path in walk(config.vault):
        files.add(path)
        if path.startswith(f"{config.root.pictures}/"):
            yield from check_picture_owner(path, snapshot)
        elif is_attachment(path, config.root) and path not in manifest:
            yield from check_owner(path, snapshot)
        elif path.startswith(f"{config.root.folder}/") and path.endswith(".md") and path not in manifest:
            yield unknown_note(path)
    # What should be there and is not has been told; links to it are not told again.
    for path in manifest:
        files.expect(path)
    for (path,) in snapshot.db.execute("SELECT path FROM media WHERE state IN ('pending', 'done')"):
        files.expect(path)
    for (path,) in snapshot.db.execute("SELECT path FROM pictures WHERE state = 'done'"):
        files.expect(path)


def _check_links(vault: Path, notes: Sequence[StandingNote], files: Files) -> Iterator[Finding]:
    places = Places(files, {folded(note.path): note for note in notes})
    for note in notes:
        if note.readable and (found := understood((vault / note.path).read_bytes())):
            yield from check_links(found, note, places)
