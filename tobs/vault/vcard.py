"""Address cards: vCard text, read and made. https://www.rfc-editor.org/rfc/rfc6350"""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterator

from tobs.model import Raw
from tobs.rawfields import plain

LONGEST = 100_000  # characters of a card; pictures inside one are not shown anyway
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_BREAK = re.compile("\r\n|\r|\x85|\u2028|\u2029")
_FOLD = re.compile("\n[ \t]")
_LINE = re.compile(r"(?:[\w-]+\.)?([A-Za-z-]+)((?:;[^:]*)?):(.*)", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_SEPARATOR = re.compile(r"(?<!\\);")
_LABELS = {
    "TEL": "phone", "EMAIL": "e-mail", "ORG": "organization", "TITLE": "title", "ROLE": "role", "ADR": "address",
    "URL": "web", "BDAY": "birthday", "ANNIVERSARY": "anniversary", "NOTE": "note", "NICKNAME": "nickname",
    "IMPP": "messenger", "GENDER": "gender", "LANG": "language", "TZ": "time zone", "GEO": "place",
    "X-SOCIALPROFILE": "profile", "CATEGORIES": "categories", "FN": "name",
}  # fmt: skip


def vcard_of(media: Raw) -> str:
    """vCard 3.0 of a MessageMediaContact: its own, or one made of the names and the number. Ends with a newline.

    Lines end with CR LF, and no other control character stays.
    """
    own = _clean(plain(media.get("vcard")))
    if not own.upper().startswith("BEGIN:VCARD"):
        own = _made(media)
    return own.replace("\n", "\r\n") + "\r\n"


def _clean(text: str) -> str:
    return _CONTROL.sub("", _BREAK.sub("\n", text[:LONGEST])).strip()


def _made(media: Raw) -> str:
    first, last, phone = (
        " ".join(_clean(plain(media.get(key))).split()) for key in ("first_name", "last_name", "phone_number")
    )
    name = f"{first} {last}".strip() or phone
    lines = ["BEGIN:VCARD", "VERSION:3.0", f"N:{_quoted(last)};{_quoted(first)};;;", f"FN:{_quoted(name)}"]
    lines += [f"TEL;TYPE=CELL:{_quoted(phone)}"] if phone else []
    return "\n".join([*lines, "END:VCARD"])


def _quoted(value: str) -> str:
    return re.sub(r"([\\;,])", r"\\\1", value)


def card_fields(vcard: str) -> Iterator[tuple[str, str]]:
    """What a vCard says, as labels and values for people. Names and pictures are left out."""
    for line in _FOLD.sub("", _clean_soft(vcard)).split("\n"):
        match = _LINE.fullmatch(line)
        if match and (label := _LABELS.get(match[1].upper())) and (value := _value(match[2], match[3])):
            yield f"{label} ({kind})" if (kind := _kind(match[2])) else label, value


def _clean_soft(vcard: str) -> str:
    # Quoted-printable values of vCard 2.1 go on after a soft break.
    text = _clean(vcard)
    return text.replace("=\n", "") if "QUOTED-PRINTABLE" in text.upper() else text


def _value(parameters: str, value: str) -> str:
    if "QUOTED-PRINTABLE" in parameters.upper():
        value = quopri.decodestring(value.encode()).decode("utf-8", "replace")
    parts = (
        _ESCAPE.sub(lambda match: "\n" if match[1] in "nN" else match[1], part) for part in _SEPARATOR.split(value)
    )
    return " ".join(", ".join(part.strip() for part in parts if part.strip()).split())


def _kind(parameters: str) -> str:
    words = [part.upper().removeprefix("TYPE=") for part in parameters.split(";")]
    known = [word for part in words for word in part.split(",") if word in ("HOME", "WORK", "CELL", "FAX", "MAIN")]
    return ", ".join(dict.fromkeys(known)).lower()
