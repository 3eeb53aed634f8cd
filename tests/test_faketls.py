"""Through MTProxies that look like a web site: real bytes, over a real socket, to a proxy that knows the secret."""

from __future__ import annotations

import logging
import os
import socket
import ssl
from collections import defaultdict
from contextlib import asynccontextmanager, closing
from functools import partial
from pathlib import Path

import attrs
import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

import tobs
from tests.loopback import ME, add_channel, open_loopback, small_account
from tests.proxies import Undressed, open_proxy, site_context
from tests.test_pictures import film
from tests.test_proxy import DOMAIN, whose
from tests.test_sharing import SIZE, send
from tests.test_wire import read_exactly
from tobs.config import ExportConfig
from tobs.errors import ConnectionLost
from tobs.telegram.bridge import call, open_asyncio
from tobs.telegram.faketls import FakeTlsConnection
from tobs.telegram.faults import NoAnswer
from tobs.telegram.tlshello import client_hello, records
from tobs.testing.faults import Drop, Faults
from tobs.testing.files import Generated

SECRET = bytes(range(0xE0, 0xF0))


def link(port: int, secret: bytes = SECRET) -> str:
    return f"tg://proxy?server=127.0.0.1&port={port}&secret=ee{(secret + DOMAIN.encode()).hex()}"


@asynccontextmanager
async def proxied(folder: Path, account=None, faults=None, **fields):
    """A server, the configuration of an account on it, and a proxy in front of it."""
    async with open_loopback(account or small_account(), folder, faults=faults or Faults()) as (server, config):
        servers = {dc_id: (server.host, port) for dc_id, port in server.ports.items()}
        async with open_proxy("faketls", secret=SECRET, domain=DOMAIN, servers=servers, **fields) as proxy:
            yield server, config, proxy


@pytest.mark.parametrize(("record", "piece"), [(16384, 1 << 20), (1, 1), (3, 7), (100, 1), (16384, 1)])
async def test_an_account_is_reached_however_its_records_are_cut(record, piece, tmp_path):
    async with proxied(tmp_path, record=record, piece=piece) as (server, config, proxy):
        started = trio.current_time()
        assert await whose(config, link(proxy.port)) == ME
        assert proxy.made == [(server.host, server.ports[2])]
        assert trio.current_time() - started < 2 or piece == 1, "it need not wait whether the proxy hangs up"


async def test_a_connection_that_ends_is_made_again_with_another_greeting(tmp_path):
    account = small_account()
    add_channel(account, 501, "Cats", 500)
    async with proxied(tmp_path, account, Faults(drop=Drop(6, half_frame=True, times=2))) as (_server, config, proxy):
        through = attrs.evolve(config, proxy=link(proxy.port))
        async with tobs.open_telegram(through) as source:
            report = await tobs.export(source, ExportConfig(vault=tmp_path / "vault", chats=("all",)))
        assert not report.failures
        assert len(proxy.made) == 3
    notes = "".join(note.read_text() for note in (tmp_path / "vault").rglob("*.md"))
    assert all(f"Message {n}\n" in notes for n in range(1, 501))


async def test_files_of_other_data_centres_come_through_it_whole(tmp_path):
    account = small_account()
    send(account, add_channel(account, 501, "Cats"), 1, film(account, 1001))
    async with proxied(tmp_path, account, record=5000, piece=4096) as (_server, config, proxy):
        through = attrs.evolve(config, proxy=link(proxy.port))
        async with tobs.open_telegram(through) as source:
            report = await tobs.export(source, ExportConfig(vault=tmp_path / "vault", chats=("all",)))
        assert not report.failures
    (video,) = (tmp_path / "vault").rglob("*.mp4")
    assert video.read_bytes() == Generated(SIZE, 1001).read(0, SIZE)


@pytest.mark.parametrize(("secret", "clock"), [(SECRET[::-1], 0), (SECRET, 3600), (SECRET, -3600)])
async def test_a_proxy_that_does_not_know_us_is_told_in_one_sentence(secret, clock, tmp_path):
    async with proxied(tmp_path, clock=clock) as (_server, config, proxy):
        with pytest.raises(ConnectionLost) as caught:
            await whose(config, link(proxy.port, secret))
        assert str(caught.value) == (
            f"The proxy 127.0.0.1:{proxy.port} does not know this secret: copy its link again, and see that the clock"
            " of this computer is right."
        )
        assert proxy.made == [DOMAIN], "it was taken for a visitor of the site, once"


async def answering(stream: trio.SocketStream, answer: bytes) -> None:
    await stream.receive_some()
    await stream.send_all(answer)


@pytest.mark.parametrize(
    "answer",
    [b"", b"\x16", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x15\x03\x03\x00\x02\x02\x28", b"\x16\x03\x03\x00\x00" * 9],
)
async def test_what_is_no_such_proxy_is_told(answer, tmp_path):
    async with open_loopback(small_account(), tmp_path) as (_server, config), trio.open_nursery() as nursery:
        serve = partial(trio.serve_tcp, partial(answering, answer=answer), 0, host="127.0.0.1")
        (listener,) = await nursery.start(serve)
        with pytest.raises(ConnectionLost, match="does not know this secret"):
            await whose(config, link(listener.socket.getsockname()[1]))
        nursery.cancel_scope.cancel()


async def test_nobody_is_there_or_says_nothing(tmp_path):
    async with open_loopback(small_account(), tmp_path) as (_server, config):
        with closing(socket.create_server(("127.0.0.1", 0))) as silent:
            port = silent.getsockname()[1]
            with pytest.raises(ConnectionLost, match="through the proxy"):
                await whose(config, link(port), 0.5)
        with pytest.raises(ConnectionLost, match="through the proxy"):
            await whose(config, link(port), 0.5)


async def test_a_proxy_that_takes_calls_and_does_not_answer_is_left_in_time():
    """As any attempt to connect: a connection that is made again has nobody who waits for it."""
    loggers = defaultdict(lambda: logging.getLogger("faketls"))
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    place = ("127.0.0.1", listener.socket.getsockname()[1], SECRET.hex(), DOMAIN)
    connection = FakeTlsConnection("127.0.0.1", 1, 2, loggers=loggers, proxy=place)
    async with open_asyncio(), listener:
        with pytest.raises(ConnectionLost) as caught:
            await call(10, connection.connect, timeout=0.2)
        assert not isinstance(caught.value, NoAnswer), "it did not end by itself"
        async with await listener.accept() as stream:
            assert len(await read_exactly(stream, 517)) == 517
            assert await stream.receive_some() == b""


@settings(max_examples=50, deadline=None)
@given(st.from_regex(r"[a-z][a-z0-9-]{0,20}(\.[a-z]{2,10}){1,8}", fullmatch=True))
def test_a_web_site_takes_the_hello_for_a_browsers(domain):
    hello = client_hello(os.urandom(16), domain, 1_700_000_000)
    assert len(hello) == 517
    visited: list[str] = []
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    site = SITE.wrap_bio(incoming, outgoing, server_side=True)
    site.context.sni_callback = lambda _socket, name, _context: visited.append(name)
    incoming.write(hello)
    with pytest.raises(ssl.SSLWantReadError):  # it goes on, and waits for the next message
        site.do_handshake()
    assert outgoing.read(6)[::5] == b"\x16\x02"
    assert visited == [domain]


SITE = site_context(DOMAIN, lambda name: None)


@given(st.binary(max_size=9000), st.integers(1, 700))
def test_records_hold_what_was_sent(data, piece):
    whole = b"".join(records(data))
    reader = Undressed()
    assert b"".join(reader.feed(whole[at : at + piece]) for at in range(0, len(whole), piece)) == data
    assert client_hello(SECRET, DOMAIN, 1) != client_hello(SECRET, DOMAIN, 1)
