"""What an account may be called: it becomes the name of files and folders, and what a person types (pure)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from tobs.devices import DEVICE

LONGEST = 40
# Letters of these alphabets can look alike, so that a name of two of them is not what it seems.
_ALPHABETS = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")
_TWINS = str.maketrans("асеорхуіѕјһԁԛԝкмтвнαοντρικυχ", "aceopxyisjhdqwkmtbhaovtpikux")  # as most fonts draw them


def name_problem(name: str) -> str:
    """What is wrong with the name of an account, "" if nothing is."""
    if not re.fullmatch(r"\w[\w-]*", name):
        return f"an account must be called by letters, digits, '-' or '_', not {name!r}"
    if len(name) > LONGEST:
        return f"the name of an account may have {LONGEST} characters, not {len(name)} as {name[:LONGEST]!r}… has"
    if DEVICE.match(name):
        return f"Windows can have no file that is called {name!r}; call the account otherwise, such as {name}-1"
    plain = unicodedata.normalize("NFKC", name)
    if plain != name or any(_is_invisible(letter) for letter in name):
        return f"the account {name!r} has letters that look like others, or like nothing; type its name anew"
    if len(found := {alphabet for letter in name for alphabet in _alphabet_of(letter)}) > 1:
        several = " and ".join(alphabet.capitalize() for alphabet in sorted(found))
        return f"the account {name!r} has {several} letters, which can look alike; write it in one alphabet"
    return ""


def clashes(names: Iterable[str]) -> Iterator[str]:
    """A problem for each name that a disk, or a person, could take for an earlier one."""
    seen: dict[str, str] = {}
    for name in names:
        if (other := seen.setdefault(_seen_as(name), name)) is not name:
            same = f"the accounts {other!r} and {name!r} are called the same to many disks, or to the eye"
            yield f"{same}; call one of them otherwise"


def _seen_as(name: str) -> str:
    folded = unicodedata.normalize("NFKC", name).casefold()
    return unicodedata.normalize("NFC", folded).translate(_TWINS)


def _alphabet_of(letter: str) -> Iterator[str]:
    first = unicodedata.name(letter, "").partition(" ")[0]
    return iter((first,) if first in _ALPHABETS else ())


def _is_invisible(letter: str) -> bool:
    return "FILLER" in unicodedata.name(letter, "")  # those of Hangul, which are letters and show nothing
