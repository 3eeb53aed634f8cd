"""The shapes in which Telegram returns messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from telethon.tl import types

from tobs.testing.account import Account
from tobs.testing.history import History, Page, ids_hash, window


def page_of(account: Account, key: int, history: History, request: Any) -> Any:
    """One page of `history`, which belongs to the chat `key` (the whole of it, or what a filter left)."""
    page = window(history, request)
    unchanged = _not_modified(history, page, request)
    if unchanged is not None:
        return unchanged
    messages = account.sent(reversed(history.slice(page.start, page.stop)))
    return wrap(account, key, messages, len(history), page.newer)


def wrap(account: Account, key: int, messages: Sequence[Any], count: int, newer: int | None = None) -> Any:
    """messages.messages when they are all there are, else a slice; channels have a constructor of their own.

    https://core.telegram.org/type/messages.Messages
    """
    chats, users = account.company(messages, key)
    if account.is_channel(key):
        return types.messages.ChannelMessages(
            pts=pts_of(account, key),
            count=count,
            messages=list(messages),
            topics=[],
            chats=chats,
            users=users,
            offset_id_offset=newer,
        )
    if len(messages) == count:
        return types.messages.Messages(messages=list(messages), topics=[], chats=chats, users=users)
    return types.messages.MessagesSlice(
        count=count, messages=list(messages), topics=[], chats=chats, users=users, offset_id_offset=newer
    )


def pts_of(account: Account, key: int) -> int:
    """A number that grows with what happens in the chat: https://core.telegram.org/api/updates#message-related-event-sequences."""
    return account.events.boxes[key].pts


def _not_modified(history: History, page: Page, request: Any) -> Any | None:
    wanted = getattr(request, "hash", 0)
    if wanted and wanted == ids_hash(reversed(history.ids(page.start, page.stop))):
        return types.messages.MessagesNotModified(count=len(history))
    return None
