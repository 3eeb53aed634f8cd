"""What Obsidian finds in the Markdown of a note: block ids, headings and links, none of them in code (pure)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.parse import unquote

import attrs

# A fence of code or mathematics may stand in quotes and list items; what follows backticks has none.
_OPEN = re.compile(r"(?P<lead>(?:[ \t>]|[-*+][ \t]|\d{1,9}[.)][ \t])*)(?P<fence>`{3,}(?=[^`]*$)|~{3,}|\${2}[ \t]*$)")
_MAY_OPEN = frozenset("`~$-*+")
_ANCHOR = re.compile(r"\^([A-Za-z0-9-]+)[ \t]*$", re.MULTILINE)
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(.+?)(?:[ \t]+#+)?[ \t]*$", re.MULTILINE)
# From left to right: what is escaped, code, then links, so that the first two hide brackets in them.
_TOKEN = re.compile(
    r"\\.|(?<!`)(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)"
    r"|\[\[(?P<wiki>[^\[\]\n]+)\]\]|\]\((?P<angle><)?(?P<place>(?(angle)[^<>\n]*|[^<>()\s]+))(?(angle)>)\)"
)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_LABEL = re.compile(r"\\?\|")
_PROPERTY = re.compile(r"^(?:tg_\w+|participants): (.*)$", re.MULTILINE)
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_NOT_IN_HEADING = re.compile(r"""[!"#$%&()*+,.:;<=>?@^`{|}~/\[\]\\\s]+""")


@attrs.frozen
class Link:
    """A link or embed: the note or file that it names ("" for the same note), and the place in it."""

    target: str
    place: str = ""


def without_code(text: str) -> str:
    """The text without its blocks of code and mathematics."""
    if not any(fence in text for fence in ("```", "~~~", "$$")):
        return text
    return "\n".join(_lines_without_code(text))


def _lines_without_code(text: str) -> Iterator[str]:
    fence, quoted = "", False
    for line in text.split("\n"):
        bare = line.lstrip(" \t>")
        if fence and quoted and not line.lstrip().startswith(">"):
            fence = ""  # a block ends with the quote that it stands in
        if fence:
            ended = bare.rstrip()
            if len(ended) >= len(fence) and not ended.strip(fence[0]):
                fence = ""
        elif (bare[:1] in _MAY_OPEN or bare[:1].isdigit()) and (opened := _OPEN.match(line)):
            fence, quoted = opened["fence"].rstrip(), ">" in opened["lead"]
        else:
            yield line


def anchors(text: str) -> Iterator[str]:
    """The block ids of a text without code blocks: alone on a line or at the end of a paragraph, not in a quote."""
    for match in _ANCHOR.finditer(text):
        at = match.start()
        if at and text[at - 1] not in " \t\n":
            continue
        line = text[text.rfind("\n", 0, at) + 1 : at]
        if not line.lstrip().startswith(">"):
            yield match[1].lower()


def headings(text: str) -> Iterator[str]:
    """The headings of a text without code blocks, as `heading_key` has them."""
    for match in _HEADING.finditer(text):
        yield heading_key(match[1])


def heading_key(heading: str) -> str:
    """Equal for what Obsidian takes for the same heading."""
    return " ".join(_NOT_IN_HEADING.sub(" ", heading).split()).lower()


def links(text: str) -> Iterator[Link]:
    """The wikilinks, embeds and links of a text without code blocks, save those to the web."""
    for line in text.split("\n"):
        if "[[" in line or "](" in line:
            yield from _links_of(line)


def _links_of(line: str) -> Iterator[Link]:
    for token in _TOKEN.finditer(line):
        if token["wiki"] is not None:
            yield wikilink(token["wiki"])
        elif token["place"] is not None and not _SCHEME.match(token["place"]):
            target, _, place = token["place"].partition("#")
            yield Link(unquote(target), unquote(place))


def wikilink(inside: str) -> Link:
    """What stands between the double brackets."""
    target, _, place = _LABEL.split(inside, maxsplit=1)[0].partition("#")
    return Link(target.strip(), place.strip())


def property_links(head: str) -> Iterator[Link]:
    """The wikilinks in those properties that tobs keeps up to date."""
    for found in _PROPERTY.finditer(head):
        for text in _STRING.findall(found[1]):
            value = _text_of(text)
            if value.startswith("[[") and value.endswith("]]"):
                yield wikilink(value[2:-2])


def _text_of(quoted: str) -> str:
    try:
        return str(json.loads(quoted))
    except json.JSONDecodeError:  # YAML that is not JSON, so a person's
        return ""
