"""The constructors of the installed TL layer below a message, and messages that hold them.

Telethon's classes say which fields each constructor has; from that every
constructor is built as the server could send it, once with all its fields
and once with those only that it must have.
"""

from __future__ import annotations

import inspect
import zlib
from collections import deque
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import attrs
from telethon.tl import TLObject, types
from telethon.tl.alltlobjects import tlobjects
from telethon.tl.tlobject import TLRequest

# Types that are walked elsewhere, or hold nothing that a reader could want. Fields of these types are left out.
OPAQUE: Mapping[str, str] = {
    "ChatAdminRights": "a condition on what a button offers to choose",
    "Document": "a file",
    "GroupCall": "the key to a call that is over",
    "InputGroupCall": "the key to a call that is over",
    "InputStickerSet": "the key to a set of stickers",
    "KeyboardButtonStyle": "colours",
    "MediaArea": "what could be tapped on the picture of a story",
    "Page": "an article; the blocks of its text have their own walk",
    "PageBlock": "the blocks of an article have their own walk",
    "PaymentCharge": "numbers of the payment provider",
    "PaymentRequestedInfo": "only the account of a bot gets it",
    "Photo": "a file",
    "PhotoSize": "a file",
    "PrivacyRule": "who may see a story",
    "RequestPeerType": "a condition on what a button offers to choose",
    "RichMessage": "a tree of blocks, which have their own walk",
    "SecureCredentialsEncrypted": "only the account of a bot gets it",
    "SecureData": "only the account of a bot gets it",
    "SecureFile": "only the account of a bot gets it",
    "SecurePlainData": "only the account of a bot gets it",
    "StarGiftBackground": "colours",
    "StarGiftAttributeRarity": "how rare a look is in the shop",
    "StoryViews": "counts of a story that is gone",
    "ThemeSettings": "colours",
    "WallPaper": "a picture behind the chat",
    "WebDocument": "a file",
    "WebPageAttribute": "what else a client may draw on a preview",
}
FIRST = datetime(2024, 5, 3, 12, tzinfo=UTC)
# Fields that only show beside another one of the same constructor.
NEEDS: Mapping[str, tuple[str, ...]] = {
    "MessageActionSuggestedPostApproval.reject_comment": ("rejected",),
    "MessageMediaDocument.round": ("ttl_seconds",),
    "MessageMediaDocument.video": ("ttl_seconds",),
    "MessageMediaDocument.voice": ("ttl_seconds",),
    "MessageReplyHeader.poll_option": ("reply_to_msg_id",),
    "MessageReplyHeader.quote_entities": ("quote_text",),
    "MessageReplyHeader.todo_item_id": ("reply_to_msg_id",),
    "PollResults.solution_entities": ("solution",),
    "StoryItem.entities": ("caption",),
}
NUMBERED = ("TodoItem", "TodoCompletion")
TEXTS = {"message": "#Wx {}", "url": "https://example.org/{}", "vcard": "BEGIN:VCARD\nVERSION:3.0\nNOTE:{}\nEND:VCARD"}


def photo() -> Any:
    sizes = [types.PhotoSize("w", 800, 600, 5000)]
    return types.Photo(id=5, access_hash=1, file_reference=b"", date=FIRST, sizes=sizes, dc_id=2)


def document() -> Any:
    return types.Document(
        id=6, access_hash=1, file_reference=b"", date=FIRST, mime_type="video/mp4", size=5000, dc_id=2,
        attributes=[types.DocumentAttributeVideo(duration=5.0, w=800, h=600)],
    )  # fmt: skip


FILES: Mapping[str, Callable[[], Any]] = {"Photo": photo, "Document": document}


@attrs.frozen
class Field:
    """A field of a constructor: the TL type of its values, whether it is a vector, and may be left out."""

    name: str
    type: str
    many: bool
    optional: bool


@attrs.frozen
class Place:
    """Where a constructor can stand: the constructors from the message down to it, and the fields that lead there."""

    steps: tuple[tuple[type[TLObject], str], ...]
    constructor: type[TLObject]

    @property
    def name(self) -> str:
        return self.constructor.__name__


def wire(cls: type[TLObject]) -> type[TLObject]:
    """The class that reads from the wire; Telethon's own messages are made of two."""
    return next(base for base in cls.__mro__ if "from_reader" in vars(base))


@cache
def fields(cls: type[TLObject]) -> tuple[Field, ...]:
    init = vars(wire(cls)).get("__init__")
    parameters = list(inspect.signature(init).parameters.values())[1:] if init else []
    return tuple(_field(parameter) for parameter in parameters)


def _field(parameter: inspect.Parameter) -> Field:
    said = str(parameter.annotation)
    kinds = ("datetime", "bytes", "float", "bool", "int", "str")
    if "'Type" in said:
        kind = said.partition("'Type")[2].partition("'")[0]
    elif said.startswith("Type"):
        kind = said.removeprefix("Type")
    else:
        kind = next(kind for kind in kinds if kind in said.removeprefix("typing."))
    return Field(parameter.name, kind, "List[" in said, parameter.default is None)


@cache
def constructors(base: str) -> tuple[type[TLObject], ...]:
    """What a value of a TL type may be, without what only clients send."""
    known = [cls for cls in tlobjects.values() if not issubclass(cls, TLRequest)]
    for name in (base, f"messages.{base}"):  # Telethon's annotations leave out namespaces
        found = [cls for cls in known if zlib.crc32(name.encode()) == cls.SUBCLASS_OF_ID]
        received = [cls for cls in found if not cls.__name__.startswith("Input")]
        if found:
            return tuple(received or found)
    raise LookupError(f"no constructor of {base} in this layer")


def places(closed: Collection[str]) -> Mapping[type[TLObject], list[Place]]:
    """Where each constructor below a message can stand, not looking into the fields that are `closed`."""
    waiting = deque([Place((), types.Message), Place((), types.MessageService), Place((), types.MessageEmpty)])
    found: dict[type[TLObject], list[Place]] = {}
    while waiting:
        place = waiting.popleft()
        found.setdefault(place.constructor, []).append(place)
        for field in fields(place.constructor):
            if f"{place.name}.{field.name}" not in closed:
                above = (*place.steps, (place.constructor, field.name))
                waiting.extend(
                    Place(above, below) for below in below_of(field) if all(below is not cls for cls, _ in above)
                )
    return found


def below_of(field: Field) -> tuple[type[TLObject], ...]:
    if field.type[0].islower() or field.type == "Peer" or field.type in OPAQUE:
        return ()
    return constructors(field.type)


@attrs.frozen
class Maker:
    """Makes values by the names of their fields, so that they differ from each other and are always the same.

    Strings are `text` if one is given; another `salt` makes other values.
    """

    text: str = ""
    salt: str = ""

    def message(
        self,
        place: Place,
        *,
        whole: bool,
        without: str = "",
        only: str = "",
        instead: Field | None = None,
        given: Mapping[str, Any] | None = None,
    ) -> Any:
        """A message with the constructor in its place.

        `whole`, or with what it must have and the field `only`; with another
        value in the field `instead`.
        """
        made = self.make(place.constructor, whole=whole, without=without, only=only, given=given)
        if instead:
            setattr(made, instead.name, self.other(place.constructor, instead))
        for cls, name in reversed(place.steps):
            field = next(field for field in fields(cls) if field.name == name)
            made = self.make(cls, given={name: [made] if field.many else made})
        return made

    def make(
        self,
        cls: type[TLObject],
        *,
        whole: bool = False,
        without: str = "",
        only: str = "",
        given: Mapping[str, Any] | None = None,
    ) -> Any:
        """An object of a constructor with the values `given`, and made ones."""
        values = dict(given or {})
        for field in fields(cls):
            wanted = whole or not field.optional or field.name in (only, *NEEDS.get(f"{cls.__name__}.{only}", ()))
            if field.name not in values and wanted and field.name != without:
                values[field.name] = self.value(cls, field, whole)
        return wire(cls)(**values)

    def value(self, cls: type[TLObject], field: Field, whole: bool) -> Any:
        """What stands in a field."""
        one = self._one(cls, field, whole)
        return [one] if field.many else one

    def _one(self, cls: type[TLObject], field: Field, whole: bool) -> Any:
        spread = zlib.crc32(f"{cls.__name__}.{field.name}{self.salt}".encode()) % 9000
        number = 1000 + spread * (7 if self.salt else 1)  # far apart: long times are rounded
        if field.name == "option" and field.type == "bytes":
            return b"1"  # by which answers and votes name each other
        if cls.__name__.startswith("MessageEntity") and field.name in ("offset", "length"):
            start, end = (0, 3) if cls is types.MessageEntityHashtag else (1, 3)
            return start if field.name == "offset" else end - start
        if cls.__name__ in NUMBERED and field.name == "id":
            return 1
        if field.type == "str":
            return self.text or TEXTS.get(field.name, "{}").format(f"Wq{number}")
        plain = {
            "bytes": b"wq%d" % number, "float": number / 100, "bool": True, "int": number,
            "datetime": FIRST + timedelta(days=number, minutes=number),
        }  # fmt: skip
        if field.type in plain:
            return plain[field.type]
        if field.type == "Peer":
            return types.PeerUser(number)
        return FILES[field.type]() if field.type in FILES else self._object(field.type, whole)

    def _object(self, kind: str, whole: bool) -> Any:
        if kind == "MessageEntity":
            return types.MessageEntityBold(1, 2)
        by_size = sorted(constructors(kind), key=lambda cls: len(fields(cls)), reverse=True)
        if kind in OPAQUE:
            return self.make(by_size[-1])
        return self.make(by_size[1] if self.salt and len(by_size) > 1 else by_size[0], whole=whole)

    def other(self, cls: type[TLObject], field: Field) -> Any:
        """Another value of a field that must be there."""
        if field.many:
            return []
        if field.type == "bool":
            return False
        if field.name == "option" and field.type == "bytes":
            return b"2"
        if cls.__name__.startswith("MessageEntity") and field.name in ("offset", "length"):
            return 3 if field.name == "offset" else 1
        if cls.__name__ in NUMBERED and field.name == "id":
            return 2
        return attrs.evolve(self, salt="other").value(cls, field, whole=False)
