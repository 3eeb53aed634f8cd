"""Raw dicts without identities. What is not known to be harmless is looked through or left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs

from tobs.model import ChatKind, Raw
from tobs.raw import CHANNEL_MARK, decode_peer
from tobs.rawfields import listed, mapping, plain, whole
from tobs.redact.findings import CARD, EMAIL, LINK, PHONE, Finder
from tobs.redact.keys import (
    ADDRESSES,
    CHANNEL,
    CHANNELS,
    DROPPED,
    EXACT,
    FILES,
    GROUP,
    NAMES,
    PEOPLE,
    TEXTS,
    TITLED,
    USERS,
)
from tobs.redact.names import folded
from tobs.redact.offsets import Cut, Ruler, replaced
from tobs.redact.pseudonyms import Pseudonyms
from tobs.redact.richtext import Mark, as_entity, is_tree, leaves, marks, rebuilt, spread

_MARKED: Mapping[str, str] = {
    "MessageEntityPhone": PHONE, "MessageEntityEmail": EMAIL, "MessageEntityBankCard": CARD,
}  # fmt: skip


@attrs.frozen
class Redactor:
    """Redacts the raw dicts of one chat, whose title becomes `title`; "" keeps titles but for names in them."""

    pseudonyms: Pseudonyms
    finder: Finder
    kinds: Mapping[int, ChatKind]
    title: str = ""

    def raw(self, raw: Raw) -> dict[str, Any]:
        """A TL object without identities; its constructor, dates, counts and message ids stay."""
        kind = plain(raw.get("_"))
        if (special := _SPECIAL.get(kind)) and (other := special(self, raw)) is not raw:
            return self.raw(other)
        if is_tree(raw):
            return self._tree(raw)
        return self._fields(raw)

    def _fields(self, raw: Raw) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in raw.items():
            if key in DROPPED or key in found:
                continue
            marks = TEXTS.get(key)
            if marks and isinstance(value, str):
                found[key], entities = self._text(value, listed(raw, marks))
                if marks in raw:
                    found[marks] = entities
            else:
                found[key] = self._value(key, value, raw)
        return found

    def _value(self, key: str, value: Any, raw: Raw) -> Any:
        if isinstance(value, dict):
            return self.raw(value)
        if isinstance(value, list):
            return [self._value(key, item, raw) for item in value]
        if isinstance(value, str):
            return self._string(key, value, raw)
        return self._number(key, value, raw) if isinstance(value, int) and not isinstance(value, bool) else value

    def _number(self, key: str, value: int, raw: Raw) -> int:
        kind = plain(raw.get("_")) if key == "id" else ""
        if key in USERS or kind in PEOPLE:
            return self.pseudonyms.user(value)
        if key in CHANNELS or kind in CHANNEL:
            return self.pseudonyms.channel(value)
        if key == "chat_id" or kind in GROUP:
            return self.pseudonyms.group(value)
        if kind in FILES:
            return self.pseudonyms.file(value)
        is_peer = key.endswith("_id") and not key.endswith(("msg_id", "top_id")) and value in self.kinds
        return self.pseudonyms.user(value) if is_peer else value

    def _string(self, key: str, value: str, raw: Raw) -> str:
        if key in EXACT:
            return value
        if key in ADDRESSES:
            return self.finder.shown(value) if value else ""
        if key == "first_name":
            return self._person(raw)
        if key in NAMES:
            return self.named(value)
        if key == "title" and self.title and (title := self._title(raw)):
            return title
        return self.finder.scrub(value)

    def _title(self, raw: Raw) -> str:
        kind = plain(raw.get("_"))
        if kind in CHANNEL:
            return self.pseudonyms.name("channel", CHANNEL_MARK - whole(raw, "id"))
        return self.title if kind in TITLED else self.name(-whole(raw, "id")) if kind in GROUP else ""

    def name(self, peer_id: int) -> str:
        """The pseudonym of a marked id."""
        return self.pseudonyms.name(self.kinds.get(peer_id, "private"), peer_id)

    def named(self, name: str) -> str:
        """The pseudonym of somebody who is known by a name only; of whom the archive knows, if one has that name."""
        found = self.finder.names.whole(name) or self.pseudonyms.of_name(folded(name) or name)
        return found if name.strip() else ""

    def _person(self, raw: Raw) -> str:
        if user_id := whole(raw, "user_id"):
            return self.name(user_id)
        return self.named(full_name(raw) or plain(raw.get("phone_number")))

    def _text(self, text: str, entities: list[Raw]) -> tuple[str, list[dict[str, Any]]]:
        """A text and its marks. Those that name somebody go with the name."""
        ruler = Ruler(text)
        marked = [Mark(*_range(entity, ruler), entity) for entity in entities]
        cuts = self._cuts(text, marked)
        moved = [
            {**self.raw(mark.entity), "offset": offset, "length": length}
            for mark in marked
            if not self._is_personal(mark, cuts)
            for offset, length in (ruler.moved(mark.start, mark.end, cuts),)
        ]
        return replaced(text, cuts), moved

    def _tree(self, raw: Raw) -> dict[str, Any]:
        """The text of a page: a name in it may be in several parts."""
        parts = [*leaves(raw)]
        cuts = self._cuts("".join(parts), [*marks(raw)])

        def node(raw: Raw, start: int, end: int) -> dict[str, Any]:
            entity = as_entity(raw)
            if entity and self._is_personal(Mark(start, end, entity), cuts):
                return {}
            return self._fields({key: value for key, value in raw.items() if key not in ("text", "texts")})

        found: dict[str, Any] = rebuilt(raw, spread(parts, cuts), node)
        return found

    def _cuts(self, text: str, marked: list[Mark]) -> list[Cut]:
        links = [(mark.start, mark.end) for mark in marked if mark.entity.get("_") == "MessageEntityUrl"]
        forced = [
            Cut(mark.start, mark.end, instead)
            for mark in marked
            if (instead := self._forced(mark.entity, text[mark.start : mark.end]))
        ]
        return self.finder.cuts(text, forced, links)

    def _forced(self, entity: Raw, text: str) -> str:
        kind = plain(entity.get("_"))
        if kind == "MessageEntityMention":
            return next((cut.text for cut in self.finder.handles(text)), "") or self.pseudonyms.of_username(text)
        if person := entity.get("user_id"):
            return self.name(decode_peer(person) if isinstance(person, dict) else person if type(person) is int else 0)
        return _MARKED.get(kind, "")

    def _is_personal(self, mark: Mark, cuts: list[Cut]) -> bool:
        kind = plain(mark.entity.get("_"))
        if kind == "MessageEntityUrl":
            return any(cut.text == LINK and cut.start < mark.end and mark.start < cut.end for cut in cuts)
        if kind == "MessageEntityTextUrl":
            return not self.finder.shown(plain(mark.entity.get("url")))
        return "user_id" in mark.entity or kind in _MARKED or kind == "MessageEntityMention"


def full_name(raw: Raw) -> str:
    """First and last name of a person or contact, "" without any."""
    return " ".join(filter(None, (plain(raw.get("first_name")), plain(raw.get("last_name"))))).strip()


def _range(entity: Raw, ruler: Ruler) -> tuple[int, int]:
    offset, length = whole(entity, "offset"), whole(entity, "length")
    start = ruler.index(offset)
    return start, max(start, ruler.index(offset + length))


def _place(redactor: Redactor, raw: Raw) -> Raw:
    return {"_": "GeoPointEmpty"}


def _venue(redactor: Redactor, raw: Raw) -> Raw:
    left = {"_": "MessageMediaVenue", "title": "Place", "geo": {"_": "GeoPointEmpty"}}
    return raw if raw == left else left


def _page(redactor: Redactor, raw: Raw) -> Raw:
    url = plain(raw.get("url"))
    return raw if not url or redactor.finder.shown(url) == url else {"_": "WebPageEmpty", "id": 0}


def _document(redactor: Redactor, raw: Raw) -> Raw:
    attributes = listed(raw, "attributes")
    kept = [attribute for attribute in attributes if attribute.get("_") != "DocumentAttributeFilename"]
    return raw if len(kept) == len(attributes) else {**raw, "attributes": kept}


_SPECIAL: Mapping[str, Callable[[Redactor, Raw], Raw]] = {
    "GeoPoint": _place,
    "MessageMediaVenue": _venue,
    "WebPage": _page,
    "Document": _document,
}


def names_in(raw: Any) -> Iterator[str]:
    """Names of people whom a raw dict tells of without an id: in forwards, signatures and contacts."""
    if isinstance(raw, list):
        for item in raw:
            yield from names_in(item)
    elif isinstance(raw, dict):
        if "first_name" in raw and not whole(raw, "user_id"):
            yield full_name(raw)
        for key, value in raw.items():
            if key in NAMES and isinstance(value, str):
                yield value
            elif isinstance(value, (dict, list)):
                yield from names_in(value)


def titles_in(raw: Raw) -> Iterator[str]:
    """Titles that the chat of a message had: what it was called when it was made, and renamed to since."""
    action = mapping(raw, "action")
    if plain(action.get("_")) in TITLED:
        yield plain(action.get("title"))
