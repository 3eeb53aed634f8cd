"""What happened in one box, put together: many updates become a page a chat (pure)."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import attrs
from telethon.tl import types

from tobs.live import COMMON
from tobs.model import Page, Raw, RawMessage
from tobs.raw import CHANNEL_MARK
from tobs.telegram.convert import LAYER, encode
from tobs.telegram.happenings import Happening
from tobs.telegram.peers import PeerBook, marked_id

PAGES = 1000  # web pages that are waited for
# Fields with the bare id of a user.
_USERS = frozenset({"user_id", "via_bot_id", "via_business_bot_id", "guestchat_via_from", "inviter_id", "admin_id"})
_CHANNELS = frozenset({"channel_id", "linked_chat_id"})


@attrs.define(eq=False)
class Gathered:
    """Messages as they are now, ids of those that are gone, and ids to be read again; by chat.

    Under the chat 0 are gone ones of people and basic groups. `since` is when the first of it was heard of, and
    `behind` the ``pts`` before it.
    """

    since: float
    behind: int = 0
    messages: dict[int, dict[int, Any]] = attrs.field(factory=lambda: defaultdict(dict))
    gone: dict[int, set[int]] = attrs.field(factory=lambda: defaultdict(set))
    changed: dict[int, set[int]] = attrs.field(factory=lambda: defaultdict(set))
    entities: dict[int, Any] = attrs.field(factory=dict)

    def meet(self, answer: Any) -> None:
        """Learn who is who; a full sight of somebody wins over a ``min`` one."""
        for entity in [*getattr(answer, "users", ()), *getattr(answer, "chats", ())]:
            if not (getattr(entity, "min", False) and marked_id(entity) in self.entities):
                self.entities[marked_id(entity)] = entity

    def add(self, happening: Happening) -> None:
        """Later updates replace what earlier ones said of the same message."""
        if happening.message is not None:
            self.put(happening.message)
        # Ids of people and basic groups are the account's, so that it does not matter in which chat they are.
        where = self.messages.values() if happening.chat_id == COMMON else [self.messages[happening.chat_id]]
        for number in happening.gone:
            for messages in where:
                messages.pop(number, None)
            self.gone[happening.chat_id].add(number)
        self.changed[happening.chat_id].update(happening.changed)

    def put(self, message: Any) -> None:
        """A message as it is now."""
        self.messages[marked_id(message.peer_id)][message.id] = message

    def __len__(self) -> int:
        return sum(map(len, (*self.messages.values(), *self.gone.values(), *self.changed.values())))

    def pages(self, book: PeerBook) -> Iterator[Page]:
        """A page a chat. None of them proves anything of the ids between its messages."""
        for chat_id in sorted({*self.messages, *self.gone} - {COMMON}):
            raws = [encode(message) for _, message in sorted(self.messages[chat_id].items())]
            messages = tuple(RawMessage(raw["id"], raw.get("date", 0), raw) for raw in raws)
            gone = tuple(sorted(self.gone[chat_id]))
            ids = [*(message.id for message in messages), *gone]
            if ids:
                peers = book.peers_of(self._present(chat_id, raws))
                yield Page(chat_id, min(ids), max(ids), messages, peers, LAYER, found=True, gone=gone)

    def _present(self, chat_id: int, raws: Iterable[Raw]) -> list[Any]:
        """Those who have to do with these messages: an answer tells of everybody in all chats."""
        ids = {chat_id}.union(*map(named, raws))
        return [self.entities[number] for number in sorted(ids & self.entities.keys())]


def named(raw: Any) -> set[int]:
    """The marked ids of the people and chats in a raw value."""
    found: set[int] = set()
    waiting: list[Any] = [raw]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            found.update(_ids(value))
            waiting += value.values()
    return found


def _ids(raw: Mapping[str, Any]) -> Iterator[int]:
    for name, value in raw.items():
        if name == "users" and isinstance(value, list):
            yield from (number for number in value if isinstance(number, int))
        elif not isinstance(value, int):
            continue
        elif name in _USERS:
            yield value
        elif name in _CHANNELS:
            yield CHANNEL_MARK - value
        elif name == "chat_id":
            yield -value


def sender_is_known(message: Any, known: Collection[int]) -> bool:
    """Whether it was told who wrote a message: what the server says by itself may leave out whom it told of before."""
    sender = getattr(message, "from_id", None) or message.peer_id
    return marked_id(sender) in known


@attrs.define(eq=False)
class PutOff:
    """Messages to be read again some time, by box, and when the first of them are due."""

    due: float = math.inf
    _boxes: dict[int, Gathered] = attrs.field(factory=dict)

    def add(self, happening: Happening, now: float, seconds: float) -> None:
        """What `happening` speaks of is due in so many seconds, or before."""
        self._boxes.setdefault(happening.box, Gathered(now)).add(happening)
        self.due = min(self.due, now + seconds)

    def take(self) -> list[Gathered]:
        """All of them, due or not."""
        boxes, self._boxes, self.due = self._boxes, {}, math.inf
        return [*boxes.values()]


@attrs.define(eq=False)
class AwaitedPages:
    """Web pages that Telegram is still looking at, and the messages (chat, number) that have them."""

    _waiting: dict[int, tuple[int, int]] = attrs.field(factory=dict)

    def hear(self, happening: Happening, gathered: Gathered) -> None:
        """Wait for the page of a message; if it was looked at by now, its message is to be read again."""
        if happening.message is not None and (page := _awaited(happening.message)):
            self._waiting[page] = (marked_id(happening.message.peer_id), happening.message.id)
            if len(self._waiting) > PAGES:
                del self._waiting[next(iter(self._waiting))]
        if happening.web_page in self._waiting:
            chat_id, number = self._waiting.pop(happening.web_page)
            gathered.changed[chat_id].add(number)


def _awaited(message: Any) -> int:
    """The id of the web page in a message if Telegram is still looking at it, else 0."""
    page = getattr(getattr(message, "media", None), "webpage", None)
    return int(page.id) if isinstance(page, types.WebPagePending) else 0
