"""Ids and dates of Telegram Desktop's exports as those of Telegram's API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

from tobs.model import ChatKind, Raw
from tobs.raw import CHANNEL_MARK
from tobs.rawfields import plain, whole

Fields = dict[str, Any]  # a raw dict that is being made

LATEST = 2**32 - 1  # dates are 32 bit in the API
MIGRATED = 1_000_000_000  # taken off the ids of messages from before a group became a supergroup
_PEER = re.compile(r"(user|chat|channel)([0-9]{1,18})")
_KINDS: Mapping[str, ChatKind] = {
    "saved_messages": "saved", "personal_chat": "private", "bot_chat": "bot", "private_group": "group",
    "private_supergroup": "supergroup", "public_supergroup": "supergroup", "private_channel": "channel",
    "public_channel": "channel",
}  # fmt: skip
# Chats that have no name of their own: https://core.telegram.org/api/discussion#replies
NAMES = {"saved_messages": "Saved Messages", "replies": "Replies", "verification_codes": "Verification Codes"}


def chat_kind(header: Raw) -> ChatKind:
    """What kind of chat the export says it is."""
    return _KINDS.get(plain(header.get("type")), "private")


def chat_id(header: Raw) -> int:
    """The marked id of the chat, 0 if the export does not say."""
    bare, kind = whole(header, "id"), chat_kind(header)
    if bare <= 0:
        return 0
    if kind in ("supergroup", "channel"):
        return CHANNEL_MARK - bare
    return -bare if kind == "group" else bare


def raw_peer(value: Any) -> Fields | None:
    """``user123``, ``chat1``, ``channel1`` or, until 2021, a user's number as a Peer; None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**62:
        return {"_": "PeerUser", "user_id": value}
    if not isinstance(value, str) or not (match := _PEER.fullmatch(value)):
        return None
    kind, number = match[1], int(match[2])
    return {"_": f"Peer{kind.capitalize()}", f"{kind}_id": number} if number else None


def peer_of_chat(marked: int) -> Fields:
    """The Peer of a marked id."""
    if marked <= CHANNEL_MARK:
        return {"_": "PeerChannel", "channel_id": CHANNEL_MARK - marked}
    return {"_": "PeerChat", "chat_id": -marked} if marked < 0 else {"_": "PeerUser", "user_id": marked}


def read_date(message: Raw, key: str, zone: tzinfo) -> int:
    """Unix time of a date: exports from before 2022 only have the time of the exporter's clock. 0 if there is none."""
    told = message.get(f"{key}_unixtime")
    if isinstance(told, str) and told.isascii() and told.isdigit() and len(told) < 12:
        return int(told) if int(told) <= LATEST else 0
    try:
        return max(int(datetime.fromisoformat(plain(message.get(key))).replace(tzinfo=zone).timestamp()), 0)
    except (ValueError, OverflowError):
        return 0


def zone_of(message: Raw) -> tzinfo:
    """The zone of the exporter when a message was sent: what lies between its two dates; UTC if one is missing."""
    local, unix = read_date({"date": message.get("date")}, "date", UTC), read_date(message, "date", UTC)
    apart = timedelta(seconds=local - unix if local else 0)
    return timezone(apart) if abs(apart) < timedelta(days=1) else UTC
