"""Pages by counting, against servers that count in their own ways: whole, in order, and in few requests."""

import random
from itertools import pairwise

import attrs
import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from tobs.errors import AccessDenied, SourceError
from tobs.model import Page, RawMessage
from tobs.telegram.line import Line, Room
from tobs.telegram.positions import Part, Plan
from tobs.telegram.stretches import Stretches

WAYS = ("counts", "counts without a total", "no further than a page", "refuses", "from the newest", "leaves out")


@attrs.define(eq=False)
class Server:
    """A chat on a server that counts in one of `WAYS`; `gone` are deleted before request number n."""

    ids: list[int]
    way: str = "counts"
    gone: dict[int, list[int]] = attrs.field(factory=dict)
    chance: random.Random = attrs.field(factory=lambda: random.Random(0))
    requests: int = 0

    async def step(self, step, high):
        self.requests += 1
        for message_id in self.gone.get(self.requests, ()):
            if message_id in self.ids:
                self.ids.remove(message_id)
        if self.way == "refuses" and step.skip:
            raise SourceError("Telegram refused a request: OFFSET_INVALID.")
        wanted = [n for n in self.ids if n >= step.anchor]
        skip = min(step.skip, len(wanted) - 100) if self.way == "from the newest" else step.skip
        skip = 0 if self.way == "no further than a page" else max(skip, 0)
        found = wanted[skip : skip + 100]
        newer = -1 if self.way == "counts without a total" else len(wanted[skip + 100 :])
        found = self._shown(found)
        for _ in range(self.chance.randrange(4)):
            await trio.lowlevel.checkpoint()
        return Part(page_of(step, found, high), newer, step)

    async def oldest(self, span):
        low, high = span
        self.requests += 1
        found = self._shown([n for n in self.ids if low <= n][:100])
        end = high if not found else min(found[-1], high)
        return Page(1, low, end, messages([n for n in found if n <= end]))

    def _shown(self, ids):
        return [n for n in ids if n % 5] if self.way == "leaves out" else ids


def page_of(step, found, high):
    if not found:
        return Page(1, step.anchor, step.anchor - 1 if step.skip else high, ())
    return Page(1, found[0] if step.skip else step.anchor, found[-1], messages(found))


def messages(ids):
    return tuple(RawMessage(n, 0, {"_": "Message", "id": n}) for n in ids)


async def read(server, low, high, *, open_end=True, workers=8):
    pages = []
    async with trio.open_nursery() as nursery:
        line = Line(Room(trio.CapacityLimiter(workers)), nursery)
        stretches = Stretches(Plan(low, high, open_end), server.step, server.oldest, line)
        while page := await stretches.next_page():
            pages.append(page)
        nursery.cancel_scope.cancel()
    assert all(one.high + 1 == other.low for one, other in pairwise(pages))
    assert pages[0].low == low
    assert pages[-1].high >= high
    return [message.id for page in pages for message in page.messages]


@given(
    st.sets(st.integers(1, 20_000), max_size=2000),
    st.dictionaries(st.integers(1, 30), st.lists(st.integers(1, 20_000), max_size=40), max_size=10),
    st.sampled_from(WAYS[:-1]),
    st.integers(1, 12),
    st.randoms(use_true_random=False),
)
async def test_nothing_is_missed_or_doubled(ids, gone, way, workers, chance):
    near = {n: [*some, *chance.sample(sorted(ids), min(3, len(ids)))] for n, some in gone.items()}
    server = Server(sorted(ids), way, near, chance)
    found = await read(server, 1, 20_000, workers=workers)
    assert found == sorted(set(found))
    assert set(server.ids) <= set(found) <= ids


@pytest.mark.parametrize("way", WAYS)
async def test_requests_are_few_however_the_server_counts(way):
    ids = list(range(7, 70_000, 7))
    server = Server(list(ids), way)
    found = await read(server, 1, 69_993)
    assert found == [n for n in ids if n % 5 or way != "leaves out"]
    assert server.requests <= 1.1 * len(ids) / 100 + 3


@pytest.mark.parametrize("way", ["counts", "counts without a total", "from the newest"])
async def test_a_gap_ends_where_it_ends(way):
    server = Server(list(range(1, 9000, 3)), way)
    assert await read(server, 1000, 3999, open_end=False) == list(range(1000, 4000, 3))
    assert server.requests <= 14


async def test_what_came_since_may_follow():
    assert await read(Server([5, 50, 500]), 1, 50) == [5, 50, 500]
    assert await read(Server([5, 50, 500]), 1, 50, open_end=False) == [5, 50]


async def test_only_what_is_no_fault_of_the_chat_is_tried_otherwise():
    @attrs.define(eq=False)
    class Closing(Server):
        async def step(self, step, high):
            if step.skip:
                raise AccessDenied("This account may not read this chat.")
            return await super().step(step, high)

    with pytest.RaisesGroup(AccessDenied):
        await read(Closing(list(range(1, 2000))), 1, 1999)
