"""What happens in an account while one is connected: the border between watching and Telegram."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol, runtime_checkable

import attrs

from tobs.model import Chat, Page
from tobs.source import Source

COMMON = 0  # the sequence of people and basic groups together; a channel's has its marked id


@attrs.frozen
class Mark:
    """How far one sequence of what happens is known: ``pts``, and for the common one the account's other numbers.

    https://core.telegram.org/api/updates
    """

    chat_id: int
    pts: int
    qts: int = 0
    date: int = 0
    seq: int = 0


@attrs.frozen
class Update:
    """What happened in one sequence.

    When `pages` and `gone` are written down, everything up to `mark` is; None
    says that this one proves nothing. `gone` are ids of deleted messages of
    which Telegram does not say in which chat they were. With `lost` more happened
    than Telegram tells: the chats of the sequence must be read for what is new.
    `since` is when the first of it was heard of, by trio's clock. `described`
    are chats that are called, look or are made up otherwise now.
    """

    mark: Mark | None
    pages: tuple[Page, ...] = ()
    gone: tuple[int, ...] = ()
    lost: bool = False
    since: float = 0.0
    described: frozenset[int] = frozenset()


@attrs.frozen
class Look:
    """What a chat is called and looks like in the list of chats; 0 for no picture."""

    title: str
    username: str
    photo: int

    @classmethod
    def of(cls, chat: Chat) -> Look:
        """Of a chat as Telegram told of it."""
        photo = chat.raw.get("photo")
        number = photo.get("photo_id", 0) if isinstance(photo, dict) else 0
        return cls(chat.title, chat.username, number if isinstance(number, int) else 0)


@attrs.frozen
class Standing:
    """Where the sequences of the account stand, and all chats in its list with how they look there."""

    marks: Mapping[int, Mark]
    looks: Mapping[int, Look]

    @property
    def chats(self) -> frozenset[int]:
        """The ids of these chats."""
        return frozenset(self.looks)


class Updates(Protocol):
    """What happens, in order for each sequence, nothing left out and nothing twice from the marks on."""

    @property
    def strangers(self) -> Collection[int]:
        """Chats that something happened in and that are not followed, since `look` was last called."""
        ...

    @property
    def waiting(self) -> int:
        """How much has arrived and was not taken yet."""
        ...

    async def look(self, channels: Sequence[int] = ()) -> Standing:
        """Where everything stands, with these channels too if they are not in the list of chats.

        What is followed and lags behind catches up. Raises `SourceError`.
        """
        ...

    def follow(self, marks: Sequence[Mark], chats: Collection[int]) -> None:
        """Tell from now on what happens in these sequences after those marks, as far as it concerns `chats`.

        What happened before now is told when `look` has found it.
        """
        ...

    async def next(self) -> Update:
        """What happened next. Cancelling loses nothing. Raises `SourceError` when there will be no more."""
        ...

    def arrived(self) -> Sequence[Update]:
        """What can be taken at once."""
        ...


@runtime_checkable
class WatchingSource(Source, Protocol):
    """A source that tells what happens."""

    @property
    def is_connected(self) -> bool:
        """Whether there is a connection just now; it may come back by itself."""
        ...

    def open_updates(self) -> AbstractAsyncContextManager[Updates]:
        """What happens during the block."""
        ...
