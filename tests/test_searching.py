"""Searches: several requests under way, and still each message once, whatever happens meanwhile."""

import os
import random

import pytest
import trio
from trio.testing import MockClock

from tests.loopback import add_channel, open_loopback, small_account, text
from tests.restless import KINDS, restless
from tobs.source import Selection
from tobs.telegram.client import open_telegram
from tobs.telegram.connection import Connection
from tobs.testing.faults import INTERNAL, Drop, Fail, Faults, Flood

RUNS = int(os.environ.get("TOBS_STORMS", "8"))
ONLY = ("photo", "video", "voice", "audio")


async def found(source, selection, name):
    """The ids that a selection reads, in the order they come."""
    (chat,) = await source.find_chats([name])
    async with source.open_selection(chat, (), selection) as history:
        ids = []
        while page := await history.next_page():
            assert page.found
            ids += [message.id for message in page.messages]
    return ids


@pytest.fixture
def peak(monkeypatch):
    """A list that gets the number of searches under way whenever one more begins."""
    under_way, seen, send = 0, [], Connection._send

    async def counted(self, request, *more, **named):
        nonlocal under_way
        searching = type(request).__name__ == "SearchRequest"
        under_way += searching
        seen.append(under_way)
        try:
            return await send(self, request, *more, **named)
        finally:
            under_way -= searching

    monkeypatch.setattr(Connection, "_send", counted)
    return seen


@pytest.mark.parametrize("workers", [1, 4])
async def test_pages_of_a_search_are_under_way_together(tmp_path, peak, workers):
    account = small_account()
    add_channel(account, 500, "News", 2000, username="thenews")
    async with open_loopback(account, tmp_path, faults=Faults(rtt=0.05)) as (server, config):
        async with open_telegram(config, fetch_workers=workers) as source:
            assert await found(source, Selection(search="message"), "@thenews") == list(range(1, 2001))
    assert max(peak) == workers
    assert server.calls["messages.search"] <= 22


@pytest.mark.parametrize("last", [0, 3])
async def test_questions_are_under_way_together(tmp_path, peak, last):
    account = small_account()
    add_channel(account, 500, "News", 20, username="thenews")
    async with open_loopback(account, tmp_path, faults=Faults(rtt=0.05)) as (server, config):
        async with open_telegram(config) as source:
            assert await found(source, Selection(only=ONLY, last=last), "@thenews") == []
    assert max(peak) == len(ONLY)
    assert server.calls["messages.search"] == len(ONLY) * (2 if last else 1)


async def test_what_is_found_between_two_ids_is_all_there_is(tmp_path):
    account = small_account()
    chat = add_channel(account, 500, "News", username="thenews")
    for n in range(1, 3001):
        account.add_message(chat, text(n, message_id=n))
    async with open_loopback(account, tmp_path) as (server, config), open_telegram(config) as source:
        for low, high in ((1, 3000), (500, 1499), (2999, 3000), (700, 700), (1, 2999)):
            server.calls.clear()
            selection = Selection(search="message", min_id=low, max_id=high)
            assert await found(source, selection, "@thenews") == list(range(low, high + 1))
            assert server.calls["messages.search"] <= 1.1 * (high - low + 1) / 100 + 3


@pytest.fixture
def mock_clock():
    """Pauses are as long as they are, and pass ten times as fast."""
    return MockClock(rate=10)


def storm(rng):
    """What goes wrong in one run."""
    method, rough = "messages.search", rng.random() < 0.5
    return Faults(
        rtt=0.02,
        jitter=rng.choice((0, 0.1)),
        floods=(Flood(method, 4, 1, wait=1),) if rng.random() < 0.3 else (),
        fails=(Fail(method, {rng.randrange(1, 9)}, INTERNAL),) if rough else (),
        drop=Drop(rng.randrange(8, 20), half_frame=rng.random() < 0.5, times=2) if rough else None,
    )


@pytest.mark.parametrize("seed", range(RUNS))
async def test_a_search_in_a_storm(tmp_path, seed, mock_clock):
    rng = random.Random(seed)
    account = small_account()
    world = restless(account, KINDS[seed % len(KINDS)], rng, rng.choice((1, 100, 450, 1200)))
    before = set(world.ids)
    async with (
        open_loopback(account, tmp_path, faults=storm(rng)) as (server, config),
        open_telegram(config, fetch_workers=rng.choice((1, 2, 5, 16))) as source,
        trio.open_nursery() as changes,
    ):
        world.nursery = changes
        ids = await found(source, Selection(search="message"), "Restless")
        world.nursery = None
    assert ids == sorted(set(ids))
    assert before & set(world.ids) <= set(ids) <= world.ever
    assert not server.crashes
