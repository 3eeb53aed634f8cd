"""Looking at messages again over the wire: what was edited is there, what was deleted is proven, nothing else is.

``make storms`` tries many more chats that change meanwhile.
"""

import os
import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from telethon.tl import types
from trio.testing import MockClock

from tests.loopback import EPOCH, add_channel, open_loopback, small_account, text
from tests.restless import KINDS, restless, weather
from tobs.archive.spans import merge
from tobs.model import Page
from tobs.telegram.checking import ranges_to_read
from tobs.telegram.client import open_telegram
from tobs.testing.faults import Faults
from tobs.testing.history import ListHistory

STORMS = int(os.environ.get("TOBS_STORMS", "8"))


@pytest.fixture
def mock_clock():
    """Pauses are as long as they are, and pass ten times as fast."""
    return MockClock(rate=10)


async def check(source: Any, chat: Any, ids: Sequence[int], whole: Sequence[tuple[int, int]]) -> list[Page]:
    pages = []
    async with source.open_check(chat, ids, whole) as history:
        while page := await history.next_page():
            pages.append(page)
    return pages


def texts(pages: Sequence[Page]) -> dict[int, str]:
    return {message.id: message.raw["message"] for page in pages for message in page.messages}


def gone(pages: Sequence[Page]) -> list[int]:
    return sorted(number for page in pages for number in page.gone)


class Forgetful(ListHistory):
    """Pages of it leave some messages out, which are there."""

    left_out: frozenset[int] = frozenset()

    def slice(self, start: int, stop: int) -> Sequence[Any]:
        found = super().slice(start, stop)
        return [message for message in found if message.id not in self.left_out] if stop - start > 1 else found


ids = st.sets(st.integers(1, 2000), max_size=300).map(sorted)
spans = st.lists(st.tuples(st.integers(1, 2000), st.integers(0, 300)), max_size=20)


@given(ids, spans)
def test_ranges_lie_in_what_was_whole_and_between_known_messages(known, parts):
    whole = [(low, low + length) for low, length in parts]
    ranges = ranges_to_read(known, whole)
    assert merge(ranges) == ranges
    for low, high in ranges:
        assert low in known
        assert high in known
        assert any(first <= low and high <= last for first, last in merge(whole))
    alone = [number for number in known if not any(low <= number <= high for low, high in ranges)]
    requests = len(ranges) + -(-len(alone) // 100)
    assert requests <= len(merge(whole)) + -(-len(known) // 100)


def test_what_stands_alone_is_asked_for_together():
    assert ranges_to_read([10, 20, 30], [(n, n) for n in (10, 20, 30)]) == []
    assert ranges_to_read([10, 20, 30], [(1, 40)]) == [(10, 30)]
    assert ranges_to_read([*range(1, 101), 500, 900], [(1, 200), (500, 500), (900, 900)]) == [(1, 100)]


@pytest.mark.parametrize("kind", KINDS)
async def test_edits_and_deletions_are_found_and_nothing_else(tmp_path, kind):
    account = small_account()
    world = restless(account, kind, random.Random(5), 730)
    known = world.ids
    deleted = [known[0], *known[100:130], known[-1]]
    account.delete(world.chat, *deleted)
    account.edit(world.chat, known[50], message="other words")
    world.send(20)
    async with open_loopback(account, tmp_path) as (server, config), open_telegram(config) as source:
        (chat,) = await source.find_chats(["Restless"])
        server.calls.clear()
        pages = await check(source, chat, known, [(1, known[-1])])
        asked = sum(count for method, count in server.calls.items() if "etMessages" in method or "etHistory" in method)
    assert gone(pages) == deleted
    assert texts(pages).keys() == {*known} - {*deleted}
    assert texts(pages)[known[50]] == "other words"
    assert {page.oldest for page in pages if page.gone} == {known[1]}
    assert asked <= 14  # eight pages, one request by number, one for the oldest, and those of counting in vain


@pytest.mark.parametrize("omits", [False, True])
async def test_what_pages_leave_out_is_not_gone(tmp_path, omits):
    account = small_account()
    account.omits_gone = omits
    history = Forgetful()
    account.histories[7002] = history
    for n in range(1, 301):
        account.add_message(7002, text(n))
    history.left_out = frozenset(range(40, 60))
    account.delete(7002, 45, 200)
    async with open_loopback(account, tmp_path) as (_server, config), open_telegram(config) as source:
        (chat,) = await source.find_chats(["@bobby"])
        pages = await check(source, chat, range(1, 301), [(1, 300)])
    assert gone(pages) == [45, 200]
    assert len(texts(pages)) == 298


async def test_without_a_word_of_the_server_nothing_is_gone(tmp_path):
    """A private chat that is empty all at once, and by number says nothing of its messages."""
    account = small_account()
    account.omits_gone = True
    for n in range(1, 151):
        account.add_message(7002, text(n))
    account.delete(7002, *range(1, 151))
    async with open_loopback(account, tmp_path) as (_server, config), open_telegram(config) as source:
        (chat,) = await source.find_chats(["@bobby"])
        pages = await check(source, chat, range(1, 151), [(1, 150)])
        assert gone(pages) == []
        account.omits_gone = False
        pages = await check(source, chat, range(1, 151), [(1, 150)])
    assert gone(pages) == [*range(1, 151)]
    assert {page.oldest for page in pages if page.gone} == {151}  # older than all that is shown: hidden


async def test_messages_found_by_a_search_are_asked_for_by_number(tmp_path):
    account = small_account()
    news = add_channel(account, 500, "News", 5000)
    known = [*range(20, 5000, 20)]
    account.delete(news, 40, 4980)
    account.edit(news, 60, message="other words")
    async with open_loopback(account, tmp_path) as (server, config), open_telegram(config) as source:
        (chat,) = await source.find_chats(["News"])
        server.calls.clear()
        pages = await check(source, chat, known, [(number, number) for number in known])
        assert server.calls["channels.getMessages"] == 3
        assert server.calls["messages.getHistory"] == 1
    assert gone(pages) == [40, 4980]
    assert texts(pages)[60] == "other words"
    assert len(texts(pages)) == len(known) - 2


async def test_a_number_of_another_chat_says_nothing_of_this_one(tmp_path):
    account = small_account()
    account.add_user(types.User(7003, access_hash=23, first_name="Carol", username="carol"))
    for n in range(1, 9):
        account.add_message(7002 if n < 5 else 7003, text(n))
    async with open_loopback(account, tmp_path) as (_server, config), open_telegram(config) as source:
        (chat,) = await source.find_chats(["@bobby"])
        pages = await check(source, chat, [2, 4, 6, 8], [])
    assert texts(pages).keys() == {2, 4}
    assert gone(pages) == []


async def test_nothing_known_is_nothing_asked(tmp_path):
    account = small_account()
    add_channel(account, 500, "News", 5)
    async with open_loopback(account, tmp_path) as (server, config), open_telegram(config) as source:
        (chat,) = await source.find_chats(["News"])
        server.calls.clear()
        assert await check(source, chat, [], [(1, 5)]) == []
        assert not server.calls


@pytest.mark.parametrize("seed", range(STORMS))
async def test_a_check_in_a_storm(tmp_path, seed, mock_clock):
    """Messages come, go and change while they are looked at, over connections that fail; then the sea is calm."""
    rng = random.Random(seed)
    account = small_account()
    account.omits_gone = rng.random() < 0.5
    world = restless(account, KINDS[seed % len(KINDS)], rng, rng.choice((101, 450, 1200)))
    known = world.ids
    account.delete(world.chat, *rng.sample(known, 20))
    async with (
        open_loopback(account, tmp_path, faults=weather(rng)) as (server, config),
        open_telegram(config, fetch_workers=rng.choice((1, 2, 16))) as source,
        trio.open_nursery() as changes,
    ):
        world.nursery = changes
        (chat,) = await source.find_chats(["Restless"])
        early = gone(await check(source, chat, known, [(1, known[-1])]))
        assert not {*early} & {*world.ids}
        world.nursery, server.faults = None, Faults()
        await trio.testing.wait_all_tasks_blocked()
        edited = rng.sample(world.ids, 10)
        for number in edited:
            if number in known:
                account.edit(world.chat, number, message="other words", edit_date=EPOCH + timedelta(days=1))
        left = [number for number in known if number not in early]
        (chat,) = await source.find_chats(["Restless"])
        pages = await check(source, chat, left, [(1, known[-1])])
    there = {*world.ids}
    assert gone(pages) == [number for number in left if number not in there]
    found = texts(pages)
    assert {*found} & {*known} == {*left} & there
    assert all(found[number] == "other words" for number in edited if number in known)
    assert not server.crashes
