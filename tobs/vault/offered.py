"""Files that tobs puts beside the notes once: a person's changes to them stay."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files

from tobs.root import Root

SNIPPET = ".obsidian/snippets/tobs.css"


def offered(root: Root) -> Iterator[tuple[str, str]]:
    """Each file's path in the vault, and what is in it."""
    assets = files("tobs.vault").joinpath("assets")
    bases = {"Telegram.base": root.chats_base, "Media.base": root.media_base, "People.base": root.people_base}
    for name, path in bases.items():
        yield path, assets.joinpath(name).read_text("utf-8").replace('"Telegram/', f'"{root.folder}/')
    yield SNIPPET, assets.joinpath(SNIPPET.rpartition("/")[2]).read_text("utf-8")


def embed(base: str, view: str) -> str:
    """A view of a base, which Obsidian draws where it stands; ``this`` in it is the note around it."""
    return f"![[{base}#{view}]]"
