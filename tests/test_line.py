"""Answers side by side: in order, within the room that all lines share, and the limit may change meanwhile."""

import random
from functools import partial

import attrs
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.loopback import add_channel, open_loopback, small_account, text
from tobs.errors import ConnectionLost
from tobs.telegram.client import open_telegram
from tobs.telegram.line import Line, Room
from tobs.testing.faults import Faults


@attrs.define(eq=False)
class Desk:
    """Answers numbers when told to; `open` are those it was asked for and has not answered."""

    limit: trio.CapacityLimiter
    open: dict[int, trio.Event] = attrs.field(factory=dict)

    async def get(self, number):
        async with self.limit:
            self.open[number] = event = trio.Event()
            await event.wait()
        if number < 0:
            raise ConnectionLost("The connection was lost.")
        return number

    def answer(self, number):
        self.open.pop(number).set()


def ask_ahead(line, desk, numbers):
    while line.has_room and numbers:
        line.ask(partial(desk.get, numbers.pop(0)))


@pytest.fixture
async def nursery():
    async with trio.open_nursery() as nursery:
        yield nursery
        nursery.cancel_scope.cancel()


async def test_answers_that_come_early_wait_for_their_turn(nursery, autojump_clock):
    room = Room(trio.CapacityLimiter(3))
    desk, line = Desk(room.limit), Line(room, nursery)
    ask_ahead(line, desk, [1, 2, 3])
    await wait_all_tasks_blocked()
    desk.answer(3)
    desk.answer(2)
    with trio.move_on_after(1) as patience:
        await line.first()
    assert patience.cancelled_caught
    desk.answer(1)
    taken = []
    while line:
        taken.append(await line.first())
        line.drop()
    assert taken == [1, 2, 3]
    assert room.taken == 0


async def test_what_is_wanted_first_is_asked_for_first(nursery):
    room = Room(trio.CapacityLimiter(8))
    desk, line = Desk(room.limit), Line(room, nursery)
    ask_ahead(line, desk, list(range(16)))
    line.ask(partial(desk.get, 100), first=True)
    await wait_all_tasks_blocked()
    assert sorted(desk.open) == [*range(7), 100]  # those under way left together


async def test_an_error_stays_in_its_place(nursery):
    room = Room(trio.CapacityLimiter(3))
    desk, line = Desk(room.limit), Line(room, nursery)
    ask_ahead(line, desk, [-1, 2])
    await wait_all_tasks_blocked()
    for number in (2, -1):
        desk.answer(number)
    for _ in range(2):
        with pytest.raises(ConnectionLost):
            await line.first()
    line.close()
    assert room.taken == 0


@pytest.mark.parametrize("workers", [1, 2, 5])
async def test_lines_share_the_room_and_none_waits_for_another(nursery, workers):
    room = Room(trio.CapacityLimiter(workers))
    desk, greedy, modest = Desk(room.limit), Line(room, nursery), Line(room, nursery)
    ask_ahead(greedy, desk, list(range(100)))
    assert len(greedy) == (0 if workers == 1 else 2 * workers)
    assert not modest.has_room
    modest.ask(partial(desk.get, 100))  # what is wanted now
    while greedy or modest:
        await wait_all_tasks_blocked()
        assert len(desk.open) <= workers
        for number in list(desk.open):
            desk.answer(number)
        line = greedy or modest
        await line.first()
        line.drop()
    assert room.taken == 0


async def test_a_limit_that_shrinks_and_grows(nursery):
    room = Room(trio.CapacityLimiter(2))
    desk, line = Desk(room.limit), Line(room, nursery)
    ask_ahead(line, desk, list(range(100)))
    assert len(line) == 4
    room.limit.total_tokens = 1
    line.close()
    assert not line.has_room
    room.limit.total_tokens = 8
    ask_ahead(line, desk, list(range(100, 200)))
    assert len(line) == 16


async def test_several_chats_at_a_time(tmp_path):
    account = small_account()
    chats = {}
    for number in range(500, 508):
        group = add_channel(account, number, f"Group {number}", broadcast=False, megagroup=True)
        rng = random.Random(number)
        chats[group.title] = sorted(rng.sample(range(1, 4000), rng.choice((50, 900, 3900))))
        for message_id in chats[group.title]:
            account.add_message(group, text(message_id, message_id=message_id))
    read = {}

    async def read_all(source, chat):
        async with source.open_history(chat, []) as history:
            while page := await history.next_page():
                read.setdefault(chat.title, []).extend(message.id for message in page.messages)

    faults = Faults(rtt=0.01, jitter=0.02)
    async with open_loopback(account, tmp_path, faults=faults) as (server, config), open_telegram(config) as source:
        found = await source.find_chats(list(chats))
        async with trio.open_nursery() as side_by_side:
            for chat in found:
                side_by_side.start_soon(read_all, source, chat)
        assert read == chats
        assert server.calls["messages.getHistory"] <= 1.1 * sum(len(ids) for ids in chats.values()) / 100 + 3 * len(
            chats
        )
