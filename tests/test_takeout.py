"""Exports in a takeout: over the real wire, compared with exports outside of one."""

from __future__ import annotations

import json
import re
import signal
import stat
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from telethon.tl import types

from tests.loopback import add_channel, open_loopback, small_account, text
from tests.processes import ended, serving, start_export, tobs
from tests.snapshots import assert_same
from tests.test_router import account_with_files, fetch_all
from tobs.archive.spans import missing
from tobs.config import DcRoutingConfig, ExportConfig, MediaConfig, TelegramConfig
from tobs.errors import TakeoutRefused
from tobs.export import export
from tobs.shutdown import Shutdown
from tobs.source import LARGEST_FILE
from tobs.telegram.client import open_telegram
from tobs.telegram.partfile import PART
from tobs.telegram.ranges import MAX_ID, cut, ranges_of
from tobs.telegram.scope import Scope, scope_of
from tobs.telegram.sessions import delete_session, session_path
from tobs.telegram.takeoutdelay import TakeoutDelay
from tobs.testing import sample_account
from tobs.testing.account import Account
from tobs.testing.faults import Bucket, Fail, Faults, Flood
from tobs.testing.rpc import RpcError
from tobs.testing.rsakeys import CDN
from tobs.testing.server import TelegramServer

ENDED = RpcError(400, "TAKEOUT_INVALID")
BOB = types.PeerUser(7002)


async def exported(
    config: TelegramConfig, wanted: ExportConfig, *, takeout: bool, shutdown: Shutdown | None = None
) -> Any:
    """The report of an export."""
    config = attrs.evolve(config, takeout=takeout)
    async with open_telegram(config, scope=scope_of(wanted)) as source:
        return await export(source, wanted, shutdown=shutdown)


async def vaults(account: Account, folder: Path, wanted: ExportConfig) -> TelegramServer:
    """Exports outside of a takeout and in one, which must be the same; the server they came from."""
    async with open_loopback(account, folder) as (server, config):
        plain, taken = (attrs.evolve(wanted, vault=folder / name) for name in ("plain", "taken"))
        assert not (await exported(config, plain, takeout=False)).failures
        server.log.clear()
        assert not (await exported(config, taken, takeout=True)).failures
    assert_same(taken.vault, plain.vault)
    assert account.takeouts.finished == [True]
    assert account.takeouts.unwrapped == []
    return server


def asked(server: TelegramServer, *methods: str) -> list[Any]:
    return [call for call in server.log if call.method in methods]


@pytest.mark.parametrize("ends", [[], [40, 41, 90]], ids=["one range", "several"])
async def test_the_vault_is_the_same_and_every_call_is_in_the_takeout(tmp_path: Path, ends: list[int]) -> None:
    account = sample_account((2, 1, 3))
    account.takeouts.ranges = split(ends)
    server = await vaults(account, tmp_path, ExportConfig(chats=("all",), comments=True))
    files = asked(server, "upload.getFile", "upload.getFileHashes")
    assert {call.caller.dc_id for call in files} > {2}
    outside = [call.method for call in server.log if not call.caller.takeout_id]
    outside = [name for name in outside if not name.startswith(("help.", "auth."))]
    assert outside == ["users.getUsers", "account.initTakeoutSession"]
    for call in asked(server, "messages.getHistory"):
        own = isinstance(call.request.peer, types.InputPeerChannel)
        assert call.caller.message_range in (account.takeouts.ranges[-1:] if own else account.takeouts.ranges)


def split(ends: list[int]) -> list[tuple[int, int]]:
    """Message ranges that end there, and the last one."""
    return list(zip([0, *(end + 1 for end in ends)], [*ends, MAX_ID], strict=True))


def account_with_bob(ids: list[int]) -> Account:
    account = small_account()
    for n, number in enumerate(ids):
        account.add_message(BOB, text(n, message_id=number))
    return account


async def read(source: Any, name: str = "@bobby") -> list[int]:
    """The ids of a chat's messages, from pages that touch each other and cover all of it."""
    (chat,) = await source.find_chats([name])
    async with source.open_history(chat, []) as history:
        pages = []
        while page := await history.next_page():
            pages.append(page)
    assert all(one.high + 1 == other.low for one, other in pairwise(pages))
    assert not missing([(page.low, page.high) for page in pages], 1, chat.top_message)
    return [message.id for page in pages for message in page.messages]


SPARSE = [3 * n + (n * n) % 3 for n in range(1, 2001)]


async def test_a_chat_in_several_ranges_is_read_as_a_whole(tmp_path: Path) -> None:
    account = account_with_bob([number for number in SPARSE if not 2500 <= number <= 4000])
    account.takeouts.ranges = split([1, 999, 1000, 2499, 3000, 3999, 5000])
    async with open_loopback(account, tmp_path) as (server, config):
        async with open_telegram(attrs.evolve(config, takeout=True)) as source:
            assert await read(source) == list(account.history(BOB).ids(0, 9999))
        pages = [call for call in asked(server, "messages.getHistory") if call.request.limit > 1]
        questions = [call for call in asked(server, "messages.getHistory") if call.request.limit == 1]
    assert not {(2500, 3000), (3001, 3999)} & {call.caller.message_range for call in pages}  # they are empty
    assert len(questions) <= len(account.takeouts.ranges) * 2
    assert len(pages) <= 1.1 * len(account.history(BOB)) / 100 + 2 * len(account.takeouts.ranges)


async def test_a_run_for_what_is_new_asks_one_range_once(tmp_path: Path) -> None:
    account = account_with_bob(SPARSE)
    account.takeouts.ranges = split([999, 3000])
    wanted = ExportConfig(vault=tmp_path / "vault", chats=("all",))
    async with open_loopback(account, tmp_path) as (server, config):
        await exported(config, wanted, takeout=True)
        server.log.clear()
        account.add_message(BOB, text(9))
        report = await exported(config, wanted, takeout=True)
        assert [chat.messages for chat in report.chats] == [1]
        assert [call.caller.message_range for call in asked(server, "messages.getHistory")] == [(3001, MAX_ID)]


async def test_what_lies_in_no_range_is_read_too(tmp_path: Path) -> None:
    account = account_with_bob(SPARSE)
    account.takeouts.ranges = [(100, 4000), (4001, MAX_ID)]  # as if the server forgot the first ones
    async with open_loopback(account, tmp_path) as (_server, config):
        async with open_telegram(attrs.evolve(config, takeout=True)) as source:
            ids = await read(source)
    assert [number for number in ids if number >= 100] == [number for number in SPARSE if number >= 100]


@pytest.mark.parametrize(
    "chosen",
    [
        {"since": "2024-05-03 10:00", "until": "2024-05-03 20:00"},
        {"last": 700},
        {"last": 5000},
        {"min_id": 950, "max_id": 3100},
        {"search": "7"},
        {"search": "7", "last": 30},
        {"search": "7", "since": "2024-05-03 10:00"},
        {"sender": "@bobby", "last": 1100},
    ],
    ids=str,
)
async def test_a_part_of_a_chat_in_several_ranges(tmp_path: Path, chosen: dict[str, Any]) -> None:
    account = account_with_bob(SPARSE)
    account.takeouts.ranges = split([999, 3000, 3001, 5900])
    base = ExportConfig(chats=("@bobby",), timezone="UTC")
    await vaults(account, tmp_path, attrs.evolve(base, filters=attrs.evolve(base.filters, **chosen)))


async def test_a_takeout_that_ends_meanwhile_is_begun_anew(tmp_path: Path) -> None:
    account = account_with_bob(SPARSE)
    add_channel(account, 500, "The News", 900, username="thenews")
    wanted = ExportConfig(vault=tmp_path / "vault", chats=("all",))
    async with open_loopback(account, tmp_path) as (server, config):
        plain = attrs.evolve(wanted, vault=tmp_path / "plain")
        await exported(config, plain, takeout=False)
        calls = server.calls["messages.getHistory"]

        async def end_it() -> None:
            while server.calls["messages.getHistory"] < calls + 9:  # noqa: ASYNC110 - the server counts silently
                await trio.sleep(0.001)
            account.takeouts.open.clear()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(end_it)
            report = await exported(config, wanted, takeout=True)
        again = server.calls["messages.getHistory"] - calls
    assert not report.failures
    assert (account.takeouts.begun, account.takeouts.finished, account.takeouts.unwrapped) == (2, [True], [])
    assert_same(wanted.vault, plain.vault)
    assert again <= calls + 16 + 4  # those that were refused are asked again, and no other


async def test_one_request_that_is_refused_begins_one_takeout(tmp_path: Path) -> None:
    account = account_with_bob(SPARSE)
    faults = Faults(fails=(Fail("messages.getHistory", {4}, ENDED),))
    async with open_loopback(account, tmp_path, faults=faults) as (_server, config):
        async with open_telegram(attrs.evolve(config, takeout=True)) as source:
            assert await read(source) == SPARSE
    assert (account.takeouts.begun, account.takeouts.finished) == (2, [False])


async def test_files_are_fetched_on_in_another_takeout(tmp_path: Path) -> None:
    account, wanted = account_with_files((2, 5 * PART), (3, 9 * PART), (4, 1000))
    faults = Faults(fails=(Fail("upload.getFile", {2, 9}, ENDED),))
    async with open_loopback(account, tmp_path, dcs=5, faults=faults) as (server, config):
        async with open_telegram(attrs.evolve(config, takeout=True)) as source:
            await source.find_chats(["@thenews"])
            await fetch_all(source, wanted, tmp_path)
        assert 15 + 2 <= server.calls["upload.getFile"] <= 2 * 15  # with those that were under way in one that ended
    assert account.takeouts.begun in (2, 3)  # two refusals, which may have come together
    assert account.takeouts.unwrapped == []


@pytest.mark.parametrize("routed", [True, False])
async def test_content_delivery_networks_know_of_no_takeout(tmp_path: Path, routed: bool) -> None:
    account, wanted = account_with_files((3, 5 * PART), (2, 5 * PART))
    account.cdn.serves = {each.file_id: CDN for each in wanted}
    async with open_loopback(account, tmp_path, dcs=3, cdns=1) as (server, config):
        config = attrs.evolve(config, takeout=True, dc_routing=DcRoutingConfig(enabled=routed))
        async with open_telegram(config) as source:
            await source.find_chats(["@thenews"])
            await fetch_all(source, wanted, tmp_path)
        lent = asked(server, "upload.getCdnFile")
        assert bool(lent) == routed
        assert not any(call.caller.takeout_id for call in lent)
        others = asked(server, "upload.getFile", "upload.reuploadCdnFile", "upload.getCdnFileHashes")
        assert all(call.caller.takeout_id for call in others)
    assert account.takeouts.unwrapped == []


async def test_messages_are_looked_at_again_outside(tmp_path: Path) -> None:
    account = account_with_bob(SPARSE)
    account.takeouts.ranges = split([999, 3000])
    async with open_loopback(account, tmp_path) as (_server, config):
        async with open_telegram(attrs.evolve(config, takeout=True)) as source:
            (chat,) = await source.find_chats(["@bobby"])
            account.delete(BOB, SPARSE[5], SPARSE[700])
            seen, gone = [], []
            async with source.open_check(chat, SPARSE, [(1, SPARSE[-1])]) as check:
                while page := await check.next_page():
                    seen += [message.id for message in page.messages]
                    gone += page.gone
    assert gone == [SPARSE[5], SPARSE[700]]
    assert sorted(seen) == [number for number in SPARSE if number not in gone]


async def test_a_server_that_ends_every_takeout_ends_the_run(tmp_path: Path) -> None:
    account = account_with_bob(SPARSE[:50])
    faults = Faults(fails=(Fail("messages.getHistory", range(1, 99), ENDED),))
    wanted = ExportConfig(vault=tmp_path / "vault", chats=("@bobby",))
    async with open_loopback(account, tmp_path, faults=faults) as (_server, config):
        with pytest.raises(TakeoutRefused, match="at once"):
            await exported(config, wanted, takeout=True)
    assert (account.takeouts.begun, account.takeouts.finished) == (2, [False])


async def test_beginning_anew_may_be_refused_and_the_next_run_goes_on(tmp_path: Path) -> None:
    account = account_with_bob(SPARSE)
    wanted = ExportConfig(vault=tmp_path / "vault", chats=("@bobby",), timezone="UTC")
    async with open_loopback(account, tmp_path) as (server, config):

        async def end_it() -> None:
            while server.calls["messages.getHistory"] < 9:  # noqa: ASYNC110 - the server counts silently
                await trio.sleep(0.001)
            account.takeouts.open.clear()
            account.takeouts.delay = 86400

        refused = pytest.RaisesExc(TakeoutRefused, match=r"from \d\d:\d\d( on [\d-]+)? on\. Confirm")
        with pytest.RaisesGroup(refused):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(end_it)
                await exported(config, wanted, takeout=True)
        assert server.calls["account.initTakeoutSession"] == 2  # whatever was under way, Telegram is asked once
        account.takeouts.confirm()
        report = await exported(config, wanted, takeout=True)
        assert report.chats[0].messages + report.chats[0].known == len(SPARSE)
        assert account.takeouts.finished == [True]


async def test_a_run_that_was_not_whole_is_no_success(tmp_path: Path) -> None:
    account = account_with_bob(SPARSE[:50])
    add_channel(account, 500, "The News", 3, username="thenews")
    account.forbidden.add(-1000000000500)
    wanted = ExportConfig(vault=tmp_path / "vault", chats=("@bobby", "-1000000000500"))
    async with open_loopback(account, tmp_path) as (_server, config):
        assert (await exported(config, wanted, takeout=True)).failures
        assert account.takeouts.finished == [False]
        stopped = Shutdown(30, 5)
        stopped.drain()
        whole = attrs.evolve(wanted, chats=("@bobby",))
        assert (await exported(config, whole, takeout=True, shutdown=stopped)).interrupted
        assert not (await exported(config, whole, takeout=True)).failures
        assert account.takeouts.finished == [False, False, True]


async def test_chats_that_were_left_are_listed_in_the_takeout_of_the_run(tmp_path: Path) -> None:
    account = small_account()
    add_channel(account, 520, "Left", 3, left=True)
    del account.dialogs[-1000000000520]
    account.left.append(-1000000000520)
    wanted = ExportConfig(vault=tmp_path / "vault", chats=("left",))
    async with open_loopback(account, tmp_path) as (_server, config):
        report = await exported(config, wanted, takeout=True)
    assert [chat.messages for chat in report.chats] == [3]
    assert (account.takeouts.begun, account.takeouts.finished) == (1, [True])


async def test_limits_in_a_takeout_are_its_own(tmp_path: Path) -> None:
    account = account_with_bob(SPARSE)
    inside = Bucket("messages.getHistory", 20, 5, takeout=True)
    outside = Flood("messages.getHistory", 0, takeout=False)  # nothing at all
    async with open_loopback(account, tmp_path, faults=Faults(floods=(inside, outside))) as (_server, config):
        heard = []
        async with open_telegram(attrs.evolve(config, takeout=True)) as source:
            source.watch_waits(lambda kind, seconds: heard.append(kind))
            assert await read(source) == SPARSE
    assert set(heard) == {"messages"}
    path = session_path(config).with_name("tobs.session-limits")
    assert not path.exists() or set(json.loads(path.read_bytes())) == {"messages (takeout)"}


# The command line, in processes of their own


def test_a_delay_is_told_and_kept_until_a_takeout_begins(tmp_path: Path) -> None:
    config, vault = str(tmp_path / "config.toml"), tmp_path / "vault"
    with serving(tmp_path, "--takeout-delay", "80000", "--split", "40,90"):
        switch_on(tmp_path / "config.toml")
        run = export_run(tmp_path, vault)
        assert run.code == 1
        assert re.search(
            r"from \d\d:\d\d( on \d{4}-\d\d-\d\d)? on\. Confirm .* `tobs export --no-takeout --config ", run.err
        )
        assert not vault.exists()
        kept = next((tmp_path / "sessions").glob("*-takeout"))
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        assert 79_000 < json.loads(kept.read_bytes())["until"] - time.time() <= 80_000
        assert "Telegram lets one begin from" in tobs("doctor", "--offline", "--config", config).out
        assert tobs("plan", "--config", config).code == 0  # it reads nothing, and asks for no takeout
        assert export_run(tmp_path, tmp_path / "plain", "--no-takeout").code == 0
    with serving(tmp_path, "--split", "40,90"):  # somebody confirmed it
        whole = export_run(tmp_path, vault, "--takeout")
        assert whole.code == 0, whole.err
        assert not kept.exists()
    assert_same(vault, tmp_path / "plain")


def switch_on(config: Path) -> None:
    """Have exports use takeouts."""
    config.write_text(config.read_text().replace("[telegram]\n", "[telegram]\ntakeout = true\n", 1))


def export_run(server: Path, vault: Path, *options: str) -> Any:
    return tobs("export", "--config", str(server / "config.toml"), "--vault", str(vault), "--json", *options)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_takeout_that_was_left_open_is_in_nobodys_way(tmp_path: Path, number: signal.Signals) -> None:
    with serving(tmp_path, "--scenario", "big", "--messages", "4000", "--rtt-ms", "100"):
        switch_on(tmp_path / "config.toml")
        process = start_export(tmp_path, tmp_path / "vault")
        while not list((tmp_path / "vault").glob(".tobs/archive.sqlite3")):
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(number)
        assert ended(process).code in (130, -signal.SIGKILL)
        assert export_run(tmp_path, tmp_path / "vault").code == 0


# What is asked for


@pytest.mark.parametrize(
    ("chats", "users", "groups", "channels"),
    [
        (("all",), True, True, True),
        (("@durov",), True, True, True),
        (("Family",), True, True, True),
        (("me",), True, False, False),
        (("type:private", "type:bot"), True, False, False),
        (("type:group",), False, True, False),
        (("-100500",), False, True, False),
        (("-1001234567890",), False, True, True),
        (("type:channel",), False, False, True),
        (("left", "https://t.me/+AbC"), False, True, True),
        (("me", "type:channel"), True, False, True),
    ],
)
def test_a_takeout_is_begun_for_what_is_wanted(chats: tuple[str, ...], users: bool, groups: bool, channels: bool):
    assert scope_of(ExportConfig(chats=chats)) == Scope(users, groups, channels, LARGEST_FILE)


def test_comments_are_in_groups():
    assert scope_of(ExportConfig(chats=("type:channel",), comments=True)).groups
    assert not scope_of(ExportConfig(chats=("me",), comments=True)).groups


@pytest.mark.parametrize(
    ("media", "largest"),
    [
        ({}, LARGEST_FILE),
        ({"max_size_mb": 1.5}, 1_500_000),
        ({"max_size_mb": 9e9}, LARGEST_FILE),
        ({"enabled": False}, 0),
        ({"types": ()}, 0),
    ],
)
def test_files_are_wanted_up_to_their_largest(media: dict[str, Any], largest: int):
    assert scope_of(ExportConfig(chats=("me",), media=MediaConfig(**media))).largest_file == largest


async def test_files_that_are_not_wanted_are_not_asked_for(tmp_path: Path) -> None:
    account = sample_account((2, 1, 3))
    wanted = ExportConfig(chats=("all",), media=MediaConfig(max_size_mb=0.05))
    server = await vaults(account, tmp_path, wanted)
    assert asked(server, "upload.getFile")
    (begun,) = asked(server, "account.initTakeoutSession")
    assert (begun.request.files, begun.request.file_max_size) == (True, 50_000)


SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)).map(sorted).map(tuple), max_size=6)


@given(SPANS, SPANS)
def test_gaps_are_cut_and_nothing_is_lost_or_doubled(gaps: list[tuple[int, int]], ranges: list[tuple[int, int]]):
    gaps = missing(missing(sorted(gaps), 1, 70), 1, 70)  # apart from each other, and ascending
    pieces = cut(gaps, ranges_of("private", sorted(ranges)))
    ids = [number for _, parts in pieces for low, high in parts for number in range(low, high + 1)]
    assert ids == [number for low, high in gaps for number in range(low, high + 1)]
    for each, parts in pieces:
        for low, high in parts:
            inside = [each for each in ranges if each[0] <= low and high <= each[1]]
            assert each.low <= low <= high <= each.high
            assert each.within in inside or (each.within is None and not inside)


def test_what_is_kept_goes_with_the_session(tmp_path: Path) -> None:
    config = TelegramConfig(sessions_dir=tmp_path)
    delay = TakeoutDelay(session_path(config))
    delay.session.touch()
    assert delay.read() == 0
    delay.keep(1e9)
    assert delay.read() == 1e9
    delay.path.write_text("[broken")
    assert delay.read() == 0
    delete_session(config)
    assert not delay.path.exists()
