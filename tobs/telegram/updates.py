"""What happens in an account while one is connected, and what happened while one was not.

Telegram says by itself what happens, and any of that may be lost. So it is taken as it comes only where nothing is
missing before it (`tobs.telegram.boxes`); otherwise it is asked for from where it is known.
"""

from __future__ import annotations

import logging
import math
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import trio
from telethon.tl import types
from telethon.tl.functions.updates import GetChannelDifferenceRequest, GetDifferenceRequest, GetStateRequest

from tobs.errors import STOPPING, AccessDenied, ChatNotFound, RateLimited, SourceError, leaves
from tobs.live import COMMON, Mark, Standing, Update
from tobs.model import Page, RawMessage
from tobs.telegram.boxes import Box, Boxes
from tobs.telegram.connection import Connection
from tobs.telegram.emoji import EmojiBook, unnamed_in
from tobs.telegram.finding import Finder
from tobs.telegram.gathering import AwaitedPages, Gathered, PutOff, sender_is_known
from tobs.telegram.happenings import Happening, box_of, happenings
from tobs.telegram.hearing import heard_by
from tobs.telegram.peers import PeerBook, marked_id
from tobs.telegram.rereading import read_again
from tobs.telegram.sleep import notice_sleep
from tobs.telegram.standing import read_standing, unix
from tobs.telegram.tasks import open_helpers

_LOG = logging.getLogger(__name__)

TOGETHER = 0.2  # seconds that the first of a burst waits for the rest
AHEAD = 16  # updates that may wait for whoever takes them; what comes then waits as Telegram sent it
INBOX = 2000  # such messages; beyond them it is cheaper to ask what happened
MANY = 500  # messages of one box that are given before more is put to them
LIMIT = 100  # events of a channel in one answer, as Telegram wants it from people
AT_ONCE = 4  # boxes that are asked about at once
QUIET_SECONDS = 120.0  # without a word from Telegram it is asked whether something happened
PATIENCE = 5.0  # seconds for which nothing of a box is taken while Telegram asks to wait
RETRY_SECONDS = 30.0  # after Telegram could not say what happened in a channel
CHANGED_SECONDS = 5.0  # between two readings of messages whose reactions change: in a busy chat they never stop
MET = 20_000  # people whom Telegram told of and will not tell of again; forgotten ones are asked for


class LiveUpdates:
    """The updates of an account. Made by `open_updates`."""

    def __init__(
        self,
        connection: Connection,
        finder: Finder,
        learn: Callable[[int, Sequence[RawMessage]], None],
        emoji: EmojiBook,
    ) -> None:
        self.strangers: set[int] = set()
        self._connection = connection
        self._finder = finder
        self._chats: Collection[int] = ()
        self._learn = learn
        self._emoji = emoji
        self._boxes = Boxes()
        self._met: set[int] = set()
        self._inbox: deque[Any] = deque()
        self._arrived = trio.Event()
        self._heard_at = trio.current_time()
        self._changed = PutOff()
        self._described: set[int] = set()
        self._web_pages = AwaitedPages()
        self._limit = trio.CapacityLimiter(AT_ONCE)
        self._send, self._receive = trio.open_memory_channel[Update](AHEAD)
        self._error: SourceError | None = None
        self._lagging = False  # anything may have happened

    # For whoever takes them

    async def next(self) -> Update:
        """What happened next. Cancelling loses nothing. Raises `SourceError` when there will be no more."""
        try:
            return await self._receive.receive()
        except trio.EndOfChannel:
            assert self._error is not None
            raise self._error from None

    @property
    def waiting(self) -> int:
        """How much has arrived and was not taken yet."""
        return len(self._inbox) + self._receive.statistics().current_buffer_used

    def arrived(self) -> Sequence[Update]:
        """What can be taken at once."""
        found = []
        with suppress(trio.WouldBlock, trio.EndOfChannel):
            while True:
                found.append(self._receive.receive_nowait())
        return found

    def follow(self, marks: Sequence[Mark], chats: Collection[int]) -> None:
        """Tell from now on what happens in these sequences after those marks, as far as it concerns `chats`.

        What happened before now is told when `look` has found it.
        """
        self._chats = chats
        for mark in marks:
            self._boxes.follow(mark)

    async def look(self, channels: Sequence[int] = ()) -> Standing:
        """Where everything stands now; what is followed and lags behind that catches up. Raises `SourceError`."""
        self.strangers.clear()
        standing = await read_standing(self._connection, self._finder, channels)
        now = trio.current_time()
        for box in self._boxes:
            newest = standing.marks[box.id].pts if box.id in standing.marks else math.inf
            if newest > box.pts:
                box.miss(now, newest)
        self._arrived.set()
        return standing

    # For the connection

    def put_nowait(self, container: Any) -> None:
        """Telegram said something by itself. Named as what Telethon puts it into."""
        if len(self._inbox) >= INBOX:
            self._inbox.clear()
            self._lagging = True
        self._inbox.append(container)
        self._arrived.set()

    def reconnected(self) -> None:
        """Anything may have happened on the way to a new connection, which also has to hear that we want updates."""
        self._lagging = True
        self._arrived.set()

    # Inside

    async def run(self) -> None:
        """Runs beside the work until the connection ends."""
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._connection.fail_at_end)
                nursery.start_soon(self._listen, nursery)
                nursery.start_soon(notice_sleep, self._connection, self.reconnected)
        except* SourceError as group:
            self._error = next(each for each in leaves(group) if isinstance(each, SourceError))
        finally:
            self._send.close()

    async def _listen(self, nursery: trio.Nursery) -> None:
        while True:
            quiet = self._heard_at + QUIET_SECONDS
            with trio.move_on_at(min(self._boxes.due, self._changed.due, quiet)):
                await self._arrived.wait()
                await trio.sleep(TOGETHER)
            self._arrived = trio.Event()
            await self._take()
            now = trio.current_time()
            if now >= quiet:
                self._heard_at = now
                self._boxes.miss(now)
            if self._lagging:
                self._lagging = False
                nursery.start_soon(self._look)
            for box in self._boxes.take_due(now):
                nursery.start_soon(self._catch_up, box)
            if now >= self._changed.due:
                nursery.start_soon(self._look_again, self._changed.take())

    async def _look(self) -> None:
        self._boxes.miss(trio.current_time())
        await self.look()

    async def _take(self) -> None:
        """Give what arrived and can be taken as it is."""
        gathered: dict[int, Gathered] = {}
        while self._inbox and sum(map(len, gathered.values())) < MANY:
            self._hear(self._inbox.popleft(), gathered)
        if self._inbox:
            self._arrived.set()
        if self._described:
            described, self._described = frozenset(self._described), set()
            await self._send.send(Update(None, described=described))
        for number, what in gathered.items():
            if (box := self._boxes.find(number)) is not None:
                try:
                    await self._give(what, self._boxes.mark(box))
                except RateLimited:  # what happened can be asked for in another way
                    box.back(what.behind, trio.current_time())

    def _hear(self, container: Any, gathered: dict[int, Gathered]) -> None:
        now = self._heard_at = trio.current_time()
        seq = getattr(container, "seq", None) or 0
        self._boxes.count(getattr(container, "seq_start", 0) or seq, seq, now)
        told = {marked_id(each) for each in [*getattr(container, "users", ()), *getattr(container, "chats", ())]}
        for happening in happenings(container):
            box, chat_id = self._boxes.find(happening.box), happening.chat_id or happening.box
            if chat_id and chat_id not in self._chats and not (happening.described and chat_id > 0):
                self.strangers.add(chat_id)  # of people it is no news of a chat
            if happening.described and chat_id in self._chats:
                self._described.add(chat_id)
            if box is None or happening.described:
                continue
            if self._is_missing(happening, told):
                if happening.pts > box.pts or not happening.pts:
                    box.miss(now, happening.pts or math.inf)
            elif not happening.pts:
                if chat_id in self._chats:
                    self._changed.add(happening, now, CHANGED_SECONDS)
            elif box.admits(happening.pts, happening.pts_count, now):
                what = gathered.setdefault(box.id, Gathered(now, happening.pts - happening.pts_count))
                what.meet(container)
                self._meet(told)
                self._add(what, happening)

    def _is_missing(self, happening: Happening, told: set[int]) -> bool:
        if happening.chat_id and happening.chat_id not in self._chats:
            return False  # nothing of it is wanted, only counted
        message = happening.message
        return happening.missed or (message is not None and not sender_is_known(message, told | self._met))

    def _add(self, gathered: Gathered, happening: Happening) -> None:
        if happening.chat_id and happening.chat_id not in self._chats:
            return
        gathered.add(happening)
        self._web_pages.hear(happening, gathered)

    def _meet(self, told: Collection[int]) -> None:
        if len(self._met) > MET:
            self._met.clear()
        self._met.update(told)

    async def _look_again(self, changed: Sequence[Gathered]) -> None:
        for what in changed:
            await self._give(what, None, math.inf)

    async def _give(self, gathered: Gathered, mark: Mark | None, patience: float = PATIENCE) -> None:
        """Hand over what was gathered of one box; `mark` is how far it is known then. Raises as `read_again`."""
        await read_again(self._connection, self._finder, gathered, patience)
        pages = tuple(gathered.pages(PeerBook()))  # a new one: people change their names
        for page in pages:
            await self._name(page)
            self._learn(page.chat_id, page.messages)
        gone = tuple(sorted(gathered.gone[COMMON]))
        await self._send.send(Update(mark, pages, gone, since=gathered.since))

    async def _name(self, page: Page) -> None:
        """Say what custom emoji stand for. While Telegram has that wait nothing else does: it is said later."""
        try:
            await self._emoji.name(page.messages, PATIENCE)
        except RateLimited as limit:
            unnamed = tuple(message.id for message in page.messages if any(unnamed_in(message)))
            happening = Happening(box_of(page.chat_id), chat_id=page.chat_id, changed=unnamed)
            self._changed.add(happening, trio.current_time(), limit.seconds)

    # Asking what happened

    async def _catch_up(self, box: Box) -> None:
        since = trio.current_time()
        try:
            async with self._limit:
                await (self._common(box, since) if box.id == COMMON else self._channel(box, since))
        except RateLimited as limit:  # until then all that fits to what is known is taken as it comes
            box.fail(trio.current_time(), limit.seconds)
        except (AccessDenied, ChatNotFound) as exc:
            _LOG.warning("the chat %d is followed no longer: %s", box.id, exc)
            self._boxes.leave(box.id)
        except STOPPING:
            raise
        except SourceError as exc:
            _LOG.info("what happened in %d is asked again later: %s", box.id, exc)
            box.fail(trio.current_time(), RETRY_SECONDS)
        else:
            box.end(trio.current_time())
        self._arrived.set()

    async def _common(self, box: Box, since: float) -> None:
        boxes = self._boxes
        while True:
            answer = await self._connection.ask(GetDifferenceRequest(box.pts, boxes.date, boxes.qts), patience=PATIENCE)
            if isinstance(answer, types.updates.DifferenceEmpty):
                boxes.date, boxes.seq = unix(answer.date), answer.seq
                return
            is_too_long = isinstance(answer, types.updates.DifferenceTooLong)
            state = await self._connection.ask(GetStateRequest(), patience=PATIENCE) if is_too_long else _state(answer)
            mark = Mark(COMMON, state.pts, state.qts, unix(state.date), state.seq)
            if is_too_long:
                await self._send.send(Update(mark, lost=True, since=since))
            else:
                await self._give(self._difference(box, answer, since), mark)
            boxes.told(box, mark)  # not before: what could not be given is asked for once more
            if not isinstance(answer, types.updates.DifferenceSlice):
                return

    async def _channel(self, box: Box, since: float) -> None:
        while True:
            channel = self._finder.channel(box.id)
            request = GetChannelDifferenceRequest(channel, types.ChannelMessagesFilterEmpty(), box.pts, LIMIT)
            answer = await self._connection.ask(request, patience=PATIENCE)
            if isinstance(answer, types.updates.ChannelDifferenceTooLong):
                mark = Mark(box.id, answer.dialog.pts or box.pts)
                await self._send.send(Update(mark, lost=True, since=since))
                self._boxes.told(box, mark)
                return
            if isinstance(answer, types.updates.ChannelDifference):
                await self._give(self._difference(box, answer, since), Mark(box.id, answer.pts))
            self._boxes.told(box, Mark(box.id, answer.pts))
            if answer.final:
                return

    def _difference(self, box: Box, answer: Any, since: float) -> Gathered:
        gathered, elsewhere = Gathered(since), []
        gathered.meet(answer)
        self._meet(gathered.entities.keys())
        for message in answer.new_messages:
            if not isinstance(message, types.MessageEmpty):
                self._add(gathered, Happening(box.id, chat_id=marked_id(message.peer_id), message=message))
        for update in answer.other_updates:
            told = happenings(types.UpdateShort(update, 0))
            here = [happening for happening in told if happening.box == box.id and not happening.described]
            for happening in here:
                self._add(gathered, happening)
            if len(here) < len(told):
                elsewhere.append(update)
        if elsewhere:  # what of channels is told here counts in their own boxes
            self.put_nowait(types.Updates(elsewhere, answer.users, answer.chats, 0, 0))
        return gathered


@asynccontextmanager
async def open_updates(
    connection: Connection,
    finder: Finder,
    learn: Callable[[int, Sequence[RawMessage]], None],
    emoji: EmojiBook,
) -> AsyncIterator[LiveUpdates]:
    """The updates of an account, for the block. Nothing is told before something is followed."""
    updates = LiveUpdates(connection, finder, learn, emoji)
    with heard_by(connection.client, updates):
        async with open_helpers() as nursery:
            nursery.start_soon(updates.run)
            yield updates


def _state(answer: Any) -> Any:
    return answer.state if isinstance(answer, types.updates.Difference) else answer.intermediate_state
