"""Histories that know their messages only as bytes: pages go out without a TL object being made."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from tobs.testing.account import Account
from tobs.testing.history import History, Page

_VECTOR = struct.Struct("<Ii")
_HEAD = struct.Struct("<IIiii")
_VECTOR_ID = 0x1CB5C415
_CHANNEL_MESSAGES_ID = 0xC776BA4E
_HAS_OFFSET = 4


@runtime_checkable
class PackedHistory(History, Protocol):
    """A history of a channel that can write itself as TL."""

    def packed(self, start: int, stop: int) -> tuple[bytes, frozenset[int]]:
        """The serialised messages at these positions, newest first, and the keys they mention."""


def packed_page(account: Account, key: int, history: PackedHistory, page: Page) -> bytes:
    """messages.channelMessages, written by hand; equal to what Telethon would write."""
    body, mentioned = history.packed(page.start, page.stop)
    chats, users = account.company((), key, *mentioned)
    head = _HEAD.pack(_CHANNEL_MESSAGES_ID, _HAS_OFFSET, len(history) + 1, len(history), page.newer)
    return b"".join(
        (
            head,
            vector([body], page.stop - page.start),
            vector([], 0),
            vector([bytes(chat) for chat in chats], len(chats)),
            vector([bytes(user) for user in users], len(users)),
        )
    )


def vector(items: Sequence[bytes], count: int) -> bytes:
    return _VECTOR.pack(_VECTOR_ID, count) + b"".join(items)
