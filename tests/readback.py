"""A note read back: what a reader sees of each block, how it is marked, and where a click leads.

markdown-it with Obsidian's wikilinks, embeds and tags as rules of its own; it
knows nothing of tobs. Links that Obsidian would not follow are followed here.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from urllib.parse import unquote

import attrs
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin

WIKILINK = re.compile(r"(!?)\[\[([^\[\]|\n]+)(?:\|([^\[\]\n]*))?\]\]")
# A tag ends at what ILLEGAL_TAG_CHARS of Obsidian's importer lists.
TAG = re.compile(r"""(?:(?<!\S)|(?<=[(*~_]))#([^\s\u2000-\u206f\u2e00-\u2e7f'!"#$%&()*+,.:;<=>?@^`{|}~\[\]\\]+)""")
CALLOUT = re.compile(r"\[!([^\]\n]+)\][-+]?")
ELEMENT = re.compile(r'<(/?)([a-z]+)(?: class="tg-spoiler" tabindex="0"| href="([^"<>]*)")?>')
MARKS = {"strong": "Bold", "em": "Italic", "s": "Strike"}
ELEMENTS = {"b": "Bold", "i": "Italic", "s": "Strike", "u": "Underline", "span": "Spoiler", "code": "Code",
            "samp": "Code"}  # fmt: skip


def _wikilink(state: StateInline, silent: bool) -> bool:
    match = WIKILINK.match(state.src, state.pos)
    if match is None:
        return False
    if not silent:
        token = state.push("wikilink", "", 0)
        token.content, token.meta = match[3] or match[2], {"target": match[2], "embed": bool(match[1])}
    state.pos = match.end()
    return True


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    parser.use(dollarmath_plugin, allow_labels=False).use(footnote_plugin)
    parser.disable("text_join")  # an escaped sign stays apart from one that could act
    parser.inline.ruler.before("link", "wikilink", _wikilink)
    parser.normalizeLink = parser.normalizeLinkText = lambda url: url  # type: ignore[method-assign]
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    return parser


PARSER = _parser()


class Char(NamedTuple):
    """A visible character and how it is marked.

    What is linked has ``link <address>`` or ``note <target>``, or ``html <address>`` from an HTML element.
    """

    char: str
    marks: frozenset[str]


@attrs.define
class Block:
    """Everything between two block ids: its characters, and what it is built of besides text."""

    anchor: str = ""
    chars: list[Char] = attrs.field(factory=list)
    callouts: list[str] = attrs.field(factory=list)
    embeds: list[str] = attrs.field(factory=list)
    tags: list[str] = attrs.field(factory=list)
    built_of: set[str] = attrs.field(factory=set)

    def linked(self) -> set[str]:
        """Everything in the block that can be clicked."""
        return {mark for char in self.chars for mark in char.marks if mark.startswith(("link ", "note ", "html "))}


END = "\u2029"  # of a paragraph; tobs writes none
PLAIN = {"blockquote_open", "blockquote_close", "paragraph_open", "paragraph_close", "inline", "fence", "html_block"}


def read_blocks(markdown: str) -> tuple[list[Block], list[str]]:
    """The blocks of a text, and the headings and lines that stand outside of them."""
    blocks, outside, current = [], [], Block()
    for top in _parts(PARSER.parse(markdown)):
        if top[0].type == "bullet_list_open":
            blocks += map(_item, _parts(top[1:-1]))
        elif top[0].type == "blockquote_open":
            assert not current.chars, f"two quotes before one block id in {markdown!r}"
            _read(top[1:-1], current)
        elif top[0].type == "paragraph_open" and (match := re.fullmatch(r"\^([A-Za-z0-9-]+)", top[1].content)):
            current.anchor = match[1]
            blocks.append(current)
            current = Block()
        else:
            assert top[0].type in ("paragraph_open", "heading_open"), f"{top[0].type} in {markdown!r}"
            outside.append(top[1].content)
    assert not current.chars, f"no block id at the end of {markdown!r}"
    return blocks, outside


def _parts(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """The outermost blocks of some tokens."""
    part: list[Token] = []
    for token in tokens:
        part.append(token)
        if token.level == tokens[0].level and token.nesting <= 0:
            yield part
            part = []


def _item(tokens: Sequence[Token]) -> Block:
    """A message as a list item: its first paragraph ends in its block id."""
    block = Block()
    _read(tokens[1:-1], block)
    first = "".join(char.char for char in block.chars).partition(END)[0]
    anchor = re.search(r" \^([A-Za-z0-9-]+)$", first)
    assert anchor, f"no block id in {first!r}"
    block.anchor = anchor[1]
    del block.chars[anchor.start() : anchor.end()]
    return block


def _read(tokens: Sequence[Token], block: Block) -> None:
    depth = 0
    for index, token in enumerate(tokens):
        before = tokens[index - 2] if index > 1 else None
        quotes = {"Blockquote"} if depth else set()
        block.built_of |= {token.type} - PLAIN
        if token.type == "blockquote_open":
            depth += 1
        elif token.type == "blockquote_close":
            depth -= 1
        elif token.type == "fence":
            block.chars += [Char(char, frozenset(quotes | {"Code"})) for char in token.content]
        elif token.type == "html_block":
            match = re.fullmatch(r"<pre>([^<>]*)</pre>\n?", token.content)
            assert match, token.content
            block.chars += [Char(char, frozenset(quotes | {"Code"})) for char in html.unescape(match[1]) + "\n"]
        elif token.type == "inline":
            found = CALLOUT.match(token.content) if index == 1 or _opens_quote(before) else None
            if found:
                block.callouts.append(found[1])
            shown = [*_inline(token.children or [], block)][len(found[0]) if found else 0 :]
            block.chars += [Char(char, marks.union(quotes)) for char, marks in [*shown, (END, frozenset())]]


def _opens_quote(before: Token | None) -> bool:
    return before is not None and before.type == "blockquote_open"


def _inline(tokens: Sequence[Token], block: Block) -> Iterator[tuple[str, frozenset[str]]]:
    marks: list[str] = []
    line = ""  # what was written on this line, to tell a tag from a number sign
    for token in tokens:
        name, _, side = token.type.rpartition("_")
        if token.type == "text":
            before, line = len(line), line + token.content
            block.tags += TAG.findall(line, before)
            # tobs puts its own prefix into each tag that it makes
            yield from ((char, frozenset(marks)) for char in token.content.replace("#tg/", "#"))
            continue
        line += "\n" if token.type.endswith("break") else "\u2400"
        if token.type in ("softbreak", "hardbreak", "text_special", "code_inline"):
            more = {"Code"} if token.type == "code_inline" else set()
            yield from ((char, frozenset(marks) | more) for char in token.content or "\n")
        elif token.type == "wikilink":
            if token.meta["embed"]:
                block.embeds.append(token.meta["target"])
            else:
                yield from ((char, frozenset([*marks, f"note {token.meta['target']}"])) for char in token.content)
        elif token.type == "link_open":
            marks.append(address(str(token.attrs["href"])))
        elif token.type == "link_close":
            assert marks.pop().startswith(("link ", "note "))
        elif token.type == "html_inline":
            _element(marks, token.content)
        else:
            assert name in MARKS, f"{token.type}: {token.content!r}"
            _turn(marks, MARKS[name], side == "open")
    assert not marks


def _element(marks: list[str], source: str) -> None:
    match = ELEMENT.fullmatch(source)
    assert match, source
    if match[2] != "a":
        _turn(marks, ELEMENTS[match[2]], not match[1])
    elif match[1]:
        assert marks.pop().startswith("html ")
    else:
        marks.append(address(html.unescape(match[3])).replace("link", "html", 1))


def _turn(marks: list[str], mark: str, on: bool) -> None:
    if on:
        assert mark not in marks, f"{mark} twice"
        marks.append(mark)
    else:
        assert marks.pop() == mark


def address(href: str) -> str:
    """The mark of a link: ``link`` for the web, ``note`` for what has no scheme, percent signs read."""
    plain = unquote(href)
    return f"link {plain}" if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", href) else f"note {plain}"


def plain(text: str) -> str:
    """A label with the signs that look alike for the signs they stand for."""
    return unicodedata.normalize("NFKC", text)
