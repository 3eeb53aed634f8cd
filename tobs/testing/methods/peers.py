"""From the InputPeer of a request to a key of the account, with Telegram's checks and refusals.

https://core.telegram.org/api/peers#access-hash
"""

from __future__ import annotations

from typing import Any

from telethon.tl import types

from tobs.testing import refs
from tobs.testing.account import Account
from tobs.testing.rpc import RpcError


def peer_key(account: Account, peer: Any) -> int:
    """The key of an InputPeer (or InputUser, InputChannel) that the account may read."""
    if isinstance(peer, types.InputPeerSelf | types.InputUserSelf):
        return int(account.me.id)
    if isinstance(peer, types.InputPeerUser | types.InputUser):
        return _user(account, peer, "PEER_ID_INVALID")
    if isinstance(peer, types.InputPeerUserFromMessage | types.InputUserFromMessage):
        return _known_user(account, peer.user_id)
    if isinstance(peer, types.InputPeerChat):
        return chat_key(account, peer.chat_id)
    return channel_key(account, peer)


def user_key(account: Account, user: Any) -> int:
    """The key of an InputUser."""
    if isinstance(user, types.InputUserSelf | types.InputPeerSelf):
        return int(account.me.id)
    if isinstance(user, types.InputUserFromMessage | types.InputPeerUserFromMessage):
        return _known_user(account, user.user_id)
    if not isinstance(user, types.InputUser | types.InputPeerUser):
        raise RpcError(400, "USER_ID_INVALID")
    return _user(account, user, "USER_ID_INVALID")


def chat_key(account: Account, chat_id: int) -> int:
    """The key of a basic group."""
    key = refs.chat_key(chat_id)
    if key not in account.chats:
        raise RpcError(400, "CHAT_ID_INVALID")
    return key


def channel_key(account: Account, channel: Any) -> int:
    """The key of an InputChannel. An access hash that is not ours is as good as no such channel."""
    if isinstance(channel, types.InputChannelFromMessage | types.InputPeerChannelFromMessage):
        known = account.chats.get(refs.channel_key(channel.channel_id))
    elif isinstance(channel, types.InputChannel | types.InputPeerChannel):
        known = account.chats.get(refs.channel_key(channel.channel_id))
        if known is not None and known.access_hash != channel.access_hash:
            raise RpcError(400, "CHANNEL_INVALID")
    else:
        raise RpcError(400, "PEER_ID_INVALID")
    if known is None:
        raise RpcError(400, "CHANNEL_INVALID")
    key = refs.channel_key(known.id)
    if key in account.forbidden:
        raise RpcError(400, "CHANNEL_PRIVATE")
    return key


def _user(account: Account, user: Any, refusal: str) -> int:
    known = account.users.get(user.user_id)
    # Oneself may be named with any hash: clients do so before they know it.
    if known is None or (known is not account.me and known.access_hash != user.access_hash):
        raise RpcError(400, refusal)
    return int(known.id)


def _known_user(account: Account, user_id: int) -> int:
    if user_id not in account.users:
        raise RpcError(400, "USER_ID_INVALID")
    return user_id
