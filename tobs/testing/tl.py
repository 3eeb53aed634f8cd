"""Telethon's TL classes, as a server needs them: requests read, results written, methods named."""

from __future__ import annotations

import functools
import struct
import zlib
from typing import Any

from telethon.errors import TypeNotFoundError
from telethon.extensions import BinaryReader
from telethon.tl import TLObject
from telethon.tl.core import GzipPacked

_TRUE = struct.pack("<I", 0x997275B5)
_FALSE = struct.pack("<I", 0xBC799737)
_VECTOR = struct.pack("<I", 0x1CB5C415)
_RPC_ERROR = struct.pack("<I", 0x2144CA19)
_GZIP_PACKED = struct.pack("<I", 0x3072CFA1)


class Unreadable(Exception):
    """The bytes are not the TL object they should be."""


def read_object(body: bytes) -> Any:
    """The object that `body` starts with, unpacked from gzip if it was packed; raises Unreadable."""
    try:
        found = BinaryReader(body).tgread_object()
        while isinstance(found, GzipPacked):
            found = BinaryReader(found.data).tgread_object()
    # All that Telethon's reader raises for short, damaged or unknown data.
    except (TypeNotFoundError, BufferError, struct.error, ValueError, RuntimeError, OSError, EOFError, zlib.error) as e:
        raise Unreadable(str(e)) from e
    return found


def write_result(value: object) -> bytes:
    """The boxed bytes of a method's result: a TL object, a bool, an int or a list; bytes are taken as they are."""
    match value:
        case bytes():
            return value
        case bool():
            return _TRUE if value else _FALSE
        case int():
            return struct.pack("<i", value)
        case list() | tuple():
            return _VECTOR + struct.pack("<i", len(value)) + b"".join(map(write_result, value))
        case TLObject():
            return bytes(value)
    raise TypeError(f"a method cannot answer with {type(value).__name__}")


def is_error(result: bytes) -> bool:
    """Whether these boxed bytes are an rpc_error."""
    return result[:4] == _RPC_ERROR


def gzip_packed(body: bytes) -> bytes:
    """`body` as a gzip_packed object, or unchanged where that would not be smaller."""
    packer = zlib.compressobj(level=1, wbits=31)  # level 1: three times quicker, a tenth larger
    packed = _GZIP_PACKED + TLObject.serialize_bytes(packer.compress(body) + packer.flush())
    return packed if len(packed) < len(body) else body


@functools.cache
def method_name(request: type) -> str:
    """As Telegram's documentation writes it: ``messages.getHistory``."""
    name = request.__name__.removesuffix("Request")
    namespace = request.__module__.removeprefix("telethon.tl.functions").lstrip(".")
    name = name[:1].lower() + name[1:]
    return f"{namespace}.{name}" if namespace else name
