"""Files of the vault: whole or not at all, and never outside of it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tobs.errors import VaultError, unwritable
from tobs.root import PLAIN, Root

TEMPORARY = "note-"


class Disk:
    """The vault's folder. Paths are relative to it, with ``/``. Every method may raise `VaultError`.

    `write` may be called by several threads at once, for different paths.
    """

    def __init__(self, vault: Path, root: Root = PLAIN) -> None:
        self._vault = vault
        self._private = root.private(vault)  # two accounts may be written at once
        self._inside: set[Path] = set()  # folders that are known to lie in the vault

    def exists(self, path: str) -> bool:
        """Whether there is a file."""
        return os.path.exists(os.path.join(self._vault, path))  # noqa: PTH110, PTH118 - a third of pathlib's time

    def read(self, path: str) -> bytes | None:
        """The file's content, None if there is none."""
        target = self._vault / path
        with self._sentences(target):
            self._check(target)
            try:
                return target.read_bytes()
            except FileNotFoundError:
                return None

    def write(self, path: str, data: bytes) -> None:
        """Put `data` in place whole: a crash leaves the old file or the new one.

        It grows beside the archive, so that a killed run leaves nothing in the
        notes' folders, where Obsidian would see it.
        """
        target = self._vault / path
        with self._sentences(target):
            self._check(target)
            growing = self._private / f"{TEMPORARY}{threading.get_ident()}"
            try:
                with growing.open("wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                self._make_folder(target.parent)
                growing.replace(target)
            except BaseException:
                with suppress(OSError):
                    growing.unlink()
                raise

    def _make_folder(self, folder: Path) -> None:
        """Make it and those above it, but not the vault: where a drive was taken away no other one is begun."""
        if folder == self._vault:
            return
        try:
            folder.mkdir(exist_ok=True)
        except FileNotFoundError:
            if folder.parent == self._vault:
                raise
            self._make_folder(folder.parent)
            folder.mkdir(exist_ok=True)

    def remove(self, path: str) -> None:
        """Remove a file and the folders that it leaves empty."""
        target = self._vault / path
        with self._sentences(target):
            self._check(target)
            target.unlink(missing_ok=True)
            for folder in target.relative_to(self._vault).parents[:-1]:
                try:
                    (self._vault / folder).rmdir()
                except OSError:  # not empty
                    return

    def sweep(self) -> None:
        """Remove what a killed run left half-written."""
        for rest in self._private.glob(f"{TEMPORARY}*"):
            rest.unlink(missing_ok=True)

    def _check(self, target: Path) -> None:
        """Refuse links that lead out of the vault."""
        folder = target.parent
        if target.is_symlink() or folder not in self._inside:
            if not target.resolve().is_relative_to(self._vault.resolve()):
                raise VaultError(target, f"{target} leads out of the vault; remove that link and run tobs again.")
            if folder.is_dir():
                self._inside.add(folder)

    @contextmanager
    def _sentences(self, target: Path) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise unwritable(target, error) from error
