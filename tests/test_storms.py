"""Chats that change while they are read, over connections that fail: complete, without doubles, in few requests.

``make storms`` tries many more of them.
"""

import os
import random
from itertools import pairwise

import attrs
import pytest
import trio
from trio.testing import MockClock

from tests.loopback import open_loopback, small_account
from tests.restless import KINDS, restless, weather
from tobs.archive.spans import merge
from tobs.telegram.client import open_telegram
from tobs.testing.faults import Faults
from tobs.testing.takeouts import MAX_ID

RUNS = int(os.environ.get("TOBS_STORMS", "12"))


@pytest.fixture
def mock_clock():
    """Pauses are as long as they are, and pass ten times as fast."""
    return MockClock(rate=10)


@attrs.define(eq=False)
class Copy:
    """What was read so far, over all runs."""

    random: random.Random
    ids: list[int] = attrs.field(factory=list)
    spans: list[tuple[int, int]] = attrs.field(factory=list)

    async def read(self, source, chat, *, interrupted):
        """One run: what is missing, or with `interrupted` only some of it."""
        pages = []
        async with source.open_history(chat, merge(self.spans)) as history:
            while not interrupted or self.random.random() > 0.1:
                with trio.move_on_after(self.random.choice((0.05, 30, 30))) as patience:
                    page = await history.next_page()
                if patience.cancelled_caught:
                    continue
                if page is None:
                    break
                pages.append(page)
        self._keep(pages)

    def _keep(self, pages):
        for page in pages:
            assert all(page.low <= message.id <= page.high for message in page.messages)
            assert not any(low <= page.high and page.low <= high for low, high in self.spans)
            self.ids += [message.id for message in page.messages]
            self.spans.append((page.low, page.high))
        assert all(one.high < other.low for one, other in pairwise(pages))


def split(rng, newest):
    """Message ranges, as a takeout may have them; some are narrow, some empty."""
    ends = sorted(rng.sample(range(1, newest + 1), min(newest, rng.choice((0, 1, 3, 8)))))
    return list(zip([0, *(end + 1 for end in ends)], [*ends, MAX_ID], strict=True))


@pytest.mark.parametrize("seed", range(RUNS))
async def test_a_chat_in_a_storm(tmp_path, seed, mock_clock):
    rng = random.Random(seed)
    account = small_account()
    world = restless(account, KINDS[seed % len(KINDS)], rng, rng.choice((0, 1, 100, 101, 450, 1200, 2500, 2500)))
    copy = Copy(rng)
    taken = random.Random(seed)
    account.takeouts.ranges = split(taken, max(world.ids, default=1))
    async with (
        open_loopback(account, tmp_path, faults=weather(rng)) as (server, config),
        open_telegram(
            attrs.evolve(config, takeout=taken.random() < 0.5), fetch_workers=rng.choice((1, 2, 5, 16, 16))
        ) as source,
        trio.open_nursery() as changes,
    ):
        world.nursery = changes
        while rng.random() < 0.3:
            (chat,) = await source.find_chats(["Restless"])
            await copy.read(source, chat, interrupted=True)
        (chat,) = await source.find_chats(["Restless"])
        await copy.read(source, chat, interrupted=False)

        # Nobody writes or deletes any more: what is there now is what there is, once the last change has been made.
        world.nursery, server.faults = None, Faults()
        await trio.testing.wait_all_tasks_blocked()
        assert merge(copy.spans) == [(1, copy.spans[-1][1])] if chat.top_message else not copy.spans
        read_to = max((high for _, high in copy.spans), default=0)
        assert read_to >= chat.top_message
        assert {n for n in world.ids if n <= read_to} <= set(copy.ids)

        account_now = attrs.evolve(chat, top_message=world.ids[-1] if world.ids else 0, count=-1)
        await copy.read(source, account_now, interrupted=False)
    assert set(world.ids) <= set(copy.ids) <= world.ever
    assert copy.ids == sorted(set(copy.ids))
    assert not server.crashes
