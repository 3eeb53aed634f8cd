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
_SLICE_HEAD = struct.Struct("<IIii")
_ALL_HEAD = struct.Struct("<I")
_CHANNEL_MESSAGES_ID = 0xC776BA4E
_MESSAGES_SLICE_ID = 0x5F206716
_MESSAGES_ID = 0x1D73E7EA
_HAS_OFFSET = 4


@runtime_checkable
class PackedHistory(History, Protocol):
    """A history that can write itself as TL."""

    def packed(self, start: int, stop: int) -> tuple[bytes, frozenset[int]]:
        """The serialised messages at these positions, newest first, and the keys they mention."""


def packed_page(account: Account, key: int, history: PackedHistory, page: Page) -> bytes:
    """What `wrap` would return, written by hand; equal to what Telethon would write."""
    body, mentioned = history.packed(page.start, page.stop)
    chats, users = account.company((), key, *mentioned)
    return b"".join(
        (
            _head(account.is_channel(key), len(history), page),
            vector([body], page.stop - page.start),
            vector([], 0),
            vector([bytes(chat) for chat in chats], len(chats)),
            vector([bytes(user) for user in users], len(users)),
        )
    )


def _head(channel: bool, count: int, page: Page) -> bytes:
    if channel:
        return _HEAD.pack(_CHANNEL_MESSAGES_ID, _HAS_OFFSET, count + 1, count, page.newer)
    if page.stop - page.start == count:
        return _ALL_HEAD.pack(_MESSAGES_ID)
    return _SLICE_HEAD.pack(_MESSAGES_SLICE_ID, _HAS_OFFSET, count, page.newer)


def vector(items: Sequence[bytes], count: int) -> bytes:
    return _VECTOR.pack(_VECTOR_ID, count) + b"".join(items)
