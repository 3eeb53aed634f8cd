"""Ways to Telegram: proxies of every kind that tobs knows, IPv6, and none at all."""

from __future__ import annotations

import base64
import contextlib
import gc
import socket
from contextlib import closing
from functools import partial
from urllib.parse import quote

import attrs
import pytest
import trio

from tests.loopback import ME, open_loopback, small_account
from tests.proxies import open_proxy
from tests.test_download import account_with_file, wanted
from tobs.config import TelegramConfig
from tobs.errors import ConnectionLost
from tobs.proxy import Proxy, parse_proxy
from tobs.telegram.client import open_telegram
from tobs.telegram.packets import LARGEST
from tobs.telegram.servers import ask_servers

SECRET = bytes(range(0xD0, 0xE0))
HEX = SECRET.hex()
MTPROXY = "tg://proxy?server=p.example&port=443&secret="
AT_EXAMPLE = Proxy("mtproto", "p.example", 443, secret=HEX)
DOMAIN = "www.site.example"
LIKE_A_SITE = Proxy("mtproto", "p.example", 443, secret=HEX, domain=DOMAIN)


@pytest.mark.parametrize(
    ("text", "proxy"),
    [
        ("socks5://bob:s%40crt@host:1080", Proxy("socks5", "host", 1080, "bob", "s@crt")),
        ("socks4://bob@[::1]:1", Proxy("socks4", "::1", 1, "bob")),
        ("http://host:8080/", Proxy("http", "host", 8080)),
        ("https://t.me/socks?server=h&port=1&user=u&pass=a+b%20c", Proxy("socks5", "h", 1, "u", "a+b c")),
        (f"{MTPROXY}{HEX}", AT_EXAMPLE),
        (f"https://t.me/proxy?port=443&secret=DD{HEX}&server=p.example", AT_EXAMPLE),
        (MTPROXY + base64.urlsafe_b64encode(b"\xdd" + SECRET).decode().rstrip("="), AT_EXAMPLE),
        (MTPROXY + base64.b64encode(SECRET).decode(), AT_EXAMPLE),
        (f" {MTPROXY}ee{HEX}{DOMAIN.encode().hex()}\n", LIKE_A_SITE),
        (f"t.me/proxy?server=p.example&port=443&secret=EE{HEX}{DOMAIN.encode().hex()}", LIKE_A_SITE),
        (MTPROXY + base64.urlsafe_b64encode(b"\xee" + SECRET + DOMAIN.encode()).decode().rstrip("="), LIKE_A_SITE),
        (MTPROXY + quote(base64.b64encode(b"\xee" + SECRET + DOMAIN.encode()).decode()), LIKE_A_SITE),
    ],
)
def test_what_is_a_proxy(text, proxy):
    assert parse_proxy(text) == proxy
    assert HEX not in repr(parse_proxy(text))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("socks9://bob:topsecret@host:1", "must look like"),
        ("socks5://bob:topsecret@host", "must look like"),
        ("socks5://bob:topsecret@host:99999", "must look like"),
        ("socks5://bob:topsecret@[host:1", "must look like"),
        ("socks4://bob:topsecret@host:1", "no password"),
        (f"{MTPROXY}ee{HEX}", "the name of a web site behind"),
        (f"{MTPROXY}ee{HEX}2f746f70736563726574", "the name of a web site behind"),
        (MTPROXY + base64.urlsafe_b64encode(b"\xee" + SECRET + b"topsecret\xff").decode(), "the name of a web site"),
        (f"{MTPROXY}topsecret", "32 hexadecimal digits"),
        (f"{MTPROXY}{HEX[:-2]}", "32 hexadecimal digits"),
        (f"tg://proxy?server=h&secret={HEX}", "must look like"),
    ],
)
def test_what_is_no_proxy_is_told_and_not_quoted(text, said):
    with pytest.raises(ValueError, match=said) as info:
        parse_proxy(text)
    assert "topsecret" not in str(info.value)
    assert HEX not in str(info.value)


async def whose(config: TelegramConfig, proxy: str, connect_seconds: float = 30) -> int:
    async with open_telegram(attrs.evolve(config, proxy=proxy), connect_seconds=connect_seconds) as source:
        return source.account.id


LOGINS = [
    ("socks5", ("bob", "s@crt")), ("socks5", ()), ("http", ("bob", "s@crt")), ("http", ()), ("socks4", ("bob",)),
    ("socks4", ()),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "login"), LOGINS)
async def test_through_a_proxy(kind, login, tmp_path):
    user, password = (*login, "", "")[:2]
    name = f"{':'.join(login).replace('s@', 's%40')}@" if login else ""
    async with open_loopback(small_account(), tmp_path) as (server, config):
        async with open_proxy(kind, user=user, password=password) as proxy:
            assert await whose(config, f"{kind}://{name}127.0.0.1:{proxy.port}") == ME
            assert set(proxy.made) == {(server.host, server.ports[2])}
            if login:
                with pytest.raises(ConnectionLost, match=f"through the proxy 127.0.0.1:{proxy.port}"):
                    await whose(config, f"{kind}://eve@127.0.0.1:{proxy.port}", 1.5)
                assert proxy.refused


@pytest.mark.parametrize("prefix", ["", "dd"])
async def test_through_an_mtproxy(prefix, tmp_path):
    async with open_loopback(small_account(), tmp_path) as (server, config):
        servers = {dc_id: (server.host, port) for dc_id, port in server.ports.items()}
        async with open_proxy("mtproto", secret=SECRET, servers=servers) as proxy:
            link = f"tg://proxy?server=127.0.0.1&port={proxy.port}&secret={prefix}"
            assert await whose(config, link + HEX) == ME
            assert proxy.made == [servers[2]]


@pytest.mark.parametrize(("kind", "length", "patience"), [("mtproto", 0x7FFFFFFF, 3), ("faketls", LARGEST + 1, 1)])
async def test_a_proxy_that_announces_too_much_is_left(kind, length, patience, tmp_path):
    """Nobody's word is taken for gigabytes, and whoever runs a proxy is not Telegram."""
    sent = 0

    async def announce(stream):
        nonlocal sent
        with contextlib.suppress(trio.BrokenResourceError):
            async with stream:
                for data in (length.to_bytes(4, "little"), *[bytes(1 << 20)] * 64):
                    await stream.send_all(data)
                    sent += len(data)
                await stream.receive_some()

    async with open_loopback(small_account(), tmp_path) as (server, config), trio.open_nursery() as nursery:
        (listener,) = await nursery.start(partial(trio.serve_tcp, announce, 0, host="127.0.0.1"))
        there = ("127.0.0.1", listener.socket.getsockname()[1])
        async with open_proxy(kind, secret=SECRET, domain=DOMAIN, servers=dict.fromkeys(server.ports, there)) as proxy:
            secret = f"dd{HEX}" if kind == "mtproto" else f"ee{HEX}{DOMAIN.encode().hex()}"
            with pytest.raises(ConnectionLost):
                await whose(config, f"tg://proxy?server=127.0.0.1&port={proxy.port}&secret={secret}", patience)
            assert sent < len(proxy.made) * LARGEST, "it was listened to"
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("kind", ["mtproto", "socks5"])
async def test_files_of_another_data_centre_come_through_a_proxy(kind, tmp_path):
    account, content = account_with_file(dc_id=3, size=1000)
    async with open_loopback(account, tmp_path) as (server, config):
        servers = {dc_id: (server.host, port) for dc_id, port in server.ports.items()}
        async with open_proxy(kind, secret=SECRET, servers=servers) as proxy:
            link = f"tg://proxy?server=127.0.0.1&port={proxy.port}&secret={HEX}"
            way = link if kind == "mtproto" else f"socks5://127.0.0.1:{proxy.port}"
            async with open_telegram(attrs.evolve(config, proxy=way)) as source:
                await source.find_chats(["@thenews"])
                await source.fetch_file(wanted(1000, dc_id=3), tmp_path / "part")
            assert set(proxy.made) == {servers[2], servers[3]}
    assert (tmp_path / "part").read_bytes() == content


async def test_a_proxy_that_is_not_there_or_says_nothing(tmp_path):
    async with open_loopback(small_account(), tmp_path) as (_server, config):
        with closing(socket.create_server(("127.0.0.1", 0))) as silent:
            port = silent.getsockname()[1]
            with pytest.raises(ConnectionLost, match="through the proxy"):
                await whose(config, f"socks5://127.0.0.1:{port}", 0.5)
        with pytest.raises(ConnectionLost, match="through the proxy"):
            await whose(config, f"socks5://127.0.0.1:{port}", 0.5)


@pytest.mark.parametrize("prefix", ["dd", "ee"])
@pytest.mark.parametrize("hangs_up", [True, False])
async def test_an_mtproxy_that_leads_nowhere_leaves_no_socket_open(prefix, hangs_up, tmp_path):
    async def answer(stream):
        async with stream:
            if not hangs_up:
                await stream.receive_some()
                await trio.sleep_forever()

    secret = HEX + (DOMAIN.encode().hex() if prefix == "ee" else "")
    async with open_loopback(small_account(), tmp_path) as (_server, config), trio.open_nursery() as nursery:
        (listener,) = await nursery.start(partial(trio.serve_tcp, answer, 0, host="127.0.0.1"))
        port = listener.socket.getsockname()[1]
        with pytest.raises(ConnectionLost):
            await whose(config, f"tg://proxy?server=127.0.0.1&port={port}&secret={prefix}{secret}", 0.5)
        nursery.cancel_scope.cancel()
    gc.collect()  # what was left open is warned of here, and a warning is an error


async def test_nobody_is_there(tmp_path):
    async with open_loopback(small_account(), tmp_path) as (_server, config):
        pass
    with pytest.raises(ConnectionLost, match=r"^Telegram cannot be reached; check the network"):
        await whose(config, "")


async def test_over_ipv6(tmp_path):
    async with open_loopback(small_account(), tmp_path, host="::1") as (server, config):
        assert (server.host, config.server.host) == ("::1", "::1")
        assert await whose(config, "") == ME
        assert await whose(config, "") == ME  # from what the session remembers
        assert {host for _, host, _ in (await ask_servers(config)).servers} == {"::1"}
        async with open_proxy("socks5") as proxy:
            assert await whose(config, f"socks5://127.0.0.1:{proxy.port}") == ME
            assert set(proxy.made) == {("::1", server.ports[2])}
