"""MTProto as a client sees it that makes mistakes, loses connections and repeats itself."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import attrs
import pytest
import trio
from telethon.tl import functions, types
from telethon.tl.core import RpcResult

from tests.mtproto_client import MtprotoClient, seconds_ago
from tobs.testing.faults import Drop, Fail, Faults
from tobs.testing.rpc import Caller
from tobs.testing.server import TelegramServer, open_server

ME = 7
ASK = functions.users.GetUsersRequest([])
CONTAINER = 0x73F1F8DC
BAD = types.BadMsgNotification


@attrs.define
class Gate:
    """A method that answers when it is told to."""

    calls: list[Caller] = attrs.field(factory=list)
    open: trio.Event = attrs.field(factory=trio.Event)

    async def __call__(self, caller: Caller, request: Any) -> list[Any]:
        self.calls.append(caller)
        await self.open.wait()
        return []


@pytest.fixture
def gate() -> Gate:
    gate = Gate()
    gate.open.set()
    return gate


@pytest.fixture
async def server(gate: Gate) -> AsyncIterator[TelegramServer]:
    async with open_server({functions.users.GetUsersRequest: gate}) as server:
        yield server


@asynccontextmanager
async def open_client(server: TelegramServer) -> AsyncIterator[MtprotoClient]:
    client = MtprotoClient(server, ME)
    async with client.connected():
        yield client


async def test_a_session_begins_with_a_salt(server: TelegramServer) -> None:
    async with open_client(server) as client:
        salt, client.state.salt = client.state.salt, 5
        refused = await client.send(ASK)
        bad = await client.receive(types.BadServerSalt)
        assert (bad.bad_msg_id, bad.error_code, bad.new_server_salt) == (refused, 48, salt)
        client.state.salt = salt
        first = await client.send(ASK)
        created = await client.receive(types.NewSessionCreated)
        assert (created.first_msg_id, created.server_salt) == (first, salt)
        assert (await client.receive(RpcResult)).req_msg_id == first


@pytest.mark.parametrize(
    ("code", "age", "low_bits"),
    [(16, 400, 0), (17, -60, 0), (18, 0, 1)],
)
async def test_ids_of_another_time_are_refused(
    server: TelegramServer, gate: Gate, code: int, age: float, low_bits: int
) -> None:
    async with open_client(server) as client:
        await client.send(ASK, msg_id=seconds_ago(age) + low_bits)
        assert (await client.receive(BAD)).error_code == code
        await client.send(ASK)
        await client.receive(RpcResult)
        assert len(gate.calls) == 1


async def test_seqnos_that_go_backwards_are_refused(server: TelegramServer, gate: Gate) -> None:
    async with open_client(server) as client:
        await client.send(ASK, msg_id=seconds_ago(5), seqno=11)
        await client.receive(RpcResult)
        for code, msg_id, seqno in ((32, seconds_ago(4), 9), (32, seconds_ago(3), 11), (33, seconds_ago(6), 13)):
            await client.send(ASK, msg_id=msg_id, seqno=seqno)
            assert (await client.receive(BAD)).error_code == code
        assert len(gate.calls) == 1


async def test_seqnos_tell_content_from_service(server: TelegramServer, gate: Gate) -> None:
    async with open_client(server) as client:
        await client.send(types.MsgsAck([1]), seqno=1)
        assert (await client.receive(BAD)).error_code == 34
        await client.send(ASK, seqno=2)
        assert (await client.receive(BAD)).error_code == 35
        assert not gate.calls


@pytest.mark.parametrize(
    ("code", "seqno", "count", "shift"), [(64, 0, 5000, 0), (64, 0, 3, 0), (34, 1, 1, 0), (64, 0, 1, 1 << 40)]
)
async def test_bad_containers_are_refused(
    server: TelegramServer, gate: Gate, code: int, seqno: int, count: int, shift: int
) -> None:
    """Too many messages, fewer than announced, an odd seqno, a message newer than its container."""
    async with open_client(server) as client:
        inner_id = client.state._get_new_msg_id() + shift
        _, inner = client.message(ASK, msg_id=inner_id)
        await client.send(struct.pack("<Ii", CONTAINER, count) + inner, seqno=seqno)
        assert (await client.receive(BAD)).error_code == code
        assert not gate.calls


async def test_a_container_is_not_repeated(server: TelegramServer, gate: Gate) -> None:
    async with open_client(server) as client:
        asked, inner = client.message(ASK)
        _, message = client.message(struct.pack("<Ii", CONTAINER, 1) + inner, seqno=2)
        await client.send_message(message)
        assert (await client.receive(RpcResult)).req_msg_id == asked
        await client.send_message(message)
        assert (await client.receive(BAD)).error_code == 19
        assert len(gate.calls) == 1


async def test_a_message_is_carried_out_once(server: TelegramServer, gate: Gate) -> None:
    async with open_client(server) as client:
        gate.open = trio.Event()
        msg_id, message = client.message(ASK)
        await client.send_message(message)
        await client.send_message(message)  # while it runs: its arrival is confirmed
        assert (await client.receive(types.MsgsAck)).msg_ids == [msg_id]
        gate.open.set()
        first = await client.receive_packet()
        await client.send_message(message)  # answered, not acknowledged: the same answer comes again
        assert client.state.decrypt_message_data(first).obj.req_msg_id == msg_id
        assert client.state.decrypt_message_data(await client.receive_packet()) is None
        assert len(gate.calls) == 1


async def test_an_answer_finds_the_next_connection_of_its_session(server: TelegramServer, gate: Gate) -> None:
    client = MtprotoClient(server, ME)
    gate.open = trio.Event()
    async with client.connected():
        asked = await client.send(ASK)
        await client.receive(types.NewSessionCreated)
    gate.open.set()
    async with client.connected():
        await client.send(functions.PingRequest(1))
        assert (await client.receive(RpcResult)).req_msg_id == asked
    async with client.connected():  # it was not acknowledged
        highest = client.state._highest_remote_id
        await client.send(types.MsgsAck([highest]), seqno=client.state._get_seq_no(False))
        await client.send(functions.PingRequest(2))
        await client.receive(types.Pong)
    async with client.connected():  # now it was
        client.state._recent_remote_ids.clear()
        client.state._highest_remote_id = 0
        await client.send(functions.PingRequest(3))
        seen = []
        while not seen or not isinstance(seen[-1], types.Pong):
            message = client.state.decrypt_message_data(await client.receive_packet())
            seen.append(message.obj)
        assert not any(isinstance(answer, RpcResult) for answer in seen)
    assert len(gate.calls) == 1


async def test_wrappers_are_taken_off(server: TelegramServer, gate: Gate) -> None:
    init = functions.InitConnectionRequest(1, "", "", "", "", "", "", ASK)
    async with open_client(server) as client:
        await client.send(functions.InvokeWithLayerRequest(229, init))
        await client.receive(RpcResult)
        range_ = types.MessageRange(1, 2)
        inner = functions.InvokeWithTakeoutRequest(9, functions.InvokeWithMessagesRangeRequest(range_, ASK))
        await client.send(functions.InvokeWithoutUpdatesRequest(inner))
        await client.receive(RpcResult)
    assert [(caller.layer, caller.takeout_id) for caller in gate.calls] == [(229, 0), (229, 9)]
    assert [caller.message_range for caller in gate.calls] == [None, (1, 2)]


async def test_takeout_and_range_are_wrapped_once_and_in_that_order(server: TelegramServer, gate: Gate) -> None:
    ranged = functions.InvokeWithMessagesRangeRequest(types.MessageRange(1, 2), ASK)
    taken = functions.InvokeWithTakeoutRequest(9, ASK)
    async with open_client(server) as client:
        for wrong, refusal in (
            (functions.InvokeWithTakeoutRequest(9, taken), "INPUT_REQUEST_INVALID"),
            (functions.InvokeWithMessagesRangeRequest(types.MessageRange(1, 2), taken), "TAKEOUT_REQUIRED"),
            (ranged, "TAKEOUT_REQUIRED"),
        ):
            await client.send(wrong)
            answer = await client.receive(RpcResult)
            assert answer.error.error_message == refusal
    assert gate.calls == []


async def test_a_request_waits_for_the_one_before(server: TelegramServer, gate: Gate) -> None:
    async with open_client(server) as client:
        gate.open = trio.Event()
        first = await client.send(ASK)
        second = await client.send(functions.InvokeAfterMsgRequest(first, ASK))
        await client.send(functions.PingRequest(1))
        await client.receive(types.Pong)
        assert len(gate.calls) == 1
        gate.open.set()
        assert [(await client.receive(RpcResult)).req_msg_id for _ in range(2)] == [first, second]


async def test_a_request_after_a_failed_one_fails(server: TelegramServer, gate: Gate) -> None:
    async with open_client(server) as client:
        server.faults = Faults(fails=(Fail("users.getUsers"),))
        first = await client.send(ASK)
        assert (await client.receive(RpcResult)).error.error_message == "INTERNAL"
        await client.send(functions.InvokeAfterMsgRequest(first, ASK))
        assert (await client.receive(RpcResult)).error.error_message == "MSG_WAIT_FAILED"
        assert not gate.calls


async def test_an_answer_can_be_dropped(server: TelegramServer, gate: Gate) -> None:
    async with open_client(server) as client:
        gate.open = trio.Event()
        asked = await client.send(ASK)
        drop = await client.send(functions.RpcDropAnswerRequest(asked))
        answer = await client.receive(RpcResult)
        assert answer.req_msg_id == drop
        gate.open.set()
        again = await client.send(functions.RpcDropAnswerRequest(asked))
        assert (await client.receive(RpcResult)).req_msg_id == again


async def test_states_sessions_and_keys(server: TelegramServer) -> None:
    async with open_client(server) as client:
        known = await client.send(functions.PingRequest(1))
        await client.send(types.MsgsStateReq([known, 4]))
        assert (await client.receive(types.MsgsStateInfo)).info == "\x04\x01"
        await client.send(functions.DestroySessionRequest(99))
        assert (await client.receive(types.DestroySessionNone)).session_id == 99
        await client.send(functions.DestroySessionRequest(client.state.id))
        await client.receive(types.DestroySessionOk)
        await client.send(functions.DestroyAuthKeyRequest())
        await client.receive(types.DestroyAuthKeyOk)
        await client.send(ASK)
        assert await client.receive_packet() == struct.pack("<i", -404)


async def test_a_connection_that_pings_no_more_is_closed(server: TelegramServer) -> None:
    async with open_client(server) as client:
        await client.send(functions.PingDelayDisconnectRequest(1, disconnect_delay=0))
        with pytest.raises(trio.EndOfChannel):
            await client.receive(types.MsgsAllInfo)  # which never comes


@pytest.mark.parametrize("damage", ["key", "text", "short"])
async def test_what_cannot_be_decrypted_closes_the_connection(server: TelegramServer, damage: str) -> None:
    async with open_client(server) as client:
        packet = bytearray(client.state.encrypt_message_data(client.message(ASK)[1]))
        packet[{"key": 0, "text": 40}.get(damage, 0)] ^= 1
        await client.send_packet(bytes(packet[: 12 if damage == "short" else len(packet)]))
        assert await client.receive_packet() == struct.pack("<i", -404)
        with pytest.raises(trio.EndOfChannel):
            await client.receive_packet()


async def test_a_transport_error_by_script(server: TelegramServer) -> None:
    server.faults = Faults(transport_error=429)
    async with open_client(server) as client:
        await client.send(ASK)
        assert await client.receive_packet() == struct.pack("<i", -429)


@pytest.mark.parametrize("half_frame", [False, True])
async def test_a_connection_ends_after_exactly_so_many_frames(server: TelegramServer, half_frame: bool) -> None:
    server.faults = Faults(drop=Drop(3, half_frame))
    async with open_client(server) as client:
        for ping in range(4):
            await client.send(functions.PingRequest(ping))
        for _ in range(3):  # new_session_created and two pongs
            await client.receive_packet()
        with pytest.raises((trio.EndOfChannel, trio.BrokenResourceError)):
            await client.receive_packet()
        assert bool(client._received) is half_frame


async def test_a_call_that_is_never_answered(server: TelegramServer, gate: Gate) -> None:
    server.faults = Faults(fails=(Fail("users.*", {1}, None),))
    async with open_client(server) as client:
        await client.send(ASK)
        second = await client.send(ASK)
        assert (await client.receive(RpcResult)).req_msg_id == second
        assert server.calls["users.getUsers"] == 2
