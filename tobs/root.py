"""Where one account's part of a vault lies, and what tells its names from those of the others there (pure).

Obsidian finds notes and files by their names alone, so that no two accounts
may have one in common, whatever their chats are called. ``‹work›`` stands in
every name of the account ``work`` and cannot stand in any other's: titles
lose their ``›``, and where tobs itself puts one, a space stands before it.
"""

from __future__ import annotations

from pathlib import Path

import attrs

SIGN_BYTES = 48  # of a name's 120: enough of its title is left to tell chats apart
PRIVATE = ".tobs"
OTHERS = "accounts"
ARCHIVE = "archive.sqlite3"


@attrs.frozen
class Root:
    """An account's part of a vault; without a name that of the account whose names are plain. Paths are relative."""

    name: str = ""

    @property
    def sign(self) -> str:
        """What the names of its notes, folders and files end with, or have behind the name of their chat."""
        return f" ‹{self.name}›" if self.name else ""

    @property
    def fits(self) -> bool:
        """Whether file names have room for the sign."""
        return len(self.sign.encode()) <= SIGN_BYTES

    @property
    def folder(self) -> str:
        """Everything that Obsidian shows of it, the style sheet apart."""
        return f"Telegram{self.sign}"

    @property
    def chats(self) -> str:
        """The folder of the chats' folders."""
        return f"{self.folder}/Chats"

    @property
    def people(self) -> str:
        """The folder of the notes of people."""
        return f"{self.folder}/People"

    @property
    def pictures(self) -> str:
        """The folder of pictures that belong to no message."""
        return f"{self.folder}/Pictures"

    @property
    def start_page(self) -> str:
        """The note that everything can be found from."""
        return f"{self.folder}/{self.folder}.md"

    # Links name bases with their folder: a vault may have one of the same name elsewhere.

    @property
    def chats_base(self) -> str:
        """The tables of chats and notes."""
        return f"{self.folder}/Telegram{self.sign}.base"

    @property
    def media_base(self) -> str:
        """The tables of files."""
        return f"{self.folder}/Media{self.sign}.base"

    @property
    def people_base(self) -> str:
        """The tables of people."""
        return f"{self.folder}/People{self.sign}.base"

    def signed(self, name: str) -> str:
        """A name as it is called here."""
        return name + self.sign

    def bare(self, name: str) -> str:
        """A name without the sign that `signed` gave it."""
        return name.removesuffix(self.sign)

    def private(self, vault: Path) -> Path:
        """The folder of its archive, with all that lies beside it."""
        return vault / PRIVATE / OTHERS / self.name if self.name else vault / PRIVATE

    def archive(self, vault: Path) -> Path:
        """Its archive."""
        return self.private(vault) / ARCHIVE


PLAIN = Root()
