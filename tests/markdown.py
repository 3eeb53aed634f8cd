"""How Obsidian reads a note, as far as that can be known outside it.

CommonMark with tables, strikethrough, mathematics and footnotes is read by
markdown-it, which knows nothing of tobs. Obsidian's own syntax, and what
Dataview and Templater look for, are rules over the raw text.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
PARSER.use(dollarmath_plugin, allow_labels=False).use(footnote_plugin)
PARSER.normalizeLinkText = lambda url: url  # type: ignore[method-assign]

BLOCKS = {"blockquote_open", "blockquote_close", "paragraph_open", "paragraph_close", "inline", "fence", "html_block"}
MARKS = {"strong": "Bold", "em": "Italic", "s": "Strike", "link": "Link"}
TAGS = {"b": "Bold", "i": "Italic", "s": "Strike", "u": "Underline", "span": "Spoiler", "a": "Link", "code": "Code",
        "samp": "Code", "mark": "Marked", "sub": "Subscript", "sup": "Superscript"}  # fmt: skip
TAG = re.compile(r'<(/?)([a-z]+)(?: class="tg-spoiler" tabindex="0"| href="[^"<>]*")?>')

# What stands for itself in raw Markdown: an escape, inline code, an autolink, the destination of a link.
LITERAL = re.compile(r"\\[!-/:-@\[-`{-~]|(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)|<https?://[^<>\s]*>|\]\(<[^<>\n]*>")
FORBIDDEN = {
    "wikilink or embed": re.compile(r"\[\["),
    "highlight": re.compile(r"=="),
    "inline footnote": re.compile(r"\^\["),
    "tag": re.compile(r"(?<![^\s*(~_])#[^\s#]"),
    "block id": re.compile(r"(?<![^\s])\^[A-Za-z0-9-]+\s*$", re.MULTILINE),
    "bare address": re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://"),
    "mail address": re.compile(r"[\w.+-]@\w"),
}
FORBIDDEN_RAW = {  # sought in the raw note, code or not
    "Templater command": re.compile(r"<%"),
    "Dataview field": re.compile(r"::"),
    "comment": re.compile(r"%%"),
}
QUERY = re.compile(r"\s*\$?=")
QUERY_IN_TEXT = re.compile(r"`\$?=|<code>(?:\s|&#36;|&nbsp;)*(?:=|&#61;)")


class Char(NamedTuple):
    """A visible character and how it is marked."""

    char: str
    marks: frozenset[str]


def read(markdown: str, *allowed: str, strict: bool = False) -> list[Char]:
    """What a reader sees. Raises AssertionError at anything that a text must not become, but for `allowed` blocks.

    With `strict`, also where Obsidian's setting "Strict line breaks" would make one line of two.
    """
    marks: list[str] = []
    shown: list[Char] = []
    for token in PARSER.parse(markdown):
        assert token.type in BLOCKS or token.type in allowed, f"{token.type} in {markdown!r}"
        if token.type == "blockquote_open":
            marks.append("Blockquote")
        elif token.type == "blockquote_close":
            marks.pop()
        elif token.type == "fence":
            shown += [Char(char, frozenset([*marks, "Code"])) for char in token.content]
        elif token.type == "math_block":
            shown += [Char(char, frozenset([*marks, "Math"])) for char in token.content]
        elif token.type == "html_block":
            shown += [Char(char, frozenset([*marks, "Code"])) for char in _pre(token.content)]
        elif token.type == "inline":
            assert not strict or all(child.type != "softbreak" for child in token.children or []), markdown
            shown += [Char(char, frozenset(inner) | set(marks)) for char, inner in _inline(token.children or [])]
            shown.append(Char("\n", frozenset()))
    return shown


def _pre(content: str) -> str:
    match = re.fullmatch(r"<pre>([^<>]*)</pre>\n?", content)
    assert match, content
    return html.unescape(match[1]) + "\n"


def _inline(tokens: list[Token]) -> Iterator[tuple[str, list[str]]]:
    marks: list[str] = []
    for token in tokens:
        name, _, side = token.type.rpartition("_")
        if token.type in ("text", "softbreak", "hardbreak"):
            text = token.content if token.type == "text" else "\n"
            yield from ((char, list(marks)) for char in text)
        elif token.type == "code_inline":
            yield from ((char, [*marks, "Code"]) for char in token.content)
        elif token.type == "math_inline":
            yield from ((char, [*marks, "Math"]) for char in token.content)
        elif token.content == "<br>":
            yield "\n", list(marks)
        elif token.type == "html_inline":
            match = TAG.fullmatch(token.content)
            assert match, token.content
            _turn(marks, TAGS[match[2]], not match[1])
        else:
            assert name in MARKS, f"{token.type}: {token.content!r}"
            _turn(marks, MARKS[name], side == "open")
    assert not marks


def _turn(marks: list[str], mark: str, on: bool) -> None:
    if on:
        assert mark not in marks, f"{mark} twice"
        marks.append(mark)
    else:
        assert marks.pop() == mark


def _without_fences(markdown: str) -> str:
    fenced = {line for token in PARSER.parse(markdown) if token.type == "fence" for line in range(*(token.map or ()))}
    return "\n".join(line for number, line in enumerate(markdown.split("\n")) if number not in fenced)


def check_inert(markdown: str, *, tags: bool = False) -> None:
    """Nothing in the raw note is Obsidian syntax or a plugin's query; `tags` allows those that tobs itself makes."""
    for name, pattern in FORBIDDEN_RAW.items():
        assert not pattern.search(markdown), f"{name} in {markdown!r}"
    unfenced = _without_fences(markdown)
    assert not QUERY_IN_TEXT.search(unfenced), f"Dataview query in {markdown!r}"
    for code in LITERAL.finditer(unfenced):
        assert not QUERY.match(code[2] or ""), f"Dataview query in {markdown!r}"
    bare = LITERAL.sub("\u2400", unfenced)
    if tags:
        bare = bare.replace("#tg/", "\u2400")
    for name, pattern in FORBIDDEN.items():
        assert not pattern.search(bare), f"{name} in {markdown!r}"
