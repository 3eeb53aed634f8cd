"""open_telegram(): a Telegram account as a `tobs.Source`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import tzinfo
from pathlib import Path
from typing import Any

import attrs
from telethon.tl import types
from telethon.tl.functions.users import GetUsersRequest

from tobs.config import TelegramConfig
from tobs.errors import ChatNotFound, NotAuthorized
from tobs.model import Chat, Peer, Raw, Topic
from tobs.source import MESSAGES, Countdown, FailedChat, FileWatch, FoundStories, Selection, Span, Wanted, WantedAvatar
from tobs.telegram.avatars import Avatar
from tobs.telegram.checking import Check, open_check
from tobs.telegram.connection import ANSWER_SECONDS, CONNECT_SECONDS, Connection, open_connection
from tobs.telegram.convert import decode
from tobs.telegram.counting import count_files
from tobs.telegram.details import find_topics
from tobs.telegram.download import Downloader
from tobs.telegram.emoji import EmojiBook, EmojiFiles
from tobs.telegram.envelope import PLAIN, TAKEOUT
from tobs.telegram.files import FreshFiles
from tobs.telegram.finding import Finder
from tobs.telegram.hearing import is_up
from tobs.telegram.history import Reader, TelegramHistory, open_history
from tobs.telegram.line import Room
from tobs.telegram.listing import ChatLine, with_counts, with_topics
from tobs.telegram.peers import input_peer, peer_of
from tobs.telegram.ranges import Range, ranges_of
from tobs.telegram.references import References
from tobs.telegram.requestkinds import SEARCHES
from tobs.telegram.scope import ALL, Scope
from tobs.telegram.selection import count_selected
from tobs.telegram.stories import address, learn_stories, read_stories
from tobs.telegram.takeout import taking_out
from tobs.telegram.updates import LiveUpdates, open_updates

FETCH_WORKERS = 16  # requests under way at once at most: as many as hide a slow round trip
# Megabytes of one file under way at once, in two parts each: what four connections have, and half as much that waits
# for them, so that neither they nor the disk wait for each other. A kill has at most so much fetched again.
LANES = 12


class TelegramSource:
    """An account on Telegram. Made by `open_telegram`; usable while its block lasts."""

    def __init__(self, connection: Connection, user: Any, waits: Waits, fetch_workers: int) -> None:
        self.account: Peer = peer_of(user)
        self._connection = connection
        self._finder = Finder(connection, user)
        self._waits = waits
        self._limit = connection.limit(MESSAGES, fetch_workers)
        self._room = Room(self._limit)
        self._searches = Room(connection.limit(SEARCHES, fetch_workers))
        self._fresh = FreshFiles()
        self._emoji = EmojiBook(connection)
        self._emoji_files = EmojiFiles(self._emoji)
        self._references = References(connection, self._finder.channel, self._fresh)
        self._downloader = Downloader(connection.ask, self._references, LANES, uses_cdn=connection.routes.knows_cdn)

    def watch_waits(self, countdown: Countdown) -> None:
        """Have `countdown` called whenever a wait begins that Telegram asked for."""
        self._waits.watchers.append(countdown)

    @property
    def requests_under_way(self) -> int:
        """How many requests were sent to Telegram and have no answer yet."""
        return self._connection.under_way

    async def list_chats(self) -> Sequence[Chat]:
        """The account's chats, newest first, without description, members and count."""
        return await self._finder.list_chats()

    async def list_lines(self, *, counts: bool = False, topics: bool = False) -> Sequence[ChatLine]:
        """All chats, newest first, with folders and dates; on wish with numbers of messages and topics of forums."""
        lines = await self._finder.list_lines()
        if counts:
            lines = await with_counts(lines, self.count_messages)
        if topics:
            lines = await with_topics(self._connection, lines, await self._finder.entities(), self._limit)
        return lines

    async def find_chats(self, names: Sequence[str]) -> Sequence[Chat | FailedChat]:
        """The chats meant by @name, name, id, t.me link, title, ``me``, ``all``, ``folder:NAME`` …, each once.

        A supergroup that was a basic group brings that one along, before it.
        """
        return await self._finder.find(names, self._limit)

    def open_history(self, chat: Chat, have: Sequence[Span]) -> AbstractAsyncContextManager[TelegramHistory]:
        """The part of the chat's history that is not in `have`, oldest first."""
        return open_history(self._reader(chat), have, self._room)

    @asynccontextmanager
    async def open_selection(
        self, chat: Chat, have: Sequence[Span], selection: Selection
    ) -> AsyncIterator[TelegramHistory]:
        """What `selection` means of the part that is not in `have`; the rest of the chat is not asked for.

        Raises `ChatNotFound` when it names a sender or topic there is not.
        """
        selection, sender = await self._understood(chat, selection)
        room = self._room if selection.is_range else self._searches
        reader = attrs.evolve(self._reader(chat), limit=room.limit)
        async with open_history(reader, have, room, selection, sender) as history:
            yield history

    def open_check(self, chat: Chat, ids: Sequence[int], whole: Sequence[Span]) -> AbstractAsyncContextManager[Check]:
        """The messages `ids`, ascending, as they are now; `whole` are ranges in which no others are missing.

        They are asked for outside of a takeout, where one answer can speak of the whole chat.
        """
        reader = attrs.evolve(self._reader(chat), ranges=(Range(),), envelope=PLAIN)
        return open_check(reader, ids, whole, self._room)

    async def find_topics(self, chat: Chat, ids: Sequence[int]) -> Sequence[Topic]:
        """What there is to know of these topics of a forum, also of those that it does not list."""
        async with self._limit:
            return await find_topics(self._connection, self._emoji, self._reader(chat).peer, ids)

    async def _understood(self, chat: Chat, selection: Selection) -> tuple[Selection, Any]:
        """What of a selection concerns a chat, and how to ask for the sender it names."""
        if chat.kind != "forum":
            selection = attrs.evolve(selection, topics=())
        return selection, await self._finder.address(selection.sender) if selection.sender else None

    async def count_selection(self, chat: Chat, selection: Selection, newest: int) -> int:
        """About how many messages up to `newest` a selection means, without reading them."""
        selection, sender = await self._understood(chat, selection)
        return await count_selected(self._reader(chat), selection, sender, newest)

    async def count_messages(self, chat: Chat) -> tuple[int, int]:
        """The newest id and the number of messages of a chat, without reading it."""
        return await self._reader(chat).probe()

    async def count_files(self, chat: Chat) -> Mapping[str, int]:
        """How many messages of a chat have a file of each kind that Telegram counts."""
        return await count_files(self._connection, self._reader(chat).peer)

    def _reader(self, chat: Chat) -> Reader:
        peer = input_peer(decode(chat.raw))
        if peer is None:
            raise ChatNotFound(f"{chat.title} cannot be read with what is known of it; find it again by its name.")
        ranges = ranges_of(chat.kind, self._connection.envelope.ranges)
        return Reader(self._connection, chat, peer, self._limit, ranges, learn=self._fresh.learn, emoji=self._emoji)

    async def fetch_file(self, wanted: Wanted, part: Path) -> None:
        """Bring `part` to the whole file, without what it already holds.

        Raises `FileUnavailable` when Telegram no longer gives it, `OSError`
        when `part` cannot be written. Cancelling leaves behind what came.
        """
        await self._downloader.fetch(wanted, part)

    async def fetch_avatar(self, wanted: WantedAvatar, part: Path) -> None:
        """Bring `part` to the whole small picture of a person or chat."""
        avatar = Avatar(wanted)
        await self._downloader.fetch(avatar.wanted, part, avatar)

    async def find_emoji(self, ids: Sequence[int]) -> Mapping[int, Raw]:
        """The raw documents of these custom emoji; without those that Telegram does not have any more."""
        return await self._emoji_files.find(ids)

    async def find_stories(
        self, owner: int, sights: Sequence[Raw], shown: Sequence[tuple[int, int, int]]
    ) -> FoundStories:
        """Stories of one user or channel that messages name, as `tobs.source.StorySource` says."""
        numbers = dict.fromkeys(number for _chat, _message, number in shown)
        peer = address(owner, map(decode, sights), shown, self._finder.channel)
        found = await read_stories(self._connection, peer, [*numbers])
        learn_stories(self._fresh, shown, found.stories)
        return found

    async def fetch_emoji(self, wanted: Wanted, part: Path) -> None:
        """Bring `part` to the whole file of a custom emoji."""
        await self._downloader.fetch(wanted, part, self._emoji_files)

    def conclude(self, whole: bool) -> None:
        """What was asked for has been read as a whole, or not: Telegram is told so when a takeout ends."""
        self._connection.envelope.conclude(whole)

    def watch_files(self, watch: FileWatch) -> None:
        """Have `watch` called for each part of a file that arrives."""
        self._downloader.watchers.append(watch)

    @property
    def is_connected(self) -> bool:
        """Whether there is a connection just now; a broken one may come back by itself within seconds."""
        return is_up(self._connection.client)

    def open_updates(self) -> AbstractAsyncContextManager[LiveUpdates]:
        """What happens in the account during the block."""
        return open_updates(self._connection, self._finder, self._fresh.learn, self._emoji)

    def expect_files(self, files: Sequence[Wanted]) -> None:
        """These files will be fetched soon, in this order: what is needed for them is asked for together."""
        self._references.expect(files)
        self.expect_centres([file.dc_id for file in files])

    def expect_centres(self, dc_ids: Sequence[int]) -> None:
        """Files of these data centres will be fetched: connections to them are opened meanwhile."""
        self._connection.routes.prewarm(dc_ids)


class Waits:
    """Passes each flood wait on to whoever watches."""

    def __init__(self) -> None:
        self.watchers: list[Countdown] = []

    def begin(self, kind: str, seconds: float) -> None:
        for watcher in self.watchers:
            watcher(kind.removesuffix(TAKEOUT), seconds)


@asynccontextmanager
async def open_telegram(
    config: TelegramConfig,
    *,
    fetch_workers: int = FETCH_WORKERS,
    scope: Scope = ALL,
    zone: tzinfo | None = None,
    connect_seconds: float = CONNECT_SECONDS,
    answer_seconds: float = ANSWER_SECONDS,
    who: str = "",
) -> AsyncIterator[TelegramSource]:
    """The account of `config` as a source, connected and signed in, for the block.

    Raises `NotAuthorized` when the session is not signed in, `ConnectionLost`
    when no server answers, `ConfigError` when the settings cannot be used,
    `TakeoutRefused` when Telegram lets the takeout of `config` begin later only.
    It is begun for what `scope` says, by default for everything. Errors tell hours in `zone`, or in the computer's.
    Other processes that want the session are told that `who` has it.
    Cancelling ends connecting, waiting and reading at once.
    """
    waits = Waits()
    async with open_connection(
        config, on_wait=waits.begin, zone=zone, connect_seconds=connect_seconds, answer_seconds=answer_seconds, who=who
    ) as connection:
        user = await signed_in(connection)
        async with taking_out(connection, scope) if config.takeout else nullcontext():
            yield TelegramSource(connection, user, waits, fetch_workers)


async def signed_in(connection: Connection) -> Any:
    """The user whose session this is. Raises `NotAuthorized`."""
    users = await connection.ask(GetUsersRequest([types.InputUserSelf()]))
    if not users or not isinstance(users[0], types.User):
        raise NotAuthorized("This session is not signed in. Run `tobs login` first.")
    return users[0]
