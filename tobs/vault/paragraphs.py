"""Which lines of rendered Markdown are lines of a paragraph, and breaks between them (pure).

What people write is escaped, so a line that starts like a block is one that
tobs made.
"""

from __future__ import annotations

import re

_BLOCK = re.compile(
    r"\s|>|[-+*](?:\s|$)|[0-9]{1,9}[.)](?:\s|$)|#{1,6}(?:\s|$)|(?:[-*_] ?){3,}$|`{3}|~{3}|\||\$\$|%%|\^[\w-]+$"
    r"|\[!|\[\^|<(?!(?:a|b|code|i|mark|s|samp|span|sub|sup|u)[\s>]|[a-z][a-z0-9+.-]*:)"
)
_MARKERS = re.compile(r"(?:[> ]|[-+*] |[0-9]{1,9}[.)] )*")
_FENCE = re.compile(r"`{3,}|\${2}$")


def is_paragraph(markdown: str) -> bool:
    """Whether all of it is the lines of one paragraph."""
    return all(map(_is_plain, markdown.split("\n")))


def _is_plain(line: str) -> bool:
    return bool(line) and _BLOCK.match(line) is None


def hard_breaks(markdown: str) -> str:
    """The same with two spaces wherever a line of a paragraph ends and the next one begins.

    Obsidian shows these breaks also with its setting "Strict line breaks".
    """
    lines = markdown.split("\n")
    out, closer = [], ""
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        lead, text = _split(line)
        if closer:
            closer = "" if line == closer else closer
        elif fence := _FENCE.match(text):
            closer = lead + fence[0]
        elif _is_plain(text) and below.startswith(lead) and _is_plain(below[len(lead) :]):
            line += "  "
        out.append(line)
    return "\n".join(out)


def _split(line: str) -> tuple[str, str]:
    """What the next line of the same paragraph or block starts with, and the line without it."""
    markers = _MARKERS.match(line)[0]  # type: ignore[index]  # it matches nothing, too
    return re.sub("[^>]", " ", markers), line[len(markers) :]
