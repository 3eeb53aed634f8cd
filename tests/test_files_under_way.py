"""How much of files is under way at once: bounded, however many wait and however large they are."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import attrs
import trio

import tobs
from tests.loopback import open_loopback, text
from tests.snapshots import notes
from tests.test_centres import _export, config
from tests.test_router import CHANNEL, account_with_files, wait_for
from tests.test_which_files import export
from tobs.config import DcRoutingConfig, MediaConfig
from tobs.plan import plan
from tobs.shutdown import Shutdown
from tobs.telegram.download import GROUP, HELD
from tobs.telegram.partfile import PART
from tobs.testing.faults import Fail, Faults
from tobs.testing.server import TelegramServer
from tobs.transfers import Transfers

ANSWERED = 60  # parts, then none any more
ENDLESS = Fail("upload.getFile", range(ANSWERED + 1, 10**6), None)


async def settled(server: TelegramServer, enough: int) -> int:
    """How many parts are asked for and not answered when no more are."""
    await wait_for(lambda: server.calls["upload.getFile"] >= ANSWERED + enough)
    await trio.testing.wait_all_tasks_blocked(0.3)
    return server.calls["upload.getFile"] - ANSWERED


async def test_only_so_many_files_and_bytes_are_under_way(tmp_path: Path) -> None:
    """From some part on none ever comes, so all that may be asked for at once is."""
    workers, connections = 6, 8
    # Of a large file the parts of a megabyte go together; some of those may have come.
    for size, count, least, most in ((50_000, 300, workers, workers), (40 * PART, 12, HELD, HELD * GROUP)):
        folder = tmp_path / str(size)
        folder.mkdir()
        account, _ = account_with_files(*[(2, size)] * count)
        async with open_loopback(account, folder, faults=Faults(fails=(ENDLESS,))) as (server, telegram):
            telegram = attrs.evolve(telegram, dc_routing=DcRoutingConfig(connections=connections))
            async with tobs.open_telegram(telegram) as source, trio.open_nursery() as nursery:
                run = tobs.export, source, config(folder / "vault", workers=workers), None
                progress: Any = await nursery.start(_export, *run)
                transfers: Transfers = progress.transfers
                await wait_for(lambda transfers=transfers: transfers.under_way)
                assert least <= await settled(server, least) <= most
                assert len(transfers.under_way) <= workers
                assert (transfers.total, transfers.total_bytes) == (count, count * size)
                nursery.cancel_scope.cancel()


async def test_a_limit_for_all_holds_also_between_files_that_are_under_way_together(tmp_path: Path) -> None:
    """Sizes that do not fit all: what was chosen is a whole number of files, and no smaller one would have fitted."""
    sizes = [1000 * (1 + n * 7 % 11) for n in range(60)]
    limit = sum(sizes) // 3
    account, wanted = account_with_files(*[(2 + n % 2, size) for n, size in enumerate(sizes)])
    vault, limited = tmp_path / "vault", MediaConfig(max_total_mb=limit / 1e6, workers=16)
    report, calls = await export(tmp_path, vault, account, media=limited)
    assert not report.failures
    there = fetched(vault)
    assert calls["upload.getFile"] == there.total()
    assert sum(size * count for size, count in there.items()) <= limit
    left = Counter(sizes) - there
    assert limit - sum(size * count for size, count in there.items()) < min(left)
    assert note(vault).count("all files together may not be larger") == left.total()

    again, calls = await export(tmp_path, vault, account, media=limited)
    assert (calls["upload.getFile"], sum(chat.notes for chat in again.chats), fetched(vault)) == (0, 0, there)

    for more in (2 * limit, sum(sizes)):
        await export(tmp_path, vault, account, media=attrs.evolve(limited, max_total_mb=more / 1e6))
        now = fetched(vault)
        assert there <= now
        assert sum(size * count for size, count in now.items()) <= more
        there = now
    assert there == Counter(each.size for each in wanted)
    assert "not downloaded" not in note(vault)


async def test_what_failed_leaves_its_room_to_the_next_run(tmp_path: Path) -> None:
    account, _ = account_with_files((2, 5000), (2, 5000))
    vault, limited = tmp_path / "vault", MediaConfig(max_total_mb=0.005, workers=1)
    account.files.get(1).parts.clear()  # type: ignore[union-attr]
    report, _ = await export(tmp_path, vault, account, media=limited)
    assert [failure.reason for failure in report.failures] == ["Telegram no longer has this file."]
    assert fetched(vault) == Counter({5000: 1}), "the room of the first is that of the second"


def fetched(vault: Path) -> Counter[int]:
    return Counter(len(data) for name, data in notes(vault).items() if "/attachments/" in name)


def note(vault: Path) -> str:
    return "".join(data.decode() for name, data in notes(vault).items() if name.endswith("News messages.md"))


async def test_how_many_will_come_is_known_as_their_messages_are_read(tmp_path: Path) -> None:
    """Some pages come and others do not; another run begins with what the archive has of them."""
    account, wanted = account_with_files(*[(2, 1000)] * 50)
    for number in range(51, 3000):
        account.add_message(CHANNEL, text(number))
    vault = tmp_path / "vault"
    hang = Faults(fails=(Fail("messages.getHistory", range(8, 10**6), None),))  # behind the count and the first pages
    async with open_loopback(account, tmp_path, faults=hang) as (server, telegram):
        async with tobs.open_telegram(telegram) as source, trio.open_nursery() as nursery:
            progress: Any = await nursery.start(_export, tobs.export, source, config(vault), Shutdown(0.1, 0.1))
            await wait_for(lambda: progress.messages)
            assert (progress.transfers.total, progress.transfers.total_bytes) == (50, 50_000)
            assert server.calls["upload.getFile"] == 0, "none before the chat is read"
            nursery.cancel_scope.cancel()
        server.faults = Faults(fails=(Fail("messages.getHistory", range(2, 10**6), None),))
        async with tobs.open_telegram(telegram) as source, trio.open_nursery() as nursery:
            progress = await nursery.start(_export, tobs.export, source, config(vault), Shutdown(0.1, 0.1))
            await wait_for(lambda: progress.transfers.total)
            assert (progress.transfers.total, server.calls["upload.getFile"]) == (50, 0)
            nursery.cancel_scope.cancel()
        server.faults = Faults()
        async with tobs.open_telegram(telegram) as source:
            planned = await plan(source, config(vault))
            assert sum(sum(chat.new_files.values()) for chat in planned.chats) == len(wanted)
            progress = await _to_the_end(source, config(vault))
            assert (progress.transfers.total, progress.transfers.total_bytes) == (50, 50_000)
            assert progress.transfers.files == len(wanted)


async def test_what_has_no_room_is_not_waited_for(tmp_path: Path) -> None:
    account, _ = account_with_files(*[(2, 1000)] * 20)
    async with open_loopback(account, tmp_path) as (_server, telegram), tobs.open_telegram(telegram) as source:
        for limit in (0.007, 0.012):
            progress = await _to_the_end(source, config(tmp_path / "vault", max_total_mb=limit))
            assert progress.transfers.total == progress.transfers.files
            assert progress.transfers.total_bytes == progress.transfers.bytes
    assert fetched(tmp_path / "vault") == Counter({1000: 12})


async def _to_the_end(source: Any, wanted: tobs.ExportConfig) -> Any:
    async with trio.open_nursery() as nursery:
        return await nursery.start(_export, tobs.export, source, wanted, None)
