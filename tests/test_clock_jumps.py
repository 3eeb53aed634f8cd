"""A clock of this computer that is set while connections are open: after sleep, by the network, by its owner."""

from __future__ import annotations

import logging
import time
from collections import defaultdict

import attrs
import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from telethon.crypto import AuthKey
from telethon.network import mtprotostate

from tests.loopback import open_loopback
from tests.test_client import account_with_news, read_all
from tests.test_router import SMALL, account_with_files, fetch_all, wait_for
from tobs.config import DcRoutingConfig
from tobs.telegram.client import open_telegram
from tobs.telegram.servertime import ServerTime
from tobs.testing.faults import Faults

JUMPS = [7200, -7200, 100, -100, 20, -20, 10**8, -(10**8)]


@attrs.define
class Clock:
    """The clock that Telethon looks at, ahead of the server's."""

    ahead: float = 0

    def time(self) -> float:
        return time.time() + self.ahead


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("telethon.network.mtprotostate.time", clock)
    return clock


@pytest.mark.parametrize("seconds", JUMPS)
async def test_answers_come_as_before(tmp_path, clock, seconds):
    async with open_loopback(account_with_news(), tmp_path) as (server, config), open_telegram(config) as source:
        calm = await read_all(source)
        asked = server.calls["messages.getHistory"]
        with trio.fail_after(30):  # a request that has no answer is sent again after a minute
            for ahead in (seconds, 0, seconds, -seconds):
                clock.ahead = ahead
                assert await read_all(source) == calm
        assert server.calls["messages.getHistory"] == 5 * asked
        assert server.accepted[2] == 1


@pytest.mark.parametrize("seconds", JUMPS)
async def test_answers_that_are_under_way_come(tmp_path, clock, seconds):
    async with open_loopback(account_with_news(), tmp_path) as (server, config), open_telegram(config) as source:
        calm = await read_all(source)
        asked = server.calls["messages.getHistory"]
        server.faults = Faults(rtt=0.2)
        with trio.fail_after(30):
            async with trio.open_nursery() as nursery:
                read = []

                async def reads():
                    read.append(await read_all(source))

                nursery.start_soon(reads)
                await wait_for(lambda: server.calls["messages.getHistory"] > asked)
                clock.ahead = seconds
            assert read == [calm]
            assert await read_all(source) == calm
        assert server.calls["messages.getHistory"] == 3 * asked
        assert server.accepted[2] == 1


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("seconds", [7200, -100])
async def test_files_come_as_before(tmp_path, clock, seconds, enabled):
    account, wanted = account_with_files(*[(3, SMALL)] * 3, *[(2, SMALL)] * 2)
    async with open_loopback(account, tmp_path) as (server, config):
        config = attrs.evolve(config, dc_routing=DcRoutingConfig(enabled=enabled))
        async with open_telegram(config) as source:
            await source.find_chats(["@thenews"])
            await fetch_all(source, wanted[:1], tmp_path)
            with trio.fail_after(30):
                for ahead, file in zip((seconds, 0, -seconds, 0), wanted[1:], strict=True):
                    clock.ahead = ahead
                    await fetch_all(source, [file], tmp_path)
        assert server.calls["upload.getFile"] == len(wanted)


@given(st.lists(st.floats(-14, 14), min_size=1, max_size=8))
def test_ids_never_go_back_while_the_server_takes_them(jumps):
    clock, real = Clock(), mtprotostate.time
    mtprotostate.time = clock
    try:
        state = ServerTime(AuthKey(bytes(256)), defaultdict(lambda: logging.getLogger("ids")))
        ids = [state._get_new_msg_id()]
        for ahead in jumps:
            clock.ahead = ahead
            ids.append(state._get_new_msg_id())
            state.update_time_offset(int(time.time()) << 32)
            ids.append(state._get_new_msg_id())
        assert ids == sorted(set(ids))
        clock.ahead += 3600
        refused = state._get_new_msg_id()
        state.update_time_offset(int(time.time()) << 32)
        assert state._get_new_msg_id() < refused
    finally:
        mtprotostate.time = real
