"""Files that tobs puts beside the notes once: a person's changes to them stay."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files

# Links name them with their folder: a vault may have a base of the same name elsewhere.
CHATS_BASE = "Telegram/Telegram.base"
MEDIA_BASE = "Telegram/Media.base"
PEOPLE_BASE = "Telegram/People.base"
SNIPPET = ".obsidian/snippets/tobs.css"


def offered() -> Iterator[tuple[str, str]]:
    """Each file's path in the vault, and what is in it."""
    assets = files("tobs.vault").joinpath("assets")
    for path in (CHATS_BASE, MEDIA_BASE, PEOPLE_BASE, SNIPPET):
        yield path, assets.joinpath(path.rpartition("/")[2]).read_text("utf-8")


def embed(base: str, view: str) -> str:
    """A view of a base, which Obsidian draws where it stands; ``this`` in it is the note around it."""
    return f"![[{base}#{view}]]"
