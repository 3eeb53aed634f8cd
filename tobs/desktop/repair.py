"""A message's bytes as an object, also where Telegram Desktop wrote no valid JSON."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

# Control signs as \x0B: https://github.com/telegramdesktop/tdesktop/issues/27571
_HEX = re.compile(rb"(?<!\\)((?:\\\\)*)\\x([0-9A-Fa-f]{2})")
# "document_id": (File not included. …) without quotes: https://github.com/telegramdesktop/tdesktop/issues/24961
_BARE = re.compile(rb'("document_id"\s*:\s*)(?!["\s\d{\[ntf-])([^\n]*?)(\s*[,}]?\s*\n|\Z)')
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def read_object(data: bytes) -> dict[str, Any] | None:
    """The object, None if it cannot be made out."""
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        value = _repaired(data)
    return value if isinstance(value, dict) else None


def _repaired(data: bytes) -> Any:
    data = _HEX.sub(rb"\1\\u00\2", data)
    data = _BARE.sub(lambda match: match[1] + orjson.dumps(match[2].decode("utf-8", "replace")) + match[3], data)
    data = _CONTROL.sub(lambda match: b"\\u%04x" % match[0][0], data)
    try:
        return _without_surrogates(json.loads(data.decode("utf-8", "replace"), strict=False))
    except (ValueError, RecursionError):
        return None


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
