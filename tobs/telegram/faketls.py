"""The way through an MTProxy that looks like a web site.

What is private in Telethon and used here: how `TcpMTProxy` connects, its secret, and the streams of a `Connection`. The
tests go through a proxy, and hear of it when an update of Telethon changes that.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from telethon.network.connection.connection import ObfuscatedConnection

from tobs.telegram.faults import ProxyRefused
from tobs.telegram.mtproxy import ProxyConnection
from tobs.telegram.tlshello import (
    APPLICATION_DATA,
    CHANGE_CIPHER_SPEC,
    HANDSHAKE,
    HEADER,
    READY,
    client_hello,
    is_answer,
    records,
)

SMALLEST_HELLO = HEADER + 4 + 2 + 32  # a record up to its 32 random bytes


class FakeTlsConnection(ProxyConnection):
    """A connection of Telethon's through such a proxy: host, port, secret, and the name of the site that it is like."""

    _reader: Any

    def __init__(self, *args: Any, proxy: tuple[str, int, str, str], **more: Any) -> None:
        super().__init__(*args, proxy=proxy, **more)
        self._domain = proxy[3]

    async def _reach(self, timeout: float | None, ssl: None) -> None:
        # Not as other MTProxies: those get two seconds to hang up, while this one says that it knows us.
        await ObfuscatedConnection._connect(self, timeout=timeout, ssl=ssl)
        await asyncio.wait_for(self._greet(), timeout)
        super()._init_conn()
        await self._writer.drain()

    def _init_conn(self) -> None:
        """Nothing of MTProto is said before the greeting."""

    async def _greet(self) -> None:
        hello = client_hello(self._secret, self._domain, int(time.time()))
        self._writer.write(hello)
        try:
            answer = b"".join([await self._record(kind) for kind in (HANDSHAKE, CHANGE_CIPHER_SPEC, APPLICATION_DATA)])
        except EOFError:  # it hung up: whoever is there has nothing to say to us
            answer = b""
        if len(answer) < SMALLEST_HELLO or not is_answer(answer, hello, self._secret):
            raise ProxyRefused(f"{self._ip}:{self._port}")
        self._reader, self._writer = RecordReader(self._reader), RecordWriter(self._writer)

    async def _record(self, kind: int) -> bytes:
        """The next record, if it is of this kind. Raises `EOFError` if it is not, and there is no use in going on."""
        header = await self._reader.readexactly(HEADER)
        if header[0] != kind:
            raise EOFError
        content = await self._reader.readexactly(int.from_bytes(header[3:], "big"))
        return bytes(header + content)


class RecordReader:
    """What a stream's records hold, as the part of an asyncio.StreamReader that Telethon uses."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._held = bytearray()

    async def readexactly(self, count: int) -> bytes:
        """So many bytes, from as many records as it takes. Raises `EOFError` and `OSError`."""
        while len(self._held) < count:
            header = await self._stream.readexactly(HEADER)
            data = await self._stream.readexactly(int.from_bytes(header[3:], "big"))
            if header[0] == APPLICATION_DATA:
                self._held += data
            elif header[0] != CHANGE_CIPHER_SPEC:
                raise ConnectionResetError("The proxy ended the connection")
        taken = bytes(self._held[:count])
        del self._held[:count]
        return taken


class RecordWriter:
    """Puts into records what it is given, as the part of an asyncio.StreamWriter that Telethon uses."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._before = READY

    def write(self, data: bytes) -> None:
        """Send it."""
        self._stream.write(self._before + b"".join(records(bytes(data))))
        self._before = b""

    async def drain(self) -> None:
        """Wait until there is room for more."""
        await self._stream.drain()

    def close(self) -> None:
        """Close the stream."""
        self._stream.close()

    async def wait_closed(self) -> None:
        """Wait until it is closed."""
        await self._stream.wait_closed()
