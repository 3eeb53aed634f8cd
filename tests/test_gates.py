"""Requests that wait for their turn: on trio's own clock, which jumps, and over real sockets."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import attrs
import pytest
import trio

import tobs
from tests.loopback import add_channel, open_loopback, small_account
from tests.test_client import account_with_news, read_all
from tobs.config import ExportConfig
from tobs.errors import AccessDenied, RateLimited
from tobs.pacing import Known
from tobs.source import MESSAGES
from tobs.telegram.client import open_telegram
from tobs.telegram.gates import Gates
from tobs.telegram.limits import read_limits
from tobs.telegram.sessions import delete_session, session_path
from tobs.testing.faults import Bucket, Fail, FaultRun, Faults
from tobs.testing.rpc import RpcError


@attrs.define(eq=False)
class Server:
    """Answers a round trip later, within its limits; says which requests it granted, in that order."""

    bucket: Bucket
    granted: list[int] = attrs.field(factory=list)
    waits: list[float] = attrs.field(factory=list)
    run: FaultRun = attrs.field(
        default=attrs.Factory(lambda self: FaultRun(Faults(floods=(self.bucket,))), takes_self=True)
    )

    async def answer(self, number: int) -> int:
        await trio.sleep(0.08)
        try:
            self.run.check(self.bucket.method, 1, trio.current_time())
        except RpcError as error:
            raise RateLimited(int(error.message.rpartition("_")[2])) from error
        self.granted.append(number)
        return number

    def waited(self, _kind: str, seconds: float) -> None:
        self.waits.append(seconds)


async def ask_all(gates: Gates, server: Server, requests: int) -> float:
    """All at once, as far as the gates let them; how long it took."""
    began = trio.current_time()
    async with trio.open_nursery() as nursery:
        for number in range(requests):
            nursery.start_soon(gates.go, MESSAGES, partial(server.answer, number))
            await trio.lowlevel.checkpoint()
    return trio.current_time() - began


async def test_thousands_of_requests_through_a_gate(autojump_clock):
    server = Server(Bucket("*", 10, 30))
    gates = Gates(server.waited)
    gates.limit(MESSAGES, 16)
    seconds = await ask_all(gates, server, 3000)
    assert sorted(server.granted) == list(range(3000))
    assert seconds <= 1.1 * (3000 - 30) / 10
    assert len(server.waits) <= 5


async def test_what_was_refused_goes_before_what_came_later(autojump_clock):
    server = Server(Bucket("*", 1, 5))
    gates = Gates(server.waited)
    gates.limit(MESSAGES, 4)
    await ask_all(gates, server, 40)
    # Four are under way at once, so none is overtaken by more than those.
    assert all(abs(place - number) <= 4 for place, number in enumerate(server.granted))


async def test_a_pause_stops_one_kind_only(autojump_clock):
    waits: list[tuple[str, float]] = []
    gates = Gates(lambda kind, seconds: waits.append((kind, seconds)))
    answers = iter([RateLimited(50)])

    async def refused_once() -> float:
        for error in answers:
            raise error
        return trio.current_time()

    async def answered() -> float:
        return trio.current_time()

    began = trio.current_time()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(gates.go, MESSAGES, refused_once)
        await trio.sleep(1)
        assert await gates.go("files", answered) - began < 2
    assert await gates.go(MESSAGES, answered) - began >= 50
    assert waits == [(MESSAGES, 50.0)]


async def test_premium_waits_only_slow_files_however_long(autojump_clock):
    gates = Gates(lambda kind, seconds: None, longest_wait=60)
    answers = iter([RateLimited(4000, transfer=True)])

    async def refused_once() -> float:
        for error in answers:
            raise error
        return trio.current_time()

    began = trio.current_time()
    assert await gates.go("files", refused_once) >= began + 4000


async def test_a_request_that_fails_or_is_cancelled_gives_its_place_back(autojump_clock):
    gates = Gates(lambda kind, seconds: None)
    gates.limit("names", 1)

    async def refused() -> None:
        raise AccessDenied("no")

    for _ in range(3):
        with pytest.raises(AccessDenied):
            await gates.go("names", refused)
        with trio.move_on_after(1):
            await gates.go("names", trio.sleep_forever)
    with trio.fail_after(1):
        await gates.go("names", partial(trio.sleep, 0))


@pytest.mark.parametrize(
    ("seconds", "words"), [(7200, "until 14:01 before"), (14 * 3600, "until 02:01 on 2024-05-04 before")]
)
async def test_a_long_wait_says_when_to_come_back(seconds: int, words: str):
    noon = datetime(2024, 5, 3, 12, tzinfo=UTC).timestamp()
    gates = Gates(lambda kind, seconds: None, zone=UTC, clock=lambda: noon)

    async def refused() -> None:
        raise RateLimited(seconds)

    with pytest.raises(RateLimited, match=words) as info:
        await gates.go("names", refused)
    assert info.value.seconds == seconds


# Over real sockets


async def test_a_long_wait_ends_the_run_and_keeps_what_was_read(tmp_path: Path):
    account, vault = account_with_news(2500), tmp_path / "vault"
    config = ExportConfig(vault=vault, chats=("@thenews",), timezone="UTC")
    async with open_loopback(account, tmp_path) as (server, telegram):
        telegram = attrs.evolve(telegram, max_flood_wait_seconds=5)
        server.faults = Faults(fails=(Fail("messages.getHistory", range(8, 99), RpcError(420, "FLOOD_WAIT_6")),))
        async with open_telegram(telegram, zone=UTC) as source:
            with pytest.raises(RateLimited, match=r"until \d\d:\d\d"):
                await tobs.export(source, config)
            server.faults = Faults()
            before = server.calls["messages.getHistory"]
        async with open_telegram(telegram) as source:
            report = await tobs.export(source, config)
        assert 0 < report.messages < 2500
        assert report.chats[0].messages + report.chats[0].known == 2500
        assert server.calls["messages.getHistory"] - before <= 1.1 * report.messages / 100 + 2


async def test_limits_are_remembered_beside_the_session_and_go_with_it(tmp_path: Path):
    account = account_with_news(4000)
    add_channel(account, 501, "Olds", 1000, username="theolds")
    limits = Faults(floods=(Bucket("messages.getHistory", 5, 10),))  # so low that the slowest computer meets it
    async with open_loopback(account, tmp_path, faults=limits) as (server, config):
        pauses: list[float] = []
        async with open_telegram(config) as source:
            source.watch_waits(lambda _kind, seconds: pauses.append(seconds))
            while len(pauses) < 2:  # once is no proof of a rate
                assert len(await read_all(source)) == 4000
        path = session_path(config).with_name("tobs.session-limits")
        assert read_limits(path)[MESSAGES].rate == pytest.approx(5, rel=0.2)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        floods = server.floods
        async with open_telegram(config) as source:
            assert len(await read_all(source, "@theolds")) == 1000
        assert server.floods == floods
    delete_session(config)
    assert not path.exists()


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", "[]", '{"messages": 1}', '{"messages": [0, 1, 2]}', '{"messages": ["1", 1, 2]}', "{" * 9999],
)
def test_a_broken_memory_is_none(tmp_path: Path, text: str):
    path = tmp_path / "limits"
    path.write_text(text)
    assert read_limits(path) == {}
    path.write_text(json.dumps({"messages": [2.5, 30, 1e9]}))
    assert read_limits(path) == {"messages": Known(2.5, 30, 1e9)}


async def test_chats_that_fail_stop_no_other(tmp_path: Path):
    account = small_account()
    for number in range(501, 509):
        add_channel(account, number, f"Chat {number}", 250, megagroup=True, broadcast=False)
    refusals = ("CHANNEL_PRIVATE", "INPUT_USER_DEACTIVATED", "CHANNEL_INVALID", "CHAT_ADMIN_REQUIRED")
    config = ExportConfig(vault=tmp_path / "vault", chats=("all",), timezone="UTC")
    async with open_loopback(account, tmp_path) as (server, telegram), open_telegram(telegram) as source:
        fails = tuple(Fail("messages.getHistory", {2 * n + 1}, RpcError(400, word)) for n, word in enumerate(refusals))
        server.faults = Faults(fails=fails, floods=(Bucket("messages.getHistory", 20, 10),))
        report = await tobs.export(source, config)
    whole = [chat for chat in report.chats if chat.complete]
    assert len(report.failures) == 8 - len(whole) >= 1
    assert all(chat.messages == 250 for chat in whole)
    assert not report.interrupted
