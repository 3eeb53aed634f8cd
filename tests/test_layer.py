"""Every constructor and field of the installed TL layer below a message is in its note, or has a reason not to be."""

from __future__ import annotations

import re
from typing import Any

import pytest
from telethon.tl import TLObject

from tests.archive_only import ARCHIVE_ONLY, BY_KIND, SILENT
from tests.layer import NEEDS, OPAQUE, Field, Maker, Place, constructors, fields, places
from tests.markdown import check_inert, read
from tobs.model import Chat
from tobs.raw import decode_message
from tobs.telegram.convert import LAYER, encode
from tobs.vault.context import MediaFile, MemoryContext, Target
from tobs.vault.message import render_message

CHAT = Chat(-1000000000500, "supergroup", "Cats")
PLACES = places({*ARCHIVE_ONLY, *BY_KIND})
HOSTILE = "*x*\n[[y]] %%z%% #t k:: v `= 1` <% a %> | ^b\n- [ ] c\n\u202e> d"
LISTS = ("bullet_list_open", "list_item_open", "list_item_close", "bullet_list_close")
WHAT = "show it in tobs/vault/ (cards/, actions.py, marks.py, notices.py …), or say in tests/archive_only.py why not"
TOKEN = re.compile(r"Wq\d+")


class Everybody(dict[int, Target]):
    """Somebody whose id one knows has a note."""

    def get(self, peer_id: int, default: object = None) -> Target:  # type: ignore[override]
        return Target(f"Person {peer_id}")


class EveryFile(dict[tuple[int, int], MediaFile]):
    """Every file is there."""

    def get(self, where: tuple[int, int], default: object = None) -> MediaFile:  # type: ignore[override]
        return MediaFile("file.mp4", "done")


WORLD = MemoryContext(peers=Everybody(), files=EveryFile())


def note(message: Any, context: MemoryContext = WORLD) -> str:
    return render_message(decode_message(encode(message), CHAT, 7), context)


def is_shown(place: Place, field: Field) -> bool:
    """Whether a note tells, in this place, what the field holds."""
    for whole in (True, False):
        with_it = note(Maker().message(place, whole=whole, only=field.name))
        if with_it != note(changed(place, field, whole)) and tokens(place, field) <= set(TOKEN.findall(with_it)):
            return True
    return False


def changed(place: Place, field: Field, whole: bool) -> Any:
    """The same message without an optional field, or with another value of one that must be there."""
    if not field.optional:
        return Maker().message(place, whole=whole, instead=field)
    beside = NEEDS.get(f"{place.name}.{field.name}", ())
    return Maker().message(place, whole=whole, without=field.name, only=field.name if beside else "")


def tokens(place: Place, field: Field) -> set[str]:
    """The words of a text in a field."""
    return (
        set(TOKEN.findall(str(Maker().value(place.constructor, field, whole=False)))) if field.type == "str" else set()
    )


@pytest.mark.parametrize("constructor", PLACES, ids=lambda cls: cls.__name__)
def test_every_field_shows_or_has_a_reason(constructor: type[TLObject]) -> None:
    missing = []
    for field in fields(constructor):
        name = f"{constructor.__name__}.{field.name}"
        shown = any(is_shown(place, field) for place in PLACES[constructor])
        assert not (shown and name in ARCHIVE_ONLY), f"{name} is shown: take it out of tests/archive_only.py"
        if not shown and not {name, constructor.__name__} & reasons() and field.type not in OPAQUE:
            missing.append(name)
    assert not missing, f"layer {LAYER} has fields that no note shows: {', '.join(missing)}; {WHAT}"


def reasons() -> set[str]:
    return {*ARCHIVE_ONLY, *SILENT}


@pytest.mark.parametrize("constructor", PLACES, ids=lambda cls: cls.__name__)
def test_every_constructor_shows_or_has_a_reason(constructor: type[TLObject]) -> None:
    """One is told from every other in the same field, and from nothing in it."""
    if any(not place.steps for place in PLACES[constructor]):
        return  # a message itself
    name = constructor.__name__
    if name in SILENT:
        assert not any(is_told(place) for place in PLACES[constructor]), f"{name} is shown: take it out of SILENT"
    else:
        told = any(is_told(place) and is_told_apart(place) for place in PLACES[constructor])
        assert told, f"layer {LAYER} has a constructor that no note shows: {name}; {WHAT}"


def notes_of(place: Place) -> set[str]:
    return {note(Maker().message(place, whole=whole)) for whole in (True, False)}


def is_told(place: Place) -> bool:
    """Whether a note is another one without the constructor, or without what cannot be without it."""
    for count, (cls, name) in reversed(list(enumerate(place.steps))):
        field = next(field for field in fields(cls) if field.name == name)
        if field.optional or field.many:
            given = {name: []} if field.many else {}
            return notes_of(place) != {note(Maker().message(Place(place.steps[:count], cls), whole=False, given=given))}
    return True  # a message cannot be without it


def is_told_apart(place: Place) -> bool:
    """Whether a note is another one with a sibling in the constructor's place."""
    cls, name = place.steps[-1]
    field = next(field for field in fields(cls) if field.name == name)
    siblings = [sibling for sibling in constructors(field.type) if sibling is not place.constructor]
    return not siblings or any(not notes_of(Place(place.steps, one)) <= notes_of(place) for one in siblings)


@pytest.mark.parametrize("constructor", PLACES, ids=lambda cls: cls.__name__)
@pytest.mark.parametrize("whole", [True, False], ids=["whole", "least"])
def test_nothing_that_a_constructor_says_acts(constructor: type[TLObject], whole: bool) -> None:
    for place in PLACES[constructor]:
        block = note(Maker(HOSTILE).message(place, whole=whole), MemoryContext())
        body, blank, anchor = block.rpartition("\n\n^m")
        assert (blank, anchor.isdigit()) == ("\n\n^m", True)
        check_inert(body, tags=True)
        assert all("Blockquote" in char.marks for char in read(body, *LISTS) if char.char.strip())


def test_reasons_are_for_what_the_layer_has() -> None:
    named = {f"{constructor.__name__}.{field.name}" for constructor in PLACES for field in fields(constructor)}
    stale = sorted({*ARCHIVE_ONLY, *BY_KIND} - named) + sorted(SILENT.keys() - {cls.__name__ for cls in PLACES})
    assert not stale, f"tests/archive_only.py names what layer {LAYER} has not: {', '.join(stale)}"
