"""Threads: the comments under a post, the messages of a forum topic, the replies to a message.

https://core.telegram.org/api/threads
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
from telethon.tl import types

from tobs.testing import history, refs
from tobs.testing.account import Account
from tobs.testing.rpc import RpcError

GENERAL = 1  # "The General topic has id 1": https://core.telegram.org/api/forum


@attrs.frozen
class Thread:
    """The messages below `root`, which live in the chat `key` (for comments: the discussion group)."""

    key: int
    root: int
    messages: history.ListHistory


def thread(account: Account, key: int, message_id: int) -> Thread:
    """The thread of a message; the root itself is not among its messages."""
    chat = account.chats.get(key)
    if getattr(chat, "broadcast", False):
        key, message_id = discussion_root(account, key, message_id)
        chat = account.chats[key]
    forum = bool(getattr(chat, "forum", False))
    if account.history(key).get(message_id) is None and not (forum and message_id == GENERAL):
        raise RpcError(400, "MSG_ID_INVALID")
    return Thread(key, message_id, history.of(filter(belongs(message_id, forum=forum), everything(account, key))))


def discussion_root(account: Account, key: int, post_id: int) -> tuple[int, int]:
    """Where a post's comments are: (discussion group, id of the post's copy in it).

    The copy is the message that was forwarded there automatically: its fwd_from
    names the post in saved_from_peer and saved_from_msg_id.
    """
    linked = account.details[key].linked_chat_id
    if linked is not None:
        group = refs.channel_key(linked)
        for message in everything(account, group):
            forward = getattr(message, "fwd_from", None)
            if forward is not None and forward.saved_from_msg_id == post_id and _comes_from(forward, key):
                return group, message.id
    raise RpcError(400, "MSG_ID_INVALID")


def _comes_from(forward: Any, key: int) -> bool:
    return forward.saved_from_peer is not None and refs.peer_key(forward.saved_from_peer) == key


def everything(account: Account, key: int) -> Any:
    messages = account.history(key)
    return messages.slice(0, len(messages))


def belongs(root: int, *, forum: bool = False) -> Callable[[Any], bool]:
    """Whether a message is in the thread of `root`."""
    if forum and root == GENERAL:
        return lambda message: top_of(message, forum=True) == GENERAL
    return lambda message: top_of(message, forum=forum) == root


def top_of(message: Any, *, forum: bool) -> int | None:
    """The thread a message is in.

    reply_to_top_id is left out where it would equal reply_to_msg_id; in a forum,
    a message without a topic header is in General.
    """
    if isinstance(getattr(message, "action", None), types.MessageActionTopicCreate):
        return None
    header = getattr(message, "reply_to", None)
    if not isinstance(header, types.MessageReplyHeader):
        return GENERAL if forum else None
    if forum and not header.forum_topic:
        return GENERAL
    top: int | None = header.reply_to_top_id or header.reply_to_msg_id
    return top
