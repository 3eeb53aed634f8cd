"""What the cards are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tobs.model import Raw
from tobs.rawfields import entities, plain
from tobs.vault.context import Links
from tobs.vault.escape import escape_one_line
from tobs.vault.text import render_text


def one_line(raw: Raw, key: str) -> str:
    """A field of a raw dict, a string or a text with entities, escaped and on one line."""
    return escape_one_line(plain(raw.get(key)))


def joined(*parts: str) -> str:
    """The parts that are there, between dots."""
    return " · ".join(filter(None, parts))


def facts(raw: Raw, words: Iterable[tuple[str, str]]) -> list[str]:
    """The words of the flags that are set."""
    return [word for key, word in words if raw.get(key)]


def nested(lines: Iterable[str]) -> Iterator[str]:
    """Lines as a callout within the message's own; the empty line after keeps what follows out of it."""
    for line in "\n".join(lines).rstrip("\n").split("\n"):
        yield f"> {line}" if line else ">"
    yield ""


def paragraphs(raw: Raw, text: str, marks: str, links: Links) -> str:
    """A text of any length and its entities, under these keys."""
    return render_text(plain(raw.get(text)), entities(raw, marks), links=links)
