"""What in a text tells who somebody is: names, usernames, addresses, numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from urllib.parse import unquote, urlsplit

import attrs

from tobs.redact.names import Names
from tobs.redact.offsets import Cut, merged, replaced
from tobs.redact.pseudonyms import Pseudonyms
from tobs.vault.addresses import parse_address

LINK, EMAIL, PHONE, CARD, NUMBER = "[link]", "[email]", "[phone]", "[card]", "[number]"
# Addresses that are people, whoever they are.
_PERSONAL = frozenset({"t.me", "telegram.me", "telegram.dog", "telegram.org", "wa.me", "api.whatsapp.com", "signal.me"})
_TELEGRAM = r"(?:[\w-]+\.)?t\.me|telegram\.(?:me|dog)"
_URL = re.compile(
    r"(?<![\w@])(?:(?:https?|ftp|tg|tonsite)://|(?:mailto|tel|sms|skype|magnet|ton|xmpp|sip):|www\.)[^\s<>\"“”«»]+"
    rf"|(?<![\w@])(?:{_TELEGRAM})(?![\w-]|\.\w)[^\s<>\"“”«»]*",
    re.IGNORECASE,
)
_TELEGRAM_INSIDE = re.compile(rf"(?<![\w.-])(?:{_TELEGRAM})/|tg://", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_HANDLE = re.compile(r"@?(?<![A-Za-z0-9_])[A-Za-z0-9_]{3,}")
_SEPARATORS = r"[ \u00a0().\-/\u2010-\u2015]"
_DATE = r"\d{4}[-./]\d{1,2}[-./]\d{1,2}(?!\d)|\d{1,2}[-./]\d{1,2}[-./]\d{2,4}(?!\d)"
_NUMBER = re.compile(rf"(?<!\d)(?<!\d[-./])(?!{_DATE})\+?\(?\d(?:{_SEPARATORS}{{0,3}}\d){{6,}}")
_LONG = 9  # digits from which a number is somebody's; fewer if it begins with a plus sign


@attrs.frozen
class Finder:
    """Finds identities. `message` gives the address of a message in what is shared, "" if it is not there."""

    names: Names
    usernames: Mapping[str, str]  # in lower case, and what stands for each
    pseudonyms: Pseudonyms
    message: Callable[[str], str]

    def scrub(self, text: str) -> str:
        """The text without identities."""
        return replaced(text, self.cuts(text))

    def cuts(self, text: str, marked: Iterable[Cut] = (), addresses: Sequence[tuple[int, int]] = ()) -> list[Cut]:
        """What is to be replaced. `marked` are parts known to be somebody's, `addresses` those that are links."""
        marked, links = [*marked], [*addresses, *_links(text)]
        cuts = [Cut(start, end, self.shown(text[start:end]) or LINK) for start, end in links]
        stay = [(cut.start, cut.end) for cut in cuts if cut.text == text[cut.start : cut.end]]
        gone = [cut for cut in cuts if (cut.start, cut.end) not in stay]
        others = self._others(text, _without(text, [*marked, *gone]))
        return merged(
            [
                *marked,
                *gone,
                *(cut for cut in others if not any(cut.start < end and cut.end > start for start, end in stay)),
            ]
        )

    def _others(self, text: str, rest: str) -> Iterator[Cut]:
        """What is found in a text of which `rest` is not known yet to be somebody's; a name may reach over both."""
        yield from self.names.find(text)
        if rest != text:
            yield from self.names.find(rest)
        yield from (Cut(match.start(), match.end(), EMAIL) for match in _EMAIL.finditer(rest))
        yield from self.handles(rest)
        yield from _numbers(rest)

    def handles(self, text: str) -> Iterator[Cut]:
        """Usernames: those that are known, and whatever stands behind an @."""
        for match in _HANDLE.finditer(text):
            handle = match[0].removeprefix("@")
            if known := self.usernames.get(handle.lower()):
                yield Cut(match.start(), match.end(), known)
            elif handle != match[0] and not handle.isdigit():
                yield Cut(match.start(), match.end(), self.pseudonyms.of_username(handle))

    def shown(self, url: str) -> str:
        """The address itself if it tells of nobody, that of a message that is shared too, else ""."""
        if parse_address(url) is not None:
            return self.message(url)
        return "" if is_personal(url) or self._tells(url) or self._tells(unquote(url)) else url

    def _tells(self, url: str) -> bool:
        found = next(self.handles(url), None) or next(self.names.find(url), None)
        phone = any(cut.text == PHONE and url[cut.start] == "+" for cut in _numbers(url))
        return bool(found or phone or _EMAIL.search(url) or _TELEGRAM_INSIDE.search(url))


def _links(text: str) -> Iterator[tuple[int, int]]:
    for match in _URL.finditer(text):
        yield match.start(), match.start() + len(match[0].rstrip(".,;:!?'…)]}"))


def _without(text: str, cuts: Iterable[Cut]) -> str:
    """The text with white space in place of `cuts`, so that what stands beside them is a word of its own."""
    for cut in cuts:
        text = text[: cut.start] + " " * (cut.end - cut.start) + text[cut.end :]
    return text


def is_personal(url: str) -> bool:
    """Whether an address leads to somebody's account, as all of Telegram do."""
    try:
        parts = urlsplit(url if re.match(r"[\w+.-]+:", url) else f"https://{url}")
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return True
    return parts.scheme not in ("http", "https", "ftp", "magnet") or host in _PERSONAL or host.endswith(".t.me")


def _numbers(text: str) -> Iterator[Cut]:
    for match in _NUMBER.finditer(text):
        groups = re.findall(r"\d+", match[0])
        digits = "".join(groups)
        if len(digits) < (7 if match[0][0] == "+" else _LONG) or len(digits) < 2 * len(groups):
            continue
        kind = CARD if is_card(digits) else PHONE if len(digits) <= 15 else NUMBER
        yield Cut(match.start(), match.end(), kind)


def is_card(digits: str) -> bool:
    """Whether digits are the number of a bank card, by their check digit (ISO/IEC 7812)."""
    if not 13 <= len(digits) <= 19:
        return False
    doubled = [sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2]]
    return (sum(doubled) + sum(int(digit) for digit in digits[-1::-2])) % 10 == 0
