"""Two sights of one message in export files: which one stays, whatever comes first (pure)."""

from __future__ import annotations

import orjson

from tobs.model import NOT_INCLUDED, Raw
from tobs.vault.raw import mapping, whole


def is_better(new: Raw, old: Raw) -> bool:
    """Whether `new` tells more: the later edit, then the one whose file is included; else it only must be one."""
    return _rank(new) > _rank(old)


def _rank(raw: Raw) -> tuple[int, bool, bytes]:
    media = mapping(raw, "media")
    file = mapping(media, "photo") or mapping(media, "document")
    return whole(raw, "edit_date"), whole(file, "dc_id") != NOT_INCLUDED, orjson.dumps(raw, option=orjson.OPT_SORT_KEYS)
