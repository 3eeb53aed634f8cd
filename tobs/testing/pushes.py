"""What the server says by itself: an event of the account, as the update that connected clients hear.

https://core.telegram.org/api/updates
"""

from __future__ import annotations

import time
from typing import Any

from telethon.tl import types

from tobs.testing import refs
from tobs.testing.account import Account, usernames
from tobs.testing.events import Event
from tobs.testing.server import TelegramServer


def tell(server: TelegramServer, account: Account, event: Event) -> None:
    """Have the clients of an account hear of an event that happened just now."""
    if (container := container_of(account, event)) is not None:
        server.push(account.me.id, container)


def container_of(account: Account, event: Event) -> Any | None:
    """What to send for an event that happened just now; None if there is nothing to tell."""
    if (short := _short(account, event)) is not None:
        return short
    update = update_of(account, event)
    if update is None:
        return None
    messages = [update.message] if hasattr(update, "message") else []
    chats, users = account.company(messages, event.key)
    account.events.seq += 1
    return types.Updates([update], users, chats, int(time.time()), account.events.seq)


def update_of(account: Account, event: Event) -> Any | None:
    """The update that tells an event, with messages as they are now; None for a message that is gone."""
    if event.what == "describe":
        return _described(account, event.key)
    number, place = event.ids[0], {"pts": event.pts, "pts_count": event.pts_count}
    is_channel, peer = account.is_channel(event.key), refs.key_peer(event.key)
    channel_id = getattr(peer, "channel_id", 0)
    match event.what:
        case "delete" if is_channel:
            return types.UpdateDeleteChannelMessages(channel_id, list(event.ids), **place)
        case "delete":
            return types.UpdateDeleteMessages(list(event.ids), **place)
        case "pin" | "unpin" as what:
            pinned = what == "pin" or None
            if is_channel:
                return types.UpdatePinnedChannelMessages(channel_id, list(event.ids), **place, pinned=pinned)
            return types.UpdatePinnedMessages(peer, list(event.ids), **place, pinned=pinned)
    message = account.history(event.key).get(number)
    if message is None:
        return None
    if event.what == "reactions":
        return types.UpdateMessageReactions(peer, number, message.reactions)
    (message,) = account.sent([message])
    if event.what == "new":
        return (types.UpdateNewChannelMessage if is_channel else types.UpdateNewMessage)(message, **place)
    return (types.UpdateEditChannelMessage if is_channel else types.UpdateEditMessage)(message, **place)


def _described(account: Account, key: int) -> Any:
    """Of people it is told what they are called, of chats only that something is new: clients ask for the rest."""
    if key > 0:
        user = account.users[key]
        names = [types.Username(name, active=True) for name in usernames(user)]
        return types.UpdateUserName(key, user.first_name or "", user.last_name or "", names)
    peer = refs.key_peer(key)
    return types.UpdateChannel(peer.channel_id) if account.is_channel(key) else types.UpdateChat(peer.chat_id)


def _short(account: Account, event: Event) -> Any | None:
    """Plain texts of people and basic groups come in a form without users and chats."""
    if event.what != "new" or account.is_channel(event.key):
        return None
    message = account.history(event.key).get(event.ids[0])
    if not isinstance(message, types.Message) or message.media or message.grouped_id or message.reply_markup:
        return None
    sender = message.from_id or message.peer_id
    if not isinstance(sender, types.PeerUser) or event.key == account.me.id:
        return None
    fields = {
        "id": message.id, "message": message.message, "pts": event.pts, "pts_count": event.pts_count,
        "date": message.date, "out": message.out, "entities": message.entities, "reply_to": message.reply_to,
        "fwd_from": message.fwd_from, "silent": message.silent,
    }  # fmt: skip
    if isinstance(message.peer_id, types.PeerUser):
        return types.UpdateShortMessage(user_id=message.peer_id.user_id, **fields)
    return types.UpdateShortChatMessage(from_id=sender.user_id, chat_id=message.peer_id.chat_id, **fields)
