"""messages.getHistory, getMessages and channels.getMessages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from telethon.tl import functions, types

from tobs.testing import refs
from tobs.testing.account import Account
from tobs.testing.history import window
from tobs.testing.methods.peers import channel_key, peer_key
from tobs.testing.methods.results import page_of, wrap
from tobs.testing.methods.takeout import admit, seen, seen_span
from tobs.testing.packed import PackedHistory, packed_page
from tobs.testing.rpc import Caller, RpcError
from tobs.testing.takeouts import MAX_ID

MAX_IDS = 200  # "server-side limit" of getMessages in tdlib


async def get_history(account: Account, caller: Caller, request: Any) -> Any:
    """https://core.telegram.org/method/messages.getHistory"""
    key = peer_key(account, request.peer)
    history = seen(account, caller, key)
    if isinstance(history, PackedHistory) and not request.hash:
        return packed_page(account, key, history, window(history, request))
    return page_of(account, key, history, request)


async def get_channel_messages(account: Account, caller: Caller, request: Any) -> Any:
    """https://core.telegram.org/method/channels.getMessages: what is not there comes as messageEmpty, in its place."""
    key = channel_key(account, request.channel)
    admit(account, caller, key)
    history = account.history(key)
    return _by_ids(account, key, request.id, history.get)


async def get_messages(account: Account, caller: Caller, request: Any) -> Any:
    """https://core.telegram.org/method/messages.getMessages: private chats and basic groups only.

    What is not there comes as messageEmpty, or not at all (`Account.omits_gone`).
    """
    low, high = seen_span(account, caller) or (0, MAX_ID)
    answer = _by_ids(
        account, 0, request.id, lambda number: account.private_message(number) if low <= number <= high else None
    )
    if account.omits_gone:
        answer.messages = [each for each in answer.messages if not isinstance(each, types.MessageEmpty)]
    return answer


def _by_ids(account: Account, key: int, asked: Any, find: Callable[[int], Any]) -> Any:
    if not asked:
        raise RpcError(400, "MESSAGE_IDS_EMPTY")
    if len(asked) > MAX_IDS:
        raise RpcError(400, "LIMIT_INVALID")
    found = [_found(find, item) for item in asked]
    messages = account.sent(message for message in found if message is not None)
    listed = [message or _empty(key, item) for item, message in zip(asked, found, strict=True)]
    if key:
        return wrap(account, key, listed, len(listed))
    chats, users = account.company(messages)
    return types.messages.Messages(messages=listed, topics=[], chats=chats, users=users)


def _found(find: Callable[[int], Any], item: Any) -> Any | None:
    """InputMessageReplyTo names the message that another one replies to."""
    message = find(_id_of(item))
    if isinstance(item, types.InputMessageReplyTo) and message is not None:
        target = getattr(getattr(message, "reply_to", None), "reply_to_msg_id", None)
        return find(target) if target else None
    return message


def _id_of(item: Any) -> int:
    return int(item if isinstance(item, int) else getattr(item, "id", 0))


def _empty(key: int, item: Any) -> Any:
    return types.MessageEmpty(_id_of(item), peer_id=refs.key_peer(key) if key else None)


METHODS: Final = {
    functions.messages.GetHistoryRequest: get_history,
    functions.messages.GetMessagesRequest: get_messages,
    functions.channels.GetMessagesRequest: get_channel_messages,
}
