"""What a message mentions: the users and chats a result must bring along, and the files that hang on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from telethon.tl import TLObject, types

# Fields that hold a bare user id rather than a Peer.
_USER_FIELDS = frozenset({"user_id", "via_bot_id", "via_business_bot_id", "inviter_id", "admin_id"})
_CHANNEL_FIELDS = frozenset({"channel_id", "linked_chat_id"})


def user_key(user_id: int) -> int:
    return user_id


def chat_key(chat_id: int) -> int:
    return -chat_id


def channel_key(channel_id: int) -> int:
    """Marked ids tell users, basic groups and channels apart in one number: https://core.telegram.org/api/bots/ids."""
    return -(1_000_000_000_000 + channel_id)


def peer_key(peer: Any) -> int:
    """The marked id of a Peer."""
    if isinstance(peer, types.PeerUser):
        return user_key(peer.user_id)
    if isinstance(peer, types.PeerChat):
        return chat_key(peer.chat_id)
    return channel_key(peer.channel_id)


def key_peer(key: int) -> Any:
    """The Peer of a marked id."""
    if key > 0:
        return types.PeerUser(key)
    if key > -1_000_000_000_000:
        return types.PeerChat(-key)
    return types.PeerChannel(-key - 1_000_000_000_000)


def objects(root: Any) -> Iterator[Any]:
    """`root` and every TL object below it."""
    if isinstance(root, TLObject):
        yield root
        for value in vars(root).values():
            if isinstance(value, TLObject | list):
                yield from objects(value)
    elif isinstance(root, list):
        for item in root:
            yield from objects(item)


def mentioned(message: Any) -> frozenset[int]:
    """The marked ids of everyone and everything `message` names."""
    return frozenset(key for found in objects(message) for key in _keys(found))


def _keys(found: Any) -> Iterator[int]:
    if isinstance(found, types.PeerUser | types.PeerChat | types.PeerChannel):
        yield peer_key(found)
        return
    for name, value in vars(found).items():
        if isinstance(value, int) and value:
            if name in _USER_FIELDS:
                yield user_key(value)
            elif name in _CHANNEL_FIELDS:
                yield channel_key(value)
            elif name == "chat_id":
                yield chat_key(value)
        elif name == "users" and isinstance(value, list):
            yield from (user_key(user) for user in value if isinstance(user, int))


def files(root: Any) -> tuple[Any, ...]:
    """The Documents and Photos of a message, web pages and profiles included."""
    return tuple(found for found in objects(root) if isinstance(found, types.Document | types.Photo))
