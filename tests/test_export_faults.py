"""An export over real sockets while the server misbehaves; each ends in the same bytes as an undisturbed one."""

from contextlib import suppress
from pathlib import Path

import pytest
import trio

import tobs
from tests.loopback import add_channel, open_loopback, small_account, text
from tests.snapshots import archive, assert_same
from tobs.config import ExportConfig
from tobs.errors import SourceError
from tobs.testing.account import Account
from tobs.testing.authkeys import AuthKeys
from tobs.testing.faults import Drop, Fail, Faults, Flood
from tobs.testing.rpc import RpcError

COUNT = 1234


def account() -> Account:
    """A supergroup and a channel."""
    made = small_account()
    add_channel(made, 501, "Cats", COUNT, megagroup=True, broadcast=False)
    add_channel(made, 502, "News", 345)
    return made


def config(vault: Path) -> ExportConfig:
    return ExportConfig(vault=vault, chats=("all",), timezone="UTC")


async def export(folder: Path, vault: Path, faults: Faults | None = None) -> tobs.Report:
    """Export `account` from a server with these faults."""
    folder.mkdir(exist_ok=True)
    with trio.fail_after(60):
        async with open_loopback(account(), folder, faults=faults) as (_server, telegram):
            async with tobs.open_telegram(telegram, connect_seconds=2) as source:
                return await tobs.export(source, config(vault))


@pytest.fixture
async def calm(tmp_path: Path) -> Path:
    """The vault of an undisturbed export."""
    report = await export(tmp_path / "calm server", tmp_path / "calm")
    assert report.messages == COUNT + 345
    return tmp_path / "calm"


@pytest.mark.parametrize("frames", [1, 2, 3, 5, 8, 13])
@pytest.mark.parametrize("half_frame", [False, True])
async def test_a_connection_dropped_after_every_few_frames(
    tmp_path: Path, calm: Path, frames: int, half_frame: bool
) -> None:
    vault, drop = tmp_path / "vault", Drop(frames, half_frame)
    with suppress(SourceError):  # with too many drops in a row a run may give up, but it must not lose anything
        await export(tmp_path / "server", vault, Faults(drop=drop))
    await export(tmp_path / "again", vault)
    assert_same(vault, calm)


@pytest.mark.parametrize(
    "faults",
    [
        Faults(floods=(Flood("messages.getHistory", calls=3, seconds=0.2, wait=1),)),
        Faults(fails=(Fail("messages.getHistory", on={2, 5, 6}),)),
        Faults(fails=(Fail("messages.getHistory", on={3}, error=RpcError(420, "FLOOD_WAIT_1")),)),
        Faults(fails=(Fail("*", on={2, 4, 6}),)),
        Faults(rtt=0.01, bandwidth=400_000),
    ],
    ids=["flood", "internal", "one flood", "internal anywhere", "slow"],
)
async def test_trouble_that_passes_costs_time_and_nothing_else(tmp_path: Path, calm: Path, faults: Faults) -> None:
    report = await export(tmp_path / "server", tmp_path / "vault", faults)
    assert report.messages == COUNT + 345
    assert not report.failures
    assert_same(tmp_path / "vault", calm)


async def test_a_flood_wait_is_counted_and_the_page_goes_on(tmp_path: Path) -> None:
    flood = Faults(fails=(Fail("messages.getHistory", on={2}, error=RpcError(420, "FLOOD_WAIT_1")),))
    report = await export(tmp_path / "server", tmp_path / "vault", flood)
    assert (report.flood_waits, report.flood_seconds) == (1, 1)


async def test_a_server_that_restarts_half_way(tmp_path: Path, calm: Path) -> None:
    keys, folder, vault = AuthKeys(), tmp_path / "server", tmp_path / "vault"
    folder.mkdir()
    ports: tuple[int, ...] = ()
    for _restart in range(3):
        slow = Faults(rtt=0.05)
        with trio.move_on_after(0.6):
            async with open_loopback(account(), folder, keys=keys, ports=ports, faults=slow) as (server, telegram):
                ports = tuple(server.ports.values())
                async with tobs.open_telegram(telegram) as source:
                    await tobs.export(source, config(vault))
    async with open_loopback(account(), folder, keys=keys, ports=ports) as (_server, telegram):
        async with tobs.open_telegram(telegram) as source:
            await tobs.export(source, config(vault))
    assert_same(vault, calm)


async def test_a_chat_without_access_is_a_failure_of_its_own(tmp_path: Path) -> None:
    private = Faults(fails=(Fail("messages.getHistory", on={1}, error=RpcError(400, "CHANNEL_PRIVATE")),))
    report = await export(tmp_path / "server", tmp_path / "vault", private)
    assert len(report.failures) == 1
    assert sum(chat.complete for chat in report.chats) == len(report.chats) - 1


async def test_a_second_run_asks_for_no_message_again(tmp_path: Path) -> None:
    async with open_loopback(account(), tmp_path) as (server, telegram):
        only = ExportConfig(vault=tmp_path / "vault", chats=("Cats",), timezone="UTC")
        async with tobs.open_telegram(telegram) as source:
            await tobs.export(source, only)
        before = server.calls.copy()
        async with tobs.open_telegram(telegram) as source:
            report = await tobs.export(source, only)
        asked = server.calls - before
        assert report.messages == 0
        assert len(archive(tmp_path / "vault")["messages"]) == COUNT
        assert sum(asked[name] for name in asked if name.startswith(("messages.", "channels.", "contacts."))) <= 3


async def test_messages_that_arrive_later_are_added(tmp_path: Path) -> None:
    world = account()
    async with open_loopback(world, tmp_path) as (_server, telegram):
        async with tobs.open_telegram(telegram) as source:
            await tobs.export(source, config(tmp_path / "vault"))
        cats = next(chat for chat in world.chats.values() if chat.title == "Cats")
        for n in range(1, 4):
            world.add_message(cats, text(COUNT + n))
        async with tobs.open_telegram(telegram) as source:
            report = await tobs.export(source, config(tmp_path / "vault"))
        assert report.messages == 3
        assert len(archive(tmp_path / "vault")["messages"]) == COUNT + 345 + 3


async def test_an_odd_error_of_one_chat_leaves_the_others_alone(tmp_path: Path) -> None:
    odd = Faults(fails=(Fail("messages.getHistory", on={1}, error=RpcError(400, "CHAT_ODD_THING")),))
    report = await export(tmp_path / "server", tmp_path / "vault", odd)
    assert len(report.failures) == 1
    assert "CHAT_ODD_THING" in report.failures[0].reason
    assert [chat.complete for chat in report.chats].count(True) == len(report.chats) - 1


async def test_a_name_that_means_no_chat_changes_nothing(tmp_path: Path) -> None:
    async with open_loopback(account(), tmp_path) as (_server, telegram):
        async with tobs.open_telegram(telegram) as source:
            report = await tobs.export(source, ExportConfig(vault=tmp_path / "vault", chats=("No such chat",)))
    assert [failure.what for failure in report.failures] == ["No such chat"]
    assert not (tmp_path / "vault").exists()
