"""TL objects ↔ raw dicts, losslessly.

A raw dict is what the archive keeps: JSON-able, with the constructor's name
under ``_``. ``None`` is left out, and so is False of a ``flags.N?true`` field,
where it means the same. Bytes are base64 text, times are Unix
seconds, and numbers that JSON cannot say are their eight bytes in hex.
"""

from __future__ import annotations

import base64
import inspect
import math
import re
import struct
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import attrs
from telethon.tl import types
from telethon.tl.alltlobjects import LAYER, tlobjects
from telethon.tl.tlobject import TLObject, TLRequest

from tobs.model import Raw

__all__ = ["LAYER", "decode", "encode"]


@attrs.frozen
class _Plan:
    """How one TL class is written and read. `flags` are the fields of which False says nothing."""

    name: str
    fields: tuple[str, ...]
    flags: frozenset[str]
    readers: Mapping[str, Callable[[Any], Any]]
    required: tuple[str, ...]


def encode(tl: TLObject) -> dict[str, Any]:
    """The raw dict of a TL object. ``bytes(decode(encode(tl))) == bytes(tl)`` for all that came over the wire."""
    plan = _plan(type(tl))
    flags = plan.flags
    values = tl.__dict__
    raw: dict[str, Any] = {"_": plan.name}
    for name in plan.fields:
        value = values[name]
        if value is None:
            continue
        if value is False and name in flags:
            continue
        kind = type(value)
        if kind is int or kind is str or kind is bool:
            raw[name] = value
        elif kind is datetime:
            raw[name] = _seconds(value)
        else:
            raw[name] = _encode_other(value)
    return raw


def decode(raw: Raw) -> Any:
    """The TL object that `raw` was made of. Raises KeyError for a constructor that this layer does not know."""
    cls = _classes()[raw["_"]]
    plan = _plan(cls)
    values: dict[str, Any] = dict.fromkeys(plan.required)
    for name in plan.fields:
        value = raw.get(name)
        if value is not None:
            values[name] = plan.readers[name](value)
    return cls(**values)


def _encode_other(value: Any) -> Any:
    if isinstance(value, TLObject):
        return encode(value)
    if isinstance(value, (list, tuple)):
        return [_encode_other(item) for item in value]
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, datetime):
        return _seconds(value)
    if isinstance(value, float) and not math.isfinite(value):
        return struct.pack("<d", value).hex()  # JSON has no word for infinities and the many kinds of nan
    return value


def _seconds(when: datetime) -> int:
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)  # as Telethon reads naive times
    return int(when.timestamp())


def _make_plan(cls: type[TLObject]) -> _Plan:
    wire = _wire(cls)
    init = vars(wire).get("__init__")  # a constructor without fields has none of its own
    parameters = list(inspect.signature(init).parameters.values())[1:] if init else []
    # Only the reader tells a flag from a Bool: both are `Optional[bool]` in the signature.
    flags = re.findall(r"^\s*_(\w+) = bool\(flags", inspect.getsource(vars(wire)["from_reader"].__func__), re.M)
    return _Plan(
        name=_name(wire),
        fields=tuple(parameter.name for parameter in parameters),
        flags=frozenset(flags),
        readers={parameter.name: _reader(str(parameter.annotation)) for parameter in parameters},
        required=tuple(p.name for p in parameters if p.default is p.empty),
    )


_plan: Callable[[Any], _Plan] = cache(_make_plan)


def _reader(annotation: str) -> Callable[[Any], Any]:
    # Telethon spells types as `bytes`, `Optional[bytes]`, `List[bytes]`, `List[List[...]]`.
    if "datetime" in annotation:
        return _each(lambda value: datetime.fromtimestamp(value, UTC))
    if "bytes" in annotation:
        return _each(base64.b64decode)
    if "float" in annotation:
        return _each(_number)
    return _each(lambda value: decode(value) if isinstance(value, Mapping) else value)


def _number(value: float | str) -> float:
    if isinstance(value, str):
        (exact,) = struct.unpack("<d", bytes.fromhex(value))
        return float(exact)
    return float(value)


def _each(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def reader(value: Any) -> Any:
        return [reader(item) for item in value] if isinstance(value, list) else read(value)

    return reader


def _wire(cls: type[TLObject]) -> type[TLObject]:
    # Telethon patches the three message classes with one shared __init__ that
    # takes the fields of all; the class that reads from the wire has the true ones.
    return next(base for base in cls.__mro__ if "from_reader" in vars(base))


def _name(cls: type[TLObject]) -> str:
    # `Photo` and `photos.Photo` are two things: a namespace is part of the name, as in TL itself.
    return f"{cls.__module__.removeprefix(types.__name__).lstrip('.')}.{cls.__name__}".lstrip(".")


@cache
def _classes() -> Mapping[str, type[TLObject]]:
    return {_name(_wire(cls)): cls for cls in tlobjects.values() if not issubclass(cls, TLRequest)}
