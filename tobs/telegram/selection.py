"""What a selection means of a chat: ranges of ids, found by a question or two, or searches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol

import attrs
from telethon.tl import types
from telethon.tl.functions.messages import GetHistoryRequest, GetRepliesRequest, SearchRequest

from tobs.errors import ChatNotFound
from tobs.model import Chat, Page
from tobs.source import Selection, Span

FILTERS: Mapping[str, type[Any]] = {
    "photo": types.InputMessagesFilterPhotos,
    "video": types.InputMessagesFilterVideo,
    "animation": types.InputMessagesFilterGif,
    "round": types.InputMessagesFilterRoundVideo,
    "voice": types.InputMessagesFilterVoice,
    "audio": types.InputMessagesFilterMusic,
    "document": types.InputMessagesFilterDocument,
    "link": types.InputMessagesFilterUrl,
    "location": types.InputMessagesFilterGeo,
    "contact": types.InputMessagesFilterContacts,
    "poll": types.InputMessagesFilterPoll,
    "pinned": types.InputMessagesFilterPinned,
}


class Asking(Protocol):
    """What is needed of a `tobs.telegram.history.Reader`. Requests are sent by `parts`, which are oldest first."""

    chat: Chat
    peer: Any

    @property
    def parts(self) -> Sequence[Asking]: ...

    def pieces(self, gaps: Sequence[Span]) -> Sequence[tuple[Asking, Sequence[Span]]]: ...

    async def send(self, request: Any) -> Any: ...

    async def window(self, span: Span) -> Page: ...

    def found(self, answer: Any, low: int, high: int) -> Page: ...


async def find_range(reader: Asking, selection: Selection, top: int) -> Span:
    """The ids that a selection reaches from and to, of those up to `top`. The first is larger if it means none.

    Messages are looked up by date, not by counting, so this takes a request for each bound. `last` counts
    messages, so it is left to the search when not all of them are meant.
    """
    low, high = max(selection.min_id, 1), min(selection.max_id or top, top)
    if selection.since:
        low = max(low, await _first_from(reader, selection.since))
    if selection.until:
        high = min(high, await _first_from(reader, selection.until) - 1)
    if selection.last and selection.is_range and high >= low:
        request = partial(_history_behind, reader.peer)
        low = max(low, await newest_of(reader, request, high, selection.last))
    return low, high


def _history_behind(peer: Any, offset_id: int, skip: int) -> Any:
    return _history(peer, offset_id=offset_id, skip=skip)


async def newest_of(reader: Asking, request: Callable[[int, int], Any], high: int, number: int) -> int:
    """The id of the message that is the so manieth of those up to `high`, from the newest on; 0 if they are fewer.

    `request` asks for a message before an offset, behind so many others.
    """
    for part in reversed(reader.parts):
        answer = await part.send(request(high + 1, number - 1))
        if answer.messages:
            return max(int(message.id) for message in answer.messages)
        if part is not reader.parts[0]:
            number -= _older(await part.send(request(high + 1, 0)))
    return 0


def _older(answer: Any) -> int:
    """How many messages there are from that of the answer on."""
    count = getattr(answer, "count", None)
    return len(answer.messages) if count is None else int(count) - (getattr(answer, "offset_id_offset", None) or 0)


async def count_selected(reader: Asking, selection: Selection, sender: Any, top: int) -> int:
    """About how many messages a selection means, by one or two requests for each of its questions."""
    low, high = await find_range(reader, selection, top)
    if low > high:
        return 0
    if selection.is_range:
        return await _between(reader, lambda offset: _history(reader.peer, offset_id=offset), low, high)
    total = 0
    for question in searches(reader.chat, reader.peer, selection, sender):
        found = await _between(reader, partial(question.request, skip=0, limit=1), low, high)
        total += min(found, selection.last) if selection.last else found
    return total


async def _between(reader: Asking, request: Callable[[int], Any], low: int, high: int) -> int:
    """How many of the messages that a request is about have ids from `low` to `high`."""
    from_low, behind = [await _newer(reader, request(offset)) for offset in (low, high + 1)]
    # Where the server does not tell how many are newer, the ids are all there is to go by.
    return from_low - behind if from_low >= 0 and behind >= 0 else high - low + 1


async def _newer(reader: Asking, request: Any) -> int:
    found = [newer_than(await part.send(request)) for part in reader.parts]
    return -1 if -1 in found else sum(found)


def newer_than(answer: Any) -> int:
    """How many of the messages that were asked for are newer than those of the answer, -1 if it does not say."""
    if getattr(answer, "count", None) is None:  # the short form: all there is, with those that are older
        return 0
    offset = getattr(answer, "offset_id_offset", None)
    return -1 if offset is None else int(offset)


async def _first_from(reader: Asking, date: int) -> int:
    """The first id that a message of `date` or later may have."""
    for part in reversed(reader.parts):
        answer = await part.send(_history(reader.peer, offset_date=datetime.fromtimestamp(date, UTC)))
        earlier = [int(m.id) for m in answer.messages if getattr(m, "date", None) and m.date.timestamp() < date]
        if earlier:
            return max(earlier) + 1
    return 1


def _history(peer: Any, *, offset_id: int = 0, offset_date: Any = None, skip: int = 0) -> Any:
    return GetHistoryRequest(peer, offset_id, offset_date, skip, 1, 0, 0, 0)


@attrs.frozen
class Search:
    """One question that Telegram answers page by page: what of a chat, or of one of its topics."""

    peer: Any
    topic: int = 0
    filter: Any = None
    query: str = ""
    sender: Any = None

    def request(self, offset_id: int, skip: int, limit: int) -> Any:
        """The messages behind the first `skip` before `offset_id`."""
        if self.topic and not (self.filter or self.query or self.sender):
            return GetRepliesRequest(self.peer, self.topic, offset_id, None, skip, limit, 0, 0, 0)
        chosen = self.filter or types.InputMessagesFilterEmpty()
        return SearchRequest(
            self.peer, self.query, chosen, None, None, offset_id, skip, limit, 0, 0, 0,
            from_id=self.sender, top_msg_id=self.topic or None,
        )  # fmt: skip


def searches(chat: Chat, peer: Any, selection: Selection, sender: Any) -> Iterator[Search]:
    """The questions that together mean a selection. Raises `ChatNotFound` for a topic there is not."""
    for topic in topics(chat, selection.topics) or [0]:
        for kind in selection.only or [""]:
            made = FILTERS[kind]() if kind else None
            yield Search(peer, topic, made, selection.search, sender)


def topics(chat: Chat, wanted: Sequence[str]) -> list[int]:
    """The topics that are meant, by title or number; none in a chat that is no forum."""
    if chat.kind != "forum":
        return []
    return list(dict.fromkeys(topic for name in wanted for topic in _topics_called(chat, name)))


def _topics_called(chat: Chat, name: str) -> list[int]:
    found = [topic.id for topic in chat.topics if topic.listed and topic.title.casefold() == name.strip().casefold()]
    if not found and name.strip().isdecimal():
        found = [int(name)]  # also one that was deleted, and is no longer listed
    if not found:
        raise ChatNotFound(f"{chat.title} has no topic called {name!r}.")
    return found
