"""Where messages come from: the border between the exporter and Telegram, an export file, or a script."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol, runtime_checkable

import attrs

from tobs.model import Chat, Page, Peer, Raw, RawMessage, Topic

Span = tuple[int, int]  # an inclusive range of message ids
Countdown = Callable[[str, float], None]  # (kind of request, seconds): a wait that Telegram asked for began
MESSAGES = "messages"  # the kind of those that read a chat
LARGEST_FILE = 4000 * 1024 * 1024  # bytes; no file on Telegram has more, not even from an account with Premium


@attrs.frozen
class Selection:
    """Which messages of a chat to read; what is empty or 0 limits nothing.

    `since` and `until` are Unix seconds, of which `until` is the first that is
    too late. `min_id` and `max_id` are included. `only` are kinds of what
    messages have, ``photo``, ``link`` and others.
    """

    since: int = 0
    until: int = 0
    last: int = 0
    min_id: int = 0
    max_id: int = 0
    sender: str = ""
    topics: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    search: str = ""

    @property
    def is_range(self) -> bool:
        """Whether it means all messages between two ids, both of which may be open."""
        return not (self.sender or self.topics or self.only or self.search)

    @property
    def has_end(self) -> bool:
        """Whether messages that come later are not meant."""
        return bool(self.until or self.max_id)


EVERYTHING = Selection()


@attrs.frozen
class Wanted:
    """A file to fetch: of which message, which one, and where it lies. `size` is -1 if unknown."""

    chat_id: int
    message_id: int
    file_id: int
    dc_id: int
    size: int
    thumb: str = ""


@attrs.frozen
class WantedAvatar:
    """What a user or chat looks like, as `photo_id`; `raw` is the user or chat as Telegram told of it."""

    photo_id: int
    dc_id: int
    raw: Raw = attrs.field(repr=False)


class History(Protocol):
    """The pages of one chat that were asked for, oldest first."""

    async def next_page(self) -> Page | None:
        """The next page in ascending order, or None at the end.

        Cancelling it loses nothing: the page comes again from the next call
        or the next run. Raises `SourceError`.
        """
        ...


class Source(Protocol):
    """A place that chats are read from. All methods raise `SourceError` or one of its children."""

    @property
    def account(self) -> Peer:
        """Whose messages these are."""
        ...

    async def find_chats(self, names: Sequence[str]) -> Sequence[Chat | FailedChat]:
        """The chats meant by @name, id, t.me link or title, or by ``all``, ``folder:NAME`` …, in that order, each once.

        A name that fits no chat gives a `FailedChat`; nothing is raised for one name.
        """
        ...

    def watch_waits(self, countdown: Countdown) -> None:
        """Have `countdown` called whenever a wait begins that the server asked for."""
        ...

    def open_history(self, chat: Chat, have: Sequence[Span]) -> AbstractAsyncContextManager[History]:
        """The part of the chat's history that is not in `have`, oldest first."""
        ...

    async def fetch_file(self, wanted: Wanted, part: Path) -> None:
        """Bring `part` to the whole file, going on behind the bytes it already holds.

        Raises `FileUnavailable` when Telegram no longer gives it. Cancelling
        leaves a part file that the next call goes on with.
        """
        ...


@runtime_checkable
class SelectingSource(Protocol):
    """A source that can read a part of a chat without reading the rest."""

    def open_selection(
        self, chat: Chat, have: Sequence[Span], selection: Selection
    ) -> AbstractAsyncContextManager[History]:
        """What `selection` means of the part that is not in `have`; pages are in ascending order, search by search.

        Raises `ChatNotFound` when it names a sender or topic there is not.
        """
        ...


@runtime_checkable
class CheckingSource(Protocol):
    """A source that can look at messages again."""

    def open_check(self, chat: Chat, ids: Sequence[int], whole: Sequence[Span]) -> AbstractAsyncContextManager[History]:
        """The messages `ids`, ascending, as they are now; `whole` are ranges in which no others are missing.

        In `gone` of a page are those of which the server itself said that
        there is no such message. What an answer leaves out proves nothing.
        """
        ...


@runtime_checkable
class TopicSource(Protocol):
    """A source that can tell of topics which the list of a forum's topics does not show."""

    async def find_topics(self, chat: Chat, ids: Sequence[int]) -> Sequence[Topic]:
        """What there is to know of these topics. One that was deleted is told as such, without a title."""
        ...


@runtime_checkable
class ExpectingSource(Protocol):
    """A source that has less to do when it knows which files come next."""

    def expect_files(self, files: Sequence[Wanted]) -> None:
        """These will be fetched soon, in this order; it may also turn out that they are not."""
        ...

    def expect_centres(self, dc_ids: Sequence[int]) -> None:
        """Files of these data centres will be fetched, sooner or later. Returns at once."""
        ...


@runtime_checkable
class PortrayingSource(Protocol):
    """A source that knows what chats and people look like."""

    async def fetch_avatar(self, wanted: WantedAvatar, part: Path) -> None:
        """Bring `part` to the whole small picture. Raises `FileUnavailable` when they have another one now, or none."""
        ...


@runtime_checkable
class EmojiSource(Protocol):
    """A source that has the pictures of custom emoji."""

    async def find_emoji(self, ids: Sequence[int]) -> Mapping[int, Raw]:
        """The raw documents of these; without those that Telegram does not have any more."""
        ...

    async def fetch_emoji(self, wanted: Wanted, part: Path) -> None:
        """Bring `part` to the whole file of one, which belongs to no message. Raises as `Source.fetch_file`."""
        ...


@attrs.frozen
class FoundStories:
    """Stories by number as raw dicts of a TL `layer`, and the people and chats that the answer told of."""

    stories: Mapping[int, Raw]
    peers: tuple[Peer, ...] = ()
    layer: int = 0


@runtime_checkable
class StorySource(Protocol):
    """A source that has the stories which messages name."""

    async def find_stories(
        self, owner: int, sights: Sequence[Raw], shown: Sequence[tuple[int, int, int]]
    ) -> FoundStories:
        """At most a hundred stories of one user or channel, without those that are gone.

        `sights` are what is known of the `owner`; `shown` are the messages,
        each (chat, message, number of the story), whose files theirs become.
        Raises `AccessDenied` when this account may not see them, `ChatNotFound`
        when nothing tells how to ask, `FileUnavailable` when there are none.
        """
        ...


@runtime_checkable
class BusySource(Protocol):
    """A source that can tell how busy it is."""

    @property
    def requests_under_way(self) -> int:
        """How many requests were sent and have no answer yet."""
        ...


@runtime_checkable
class ConcludingSource(Protocol):
    """A source that wants to know how an export went."""

    def conclude(self, whole: bool) -> None:
        """What was asked for has been read as a whole, or not."""
        ...


# (file, bytes, whether they were there before this call): a part of a file is in its part file.
FileWatch = Callable[[Wanted, int, bool], None]


@runtime_checkable
class WatchedSource(Protocol):
    """A source that tells of each part of a file that arrives."""

    def watch_files(self, watch: FileWatch) -> None:
        """Have `watch` called for each part."""
        ...


@attrs.frozen
class FailedChat:
    """A name that cannot be exported, and the sentence that says why."""

    name: str
    reason: str


__all__ = [
    "EVERYTHING", "MESSAGES", "BusySource", "Chat", "CheckingSource", "ConcludingSource", "Countdown", "EmojiSource",
    "ExpectingSource", "FailedChat", "FileWatch", "FoundStories", "History", "Page", "PortrayingSource", "RawMessage",
    "SelectingSource", "Selection", "Source", "Span", "StorySource", "TopicSource", "Wanted", "WantedAvatar",
    "WatchedSource",
]  # fmt: skip
