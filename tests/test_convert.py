"""TL → dict → JSON → dict → TL: nothing may be lost on the way."""

import inspect
import json
import re
from datetime import UTC, datetime
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telethon.extensions import BinaryReader
from telethon.tl import types
from telethon.tl.alltlobjects import tlobjects
from telethon.tl.tlobject import TLRequest

from tobs.telegram.convert import decode, encode

CLASSES = [cls for cls in tlobjects.values() if not issubclass(cls, TLRequest) and "tl.core" not in cls.__module__]


def wire(tl):
    """What Telethon reads when the server sends `tl`."""
    return BinaryReader(bytes(tl)).tgread_object()


def there_and_back(tl):
    return decode(json.loads(json.dumps(encode(tl))))


@cache
def fields_of(cls):
    """(name, annotation, is it a flag, must it be there) of each field, read from Telethon's source."""
    base = next(base for base in cls.__mro__ if "from_reader" in vars(base))
    source = inspect.getsource(base.from_reader.__func__)
    init = vars(base).get("__init__")
    return [
        (field.name, str(field.annotation), f"_{field.name} = bool(flags" in source, field.default is field.empty)
        for field in (list(inspect.signature(init).parameters.values())[1:] if init else [])
    ]


def filled(cls, depth, number, *, optional):
    """An instance with every field set to something, or only those that must be."""
    wanted = [field for field in fields_of(cls) if optional or field[3]]
    return cls(**{name: value_for(annotation, flag, depth, number) for name, annotation, flag, _ in wanted})


def value_for(annotation, flag, depth, number):
    value = single_value(annotation, flag, depth, number)
    for _ in range(annotation.count("List[")):
        value = [value, value]
    return value


def single_value(annotation, flag, depth, number):
    if "Type" in annotation:
        return instance_of("".join(re.search(r"(\w+\.)?Type(\w+)", annotation).groups("")), depth, number)
    if "datetime" in annotation:
        return datetime.fromtimestamp(1_700_000_000 + number, UTC)
    if "bytes" in annotation:
        return bytes([number % 256]) * (number % 5)
    if "str" in annotation:
        return "ß🙂 " * (number % 3)
    if "float" in annotation:
        return number / 8
    if "bool" in annotation:
        return flag or number % 2 == 0
    return number


def type_names():
    """TL's type names → the classes of that type, as Telethon's own aliases tell."""
    names = {}
    modules = {"": types} | {f"{name}.": module for name, module in vars(types).items() if inspect.ismodule(module)}
    for space, module in modules.items():
        for name, alias in vars(module).items():
            if name.startswith("Type") and (members := getattr(alias, "__args__", None) or (alias,)):
                names[space + name[4:]] = [member for member in members if inspect.isclass(member)]
    return names


TYPES = type_names()


def instance_of(name, depth, number):
    members = TYPES.get(name) or pytest.skip(f"no class for {name}")
    members = [tlobjects[member.CONSTRUCTOR_ID] for member in members if hasattr(member, "CONSTRUCTOR_ID")]
    if depth <= 0:
        # The member that needs least keeps recursive types finite.
        simple = min(members, key=lambda member: sum(must for *_, must in fields_of(member)))
        return filled(simple, depth - 1, number, optional=False) if depth > -6 else pytest.skip("endless type")
    return filled(members[number % len(members)], depth - 1, number, optional=depth > 1)


def usable(cls):
    return "types" in cls.__module__ or "patched" in cls.__module__


@pytest.mark.parametrize("number", [2, 5])
@pytest.mark.parametrize("optional", [False, True])
def test_every_constructor_comes_back(number, optional):
    tried = 0
    for cls in filter(usable, CLASSES):
        try:
            tl = wire(filled(cls, 2, number, optional=optional))
        except (pytest.skip.Exception, Exception):
            continue
        assert bytes(there_and_back(tl)) == bytes(tl), cls
        tried += 1
    assert tried > 1300


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
INT = st.integers(0, 2**31 - 1)
MESSAGES = st.builds(
    types.Message,
    id=INT,
    peer_id=st.builds(types.PeerChannel, INT),
    date=st.builds(lambda seconds: datetime.fromtimestamp(seconds, UTC), INT),
    message=TEXT,
    out=st.booleans(),
    silent=st.none() | st.booleans(),
    from_id=st.none() | st.builds(types.PeerUser, st.integers(1, 2**52)),
    entities=st.none() | st.lists(st.builds(types.MessageEntityTextUrl, INT, INT, TEXT), max_size=3),
    reply_markup=st.none()
    | st.builds(
        types.ReplyInlineMarkup,
        st.lists(
            st.builds(
                types.KeyboardInlineButtonRow,
                st.lists(
                    st.builds(
                        types.KeyboardInlineButton,
                        TEXT,
                        st.builds(types.InlineButtonTypeCallback, st.binary(max_size=300)),
                    ),
                    max_size=2,
                ),
            ),
            max_size=2,
        ),
    ),
    media=st.none()
    | st.builds(types.MessageMediaGeo, st.builds(types.GeoPoint, st.floats(), st.floats(), st.integers(0, 2**62))),
    ttl_period=st.none() | INT,
    edit_date=st.none() | st.builds(lambda seconds: datetime.fromtimestamp(seconds, UTC), INT),
    grouped_id=st.none() | st.integers(-(2**63), 2**63 - 1),
)


@settings(max_examples=200, deadline=None)
@given(MESSAGES)
def test_messages_come_back(message):
    tl = wire(message)
    assert bytes(there_and_back(tl)) == bytes(tl)


def test_what_says_nothing_is_left_out():
    message = wire(types.Message(5, types.PeerUser(3), datetime.fromtimestamp(9, UTC), "x", out=False))
    assert encode(message) == {
        "_": "Message",
        "id": 5,
        "peer_id": {"_": "PeerUser", "user_id": 3},
        "date": 9,
        "message": "x",
    }


def test_a_false_that_says_something_stays():
    # todo: `Bool` fields are there or not, and true or false.
    settings_ = types.InputPeerNotifySettings(show_previews=True)
    assert encode(settings_) == {"_": "InputPeerNotifySettings", "show_previews": True}
    assert encode(types.auth.SentCodeTypeApp(5)) == {"_": "auth.SentCodeTypeApp", "length": 5}


def test_names_tell_namespaces_apart():
    assert encode(types.photos.Photo(types.PhotoEmpty(1), []))["_"] == "photos.Photo"
    assert type(decode({"_": "PhotoEmpty", "id": 1})) is types.PhotoEmpty
