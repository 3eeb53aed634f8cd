"""A message's bytes as an object, also where Telegram Desktop wrote no valid JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

import orjson

# Control signs as \x0B: https://github.com/telegramdesktop/tdesktop/issues/27571
_HEX = re.compile(rb"(?<!\\)((?:\\\\)*)\\x([0-9A-Fa-f]{2})")
# "document_id": (File not included. …) without quotes: https://github.com/telegramdesktop/tdesktop/issues/24961
_BARE = re.compile(rb'("document_id"\s*:\s*)(?!["\s\d{\[ntf-])([^\n]*?)(\s*[,}]?\s*\n|\Z)')
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
# What a web app's button is called is written as a first "text" of the message, whose own, empty one follows.
_TWICE = b'"send_webview_data"'

MORE_THAN_64_BITS = 2**64
DEEPEST = 200  # levels; orjson writes 254, and Telegram Desktop less than ten


def read_object(data: bytes) -> dict[str, Any] | None:
    """The object, None if it cannot be made out, or is nested deeper than can be written down again."""
    try:
        value = orjson.loads(data) if _TWICE not in data else _repaired(data)
    except orjson.JSONDecodeError:
        value = _repaired(data)
    if not isinstance(value, dict) or (data.count(b"[") + data.count(b"{") > DEEPEST and is_deep(value)):
        return None
    return value


def is_deep(value: Any) -> bool:
    """Whether objects and lists lie in each other more than `DEEPEST` times."""
    level = [value]
    for _ in range(DEEPEST):
        level = [inner for each in level if isinstance(each, dict | list) for inner in _inside(each)]
    return bool(level)


def _inside(value: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value


def _repaired(data: bytes) -> Any:
    data = _HEX.sub(rb"\1\\u00\2", data)
    data = _BARE.sub(lambda match: match[1] + orjson.dumps(match[2].decode("utf-8", "replace")) + match[3], data)
    data = _CONTROL.sub(lambda match: b"\\u%04x" % match[0][0], data)
    try:
        text = data.decode("utf-8", "replace")
        return _without_surrogates(json.loads(text, strict=False, object_pairs_hook=_joined, parse_int=_number))
    except (ValueError, RecursionError):
        return None


def _number(text: str) -> int | float:
    """A whole number as orjson reads it: what takes more than 64 bits is a float."""
    number = int(text) if len(text) <= 20 else MORE_THAN_64_BITS
    return number if -(2**63) <= number < MORE_THAN_64_BITS else float(text)


def _joined(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    said = dict(pairs)
    if said.get("action") == "send_webview_data":
        said["button_text"] = next((value for key, value in pairs if key == "text" and value), "")
    return said


def _without_surrogates(value: Any) -> Any:
    """Half of a character cannot be written down again."""
    match value:
        case str():
            return _SURROGATE.sub("\ufffd", value)
        case list():
            return [_without_surrogates(each) for each in value]
        case dict():
            return {_without_surrogates(key): _without_surrogates(each) for key, each in value.items()}
    return value
