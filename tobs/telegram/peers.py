"""Users and chats of Telegram as peers, chats, and the addresses by which they are asked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from telethon.tl import types

from tobs.model import Chat, ChatKind, Peer
from tobs.raw import CHANNEL_MARK
from tobs.telegram.convert import encode

REMEMBERED = 5000  # peers, so that a page does not encode again what the page before showed


def marked_id(entity: Any) -> int:
    """The marked id of a user or chat, or of a Peer that names one."""
    if isinstance(entity, types.PeerUser):
        return int(entity.user_id)
    if isinstance(entity, types.PeerChat):
        return -int(entity.chat_id)
    if isinstance(entity, types.PeerChannel):
        return CHANNEL_MARK - int(entity.channel_id)
    if isinstance(entity, (types.User, types.UserEmpty)):
        return int(entity.id)
    if isinstance(entity, (types.Channel, types.ChannelForbidden)):
        return CHANNEL_MARK - int(entity.id)
    return -int(entity.id)


def input_peer(entity: Any) -> Any | None:
    """How to ask for `entity`, None if this sight of it does not allow asking (``min`` and empty constructors)."""
    if isinstance(entity, types.User):
        return None if entity.min else types.InputPeerUser(entity.id, entity.access_hash or 0)
    if isinstance(entity, types.Channel):
        return None if entity.min else types.InputPeerChannel(entity.id, entity.access_hash or 0)
    if isinstance(entity, (types.Chat, types.ChatForbidden)):
        return types.InputPeerChat(entity.id)
    return None


def kind_of(entity: Any, account_id: int = 0) -> ChatKind:
    """What kind of chat one has there. `account_id` makes the chat with oneself ``saved``."""
    if isinstance(entity, (types.User, types.UserEmpty)):
        if entity.id == account_id:
            return "saved"
        return "bot" if getattr(entity, "bot", False) else "private"
    if isinstance(entity, types.Channel):
        if entity.broadcast:
            return "channel"
        return "forum" if entity.forum else "supergroup"
    if isinstance(entity, types.ChannelForbidden):
        return "channel" if entity.broadcast else "supergroup"
    return "group"


def name_of(entity: Any) -> str:
    """Never empty."""
    if isinstance(entity, (types.User, types.UserEmpty)):
        name = " ".join(filter(None, (getattr(entity, "first_name", ""), getattr(entity, "last_name", ""))))
        if name.strip():
            return name
        return "Deleted Account" if getattr(entity, "deleted", False) else f"User {entity.id}"
    return getattr(entity, "title", None) or f"Chat {entity.id}"


def username_of(entity: Any) -> str:
    """The name under t.me, "" if there is none. Those who own several have them all in `usernames`."""
    name = getattr(entity, "username", None)
    active = (known.username for known in getattr(entity, "usernames", None) or () if known.active)
    return name or next(active, "")


def peer_of(entity: Any) -> Peer:
    return Peer(
        id=marked_id(entity),
        kind=kind_of(entity),
        name=name_of(entity),
        username=username_of(entity),
        phone=getattr(entity, "phone", None) or "",
        raw=encode(entity),
    )


SAVED = "Saved Messages"


def chat_of(entity: Any, account_id: int, **known: Any) -> Chat:
    kind = kind_of(entity, account_id)
    return Chat(
        id=marked_id(entity),
        kind=kind,
        title=SAVED if kind == "saved" else name_of(entity),
        username=username_of(entity),
        raw=encode(entity),
        **known,
    )


class PeerBook:
    """The peers of a history's pages, each encoded once. Full sights of a peer win over ``min`` ones."""

    def __init__(self) -> None:
        self._known: dict[int, Peer] = {}

    def peers_of(self, entities: Iterable[Any]) -> tuple[Peer, ...]:
        if len(self._known) > REMEMBERED:
            self._known.clear()
        return tuple({(peer := self._peer(entity)).id: peer for entity in entities}.values())

    def _peer(self, entity: Any) -> Peer:
        known = self._known.get(marked_id(entity))
        if known is None or ("min" in known.raw and not getattr(entity, "min", False)):
            known = self._known[marked_id(entity)] = peer_of(entity)
        return known
