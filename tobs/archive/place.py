"""Whether an archive that is open still lies where it was opened."""

from __future__ import annotations

from pathlib import Path

import attrs

from tobs.errors import VaultGone


@attrs.frozen
class Place:
    """Where an archive lay when it was opened, and as which file.

    Of one that was deleted, moved or unmounted SQLite tells nothing: what it writes then goes where nobody finds it.
    """

    vault: Path
    archive: Path
    file: tuple[int, int]

    @classmethod
    def of(cls, vault: Path, archive: Path) -> Place:
        """Where it lies now. Raises `VaultGone` if it does not."""
        return cls(vault, archive, _file(vault, archive))

    def check(self) -> None:
        """Raise `VaultGone` if it does not lie there any more."""
        if _file(self.vault, self.archive) != self.file:
            raise gone(self.vault)


def _file(vault: Path, archive: Path) -> tuple[int, int]:
    try:
        found = archive.stat()
    except OSError as error:
        raise gone(vault) from error
    return found.st_dev, found.st_ino


def gone(vault: Path) -> VaultGone:
    """What to say of a vault that is away."""
    return VaultGone(vault, f"the vault {vault} is not there any more; bring its disk or folder back, nothing is lost.")
