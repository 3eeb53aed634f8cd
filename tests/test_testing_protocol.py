"""The loopback server as an unmodified Telethon sees it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
from telethon import errors
from telethon.network import (
    ConnectionTcpAbridged,
    ConnectionTcpFull,
    ConnectionTcpIntermediate,
    ConnectionTcpObfuscated,
)
from telethon.tl import functions, types

from tests.telethon_client import Telethon, open_telethon
from tobs.testing.auth import Login
from tobs.testing.authkeys import AuthKeys
from tobs.testing.faults import Drop, Fail, Faults, Flood
from tobs.testing.login import write_session
from tobs.testing.rpc import Caller, RpcError
from tobs.testing.server import TelegramServer, open_server

PHONE, ME = "+9996620001", 7
GUARDED = Login("+9996620002", 8, password="correct horse", home_dc=2)
LOGINS = (Login(PHONE, ME), GUARDED)
TRANSPORTS = (ConnectionTcpFull, ConnectionTcpAbridged, ConnectionTcpIntermediate, ConnectionTcpObfuscated)

GET_USERS = functions.users.GetUsersRequest([types.InputUserSelf()])
SAVE = functions.messages.SaveDraftRequest(types.InputPeerSelf(), "a draft " * 400)
GET_FILE = functions.upload.GetFileRequest(types.InputTakeoutFileLocation(), 0, 4096)


async def get_users(caller: Caller, request: Any) -> Any:
    return [types.User(caller.user_id, is_self=True, access_hash=1, first_name="Me" * 2000)]


async def save_draft(caller: Caller, request: Any) -> bool:
    return bool(request.message == SAVE.message)


async def get_file(caller: Caller, request: Any) -> bytes:
    return bytes(types.upload.File(types.storage.FileUnknown(), 0, b"\0" * 4096))


async def view(caller: Caller, request: Any) -> Any:
    raise ZeroDivisionError


METHODS = {
    functions.users.GetUsersRequest: get_users,
    functions.messages.SaveDraftRequest: save_draft,
    functions.upload.GetFileRequest: get_file,
    functions.account.GetAccountTTLRequest: view,
}


@asynccontextmanager
async def open_both(faults: Faults | None = None, **options: Any) -> AsyncIterator[tuple[TelegramServer, Telethon]]:
    """A server and a client, not signed in."""
    async with (
        open_server(METHODS, logins=LOGINS, faults=faults) as server,
        open_telethon(server, **options) as telethon,
    ):
        yield server, telethon


@asynccontextmanager
async def open_signed_in(tmp_path: Path) -> AsyncIterator[tuple[TelegramServer, Telethon]]:
    """A server and a client whose session file was written for it."""
    async with open_server(METHODS, logins=LOGINS) as server:
        file = write_session(server, tmp_path / "me", ME)
        async with open_telethon(server, session=str(file)) as telethon:
            yield server, telethon


# Transports and data centres


@pytest.mark.parametrize("connection", TRANSPORTS)
async def test_every_transport_connects_and_signs_in(connection: type) -> None:
    async with open_both(connection=connection) as (server, telethon):
        config = await telethon(functions.help.GetConfigRequest())
        assert {option.id: option.port for option in config.dc_options} == server.ports
        assert (await telethon.sign_in(PHONE)).id == ME
        (me,) = await telethon(GET_USERS)
        assert me.id == ME
        assert (await telethon(functions.help.GetNearestDcRequest())).this_dc == 2


async def test_a_phone_of_another_data_centre_is_sent_there() -> None:
    async with open_both(dc_id=1) as (server, telethon):
        assert (await telethon.sign_in(PHONE)).id == ME
        assert telethon.client.session.dc_id == 2
        assert [call.caller.dc_id for call in server.log if call.method == "auth.sendCode"] == [1, 2]


async def test_an_authorization_is_carried_to_another_data_centre(tmp_path: Path) -> None:
    async with open_signed_in(tmp_path) as (server, telethon):
        sender = await telethon.call(telethon.client._borrow_exported_sender, 1)
        file = await telethon.call(telethon.client._call, sender, GET_FILE)
        assert len(file.bytes) == 4096
        with pytest.raises(errors.UserMigrateError, match="2"):
            await telethon.call(sender.send, GET_USERS)
        await telethon.call(telethon.client._return_exported_sender, sender)
        await telethon.call(sender.disconnect)
        with pytest.raises(errors.DcIdInvalidError):
            await telethon(functions.auth.ExportAuthorizationRequest(9))
        with pytest.raises(errors.AuthBytesInvalidError):
            await telethon(functions.auth.ImportAuthorizationRequest(ME, b"made up"))
        assert {key.dc_id: key.user_id for key in server.keys} == {1: ME, 2: ME}


# Signing in


async def test_wrong_codes_and_numbers() -> None:
    async with open_both() as (server, telethon):
        with pytest.raises(errors.PhoneNumberInvalidError):
            await telethon.sign_in("+000")
        with pytest.raises(errors.PhoneCodeInvalidError):
            await telethon.sign_in(PHONE, "54321")
        with pytest.raises(errors.PhoneCodeEmptyError):
            await telethon(functions.auth.SignInRequest(PHONE, "a hash", ""))
        with pytest.raises(errors.PhoneCodeExpiredError):
            await telethon(functions.auth.SignInRequest(PHONE, "another hash", "12345"))
        with pytest.raises(errors.PhoneCodeHashEmptyError):
            await telethon(functions.auth.SignInRequest(PHONE, "", "12345"))
        await telethon.call(telethon.client.send_code_request, PHONE)
        server.auth.expire_codes()
        with pytest.raises(errors.PhoneCodeExpiredError):
            await telethon.call(telethon.client.sign_in, PHONE, "12345")
        assert not await telethon.call(telethon.client.is_user_authorized)
        assert (await telethon.sign_in(PHONE)).id == ME


async def test_a_password_is_asked_for_and_checked() -> None:
    async with open_both() as (_, telethon):
        with pytest.raises(errors.SessionPasswordNeededError):
            await telethon.sign_in(GUARDED.phone)
        assert not await telethon.call(telethon.client.is_user_authorized)
        assert (await telethon(functions.account.GetPasswordRequest())).hint == GUARDED.hint
        with pytest.raises(errors.PasswordHashInvalidError):
            await telethon.call(telethon.client.sign_in, password="wrong")
        assert (await telethon.call(telethon.client.sign_in, password="correct horse")).id == GUARDED.user_id


async def test_nothing_is_told_to_strangers_and_after_logging_out() -> None:
    async with open_both() as (_, telethon):
        for request in (GET_USERS, functions.auth.ExportAuthorizationRequest(1)):
            with pytest.raises(errors.AuthKeyUnregisteredError):
                await telethon(request)
        await telethon.sign_in(PHONE)
        await telethon(functions.auth.LogOutRequest())
        with pytest.raises(errors.AuthKeyUnregisteredError):
            await telethon(GET_USERS)


# Sessions


async def test_a_written_session_is_signed_in_and_private(tmp_path: Path) -> None:
    async with open_signed_in(tmp_path) as (server, telethon):
        assert await telethon.call(telethon.client.is_user_authorized)
        assert (tmp_path / "me.session").stat().st_mode & 0o777 == 0o600
        assert server.calls["auth.sendCode"] == 0


async def test_large_requests_and_results_are_packed(tmp_path: Path) -> None:
    async with open_signed_in(tmp_path) as (_, telethon):
        assert await telethon(SAVE) is True
        (me,) = await telethon(GET_USERS)
        assert me.first_name == "Me" * 2000


async def test_many_requests_in_one_container(tmp_path: Path) -> None:
    async with open_signed_in(tmp_path) as (server, telethon):
        before = server.calls["users.getUsers"]
        answers = await telethon([GET_USERS] * 150)
        assert [len(users) for users in answers] == [1] * 150
        assert server.calls["users.getUsers"] == before + 150


async def test_ordered_requests_wait_for_each_other(tmp_path: Path) -> None:
    async with open_signed_in(tmp_path) as (_, telethon):
        await telethon.call(telethon.client.__call__, [GET_USERS, GET_USERS, SAVE], ordered=True)


async def test_salts_may_change_at_any_time(tmp_path: Path) -> None:
    async with open_signed_in(tmp_path) as (server, telethon):
        await telethon(GET_USERS)
        server.keys.rotate_salts()
        await telethon(GET_USERS)
        future = await telethon(functions.GetFutureSaltsRequest(4))
        assert telethon.client._sender._state.salt == future.salts[0].salt
        assert len({salt.salt for salt in future.salts}) == 4


@pytest.mark.parametrize("offset", [-3600, 3600])
async def test_clocks_may_differ(tmp_path: Path, offset: float) -> None:
    async with open_server(METHODS, logins=LOGINS, faults=Faults(clock_offset=offset)) as server:
        file = write_session(server, tmp_path / "me", ME)
        async with open_telethon(server, session=str(file)) as telethon:
            await telethon(functions.PingRequest(5))
            await telethon(GET_USERS)
            assert telethon.client._sender._state.time_offset == pytest.approx(offset, abs=2)


async def test_a_restarted_server_knows_its_clients(tmp_path: Path) -> None:
    store = tmp_path / "keys.json"
    async with open_server(METHODS, logins=LOGINS, keys=AuthKeys(store)) as server:
        file = write_session(server, tmp_path / "me", ME)
        ports = list(server.ports.values())
    assert store.stat().st_mode & 0o777 == 0o600
    async with (
        open_server(METHODS, logins=LOGINS, keys=AuthKeys(store), ports=ports) as server,
        open_telethon(server, session=str(file)) as telethon,
    ):
        await telethon(GET_USERS)


async def test_an_unknown_key_is_refused(tmp_path: Path) -> None:
    async with open_signed_in(tmp_path) as (server, telethon):
        for key in server.keys:
            server.keys.forget(key.dc_id, key.key_id)
        with pytest.raises((errors.AuthKeyNotFound, trio.TooSlowError)):
            await telethon(GET_USERS)


# Faults


@pytest.mark.parametrize("half_frame", [False, True])
@pytest.mark.parametrize("connection", TRANSPORTS)
async def test_requests_outlive_dropped_connections(tmp_path: Path, half_frame: bool, connection: type) -> None:
    async with open_server(METHODS, logins=LOGINS, faults=Faults(drop=Drop(5, half_frame, times=4))) as server:
        file = write_session(server, tmp_path / "me", ME)
        async with open_telethon(server, session=str(file), connection=connection) as telethon:
            for _ in range(20):
                assert await telethon(SAVE)
        assert server.calls["messages.saveDraft"] <= 24


async def test_flood_waits_have_exact_seconds(tmp_path: Path) -> None:
    async with open_signed_in(tmp_path) as (server, telethon):
        server.faults = Faults(floods=(Flood("users.*", 3, seconds=60), Flood("upload.getFile", 0, wait=7)))
        for _ in range(3):
            await telethon(GET_USERS)
        with pytest.raises(errors.FloodWaitError) as flood:
            await telethon(GET_USERS)
        assert flood.value.seconds == 60
        with pytest.raises(errors.FloodPremiumWaitError) as slow:
            await telethon(GET_FILE)
        assert slow.value.seconds == 7
        server.faults = Faults()
        assert await telethon(SAVE)


async def test_the_nth_call_fails(tmp_path: Path) -> None:
    async with open_signed_in(tmp_path) as (server, telethon):
        refused = RpcError(400, "CHANNEL_PRIVATE")
        server.faults = Faults(fails=(Fail("users.getUsers", {2}, refused), Fail("messages.*", {1})))
        await telethon(GET_USERS)
        with pytest.raises(errors.ChannelPrivateError):
            await telethon(GET_USERS)
        await telethon(GET_USERS)
        with pytest.raises(errors.ServerError):
            await telethon.raw(SAVE)
        assert await telethon(SAVE)


async def test_a_crashing_method_is_an_internal_error_and_comes_out_at_the_end(tmp_path: Path) -> None:
    with pytest.RaisesGroup(ZeroDivisionError):
        async with open_signed_in(tmp_path) as (server, telethon):
            with pytest.raises(errors.ServerError):
                await telethon.raw(functions.account.GetAccountTTLRequest())
            assert len(server.crashes) == 1


async def test_an_unknown_method_is_refused(tmp_path: Path) -> None:
    async with open_signed_in(tmp_path) as (_, telethon):
        with pytest.raises(errors.BadRequestError, match="INPUT_METHOD_INVALID"):
            await telethon(functions.stories.GetAllStoriesRequest())


async def test_a_silent_server_keeps_the_connection(tmp_path: Path) -> None:
    async with open_signed_in(tmp_path) as (server, telethon):
        calls = server.calls.copy()
        server.faults = Faults(silent=True)
        with trio.move_on_after(0.2) as waited:
            await telethon(GET_USERS)
        assert waited.cancelled_caught
        assert server.calls == calls
        assert telethon.client.is_connected()


async def test_a_round_trip_takes_its_time_but_requests_share_it(tmp_path: Path) -> None:
    async with open_signed_in(tmp_path) as (server, telethon):
        server.faults = Faults(rtt=0.2)
        start = trio.current_time()
        await telethon([GET_USERS] * 20)
        assert 0.2 <= trio.current_time() - start < 4  # 20 * 0.2, if they waited for each other


async def test_bandwidth_is_per_connection(tmp_path: Path) -> None:
    async with open_signed_in(tmp_path) as (server, telethon):
        server.faults = Faults(bandwidth=100_000)
        start = trio.current_time()
        await telethon([GET_FILE] * 5)
        assert trio.current_time() - start >= 0.2
