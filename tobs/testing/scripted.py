"""A source that plays a script: for deterministic tests of what is above the network.

It waits with trio's clock only, so under ``autojump_clock`` an export of a
million messages with an hour between two pages takes no time and always ends
the same.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import trio

from tobs.archive.spans import missing
from tobs.model import Chat, Page, Peer, RawMessage
from tobs.source import Countdown, FailedChat, Span, Wanted

PAGE = 100  # as Telegram's
EPOCH = 1_714_720_000  # 2024-05-03 07:06:40 UTC, the date of message 0


def scripted_message(chat: Chat, message_id: int) -> RawMessage:
    """A plain text message, one a minute."""
    date = EPOCH + 60 * message_id
    peer = {"_": "PeerChannel", "channel_id": -chat.id - 10**12}
    raw = {"_": "Message", "id": message_id, "peer_id": peer, "date": date, "message": f"Message {message_id}"}
    return RawMessage(message_id, date, raw)


@attrs.define(eq=False)
class ScriptedChat:
    """A chat with messages 1 … `count`. Reading page n takes ``delay(n)`` seconds; an exception as delay is raised."""

    chat: Chat
    count: int
    delay: Callable[[int], float | Exception] = lambda page: 0.0
    message: Callable[[Chat, int], RawMessage] = scripted_message
    pages_read: int = 0


def channel(
    number: int, title: str, count: int, delay: Callable[[int], float | Exception] | None = None
) -> ScriptedChat:
    """A broadcast channel for a script."""
    chat = Chat(-(10**12) - number, "channel", title, count=count, top_message=count, raw={"_": "Channel"})
    return ScriptedChat(chat, count, delay or (lambda page: 0.0))


@attrs.define(eq=False)
class ScriptedSource:
    """A `tobs.Source` over scripted chats. `requests` lists the pages that were asked for."""

    chats: Sequence[ScriptedChat]
    account: Peer = Peer(1, "private", "Scripted Account")
    requests: list[Span] = attrs.field(factory=list)

    def watch_waits(self, countdown: Countdown) -> None:
        """A script asks for no waits."""

    async def find_chats(self, names: Sequence[str]) -> Sequence[Chat | FailedChat]:
        """Chats by title, or all of them for ``all``."""
        await trio.lowlevel.checkpoint()
        if "all" in names:
            return [scripted.chat for scripted in self.chats]
        by_title = {scripted.chat.title: scripted.chat for scripted in self.chats}
        return [by_title.get(name) or FailedChat(name, f"no chat is called {name!r}.") for name in names]

    @asynccontextmanager
    async def open_history(self, chat: Chat, have: Sequence[Span]) -> AsyncIterator[ScriptedHistory]:
        """The pages that are missing, 100 ids each."""
        scripted = next(entry for entry in self.chats if entry.chat.id == chat.id)
        pages = [
            (low, min(low + PAGE - 1, last))
            for first, last in missing(have, 1, scripted.count)
            for low in range(first, last + 1, PAGE)
        ]
        yield ScriptedHistory(self, scripted, pages)

    async def fetch_file(self, wanted: Wanted, part: Path) -> None:
        """Scripted messages have no files."""
        raise AssertionError(f"the script has no file for {wanted}")


@attrs.define(eq=False)
class ScriptedHistory:
    """The pages of one scripted chat."""

    _source: ScriptedSource
    _scripted: ScriptedChat
    _pages: list[Span]

    async def next_page(self) -> Page | None:
        """The next page after its delay. Cancelling leaves it for the next call."""
        if not self._pages:
            await trio.lowlevel.checkpoint()
            return None
        delay = self._scripted.delay(self._scripted.pages_read)
        if isinstance(delay, Exception):
            raise delay
        await trio.sleep(delay)
        low, high = self._pages.pop(0)
        self._source.requests.append((low, high))
        self._scripted.pages_read += 1
        messages = tuple(self._scripted.message(self._scripted.chat, n) for n in range(low, high + 1))
        return Page(self._scripted.chat.id, low, high, messages)
