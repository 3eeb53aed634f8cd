"""Two sights of a message, person or chat, one of them in an export file: which stays, whatever comes first (pure)."""

from __future__ import annotations

import attrs
import orjson

from tobs.model import NOT_INCLUDED, Chat, Peer, Raw
from tobs.rawfields import mapping, plain, whole

DESKTOP_CHAT = "DesktopChat"  # the constructor of what an export file says of a chat
_ALONE = 2**31  # greater than any `grouped_id` that was inferred, which are ids of messages


def is_better(new: Raw, old: Raw) -> bool:
    """Whether `new` tells more of a message than `old`, which is from an export file too.

    The later edit does, then what could be read, then the one whose file is
    included, the one that has more of its album, and the longer one.
    """
    return rank(new) > rank(old)


def rank(raw: Raw) -> tuple[int, bool, bool, int, int, bytes]:
    """How much one export file tells of a message."""
    media = mapping(raw, "media") or mapping(raw, "action")
    file = mapping(media, "photo") or mapping(media, "document")
    data = orjson.dumps(raw, option=orjson.OPT_SORT_KEYS)
    return (
        whole(raw, "edit_date"),
        plain(media.get("_")) != "MessageMediaUnsupported",
        whole(file, "dc_id") != NOT_INCLUDED,
        -(whole(raw, "grouped_id") or _ALONE),
        len(data),
        data,
    )


def is_better_peer(new: Peer, old_raw: Raw, old_name: str) -> bool:
    """Whether `new` tells more of somebody than what is known.

    Telegram's own full description always does. A min constructor
    (https://core.telegram.org/api/min) knows less than that and more than an
    export file; of two files the newer one that has a name at all.
    """
    return not new.raw.get("min") or _peer_rank(new.raw, new.name) > _peer_rank(old_raw, old_name)


def is_named(peer: Peer) -> bool:
    """Whether an export file knows a name."""
    return bool(peer.raw.get("first_name") or peer.raw.get("title"))


def _peer_rank(raw: Raw, name: str) -> tuple[int, bool, int, str]:
    if not raw:
        return -1, False, 0, ""
    if "desktop" in raw:
        return 0, bool(raw.get("first_name") or raw.get("title")), whole(raw, "desktop"), name
    return (1 if raw.get("min") else 2), True, 0, ""


def joined_chat(one: Chat, other: Chat) -> Chat:
    """What is known of a chat from both: what Telegram itself said, else what the newer file says."""
    for chat in (one, other):
        if chat.raw.get("_") != DESKTOP_CHAT:
            return chat
    before, after = sorted((one, other), key=_chat_rank)
    titles = {topic.id: topic for topic in (*before.topics, *after.topics)}
    return attrs.evolve(
        after,
        kind="forum" if "forum" in (one.kind, other.kind) else after.kind,
        topics=tuple(titles[number] for number in sorted(titles)),
        migrated_from=after.migrated_from or before.migrated_from,
    )


def _chat_rank(chat: Chat) -> tuple[bool, int, bytes]:
    said = chat.raw
    return bool(said.get("name")), whole(said, "as_of"), orjson.dumps(said, option=orjson.OPT_SORT_KEYS)
