"""Connections for files over real MTProto: to the right data centre, bounded, shared, re-made and closed."""

from contextlib import asynccontextmanager
from functools import partial

import attrs
import pytest
import trio
from telethon.tl import types

from tests.loopback import EPOCH, add_channel, open_loopback, small_account, text
from tobs.config import DcRoutingConfig
from tobs.errors import SourceError
from tobs.source import Wanted
from tobs.telegram.client import open_telegram
from tobs.telegram.partfile import PART
from tobs.telegram.ranking import DEPTH, Load
from tobs.testing.authkeys import AuthKeys
from tobs.testing.faults import Drop, Fail, Faults, Flood
from tobs.testing.files import Generated, StoredFile
from tobs.testing.rpc import RpcError

CHANNEL = -1000000000500
SMALL = 1000


def account_with_files(*files):
    """An account whose channel has a message for each (data centre, size)."""
    account = small_account()
    add_channel(account, 500, "News", username="thenews")
    for number, (dc_id, size) in enumerate(files, 1):
        account.files.add(StoredFile(number, 77, dc_id, "application/zip", {"": Generated(size, seed=number)}))
        document = types.Document(number, 77, b"", EPOCH, "application/zip", size, dc_id, [])
        account.add_message(CHANNEL, text(number, media=types.MessageMediaDocument(document=document)))
    return account, [Wanted(CHANNEL, number, number, dc_id, size) for number, (dc_id, size) in enumerate(files, 1)]


@asynccontextmanager
async def opened(tmp_path, account, faults=None, keys=None, dcs=5, cdns=0, **routing):
    """A server, and a source that has found the channel."""
    async with open_loopback(account, tmp_path, dcs=dcs, cdns=cdns, faults=faults, keys=keys) as (server, config):
        config = attrs.evolve(config, dc_routing=DcRoutingConfig(**routing))
        async with open_telegram(config) as source:
            await source.find_chats(["@thenews"])
            yield server, source


async def fetch_all(source, wanted, tmp_path):
    """Fetch files side by side; they must be as they should."""
    async with trio.open_nursery() as nursery:
        for each in wanted:
            nursery.start_soon(source.fetch_file, each, tmp_path / f"{each.file_id}.part")
    for each in wanted:
        arrived = (tmp_path / f"{each.file_id}.part").read_bytes()
        assert arrived == Generated(each.size, seed=each.file_id).read(0, each.size)


async def wait_for(condition):
    with trio.fail_after(10):
        while not condition():  # noqa: ASYNC110 - what the server has tells nobody
            await trio.sleep(0.005)


@pytest.mark.parametrize("strategy", ["smart", "sticky", "round_robin"])
async def test_files_of_all_data_centres_come_with_one_authorisation_each(tmp_path, strategy):
    account, wanted = account_with_files(*[(dc_id, 5 * PART) for dc_id in (1, 2, 3, 4, 5)] * 2)
    async with opened(tmp_path, account, strategy=strategy, connections=3, total_connections=20) as (server, source):
        await fetch_all(source, wanted, tmp_path)
        assert server.calls["auth.exportAuthorization"] == server.calls["auth.importAuthorization"] == 4
        most = 1 if strategy == "sticky" else 3
        assert all(server.connections[dc_id] <= most for dc_id in (1, 3, 4, 5))
        assert server.connections[2] <= most + 1  # with the one for messages
        if strategy != "smart":
            assert all(server.accepted[dc_id] == most for dc_id in (1, 3, 4, 5))
    await wait_for(lambda: not sum(server.connections.values()))


async def test_without_routing_there_is_one_borrowed_connection_for_each(tmp_path):
    account, wanted = account_with_files((3, 5 * PART), (2, 5 * PART), (3, SMALL))
    async with opened(tmp_path, account, enabled=False) as (server, source):
        await fetch_all(source, wanted, tmp_path)
        assert server.accepted == {2: 1, 3: 1}


async def test_all_together_never_have_more_connections_than_allowed(tmp_path):
    account, wanted = account_with_files(*[(dc_id, 6 * PART) for dc_id in (1, 2, 3, 4, 5)])
    most = 0
    async with opened(tmp_path, account, total_connections=3) as (server, source):

        async def count():
            nonlocal most
            while True:
                most = max(most, sum(source._connection.routes.open_connections.values()))
                await trio.lowlevel.checkpoint()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(count)
            await fetch_all(source, wanted, tmp_path)
            nursery.cancel_scope.cancel()
        assert server.calls["auth.exportAuthorization"] == 4  # also when a connection is opened once more
    assert most == 3


async def test_a_data_centre_gets_its_turn_though_others_never_rest(tmp_path):
    account, wanted = account_with_files(*[(1, 20 * PART)] * 3, (3, SMALL))
    async with opened(tmp_path, account, Faults(bandwidth=8e6), total_connections=2, connections=2) as (
        _server,
        source,
    ):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(fetch_all, source, wanted[:3], tmp_path)
            await wait_for(lambda: source._connection.routes.open_connections == {1: 2})
            await fetch_all(source, wanted[3:], tmp_path)
            assert (tmp_path / "1.part").stat().st_size > wanted[0].size  # not whole
            nursery.cancel_scope.cancel()


async def test_one_connection_carries_many_small_files_and_large_ones_get_more(tmp_path):
    account, wanted = account_with_files(*[(3, SMALL)] * 8, (4, 20 * PART))
    async with opened(tmp_path, account, Faults(rtt=0.02, bandwidth=20e6)) as (server, source):
        await fetch_all(source, wanted[:8], tmp_path)
        assert server.accepted[3] == 1
        await fetch_all(source, wanted[8:], tmp_path)
        assert server.accepted[4] > 1


async def test_photos_alone_tell_that_a_data_centre_is_slow(tmp_path):
    account, wanted = account_with_files(*[(3, 30_000)] * 20, *[(4, 30_000)] * 20)
    async with opened(tmp_path, account, Faults(dc_bandwidth={3: 200_000})) as (server, source):
        await fetch_all(source, wanted[:10], tmp_path)
        await fetch_all(source, wanted[20:30], tmp_path)
        slow, fast = (source._connection.routes._centres[dc_id].lines[0].measure.rate for dc_id in (3, 4))
        assert 0 < slow < fast / 2  # a hundredth where the computer has nothing else to do
        await fetch_all(source, wanted[10:20], tmp_path)
        assert server.accepted[3] > 1


async def test_small_files_keep_a_connection_free_of_large_parts(tmp_path):
    account, wanted = account_with_files((3, 40 * PART), (3, SMALL), (3, SMALL))
    async with opened(tmp_path, account, Faults(bandwidth=1.5e6)) as (_server, source):
        await fetch_all(source, wanted[1:2], tmp_path)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(fetch_all, source, wanted[:1], tmp_path)
            lines = source._connection.routes._centres[3].lines
            await wait_for(lambda: lines[1].queued > PART)
            assert lines[0].queued == 0
            await fetch_all(source, wanted[2:], tmp_path)
            assert (tmp_path / "1.part").stat().st_size > wanted[0].size  # not whole
            await wait_for(lambda: lines[0].queued > 0)  # no small ones for a while
            nursery.cancel_scope.cancel()


async def test_what_nothing_uses_is_closed_and_opened_again(tmp_path):
    account, wanted = account_with_files((3, SMALL), (3, SMALL))
    async with opened(tmp_path, account, idle_seconds=1) as (server, source):
        await fetch_all(source, wanted[:1], tmp_path)
        await wait_for(lambda: server.connections[3] == 0)
        await fetch_all(source, wanted[1:], tmp_path)
        assert server.accepted[3] == 2
        assert server.calls["auth.exportAuthorization"] == 1


@pytest.mark.parametrize("dc_id", [2, 3])
@pytest.mark.parametrize("half", [True, False])
async def test_connections_that_die_again_and_again(tmp_path, dc_id, half):
    account, wanted = account_with_files(*[(dc_id, 6 * PART)] * 3)
    async with opened(tmp_path, account) as (server, source):
        await fetch_all(source, wanted[:1], tmp_path)
        server.faults = Faults(drop=Drop(after_frames=4, half_frame=half, times=8))
        await fetch_all(source, wanted[1:], tmp_path)


async def test_a_key_that_a_data_centre_forgot_is_made_anew(tmp_path):
    account, wanted = account_with_files((3, SMALL), (3, 4 * PART))
    keys = AuthKeys()
    async with opened(tmp_path, account, keys=keys) as (server, source):
        await fetch_all(source, wanted[:1], tmp_path)
        for key in keys:
            if key.dc_id == 3:
                keys.sign_in(3, key.key_id, 0)
        await fetch_all(source, wanted[1:], tmp_path)
        assert server.calls["auth.exportAuthorization"] == 2


async def test_a_flood_wait_is_of_one_data_centre(tmp_path):
    account, wanted = account_with_files((3, SMALL), (4, SMALL), (4, SMALL), (4, SMALL))
    flood = Flood("upload.getFile", calls=0, seconds=600, wait=600, dc_id=3)
    async with opened(tmp_path, account, Faults(floods=(flood,))) as (server, source):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(source.fetch_file, wanted[0], tmp_path / "slow")
            await wait_for(lambda: server.floods)
            with trio.fail_after(5):
                await fetch_all(source, wanted[1:], tmp_path)
            nursery.cancel_scope.cancel()


async def test_a_data_centre_that_is_down_costs_its_own_files_only(tmp_path):
    account, wanted = account_with_files((3, SMALL), (4, SMALL))
    refusal = RpcError(400, "DC_ID_INVALID")
    async with opened(tmp_path, account, Faults(fails=(Fail("auth.exportAuthorization", {1}, refusal),))) as (
        _s,
        source,
    ):
        with pytest.raises(SourceError, match="DcIdInvalid"):
            await source.fetch_file(wanted[0], tmp_path / "none")
        await fetch_all(source, wanted, tmp_path)


async def test_a_data_centre_nobody_can_connect_to(tmp_path, monkeypatch):
    monkeypatch.setattr("tobs.telegram.senders.ATTEMPTS", 1)
    account, wanted = account_with_files((5, SMALL), (4, SMALL))
    async with opened(tmp_path, account) as (_server, source):
        senders = source._connection.routes._senders
        (await senders._centre(5)).port = 1  # nobody listens there
        for _ in range(2):  # the second time at once
            with pytest.raises(SourceError, match="Data centre 5 of Telegram cannot be reached"):
                await source.fetch_file(wanted[0], tmp_path / "none")
        await fetch_all(source, wanted[1:], tmp_path)


async def test_connections_are_opened_ahead_and_a_slow_one_delays_no_other(tmp_path):
    account, wanted = account_with_files((3, SMALL), (4, SMALL), (5, SMALL))
    async with opened(tmp_path, account, Faults(dc_opening={3: 60})) as (server, source):
        source.expect_files(wanted)
        routes = source._connection.routes
        await wait_for(lambda: server.calls["auth.importAuthorization"] == 2)
        assert routes.open_connections == {3: 1, 4: 1, 5: 1}
        with trio.fail_after(5):
            await fetch_all(source, wanted[1:], tmp_path)
        assert server.accepted[4] == server.accepted[5] == 1


async def test_a_connection_that_takes_too_long_is_given_up_until_a_file_needs_it(tmp_path):
    account, wanted = account_with_files((3, SMALL))
    async with opened(tmp_path, account, Faults(dc_opening={3: 60}), prewarm_timeout_seconds=0.2) as (server, source):
        source.expect_files(wanted)
        assert source._connection.routes.open_connections == {3: 1}
        await wait_for(lambda: source._connection.routes.open_connections == {})
        server.faults = Faults()
        await fetch_all(source, wanted, tmp_path)


async def test_a_file_that_needs_a_connection_which_is_being_opened_ahead_waits_for_it(tmp_path):
    account, wanted = account_with_files((3, SMALL))
    async with opened(tmp_path, account, Faults(dc_opening={3: 0.6}), prewarm_timeout_seconds=0.3) as (server, source):
        source.expect_files(wanted)
        await trio.lowlevel.checkpoint()
        await fetch_all(source, wanted, tmp_path)
        assert server.accepted[3] == 1


async def test_nothing_is_opened_ahead_where_that_is_switched_off(tmp_path):
    account, wanted = account_with_files((3, SMALL))
    async with opened(tmp_path, account, prewarm_enabled=False) as (_server, source):
        source.expect_files(wanted)
        assert source._connection.routes.open_connections == {}


async def test_cancelled_leases_leave_nothing_behind(tmp_path):
    account, _ = account_with_files((3, SMALL))
    async with opened(tmp_path, account, connections=2) as (_server, source):
        routes = source._connection.routes

        async def hold(task_status=trio.TASK_STATUS_IGNORED):
            async with routes.lease(3, Load(PART, bulk=True)):
                task_status.started()
                await trio.sleep_forever()

        for _ in range(3):
            async with trio.open_nursery() as nursery:
                for _ in range(8):
                    await nursery.start(hold)
                for _ in range(DEPTH):
                    nursery.start_soon(partial(hold))  # these wait for room
                await trio.testing.wait_all_tasks_blocked(0.01)
                nursery.cancel_scope.cancel()
            lines = routes._centres[3].lines
            assert [(line.leases, line.queued) for line in lines] == [(0, 0)] * 2
            assert not any(routes._waiters.values())


@pytest.mark.parametrize("strategy", ["smart", "sticky", "round_robin"])
async def test_a_single_connection_serves_everything_in_turn(tmp_path, strategy):
    account, wanted = account_with_files((3, SMALL), (3, 6 * PART), (4, SMALL), (4, 3 * PART), (2, SMALL))
    async with opened(tmp_path, account, total_connections=1, strategy=strategy) as (server, source):
        with trio.fail_after(30):
            await fetch_all(source, wanted, tmp_path)
        assert server.calls["auth.exportAuthorization"] == 2
