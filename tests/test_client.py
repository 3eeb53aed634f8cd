"""Connecting, waiting, losing the connection, and finding chats: over real MTProto on loopback."""

import attrs
import pytest
import trio
from telethon.tl import types

from tests.loopback import add_channel, open_loopback, small_account, text
from tobs.config import ServerConfig, TelegramConfig
from tobs.errors import ConfigError, ConnectionLost, NotAuthorized, RateLimited, SourceError
from tobs.source import FailedChat
from tobs.telegram.client import open_telegram
from tobs.telegram.names import parse_name
from tobs.testing.authkeys import AuthKeys
from tobs.testing.faults import Drop, Fail, Faults, Flood
from tobs.testing.rpc import RpcError

INTERNAL = RpcError(500, "INTERNAL")


def account_with_news(count=30):
    account = small_account()
    add_channel(account, 500, "News", count, username="thenews")
    return account


async def names(source, *asked):
    """What each name gives: marked ids, or the sentence of the failure."""
    return [c.reason if isinstance(c, FailedChat) else c.id for c in await source.find_chats(asked)]


async def read_all(source, name="@thenews"):
    (chat,) = await source.find_chats([name])
    async with source.open_history(chat, []) as history:
        ids = []
        while page := await history.next_page():
            ids += [message.id for message in page.messages]
    return ids


async def ended_within(seconds, work):
    """How long `work` took to end after it was cancelled."""
    began = None
    with trio.CancelScope() as scope:
        async with trio.open_nursery() as nursery:

            async def stop():
                nonlocal began
                await trio.sleep(seconds)
                began = trio.current_time()
                scope.cancel()

            nursery.start_soon(stop)
            await work()
    return trio.current_time() - began


# Connecting


async def test_it_knows_whose_account_it_is(tmp_path):
    async with open_loopback(small_account(), tmp_path) as (_server, config), open_telegram(config) as source:
        assert (source.account.name, source.account.id) == ("Alice", 7001)


async def test_a_session_that_is_not_signed_in(tmp_path):
    async with open_loopback(small_account(), tmp_path, signed_in=False) as (_server, config):
        with pytest.raises(NotAuthorized, match="tobs login"):
            async with open_telegram(config):
                pass


async def test_a_session_that_was_revoked_while_reading(tmp_path):
    keys = AuthKeys()
    async with open_loopback(account_with_news(), tmp_path, keys=keys) as (server, config):
        async with open_telegram(config) as source:
            server.faults = Faults(fails=(Fail("contacts.*", error=RpcError(401, "SESSION_REVOKED")),))
            with pytest.raises(NotAuthorized):
                await source.find_chats(["@thenews"])


async def test_session_files_are_private(tmp_path):
    async with open_loopback(small_account(), tmp_path) as (_server, config), open_telegram(config):
        assert config.sessions_dir.stat().st_mode & 0o777 == 0o700
        assert {path.stat().st_mode & 0o777 for path in config.sessions_dir.iterdir()} == {0o600}


async def test_one_session_one_process(tmp_path):
    async with open_loopback(small_account(), tmp_path) as (_server, config), open_telegram(config):
        with pytest.raises(SourceError, match="in use"):
            async with open_telegram(config):
                pass


async def test_nobody_listens(tmp_path):
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listeners[0].socket.getsockname()[1]
    await listeners[0].aclose()
    config = TelegramConfig(1, "0" * 32, sessions_dir=tmp_path / "s", server=ServerConfig(2, "127.0.0.1", port, ""))
    with pytest.raises(ConnectionLost):
        async with open_telegram(config, connect_seconds=0.5):
            pass


@pytest.mark.parametrize("signed_in", [True, False])
async def test_a_server_that_says_nothing(tmp_path, signed_in):
    faults = Faults(silent=True)
    async with open_loopback(small_account(), tmp_path, faults=faults, signed_in=signed_in) as (_server, config):
        began = trio.current_time()
        with pytest.raises(ConnectionLost):
            async with open_telegram(config, connect_seconds=0.5, answer_seconds=0.5):
                pass
        assert trio.current_time() - began < 5


@pytest.mark.parametrize("signed_in", [True, False])
async def test_cancelling_while_connecting_ends_at_once(tmp_path, signed_in):
    faults = Faults(silent=True)
    async with open_loopback(small_account(), tmp_path, faults=faults, signed_in=signed_in) as (_server, config):

        async def work():
            async with open_telegram(config):
                pass

        assert await ended_within(0.3, work) < 0.5


async def test_the_blocks_own_error_is_in_no_group(tmp_path):
    async with open_loopback(small_account(), tmp_path) as (_server, config):
        with pytest.raises(ZeroDivisionError):
            async with open_telegram(config):
                raise ZeroDivisionError


@pytest.mark.parametrize(
    "change",
    [
        {"api_id": 0},
        {"api_hash": ""},
        {"server": ServerConfig(2, "127.0.0.1", 1, "/nowhere.pem")},
    ],
)
async def test_settings_that_cannot_be_used(tmp_path, change):
    config = attrs.evolve(TelegramConfig(1, "0" * 32, sessions_dir=tmp_path / "s"), **change)
    with pytest.raises(ConfigError, match=r"config\.toml"):
        async with open_telegram(config):
            pass


# Waiting, and trying again


async def test_a_flood_wait_is_told_and_waited_for(tmp_path):
    waits = []
    faults = Faults(floods=(Flood("messages.getHistory", calls=1, seconds=1),))
    async with open_loopback(account_with_news(150), tmp_path, faults=faults) as (server, config):
        async with open_telegram(config) as source:
            source.watch_waits(lambda kind, seconds: waits.append((kind, seconds)))
            server.faults = Faults(floods=(Flood("messages.getHistory", calls=2, seconds=1),))
            assert await read_all(source) == list(range(1, 151))
    assert waits == [("messages", 1.0)]


async def test_requests_that_are_refused_together_wait_once_and_do_not_burst(tmp_path):
    waits = []
    async with open_loopback(account_with_news(1000), tmp_path) as (server, config), open_telegram(config) as source:
        source.watch_waits(lambda kind, seconds: waits.append(seconds))
        server.faults = Faults(floods=(Flood("messages.getHistory", calls=8, seconds=1, wait=1),))
        assert await read_all(source) == list(range(1, 1001))
        # 11 are needed; up to 4 are refused together, and then only one tries at a time
        assert server.calls["messages.getHistory"] <= 11 + 4
    assert waits == [1.0]


async def test_a_wait_of_hours_is_an_error(tmp_path):
    async with open_loopback(account_with_news(), tmp_path) as (server, config), open_telegram(config) as source:
        server.faults = Faults(fails=(Fail("contacts.*", error=RpcError(420, "FLOOD_WAIT_12167")),))
        with pytest.raises(RateLimited) as info:
            await source.find_chats(["@thenews"])
        assert info.value.seconds == 12167


async def test_cancelling_a_flood_wait_ends_at_once(tmp_path):
    async with open_loopback(account_with_news(), tmp_path) as (server, config):
        server.faults = Faults(fails=(Fail("contacts.*", range(99), RpcError(420, "FLOOD_WAIT_600")),))

        async def work():
            async with open_telegram(config) as source:
                await source.find_chats(["@thenews"])

        assert await ended_within(0.3, work) < 0.5


async def test_trouble_inside_telegram_passes(tmp_path):
    async with open_loopback(account_with_news(), tmp_path) as (server, config), open_telegram(config) as source:
        server.faults = Faults(fails=(Fail("messages.getHistory", {1}, INTERNAL),))
        assert await read_all(source) == list(range(1, 31))


async def test_trouble_that_does_not_pass(tmp_path, monkeypatch):
    monkeypatch.setattr("tobs.telegram.connection.PAUSES", (0.01, 0.01))
    async with open_loopback(account_with_news(), tmp_path) as (server, config), open_telegram(config) as source:
        server.faults = Faults(fails=(Fail("messages.getHistory", range(99), INTERNAL),))
        with pytest.raises(SourceError, match="trouble inside"):
            await read_all(source)
        assert server.calls["messages.getHistory"] == 3


# Losing the connection


@pytest.mark.parametrize("frames", [1, 2, 5])
@pytest.mark.parametrize("half", [False, True])
async def test_connections_that_are_cut(tmp_path, frames, half):
    async with open_loopback(account_with_news(450), tmp_path) as (server, config), open_telegram(config) as source:
        server.faults = Faults(drop=Drop(frames, half, times=3))
        assert await read_all(source) == list(range(1, 451))


async def test_a_server_that_falls_silent(tmp_path):
    async with open_loopback(account_with_news(), tmp_path) as (server, config):
        async with open_telegram(config, answer_seconds=0.4) as source:
            server.faults = Faults(silent=True)
            began = trio.current_time()
            with pytest.raises(ConnectionLost):
                await source.find_chats(["@thenews"])
            assert trio.current_time() - began < 5


async def test_an_answer_that_never_comes_is_asked_for_again(tmp_path):
    async with open_loopback(account_with_news(), tmp_path) as (server, config):
        async with open_telegram(config, answer_seconds=0.5) as source:
            server.faults = Faults(fails=(Fail("contacts.*", {1}, None),))
            assert await read_all(source) == list(range(1, 31))


async def test_a_key_that_the_server_forgot(tmp_path):
    keys = AuthKeys()
    async with open_loopback(account_with_news(), tmp_path, keys=keys) as (_server, config):
        async with open_telegram(config) as source:
            keys.forget(2, source._connection.client._sender.auth_key.key_id)
            keys.forget(2, (source._connection.client._sender.auth_key.key_id + 2**63) % 2**64 - 2**63)
            with pytest.raises(NotAuthorized):
                await source.find_chats(["@thenews"])
            with pytest.raises(NotAuthorized):
                await source.find_chats(["@thenews"])


async def test_a_server_that_comes_back(tmp_path):
    account, keys = account_with_news(), AuthKeys()
    async with open_loopback(account, tmp_path, keys=keys) as (server, config):
        ports = tuple(server.ports[dc] for dc in server.dc_ids)
    async with trio.open_nursery() as nursery:
        running = trio.CancelScope()

        async def serve(task_status=trio.TASK_STATUS_IGNORED):
            with running:
                async with open_loopback(account, tmp_path, keys=keys, ports=ports):
                    task_status.started()
                    await trio.sleep_forever()

        await nursery.start(serve)
        async with open_telegram(config) as source:
            assert await read_all(source) == list(range(1, 31))
            running.cancel()
            await trio.testing.wait_all_tasks_blocked(0.05)
            running = trio.CancelScope()
            await nursery.start(serve)
            assert await read_all(source) == list(range(1, 31))
        running.cancel()


async def test_a_server_that_stays_away(tmp_path):
    account = account_with_news()
    async with trio.open_nursery() as nursery:
        running = trio.CancelScope()
        settings = None

        async def serve(task_status=trio.TASK_STATUS_IGNORED):
            with running:
                async with open_loopback(account, tmp_path) as (_server, config):
                    task_status.started(config)
                    await trio.sleep_forever()

        settings = await nursery.start(serve)
        async with open_telegram(settings) as source:
            source._connection.client._sender._retries = 1
            running.cancel()
            with pytest.raises(ConnectionLost):
                await read_all(source)
            with pytest.raises(ConnectionLost):
                await read_all(source)


# Finding chats


@pytest.mark.parametrize(
    ("written", "kind", "text_", "number"),
    [
        ("all", "all", "", 0),
        ("Saved", "saved", "", 0),
        ("@TheNews", "username", "thenews", 0),
        ("TheNews", "word", "TheNews", 0),
        ("The News", "title", "The News", 0),
        ("https://t.me/TheNews", "username", "thenews", 0),
        ("t.me/TheNews/45?single", "username", "thenews", 0),
        ("https://t.me/s/thenews", "username", "thenews", 0),
        ("https://t.me/c/500/45", "id", "c/500/45", -1000000000500),
        ("-1000000000500", "id", "-1000000000500", -1000000000500),
        ("https://t.me/+AbCdEf", "invite", "AbCdEf", 0),
        ("t.me/joinchat/AbC", "invite", "AbC", 0),
        ("folder: My Work", "folder", "My Work", 0),
        ("Type:Channel", "type", "Channel", 0),
        ("archived", "archived", "", 0),
    ],
)
def test_what_a_name_means(written, kind, text_, number):
    name = parse_name(written)
    assert (name.kind, name.text, name.id) == (kind, text_, number)


def crowded():
    account = account_with_news()
    add_channel(account, 501, "Club", 2, broadcast=False, megagroup=True)
    add_channel(account, 502, "Twins", 2)
    add_channel(account, 503, "twins", 2)
    group = types.Chat(77, "Old Friends", types.ChatPhotoEmpty(), 3, text(1).date, 1)
    account.add_chat(group, members=[7001, 7002])
    account.add_message(group, text(1, message_id=1))
    account.add_message(7002, text(2, message_id=2, from_id=None))
    return account


async def test_every_way_to_name_a_chat(tmp_path):
    async with open_loopback(crowded(), tmp_path) as (_server, config), open_telegram(config) as source:
        news, club = -1000000000500, -1000000000501
        asked = ["@thenews", "club", "-77", "77", "7002", "1000", "Old Friends", "me", "bobby", "bob baker"]
        assert await names(source, *asked[:5]) == [news, club, -77, 7002]
        assert await names(source, "500", "https://t.me/c/501/2", "t.me/thenews", "NEWS") == [news, club]
        assert await names(source, *asked[6:]) == [-77, 7001, 7002]
        (missing,) = await names(source, "1000")
        assert "no chat with the number" in missing


async def test_names_that_fit_nothing_are_told_one_by_one(tmp_path):
    async with open_loopback(crowded(), tmp_path) as (_server, config), open_telegram(config) as source:
        twins, nobody, invite, found = await names(source, "Twins", "@nobody_here", "t.me/+abc", "@thenews")
        assert "-1000000000502" in twins
        assert "-1000000000503" in twins
        assert nobody.endswith(".")
        assert "invite" in invite
        assert found == -1000000000500


async def test_all_chats_each_once(tmp_path):
    async with open_loopback(crowded(), tmp_path) as (server, config), open_telegram(config) as source:
        found = await names(source, "all", "@thenews", "Club")
        assert sorted(found) == [-1000000000503, -1000000000502, -1000000000501, -1000000000500, -77, 7002]
        assert server.calls["contacts.resolveUsername"] == 0


async def test_more_chats_than_one_page_of_dialogs(tmp_path):
    account = small_account()
    for n in range(250):
        add_channel(account, 1000 + n, f"Channel {n}", 1)
    account.dialogs[-1000000001007].folder_id = 1
    account.dialogs[-1000000001200].pinned = True
    async with open_loopback(account, tmp_path) as (server, config), open_telegram(config) as source:
        chats = await source.list_chats()
        assert {chat.id for chat in chats} == {-1000000001000 - n for n in range(250)}
        assert server.calls["messages.getDialogs"] <= 4


async def test_a_name_that_changed_hands(tmp_path):
    account = account_with_news()
    other = add_channel(account, 501, "Other", 1)
    async with open_loopback(account, tmp_path) as (_server, config):
        async with open_telegram(config) as source:
            assert await names(source, "@thenews") == [-1000000000500]
        account.chats[-1000000000500].username = None
        other.username = "thenews"
        async with open_telegram(config) as source:
            assert await names(source, "@thenews") == [-1000000000501]


async def test_a_supergroup_brings_the_group_that_it_was(tmp_path):
    account = small_account()
    old = types.Chat(
        77,
        "Club",
        types.ChatPhotoEmpty(),
        3,
        text(1).date,
        1,
        deactivated=True,
        migrated_to=types.InputChannel(501, 3507),
    )
    account.add_chat(old, dialog=False)
    account.add_message(old, text(1, message_id=1))
    add_channel(account, 501, "Club", 2, broadcast=False, megagroup=True, username="the_club")
    account.details[-1000000000501].migrated_from_chat_id = 77
    account.details[-1000000000501].migrated_from_max_id = 1
    account.dialogs.pop(-77, None)
    async with open_loopback(account, tmp_path) as (_server, config), open_telegram(config) as source:
        assert await names(source, "@the_club") == [-77, -1000000000501]
        assert await names(source, "all") == [-77, -1000000000501]
        assert await read_all_of(source, -77) == [1]


async def read_all_of(source, marked):
    chat = next(chat for chat in await source.find_chats(["all"]) if chat.id == marked)
    async with source.open_history(chat, []) as history:
        page = await history.next_page()
    return [message.id for message in page.messages]


async def test_a_chat_that_may_not_be_read(tmp_path):
    account = account_with_news()
    async with open_loopback(account, tmp_path) as (_server, config):
        async with open_telegram(config) as source:
            await source.find_chats(["@thenews"])
        account.forbidden.add(-1000000000500)
        async with open_telegram(config) as source:
            (sentence,) = await names(source, "@thenews")
            assert "may not read" in sentence
