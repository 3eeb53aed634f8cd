"""A connection of Telethon's whose packets take the shortest way: from the socket into one buffer, and out of it whole.

Telethon's own reads through a stream, which a task takes packets from, which a queue gives to its receiver; its writer
is another task behind another queue. Here the loop calls us when bytes have come, and writing is a call.

What is private in Telethon and used here: `Connection` makes the way through a proxy in `_proxy_connect`, and
`MTProtoSender` asks `_connected`. pyproject.toml keeps Telethon within the versions for which that is known, and
whatever an update changes there is heard in the first test that connects.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from collections import deque
from typing import Any

from telethon.errors import InvalidBufferError
from telethon.network.connection.connection import Connection

from tobs.telegram.packets import TAG, BadLength, Incoming, framed

AT_ONCE = 256 * 1024  # bytes of a large packet that are worth waking up for
WAITING = 4  # packets that may wait for Telethon before reading pauses: two megabytes of files
FLOODED = (-429).to_bytes(4, "little", signed=True)  # a transport error: too many connections from here


class Stream(asyncio.BufferedProtocol):
    """One TCP connection: packets that came wait here until they are taken."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._incoming = Incoming()
        self._packets: deque[bytes] = deque()
        self._error: Exception | None = None
        self._transport: Any = None
        self._woken: asyncio.Future[None] | None = None
        self._drained: asyncio.Future[None] | None = None
        self._closed = self._loop.create_future()
        self._is_paused = False
        self._mark = 1

    @property
    def is_open(self) -> bool:
        """Whether nothing is known of its end yet."""
        return self._error is None

    async def packet(self) -> bytes:
        """The next packet. Raises `ConnectionError` behind the last one."""
        while not self._packets:
            if self._error is not None:
                raise self._error
            self._woken = self._loop.create_future()
            try:
                await self._woken
            finally:
                self._woken = None
        packet = self._packets.popleft()
        if self._is_paused and not self._packets:
            self._is_paused = False
            self._transport.resume_reading()
        return packet

    async def send(self, packet: bytes) -> None:
        """Send a packet, and wait while more lies before it than the socket takes. Raises `ConnectionError`."""
        if self._error is not None:
            raise self._error
        self._transport.write(framed(packet))
        if self._drained is not None:
            await asyncio.shield(self._drained)

    async def close(self) -> None:
        """Close it at once: what has not left is of no use to anybody, and a peer that is gone would be waited for."""
        self._end(ConnectionError("Not connected"))
        await asyncio.shield(self._closed)

    # What the loop calls

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        transport.write(TAG)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._incoming.room()

    def buffer_updated(self, nbytes: int) -> None:
        try:
            self._packets.extend(self._incoming.filled(nbytes))
        except BadLength as exc:
            self._end(ConnectionError(f"Not MTProto: {exc}"))
            return
        self._wake()
        if len(self._packets) > WAITING and not self._is_paused:
            self._is_paused = True
            self._transport.pause_reading()
        self._expect(min(max(self._incoming.missing, 1), AT_ONCE))

    def _expect(self, mark: int) -> None:
        """Have the loop called when so many bytes have come, or the connection ended."""
        if mark != self._mark and sys.platform == "linux":
            self._mark = mark
            self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, mark)

    def eof_received(self) -> None:
        self._end(ConnectionError("The server closed the connection"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc if isinstance(exc, OSError) else ConnectionError("The connection was lost"))
        if not self._closed.done():
            self._closed.set_result(None)

    def pause_writing(self) -> None:
        self._drained = self._loop.create_future()

    def resume_writing(self) -> None:
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        self._drained = None

    def _end(self, error: Exception) -> None:
        if self._error is None:
            self._error = error
        self._transport.abort()
        self.resume_writing()
        self._wake()

    def _wake(self) -> None:
        if self._woken is not None and not self._woken.done():
            self._woken.set_result(None)


class PacketConnection(Connection):  # type: ignore[misc]
    """A connection for `MTProtoSender`, straight or through a proxy that hands a socket over."""

    _stream: Stream | None = None

    @property
    def _connected(self) -> bool:
        return self._stream is not None and self._stream.is_open

    @_connected.setter
    def _connected(self, value: bool) -> None:
        """Telethon's constructor says that nothing is connected yet."""

    async def connect(self, timeout: float | None = None, ssl: None = None) -> None:
        """Connect within so many seconds. Raises `OSError` or `TimeoutError`."""
        if self._proxy:
            way = {"sock": await self._proxy_connect(timeout=timeout, local_addr=self._local_addr)}
        else:
            way = {"host": self._ip, "port": self._port, "local_addr": self._local_addr}
        async with asyncio.timeout(timeout):  # unlike wait_for, which may lose a cancellation until Python 3.12
            _, self._stream = await asyncio.get_running_loop().create_connection(Stream, **way)

    async def disconnect(self) -> None:
        """Close the connection; whoever waits for a packet hears of it."""
        if self._stream is not None:
            await self._stream.close()

    async def send(self, data: bytes) -> None:
        """Send a packet. Raises `ConnectionError`."""
        await self._open().send(data)

    async def recv(self) -> bytes:
        """The next packet. Raises `ConnectionError`, or `InvalidBufferError` when there are too many connections."""
        packet = await self._open().packet()
        if packet == FLOODED:
            raise InvalidBufferError(packet)
        return packet

    def _open(self) -> Stream:
        if self._stream is None:
            raise ConnectionError("Not connected")
        return self._stream
