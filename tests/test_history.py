"""Histories over real MTProto: every message once, pages that touch, and as few requests as can be."""

import random
from itertools import pairwise

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from tests.loopback import add_channel, open_loopback, small_account, text
from tobs.errors import AccessDenied
from tobs.telegram.client import open_telegram
from tobs.telegram.connection import Connection
from tobs.telegram.windows import is_dense, windows
from tobs.testing.faults import Fail, Faults
from tobs.testing.rpc import RpcError


def supergroup(account, number, ids):
    """A supergroup whose messages have these ids."""
    group = add_channel(account, number, f"Group {number}", broadcast=False, megagroup=True)
    for message_id in ids:
        account.add_message(group, text(message_id, message_id=message_id))
    return group


async def read(source, name, have=()):
    """The pages of one chat."""
    (chat,) = await source.find_chats([name])
    pages = []
    async with source.open_history(chat, have) as history:
        while page := await history.next_page():
            pages.append(page)
    return pages


def check(pages, expected, low=1):
    """Pages touch, begin at `low`, hold what they must, and nothing twice."""
    assert [message.id for page in pages for message in page.messages] == list(expected)
    for page in pages:
        assert all(page.low <= message.id <= page.high for message in page.messages)
    assert all(second.low == first.high + 1 for first, second in pairwise(pages))
    if pages:
        assert pages[0].low == low


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 1000])
async def test_a_dense_channel(tmp_path, count, workers):
    account = small_account()
    add_channel(account, 500, "News", count, username="thenews")
    async with open_loopback(account, tmp_path) as (server, config), open_telegram(config, fetch_workers=workers) as s:
        pages = await read(s, "@thenews")
        check(pages, range(1, count + 1))
        assert not pages or pages[-1].high == count
        assert server.calls["messages.getHistory"] == 1 + -(-count // 100)


@pytest.mark.parametrize("seed", range(4))
async def test_a_sparse_group(tmp_path, seed):
    ids = sorted(random.Random(seed).sample(range(1, 5000), [1, 100, 101, 450][seed]))
    account = small_account()
    supergroup(account, 500, ids)
    async with open_loopback(account, tmp_path) as (server, config), open_telegram(config) as source:
        pages = await read(source, "Group 500")
        check(pages, ids)
        assert pages[-1].high == ids[-1]
        assert server.calls["messages.getHistory"] <= 2 + -(-len(ids) // 100)


async def test_people_share_the_accounts_ids(tmp_path):
    account = small_account()
    ids = list(range(3, 3000, 7))
    for message_id in ids:
        account.add_message(7002, text(message_id, message_id=message_id, from_id=None))
    async with open_loopback(account, tmp_path) as (_server, config), open_telegram(config) as source:
        check(await read(source, "@bobby"), ids)


@pytest.mark.parametrize("step", [1, 2, 7, 100], ids="one in {}".format)
async def test_requests_are_few_however_much_was_deleted(tmp_path, step):
    account = small_account()
    ids = [n for n in range(1, 3001 * step) if random.Random(n).random() < 1 / step]
    supergroup(account, 500, ids)
    async with open_loopback(account, tmp_path) as (server, config), open_telegram(config) as source:
        check(await read(source, "Group 500"), ids)
        assert server.calls["messages.getHistory"] <= 1.1 * len(ids) / 100


async def test_requests_are_few_in_a_private_chat(tmp_path):
    account = small_account()
    ids = sorted(random.Random(1).sample(range(1, 10**6), 3000))
    for message_id in ids:
        account.add_message(7002, text(message_id, message_id=message_id))
    async with open_loopback(account, tmp_path) as (server, config), open_telegram(config) as source:
        check(await read(source, "@bobby"), ids)
        assert server.calls["messages.getHistory"] <= 1.1 * len(ids) / 100


@pytest.mark.parametrize("have", [[(1, 1000)], [(1, 450)], [(101, 300), (420, 421), (600, 1000)], [(2, 999)]])
@pytest.mark.parametrize("ids", [range(1, 1001), range(1, 1001, 3)], ids=["dense", "sparse"])
async def test_only_what_is_missing_is_asked_for(tmp_path, have, ids):
    account = small_account()
    supergroup(account, 500, [*ids, 1000] if ids[-1] < 1000 else ids)
    covered = {n for low, high in have for n in range(low, high + 1)}
    async with open_loopback(account, tmp_path) as (_server, config), open_telegram(config) as source:
        pages = await read(source, "Group 500", have)
        missing = [n for n in sorted({*ids, 1000}) if n not in covered]
        assert [message.id for page in pages for message in page.messages] == missing
        shown = [n for page in pages for n in range(page.low, page.high + 1)]
        assert shown == [n for n in range(1, 1001) if n not in covered]


async def test_reading_all_chats(tmp_path):
    account = small_account()
    add_channel(account, 500, "News", 1000, username="thenews")
    supergroup(account, 501, range(1, 1000, 9))
    async with open_loopback(account, tmp_path) as (server, config), open_telegram(config) as source:
        for chat in await source.find_chats(["all"]):
            async with source.open_history(chat, []) as history:
                pages = []
                while page := await history.next_page():
                    pages.append(page)
            check(pages, range(1, 1001) if chat.title == "News" else range(1, 1000, 9))
        server.calls.clear()
        for chat in await source.find_chats(["all"]):
            async with source.open_history(chat, [(1, chat.top_message)]) as history:
                assert await history.next_page() is None
        assert server.calls["messages.getHistory"] == 0


async def test_a_chat_without_news_costs_three_requests_and_then_fewer(tmp_path):
    account = small_account()
    add_channel(account, 500, "News", 250, username="thenews")
    async with open_loopback(account, tmp_path) as (server, config):
        for expected in (3, 2):  # then the session knows the channel by name
            async with open_telegram(config) as source:
                server.calls.clear()
                assert await read(source, "@thenews", [(1, 250)]) == []
                assert sum(server.calls.values()) == expected


async def test_deletions_while_reading_lose_nothing_else(tmp_path):
    account = small_account()
    group = supergroup(account, 500, range(1, 2000, 5))
    async with open_loopback(account, tmp_path) as (_server, config), open_telegram(config) as source:
        (chat,) = await source.find_chats(["Group 500"])
        seen = []
        async with source.open_history(chat, []) as history:
            while page := await history.next_page():
                seen += [message.id for message in page.messages]
                account.delete(group, seen[-1], seen[-1] + 5, 1996)  # the page's last, the next one, the newest
        gone = set(range(1, 2000, 5)) - set(seen)
        assert seen == sorted(set(seen))
        assert all(n - 5 in seen or n == 1996 for n in gone)
        assert len(gone) <= 5


async def test_messages_that_arrive_while_reading(tmp_path):
    account = small_account()
    group = supergroup(account, 500, range(1, 1000, 4))
    async with open_loopback(account, tmp_path) as (_server, config), open_telegram(config) as source:
        (chat,) = await source.find_chats(["Group 500"])
        pages, arrived = [], 1000
        async with source.open_history(chat, []) as history:
            while page := await history.next_page():
                pages.append(page)
                account.add_message(group, text(arrived, message_id=arrived))
                arrived += 1
        seen = [message.id for page in pages for message in page.messages]
        assert seen[:250] == list(range(1, 1000, 4))
        assert seen == sorted(set(seen))
        check(pages, seen)


async def test_cancelling_a_page_loses_nothing(tmp_path):
    account = small_account()
    add_channel(account, 500, "News", 450, username="thenews")
    faults = Faults(rtt=0.02)
    async with open_loopback(account, tmp_path, faults=faults) as (_server, config), open_telegram(config) as source:
        (chat,) = await source.find_chats(["@thenews"])
        for spread in (range(1, 451), range(1, 451)):
            pages = []
            async with source.open_history(chat, []) as history:
                while True:
                    with trio.move_on_after(0.007):
                        if (page := await history.next_page()) is None:
                            break
                        pages.append(page)
            check(pages, spread)


async def test_requests_overlap_but_not_more_than_allowed(tmp_path, monkeypatch):
    account = small_account()
    add_channel(account, 500, "News", 2000, username="thenews")
    under_way, peak, ask = 0, 0, Connection.ask

    async def counted(*args, **more):
        nonlocal under_way, peak
        under_way += 1
        peak = max(peak, under_way)
        try:
            return await ask(*args, **more)
        finally:
            under_way -= 1

    async with open_loopback(account, tmp_path, faults=Faults(rtt=0.05)) as (_server, config):
        for workers in (1, 4):
            async with open_telegram(config, fetch_workers=workers) as source:
                (chat,) = await source.find_chats(["@thenews"])
                with monkeypatch.context() as watched:
                    watched.setattr(Connection, "ask", counted)
                    async with source.open_history(chat, []) as history:
                        while await history.next_page():
                            pass
            assert peak == workers


async def test_nothing_comes_from_behind_a_failed_page(tmp_path):
    account = small_account()
    add_channel(account, 500, "News", 1000, username="thenews")
    async with open_loopback(account, tmp_path) as (server, config), open_telegram(config) as source:
        (chat,) = await source.find_chats(["@thenews"])
        server.faults = Faults(fails=(Fail("messages.getHistory", {3}, RpcError(400, "CHANNEL_PRIVATE")),))
        pages = []
        async with source.open_history(chat, []) as history:
            try:
                while page := await history.next_page():
                    pages.append(page)
            except AccessDenied:
                pass
            with pytest.raises(AccessDenied):
                await history.next_page()
        check(pages, range(1, 100 * len(pages) + 1))


async def test_peers_come_along(tmp_path):
    account = small_account()
    add_channel(account, 500, "News", 3, username="thenews")
    async with open_loopback(account, tmp_path) as (_server, config), open_telegram(config) as source:
        (page,) = await read(source, "@thenews")
        assert {peer.id: peer.name for peer in page.peers} == {7002: "Bob Baker", -1000000000500: "News"}
        assert page.layer > 200
        assert page.messages[0].raw["message"] == "Message 1"
        assert page.messages[0].date == int(text(1).date.timestamp())


@given(st.lists(st.tuples(st.integers(1, 10**6), st.integers(0, 1000)), max_size=5))
def test_windows_hold_their_gaps_exactly(spans):
    gaps, low = [], 0
    for skip, width in spans:
        gaps.append((low + skip, low + skip + width))
        low += skip + width + 1
    cut = list(windows(gaps))
    assert [n for a, b in cut for n in range(a, b + 1)] == [n for a, b in gaps for n in range(a, b + 1)]
    assert all(0 <= b - a < 100 for a, b in cut)


def test_only_chats_with_ids_of_their_own_are_dense():
    assert is_dense("channel", 950, 1000, 1000)
    assert not is_dense("channel", 900, 1000, 1000)
    assert not is_dense("channel", -1, 1000, 1000)
    assert not is_dense("private", 1000, 1000, 1000)
    assert not is_dense("channel", 0, 0, 0)


def test_a_part_of_a_chat_is_dense_if_all_that_is_missing_may_be_missing_there():
    assert is_dense("channel", 9_990, 10_000, 1_000)
    assert not is_dense("channel", 9_500, 10_000, 1_000)
