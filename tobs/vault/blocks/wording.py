"""What is in a page without its form: words to compare, to label links, and for what lies too deep; ids of files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tobs.rawfields import plain

# Where constructors keep their words, besides in the nodes below them.
_WORDS: Mapping[str, tuple[str, ...]] = {
    "TextPlain": ("text",),
    "TextCustomEmoji": ("alt",),
    "TextMath": ("source",),
    "PageBlockMath": ("source",),
    "PageBlockEmbedPost": ("author",),
    "PageRelatedArticle": ("title", "description", "author"),
}
_APART = ("PageBlock", "PageList", "PageTableCell", "PageRelated", "PageCaption")


def wording(tree: object) -> str:
    """All text of a tree of blocks or of RichText, in order, each block on a line of its own.

    Trees may be of any depth: no frame of Python's is spent on one.
    """
    pieces: list[str] = []
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            pieces.append(node)
        elif isinstance(node, Mapping):
            stack += reversed(_parts(node))
        elif isinstance(node, Sequence):
            stack += [item for item in reversed(node) if not isinstance(item, str)]
    return "\n".join(" ".join(line.split()) for line in "".join(pieces).split("\n") if line.strip())


def _parts(node: Mapping[str, object]) -> list[object]:
    name = plain(node.get("_"))
    apart = ["\n"] if name.startswith(_APART) else []
    words = [plain(node.get(key)) for key in _WORDS.get(name, ())]
    below = [value for key, value in node.items() if isinstance(value, (Mapping, list, tuple))]
    return [*apart, "\n".join(words), *below, *apart]


def numbers_in(tree: object) -> set[int]:
    """The ids of the files that a tree names."""
    found: set[int] = set()
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, Mapping):
            found |= {value for key, value in node.items() if key.endswith("_id") and isinstance(value, int)}
            stack += [value for value in node.values() if isinstance(value, (Mapping, list, tuple))]
        elif isinstance(node, (list, tuple)):
            stack += node
    return found
