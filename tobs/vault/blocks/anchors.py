"""Places in an article that its own links lead to, as block ids of its note.

Obsidian gives ids to paragraphs, items of lists and whole blocks, one each,
so names that stand in one block share its id, and a name at a heading is the
id of what comes below.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import unquote

import attrs

from tobs.model import Raw
from tobs.rawfields import listed, plain
from tobs.vault.blocks.body import HEADINGS, LISTS, block_lines, inside
from tobs.vault.blocks.lists import items
from tobs.vault.blocks.page import Page
from tobs.vault.context import Links, Look, Target

Names = dict[int, list[str]]  # the names at a block under WHOLE, or at its items by their numbers

WHOLE = -1
PREFIX = "a-"  # no message's id begins so
LONGEST = 40
_NO_ID = frozenset({*HEADINGS, "PageBlockDivider", "PageBlockAnchor"})
_PARAGRAPHS = frozenset(
    {f"PageBlock{name}" for name in ("Paragraph", "Subtitle", "Kicker", "Footer", "AuthorDate", "Photo", "Video",
     "Audio", "Document", "Embed", "Channel", "Map", "ButtonRow", "Unsupported")}
)  # fmt: skip
_NOT_PLAIN = (">", "```", "<pre>")
_NOT_IN_ID = re.compile(r"[^a-z0-9]+")


@attrs.frozen
class PageLinks:
    """The links of an article: into itself where it has such a place, else as everywhere."""

    links: Links
    urls: frozenset[str]  # the article's own addresses
    ids: Mapping[str, str]  # block ids by the names of anchors

    @property
    def look(self) -> Look:
        """As everywhere."""
        return self.links.look

    def link_for_url(self, url: str) -> Target | None:
        """Where an address leads within the vault."""
        page, hash_sign, name = url.partition("#")
        if hash_sign and (not page or bare(page) in self.urls):
            anchor = self.ids.get(name) or self.ids.get(unquote(name))
            return Target("", anchor) if anchor else None
        return self.links.link_for_url(url)

    def peer(self, peer_id: int) -> Target | None:
        """As everywhere."""
        return self.links.peer(peer_id)

    def emoji_picture(self, document_id: int) -> str:
        """As everywhere."""
        return self.links.emoji_picture(document_id)


def bare(url: str) -> str:
    """An address to compare with others."""
    return url.partition("#")[0].partition("://")[2].removesuffix("/")


def names_in(tree: object) -> Iterator[str]:
    """The names of all anchors in a tree, in order."""
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, Mapping):
            if node.get("_") in ("TextAnchor", "PageBlockAnchor") and (name := plain(node.get("name"))):
                yield name
            stack += reversed(list(node.values()))
        elif isinstance(node, (list, tuple)):
            stack += reversed(node)


def places(blocks: Sequence[Raw], parts: Sequence[list[str]], page: Page) -> list[Names]:
    """The names at each block, `parts` being its lines."""
    found: list[Names] = [{} for _ in blocks]
    pending: list[str] = []
    for index, (raw, lines) in enumerate(zip(blocks, parts, strict=True)):
        for part, holds, tree in _parts(raw, lines, page):
            pending += names_in(tree)
            if holds and pending:
                found[index][part], pending = pending, []
    if last := next((names for names in reversed(found) if names), None):
        last[max(last)] += pending
    return found


def _parts(raw: Raw, lines: list[str], page: Page) -> Iterator[tuple[int, bool, Raw]]:
    """What of a block may have an id, and whether it can."""
    if raw.get("_") in LISTS and lines:
        written = items(raw, page, inside(page))
        for number, (item, tree) in enumerate(zip(written, listed(raw, "items"), strict=True)):
            yield number, bool(item.first), tree
    else:
        yield WHOLE, bool(lines) and raw.get("_") not in _NO_ID, raw


def block_ids(found: Sequence[Names]) -> dict[str, str]:
    """A block id for each name: unique in the article, and the same every time."""
    ids: dict[str, str] = {}
    taken: set[str] = set()
    for names in (names for block in found for names in block.values()):
        new = [name for name in names if name not in ids]
        if new:
            ids |= dict.fromkeys(new, _free(new[0], taken))
    return ids


def _free(name: str, taken: set[str]) -> str:
    stem = PREFIX + (_NOT_IN_ID.sub("-", name.lower())[:LONGEST].strip("-") or "place")
    anchor, number = stem, 1
    while anchor in taken:
        number += 1
        anchor = f"{stem}-{number}"
    taken.add(anchor)
    return anchor


def anchored(raw: Raw, page: Page, ids: Mapping[int, str]) -> list[str]:
    """The lines of a block with its ids, where Obsidian looks for them."""
    if WHOLE not in ids and ids:
        written = enumerate(items(raw, page, inside(page)))
        return [line for number, item in written for line in item.lines(ids.get(number, ""))]
    lines = block_lines(raw, page)
    if not ids or not lines:
        return lines
    plain_text = all(line and not line.startswith(_NOT_PLAIN) for line in lines)
    if raw.get("_") in _PARAGRAPHS and plain_text:
        return [*lines[:-1], f"{lines[-1]} ^{ids[WHOLE]}"]
    return [*lines, "", f"^{ids[WHOLE]}"]
