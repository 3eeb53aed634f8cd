"""What Obsidian would make of a vault: its notes, anchors, links and embeds. Knows nothing of tobs' own code."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import attrs
import yaml
from markdown_it.tree import SyntaxTreeNode

from tests.markdown import PARSER

LINK = re.compile(r"(?<!\\)(!?)\[\[([^\]|#\n]*)(?:#([^\]|\n]*))?(?:\|[^\n]*?)?\]\]")
ANCHOR = re.compile(r"(?<!\S)\^([A-Za-z0-9-]+)$")
FENCE = re.compile(
    r"^(?P<lead>[> ]*)(?P<fence>`{3,}|~{3,})[^\n]*\n.*?^(?P=lead)(?P=fence)[`~]*[ ]*$", re.MULTILINE | re.DOTALL
)
CODE = re.compile(r"(?<![\\`])(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)


@attrs.frozen
class Link:
    """A link or embed as written in `note`."""

    note: Path
    target: str
    anchor: str
    embed: bool


@attrs.frozen
class Vault:
    """All files of a vault."""

    root: Path

    def files(self) -> list[Path]:
        """What Obsidian indexes: everything outside folders with a dot."""
        return [
            path
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and not any(part.startswith(".") for part in path.relative_to(self.root).parts)
        ]

    def notes(self) -> list[Path]:
        """The Markdown files."""
        return [path for path in self.files() if path.suffix == ".md"]

    def resolve(self, link: Link) -> list[Path]:
        """The files that a link may mean: by path from the root, else by name alone."""
        if not link.target:
            return [link.note]
        name = link.target if Path(link.target).suffix and not self._is_note(link.target) else link.target + ".md"
        by_path = self.root / name
        if by_path.is_file():
            return [by_path]
        return [path for path in self.files() if path.name.casefold() == Path(name).name.casefold()]

    def _is_note(self, target: str) -> bool:
        wanted = (Path(target).name + ".md").casefold()
        return any(note.name.casefold() == wanted for note in self.notes())


def properties(note: Path) -> dict[str, object]:
    """The frontmatter of a note."""
    text = note.read_text()
    assert text.startswith("---\n"), note
    loaded: dict[str, object] = yaml.safe_load(text[4:].partition("\n---\n")[0])
    return loaded


def body(note: Path) -> str:
    """What stands under the frontmatter, without code."""
    return CODE.sub("", FENCE.sub("", _without_properties(note.read_text())))


def _without_properties(text: str) -> str:
    return text[4:].partition("\n---\n")[2] if text.startswith("---\n") else text


def anchors(note: Path) -> Counter[str]:
    """The block ids of a note."""
    return Counter(block_ids(_without_properties(note.read_text())))


def block_ids(markdown: str) -> list[str]:
    """The ids that Obsidian finds in a note without frontmatter, at the end of paragraphs."""
    texts = _paragraphs(SyntaxTreeNode(PARSER.parse(markdown)))
    return [found[1] for text in texts if (found := ANCHOR.search(text))]


def _paragraphs(node: SyntaxTreeNode) -> Iterator[str]:
    """Those that an id may end: of a list item the first one, and none within quotes."""
    for index, child in enumerate(node.children):
        if child.type == "paragraph" and (node.type != "list_item" or index == 0):
            yield child.children[0].content
        elif child.type in ("bullet_list", "ordered_list", "list_item"):
            yield from _paragraphs(child)


def links(note: Path) -> list[Link]:
    """The links and embeds of a note, those in its properties too."""
    front = note.read_text().partition("\n---\n")[0]
    return [
        Link(note, match[2].replace("\\", ""), match[3] or "", bool(match[1]))
        for match in [*LINK.finditer(front), *LINK.finditer(body(note))]
    ]


def views(base: Path) -> list[str]:
    """The names of a base's views, which an embed may ask for."""
    return [view["name"] for view in yaml.safe_load(base.read_text())["views"]]


def broken(vault: Vault) -> list[str]:
    """Links and embeds that lead nowhere, to two files, or to an anchor or view that is not there once."""
    problems, known = [], {note: anchors(note) for note in vault.notes()}
    for note in known:
        for link in links(note):
            found = vault.resolve(link)
            if len(found) != 1:
                problems.append(f"{note.name}: {link.target} means {len(found)} files")
            elif link.anchor.startswith("^") and known[found[0]][link.anchor[1:]] != 1:
                problems.append(f"{note.name}: no {link.anchor} in {found[0].name}")
            elif link.anchor and found[0].suffix == ".base" and views(found[0]).count(link.anchor) != 1:
                problems.append(f"{note.name}: no view {link.anchor} in {found[0].name}")
    return problems
