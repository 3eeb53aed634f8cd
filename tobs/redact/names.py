"""Names of people and chats, found in running text however they are written there."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import attrs

from tobs.redact.offsets import Cut

Form = tuple[str, ...]  # a name as folded words
SOMEBODY = "[name]"  # for a name that several have
_GAP = 8  # signs between two words of a name: a space, a comma, an emoji
_SHORTEST = 3  # letters of a name in an alphabet; syllables and ideographs say as much in two
# Scripts that put no space between words, and Korean, which puts particles behind names: each sign is a word.
_APART = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
    "\uf900-\ufaff\U00020000-\U0003ffff"
)
# Accents, vowel signs and joiners belong to the letter before them and say nothing of whose name it is.
_MARKS = (
    "\u00ad\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u0610-\u061a\u0640\u064b-\u065f\u0670\u0900-\u0903"
    "\u093a-\u094f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff"
)
_WORD = re.compile(
    rf"\d+|(?:(?![{_MARKS}])[{_APART}])[{_MARKS}]*|(?:(?![{_APART}{_MARKS}])[^\W\d_])(?:(?![{_APART}])[^\W\d_]|[{_MARKS}])*"
)
_MARK = re.compile(f"[{_MARKS}]")
_ASIDE = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}|[|•·/].*", re.DOTALL)


class Word(NamedTuple):
    """A word of a text, without case and accents, and where it stands."""

    folded: str
    start: int
    end: int


def words(text: str) -> list[Word]:
    """The words of a text; numbers are words of their own, and so are signs of scripts without spaces."""
    return [Word(fold(match[0]), match.start(), match.end()) for match in _WORD.finditer(text)]


def fold(word: str) -> str:
    """Equal for spellings of one word: ``Tomás``, ``TOMAS``, ``ｔｏｍａｓ``."""
    if word.isascii():
        return word.lower()
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", word).casefold())
    return "".join(char for char in plain if not unicodedata.combining(char) and not _MARK.match(char)) or word


def folded(text: str) -> str:
    """The words of a text in a form that is equal for spellings of one name."""
    return " ".join(word.folded for word in words(text))


@attrs.frozen
class Name:
    """A name and what stands for it. One that is `proper` is found only where it begins like a name."""

    text: str
    pseudonym: str
    proper: bool = False


class _Entry(NamedTuple):
    pseudonym: str
    proper: bool


@attrs.frozen
class Names:
    """All names that are looked for, as words, and how many words those have that begin with one, most first."""

    _entries: Mapping[Form, _Entry]
    _lengths: Mapping[str, Sequence[int]]

    def find(self, text: str) -> Iterator[Cut]:
        """Where names stand, and what stands for them."""
        found, at = words(text), 0
        while at < len(found):
            length, pseudonym = self._at(text, found, at)
            if length:
                yield Cut(found[at].start, found[at + length - 1].end, pseudonym)
            at += length or 1

    def _at(self, text: str, found: Sequence[Word], at: int) -> tuple[int, str]:
        for length in self._lengths.get(found[at].folded, ()):
            part = found[at : at + length]
            entry = self._entries.get(tuple(word.folded for word in part))
            if entry and _near(part) and not (entry.proper and text[part[0].start].islower()):
                return len(part), entry.pseudonym
        return 0, ""

    def whole(self, text: str) -> str:
        """What stands for a text that is a name and nothing else; "" if it is none, or one that several have."""
        entry = self._entries.get(tuple(word.folded for word in words(text)))
        return "" if entry is None or entry.pseudonym == SOMEBODY else entry.pseudonym


def _near(part: Sequence[Word]) -> bool:
    return all(after.start - before.end <= _GAP for before, after in pairwise(part))


def index(names: Iterable[Name]) -> Names:
    """Names to look for. What is too short to tell anybody is left out."""
    entries: dict[Form, _Entry] = {}
    for name in names:
        for form in _forms(name.text):
            known = entries.get(form, _Entry(name.pseudonym, True))
            pseudonym = name.pseudonym if known.pseudonym == name.pseudonym else SOMEBODY
            entries[form] = _Entry(pseudonym, known.proper and name.proper)
    lengths: dict[str, set[int]] = {}
    for form in entries:
        lengths.setdefault(form[0], set()).add(len(form))
    return Names(entries, {first: sorted(found, reverse=True) for first, found in lengths.items()})


def _forms(text: str) -> Iterator[Form]:
    """A name as words, and written as one word, as in a hashtag."""
    form = tuple(word.folded for word in words(text))
    if not is_telling(form):
        return
    yield form
    if len(form) > 1 and not any(map(str.isdigit, form)):
        yield ("".join(form),)


def is_telling(form: Sequence[str]) -> bool:
    """Whether words are enough to tell somebody by: not a single letter, an emoji or a short number."""
    text = "".join(form)
    if text.isdigit():
        return len(text) >= 5
    return len(text) >= (_SHORTEST if text.upper() != text else 2)


def without_asides(name: str) -> str:
    """A name without what people put in brackets or behind a bar."""
    return _ASIDE.sub(" ", name)


def given_and_family(first: str, last: str) -> Iterator[str]:
    """The parts of a name by which people call somebody."""
    first, last = without_asides(first), without_asides(last)
    if found := words(first):
        yield first
        if found[0].end - found[0].start > 1:  # in a script without spaces the first sign alone is no name
            yield first[found[0].start : found[0].end]
    if words(last):
        yield last
