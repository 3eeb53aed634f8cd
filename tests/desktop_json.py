"""JSON as Telegram Desktop writes it: its indentation, its escapes, and what of that is no JSON."""

from __future__ import annotations

from typing import Any

_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def serialize(value: Any, depth: int = 0) -> str:
    """`value` at that depth. A key with ``\\0`` behind it is written without: some keys stand twice in an object."""
    inner, outer = "\n" + " " * (depth + 1), "\n" + " " * depth
    match value:
        case dict():
            pairs = [f"{string(key.rstrip(chr(0)))}: {serialize(each, depth + 1)}" for key, each in value.items()]
            return "{" + ",".join(inner + pair for pair in pairs) + outer + "}"
        case list():
            return "[" + ",".join(inner + serialize(each, depth + 1) for each in value) + outer + "]"
        case str():
            return string(value)
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case float():
            return f"{value:.6f}"
    return str(value)


def string(text: str) -> str:
    return '"' + "".join(_ESCAPES.get(sign) or (f"\\x{ord(sign):02X}" if sign < " " else sign) for sign in text) + '"'
