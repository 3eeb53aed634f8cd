"""The connection that Telethon is given: packets over a real socket, whole, cut, too large and too many."""

from __future__ import annotations

import logging
import struct
from collections import defaultdict
from contextlib import asynccontextmanager

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from tests.loopback import open_loopback, small_account
from tobs.errors import ConnectionLost, NotAuthorized
from tobs.telegram.bridge import call, open_asyncio
from tobs.telegram.client import open_telegram
from tobs.telegram.packets import LARGEST, SMALL, TAG, BadLength, Incoming, framed
from tobs.telegram.wire import PacketConnection
from tobs.testing.faults import Faults

LARGE = bytes(range(256)) * 2048  # half a megabyte, as a part of a file

# Where packets begin and end


def read(incoming: Incoming, data: bytes, most: int) -> list[bytes]:
    """The packets that a socket would give which never has more than `most` bytes."""
    packets = []
    while data:
        room = incoming.room()
        assert len(room) > 0
        count = min(len(room), most, len(data))
        room[:count], data = data[:count], data[count:]
        packets += incoming.filled(count)
    return packets


small = st.tuples(st.lists(st.integers(1, 40), max_size=8), st.integers(1, 100))
edges = st.sampled_from([1, SMALL - 5, SMALL - 4, SMALL - 3, SMALL, 3 * SMALL])
large = st.tuples(st.lists(edges, max_size=4), st.integers(SMALL // 2, 4 * SMALL))


@given(st.one_of(small, large))
def test_packets_are_whole_however_they_come(lengths_and_most):
    lengths, most = lengths_and_most
    packets = [bytes([number]) * length for number, length in enumerate(lengths)]
    assert read(incoming := Incoming(), b"".join(map(framed, packets)), most) == packets
    assert 1 <= incoming.missing <= 5


@given(st.integers(0, 2000), st.integers(1, 3 * SMALL))
def test_nothing_is_missing_that_has_come(cut, length):
    incoming, stream = Incoming(), framed(bytes(length))
    cut = min(cut, len(stream) - 1)
    assert read(incoming, stream[:cut], SMALL) == []
    assert incoming.missing == (len(stream) - cut if cut >= 4 else 5 - cut)
    assert read(incoming, stream[cut:], SMALL) == [bytes(length)]


@pytest.mark.parametrize("length", [0, LARGEST + 1, 0x80000004, 0xFFFFFFFF])
def test_a_length_that_no_packet_has(length):
    incoming, stream = Incoming(), framed(b"first") + length.to_bytes(4, "little")
    packets = []
    incoming.room()[: len(stream)] = stream
    with pytest.raises(BadLength):
        packets.extend(incoming.filled(len(stream)))
    assert packets == [b"first"]
    assert len(incoming.room()) <= SMALL  # nothing was made ready for it


# Over a socket


@asynccontextmanager
async def open_pair():
    """A connection as Telethon has it, and the server's end of it behind what begins one."""
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listener.socket.getsockname()[1]
    connection = PacketConnection("127.0.0.1", port, 2, loggers=defaultdict(lambda: logging.getLogger("wire")))
    async with open_asyncio(), listener:
        await call(5, connection.connect, timeout=5)
        async with await listener.accept() as server:
            assert await read_exactly(server, 4) == TAG
            yield connection, server
        await call(5, connection.disconnect)


async def read_exactly(stream, count):
    data = b""
    while len(data) < count:
        more = await stream.receive_some(count - len(data))
        assert more
        data += more
    return data


async def test_packets_over_a_socket():
    async with open_pair() as (connection, server):
        await server.send_all(framed(b"one") + framed(b"two!") + framed(LARGE) + framed(b"three"))
        assert [await call(5, connection.recv) for _ in range(4)] == [b"one", b"two!", LARGE, b"three"]
        for byte in framed(b"bit by bit") + framed(b"and on"):
            await server.send_all(bytes([byte]))
            await trio.testing.wait_all_tasks_blocked()
        assert [await call(5, connection.recv) for _ in range(2)] == [b"bit by bit", b"and on"]
        await call(5, connection.send, b"back")
        assert await read_exactly(server, 8) == framed(b"back")


@pytest.mark.parametrize("cut", [0, 2, 4, 400_000])
async def test_cut_off_in_the_middle_of_a_packet(cut):
    async with open_pair() as (connection, server):
        await server.send_all(framed(b"whole") + framed(LARGE)[:cut])
        await server.aclose()
        assert await call(5, connection.recv) == b"whole"  # what came before the end is not lost
        with pytest.raises(ConnectionLost):
            await call(5, connection.recv)
        assert not connection._connected
        with pytest.raises(ConnectionLost):
            await call(5, connection.send, b"back")


@pytest.mark.parametrize("length", [LARGEST + 1, 0xFFFFFF00])
async def test_a_server_that_announces_too_much_is_left(length):
    async with open_pair() as (connection, server):
        with pytest.raises(trio.BrokenResourceError):
            await server.send_all(length.to_bytes(4, "little") + LARGE * 64)
        with pytest.raises(ConnectionLost):
            await call(5, connection.recv)


async def test_transport_errors():
    async with open_pair() as (connection, server):
        for code in (404, 444):
            await server.send_all(framed(struct.pack("<i", -code)))
            assert await call(5, connection.recv) == struct.pack("<i", -code)  # Telethon tells them apart
        await server.send_all(framed(struct.pack("<i", -429)))
        with pytest.raises(ConnectionLost, match="too many connections"):
            await call(5, connection.recv)


async def test_reading_pauses_while_nobody_takes_packets():
    async with open_pair() as (connection, server), trio.open_nursery() as nursery:
        nursery.start_soon(server.send_all, framed(LARGE) * 64)  # more than both sockets hold
        await trio.testing.wait_all_tasks_blocked(0.05)
        assert len(connection._stream._packets) <= 6
        assert [await call(5, connection.recv) for _ in range(64)] == [LARGE] * 64


async def test_sending_waits_for_a_server_that_does_not_read():
    async with open_pair() as (connection, server), trio.open_nursery() as nursery:
        sent = []

        async def send():
            for number in range(64):
                await call(5, connection.send, LARGE)
                sent.append(number)

        nursery.start_soon(send)
        await trio.testing.wait_all_tasks_blocked(0.05)
        assert len(sent) < 60
        assert await read_exactly(server, 64 * (len(LARGE) + 4)) == framed(LARGE) * 64


async def test_closing_does_not_wait_for_a_server_that_does_not_read():
    async with open_pair() as (connection, _server):
        with trio.move_on_after(0.2):
            while True:
                await call(5, connection.send, LARGE)
        await call(1, connection.disconnect)
        await call(1, connection.disconnect)
        with pytest.raises(ConnectionLost):
            await call(5, connection.recv)


async def test_who_waits_hears_that_it_was_closed():
    async with open_pair() as (connection, server), trio.open_nursery() as nursery:

        async def wait():
            with pytest.raises(ConnectionLost):
                await call(5, connection.recv)

        nursery.start_soon(wait)
        await trio.testing.wait_all_tasks_blocked()
        await call(5, connection.disconnect)
        assert await server.receive_some() == b""


# What becomes of them


async def test_a_transport_error_says_what_to_do(tmp_path):
    async with open_loopback(small_account(), tmp_path) as (server, config), open_telegram(config) as source:
        server.faults = Faults(transport_error=429)
        with pytest.raises(ConnectionLost, match="too many connections"):
            await source.find_chats(["@bobby"])
    async with open_loopback(small_account(), tmp_path) as (server, config):
        server.faults = Faults(transport_error=404)
        with pytest.raises(NotAuthorized, match="tobs login"):
            async with open_telegram(config):
                pass
