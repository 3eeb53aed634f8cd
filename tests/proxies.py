"""Proxies on loopback, as small as they can be and still what they are called."""

from __future__ import annotations

import base64
import hashlib
import socket
import struct
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial

import attrs
import trio

from tobs.testing.crypto import CounterMode


@attrs.define(eq=False)
class OpenProxy:
    """A running proxy: where it is, and the (host, port) of each connection that it made."""

    port: int
    kind: str
    user: str = ""
    password: str = ""
    secret: bytes = b""
    servers: Mapping[int, tuple[str, int]] = attrs.field(factory=dict)
    made: list = attrs.field(factory=list)
    refused: int = 0


class Refused(Exception):
    """The client may not use this proxy."""


@asynccontextmanager
async def open_proxy(kind: str, **fields: object) -> AsyncIterator[OpenProxy]:
    """A proxy on 127.0.0.1 for the block. `servers` are the data centres of an MTProxy."""
    async with trio.open_nursery() as nursery:
        serve = partial(trio.serve_tcp, lambda stream: _serve(proxy, stream), 0, host="127.0.0.1")
        listeners = await nursery.start(serve)
        proxy = OpenProxy(listeners[0].socket.getsockname()[1], kind, **fields)  # type: ignore[arg-type]
        yield proxy
        nursery.cancel_scope.cancel()


async def _serve(proxy: OpenProxy, stream: trio.SocketStream) -> None:
    speak = {"socks5": _socks5, "socks4": _socks4, "http": _http, "mtproto": _mtproto}[proxy.kind]
    try:
        async with stream:
            await speak(proxy, _Reader(stream))
    except Refused:
        proxy.refused += 1
    except (trio.BrokenResourceError, trio.ClosedResourceError, EOFError):
        pass  # the client went away


class _Reader:
    def __init__(self, stream: trio.SocketStream) -> None:
        self.stream = stream
        self._buffer = bytearray()

    async def _more(self) -> None:
        data = await self.stream.receive_some()
        if not data:
            raise EOFError
        self._buffer += data

    async def exactly(self, count: int) -> bytes:
        while len(self._buffer) < count:
            await self._more()
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    async def until(self, end: bytes) -> bytes:
        while end not in self._buffer:
            await self._more()
        return await self.exactly(self._buffer.index(end) + len(end))

    def rest(self) -> bytes:
        taken = bytes(self._buffer)
        self._buffer.clear()
        return taken


async def _socks5(proxy: OpenProxy, reader: _Reader) -> None:
    """RFC 1928 and RFC 1929."""
    _version, count = await reader.exactly(2)
    methods = await reader.exactly(count)
    method = 2 if proxy.user else 0
    await reader.stream.send_all(bytes([5, method if method in methods else 0xFF]))
    if method not in methods:
        raise Refused
    if method == 2:
        _, length = await reader.exactly(2)
        user = await reader.exactly(length)
        password = await reader.exactly((await reader.exactly(1))[0])
        right = (user.decode(), password.decode()) == (proxy.user, proxy.password)
        await reader.stream.send_all(bytes([1, not right]))
        if not right:
            raise Refused
    _, _, _, kind = await reader.exactly(4)
    if kind == 3:
        host = (await reader.exactly((await reader.exactly(1))[0])).decode()
    else:
        family, size = (socket.AF_INET, 4) if kind == 1 else (socket.AF_INET6, 16)
        host = socket.inet_ntop(family, await reader.exactly(size))
    (port,) = struct.unpack(">H", await reader.exactly(2))
    await _relay(proxy, reader, host, port, b"\x05\x00\x00\x01" + bytes(6))


async def _socks4(proxy: OpenProxy, reader: _Reader) -> None:
    """https://www.openssh.com/txt/socks4.protocol, and 4a for names."""
    _, _, port, address = struct.unpack(">BBH4s", await reader.exactly(8))
    user = (await reader.until(b"\0"))[:-1]
    name = (await reader.until(b"\0"))[:-1] if address[:3] == bytes(3) else b""
    if user.decode() != proxy.user:
        await reader.stream.send_all(b"\x00\x5d" + bytes(6))
        raise Refused
    await _relay(proxy, reader, name.decode() or socket.inet_ntoa(address), port, b"\x00\x5a" + bytes(6))


async def _http(proxy: OpenProxy, reader: _Reader) -> None:
    """CONNECT with Basic authentication, RFC 9110."""
    head = (await reader.until(b"\r\n\r\n")).decode()
    word = base64.b64encode(f"{proxy.user}:{proxy.password}".encode()).decode()
    if proxy.user and f"proxy-authorization: basic {word}".lower() not in head.lower():
        await reader.stream.send_all(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
        raise Refused
    host, _, port = head.split()[1].rpartition(":")
    await _relay(proxy, reader, host.strip("[]"), int(port), b"HTTP/1.1 200 Connection established\r\n\r\n")


async def _mtproto(proxy: OpenProxy, reader: _Reader) -> None:
    """https://core.telegram.org/mtproto/mtproto-transports#transport-obfuscation, with the secret in both keys."""
    head = await reader.exactly(64)
    backwards = head[8:56][::-1]
    incoming = CounterMode(hashlib.sha256(head[8:40] + proxy.secret).digest(), head[40:56])
    outgoing = CounterMode(hashlib.sha256(backwards[:32] + proxy.secret).digest(), backwards[32:])
    plain = incoming.crypt(head)
    if plain[56:60] != b"\xdd\xdd\xdd\xdd":  # packets with padding, as a secret with dd asks for
        raise Refused
    host, port = proxy.servers[int.from_bytes(plain[60:62], "little", signed=True)]
    await _relay(proxy, reader, host, port, b"", b"\xdd\xdd\xdd\xdd", incoming.crypt, outgoing.crypt)


async def _relay(
    proxy: OpenProxy,
    reader: _Reader,
    host: str,
    port: int,
    welcome: bytes,
    begin: bytes = b"",
    there: Callable[[bytes], bytes] = bytes,
    back: Callable[[bytes], bytes] = bytes,
) -> None:
    server = await trio.open_tcp_stream(host, port)
    proxy.made.append((host, port))
    async with server, trio.open_nursery() as nursery:

        async def copy(source: trio.SocketStream, target: trio.SocketStream, change: Callable[[bytes], bytes]) -> None:
            async for data in source:
                await target.send_all(change(data))
            nursery.cancel_scope.cancel()

        if welcome:
            await reader.stream.send_all(welcome)
        if first := begin + there(reader.rest()):
            await server.send_all(first)
        nursery.start_soon(copy, reader.stream, server, there)
        nursery.start_soon(copy, server, reader.stream, back)
