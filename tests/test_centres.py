"""Data centres of files over real MTProto: a slow one starves no other, and connections are there before files are."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import attrs
import trio

import tobs
from tests.loopback import open_loopback, text
from tests.test_router import CHANNEL, account_with_files, wait_for
from tobs.archive.store import open_archive
from tobs.config import DcRoutingConfig, ExportConfig, MediaConfig
from tobs.picking import FIRST
from tobs.shutdown import Shutdown
from tobs.testing.faults import Fail, Faults

SMALL = 1000
SLOW = 40  # files of the slow data centre, before all others


def config(vault: Path, **media: object) -> ExportConfig:
    return ExportConfig(vault=vault, chats=("@thenews",), timezone="UTC", media=MediaConfig(**media))


def arrived(vault: Path) -> Counter[int]:
    """How many files of the channel are in the vault, by data centre."""
    with open_archive(vault) as archive:
        found = archive.connection.execute("SELECT dc_id, count(*) FROM media WHERE state = 'done' GROUP BY 1")
        return Counter(dict(found.fetchall()))


async def test_files_of_other_data_centres_do_not_wait_for_a_slow_one(tmp_path: Path) -> None:
    account, _ = account_with_files(*[(3, 100 * SMALL)] * SLOW, *[(4, SMALL)] * 100, *[(5, SMALL)] * 100)
    slow = Faults(dc_bandwidth={3: 2000})  # 50 s for one file
    shutdown = Shutdown(0.1, 0.1)
    async with (
        open_loopback(account, tmp_path, dcs=5, faults=slow) as (_server, telegram),
        tobs.open_telegram(telegram) as source,
        trio.open_nursery() as nursery,
    ):
        run = tobs.export
        progress = await nursery.start(_export, run, source, config(tmp_path / "vault", workers=8), shutdown)
        chat = progress.chats
        with trio.fail_after(40):
            while chat.get(CHANNEL) is None or chat[CHANNEL].media < 200:  # noqa: ASYNC110
                await trio.sleep(0.02)
        slow_ones = [file for file in progress.transfers.under_way if file.dc_id == 3]
        assert 0 < len(slow_ones) <= FIRST, "one of which no file came yet"
        shutdown.drain()
        nursery.cancel_scope.cancel()
    assert arrived(tmp_path / "vault") == {4: 100, 5: 100}


async def _export(run, source, wanted, shutdown, task_status=trio.TASK_STATUS_IGNORED):  # type: ignore[no-untyped-def]
    await run(source, wanted, shutdown=shutdown, task_status=task_status)


async def test_the_first_messages_with_files_open_connections_while_others_are_read(tmp_path: Path) -> None:
    account, _ = account_with_files((3, SMALL), (4, SMALL))
    for number in range(3, 3000):
        account.add_message(CHANNEL, text(number))
    hang = Faults(fails=(Fail("messages.getHistory", range(8, 99), None),))  # behind the count and the first pages
    async with (
        open_loopback(account, tmp_path, dcs=5, faults=hang) as (server, telegram),
        tobs.open_telegram(telegram) as source,
        trio.open_nursery() as nursery,
    ):
        await nursery.start(_export, tobs.export, source, config(tmp_path / "vault"), None)
        await wait_for(lambda: server.calls["auth.importAuthorization"] == 2)
        nursery.cancel_scope.cancel()


async def test_files_of_an_earlier_run_open_connections_at_the_start(tmp_path: Path) -> None:
    account, wanted = account_with_files((3, SMALL), (4, SMALL))
    vault = tmp_path / "vault"
    async with open_loopback(account, tmp_path, dcs=5) as (server, telegram):
        unrouted = attrs.evolve(telegram, dc_routing=DcRoutingConfig(prewarm_enabled=False))
        async with tobs.open_telegram(unrouted) as source:
            await tobs.export(source, config(vault, max_total_mb=0.0001))  # no room for any
        assert not server.calls["auth.importAuthorization"]
        hang = Faults(fails=(Fail("messages.getHistory", range(2, 99), None),))  # the first asks for the count
        account.add_message(CHANNEL, text(99))
        server.faults = hang
        async with tobs.open_telegram(telegram) as source, trio.open_nursery() as nursery:
            await nursery.start(_export, tobs.export, source, config(vault), None)
            await wait_for(lambda: server.calls["auth.importAuthorization"] == len(wanted))
            assert not server.calls["upload.getFile"]
            nursery.cancel_scope.cancel()


async def test_nothing_is_opened_ahead_for_files_that_are_not_wanted(tmp_path: Path) -> None:
    account, _ = account_with_files((3, SMALL), (4, SMALL))
    async with open_loopback(account, tmp_path, dcs=5) as (server, telegram):
        telegram = attrs.evolve(telegram, dc_routing=DcRoutingConfig())
        async with tobs.open_telegram(telegram) as source:
            await tobs.export(source, config(tmp_path / "vault", types=("photo",)))
            assert not server.calls["auth.exportAuthorization"]
