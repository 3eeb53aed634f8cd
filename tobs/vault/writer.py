"""Notes onto the disk, never over a person's edits."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import attrs

from tobs.archive.published import Published
from tobs.archive.rows import Note
from tobs.vault.disk import Disk
from tobs.vault.names import UPDATE
from tobs.vault.seal import Found, digest, read_note, update


@attrs.frozen
class Draft:
    """A note that is to stand at its path, and the digest of what was last written there ("" if nothing was)."""

    published: Published
    text: str
    before: str = ""

    @property
    def note(self) -> Note:
        """The note, with the digest of the text."""
        return self.published.note


def draft(note: Note, text: str, before: Note | None = None) -> Draft:
    """A draft of a note that nothing depends on."""
    return Draft(Published(attrs.evolve(note, digest=digest(text))), text, before.digest if before else "")


@attrs.frozen
class Written:
    """What became of a draft. `notice` is a sentence for the person whose edits are in the way, else ""."""

    draft: Draft
    changed: bool
    notice: str = ""


class Writer:
    """Writes drafts, up to `workers` at once. Every method may raise `VaultError`."""

    def __init__(self, disk: Disk, workers: int) -> None:
        self._disk = disk
        self._workers = workers

    def write_all(self, drafts: Iterable[Draft]) -> Iterator[Written]:
        """Each draft written, in their order. While the disk is busy with one, the next is taken from `drafts`."""
        with ThreadPoolExecutor(self._workers) as pool:
            under_way: deque[Future[Written]] = deque()
            for one in drafts:
                under_way.append(pool.submit(self.write, one))
                if len(under_way) > self._workers:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()

    def write(self, draft: Draft) -> Written:
        """Bring one note up to date.

        What a person wrote outside tobs's marks stays. Where they changed
        what is inside, the new version goes beside the note, once.
        """
        path = draft.note.path
        data = self._disk.read(path)
        if data is None:
            self._disk.write(path, draft.text.encode())
            return Written(draft, changed=True)
        if not path.endswith(".md"):
            return self._write_file(draft, data)
        if data == draft.text.encode():
            return Written(draft, changed=False)
        text = understood(data)
        if draft.note.digest == draft.before and not _is_astray(text, draft.text):
            return Written(draft, changed=False)
        new = update(text, draft.text) if text else None
        if new is None:
            self._put_beside(path, draft.text)
            return Written(
                draft, True, f"{path} was edited by hand; the new version is in {basename_of(beside(path))}."
            )
        if new.encode() != data:
            self._disk.write(path, new.encode())
        self._clear_beside(path)
        return Written(draft, changed=True)

    def _write_file(self, draft: Draft, data: bytes) -> Written:
        """Bring a file that is no note up to date; it has no place for a person's words, so one they changed stays."""
        path, new = draft.note.path, draft.text.encode()
        if data == new:
            return Written(draft, changed=False)
        if _digest_of(data) != draft.before:
            return Written(draft, False, f"{path} was changed by hand; it stays as it is.")
        self._disk.write(path, new)
        return Written(draft, changed=True)

    def _put_beside(self, path: str, text: str) -> None:
        there = self._disk.read(beside(path))
        found = understood(there) if there is not None else None
        if there is not None and not (found and found.is_ours):
            return  # that one was edited too: it is left to its editor
        if there != text.encode():
            self._disk.write(beside(path), text.encode())

    def _clear_beside(self, path: str) -> None:
        if self._disk.exists(beside(path)):
            self.remove(beside(path))

    def remove(self, path: str, written: str = "") -> str:
        """Remove a note that nobody changed; else leave it and say so in a sentence.

        Of a file that is no note only the digest `written` of what tobs wrote last tells whose it is.
        """
        data = self._disk.read(path)
        if data is None:
            return ""
        found = understood(data)
        ours = found is not None and found.is_ours if path.endswith(".md") else _digest_of(data) == written
        if not ours:
            return f"{path} is no longer used, but was edited by hand; it stays where it is."
        self._disk.remove(path)
        return ""

    def missing(self, notes: Iterable[Note]) -> list[Note]:
        """The notes that are not on the disk any more."""
        return [note for note in notes if not self._disk.exists(note.path)]

    def asset(self, path: str, text: str, before: str) -> str:
        """Put a file there unless a person changed it; the digest of what tobs has written there."""
        data = self._disk.read(path)
        ours = data is None or _digest_of(data) in (before, digest(text))
        if ours and data != text.encode():
            self._disk.write(path, text.encode())
        return digest(text) if ours else before


def understood(data: bytes) -> Found | None:
    """What is whose in a file, None if it is no text."""
    try:
        return read_note(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return None


def _is_astray(found: Found | None, last: str) -> bool:
    """Whether tobs wrote something else than `last`, and was stopped before the archive knew."""
    if found is None or not found.body_is_ours:
        return False
    wanted = read_note(last)
    return found.between != wanted.between or (found.head_is_ours and found.head != wanted.head)


def _digest_of(data: bytes) -> str:
    return digest(data.decode("utf-8", "replace"))


def beside(path: str) -> str:
    """Where a new version goes while a person's edits keep the note."""
    return path.removesuffix(".md") + UPDATE + ".md"


def basename_of(path: str) -> str:
    return path.rpartition("/")[2]
