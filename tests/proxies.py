"""Proxies on loopback, as small as they can be and still what they are called."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import os
import socket
import ssl
import struct
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

import attrs
import trio
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

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
    domain: str = ""  # the web site that an MTProxy looks like
    clock: float = 0.0  # seconds that its time is ahead
    record: int = 16384  # bytes in each of its records
    piece: int = 1 << 20  # bytes that leave at once
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
    speak = {"socks5": _socks5, "socks4": _socks4, "http": _http, "mtproto": _mtproto, "faketls": _faketls}[proxy.kind]
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

    async def some(self) -> bytes:
        if not self._buffer:
            await self._more()
        return self.rest()

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
    await _obfuscated(proxy, reader, await reader.exactly(64))


async def _obfuscated(
    proxy: OpenProxy,
    reader: _Reader,
    head: bytes,
    there: Callable[[bytes], bytes] = bytes,
    back: Callable[[bytes], bytes] = bytes,
) -> None:
    """`there` finds in what comes what was meant, and `back` dresses what goes the other way."""
    backwards = head[8:56][::-1]
    incoming = CounterMode(hashlib.sha256(head[8:40] + proxy.secret).digest(), head[40:56])
    outgoing = CounterMode(hashlib.sha256(backwards[:32] + proxy.secret).digest(), backwards[32:])
    plain = incoming.crypt(head)
    if plain[56:60] != b"\xdd\xdd\xdd\xdd":  # packets with padding, as a secret with dd asks for
        raise Refused
    host, port = proxy.servers[int.from_bytes(plain[60:62], "little", signed=True)]
    ways = (lambda data: incoming.crypt(there(data)), lambda data: back(outgoing.crypt(data)))
    begin = b"\xdd\xdd\xdd\xdd" + incoming.crypt(head[64:])
    await _relay(proxy, reader, host, port, b"", begin, *ways)


# MTProxies that look like a web site. Written after what proxies and Telegram's apps say to each other, not after tobs.


async def _faketls(proxy: OpenProxy, reader: _Reader) -> None:
    head = await reader.exactly(5)
    hello = head + await reader.exactly(int.from_bytes(head[3:], "big"))
    if not _knows(proxy, hello):
        proxy.refused += 1
        await _web_site(proxy, reader, hello)
        return
    answer = _answer(proxy, hello)
    await _in_pieces(proxy, reader.stream, answer)
    incoming = Undressed()
    payload = b""
    while len(payload) < 64:
        payload += incoming.feed(await reader.some())
    assert incoming.seen[:1] == [0x14]  # as browsers do before they go on
    await _obfuscated(proxy, reader, payload, incoming.feed, partial(_dressed, proxy.record))


def _knows(proxy: OpenProxy, hello: bytes) -> bool:
    """Whether the client's 32 random bytes are none: the HMAC of all by the secret, with the time at their end."""
    made = hmac.new(proxy.secret, hello[:11] + bytes(32) + hello[43:], hashlib.sha256).digest()
    left = bytes(a ^ b for a, b in zip(made, hello[11:43], strict=True))
    late = time.time() + proxy.clock - int.from_bytes(left[28:], "little")
    return left[:28] == bytes(28) and -20 * 60 < late < 10 * 60 and len(hello) == 517


def _answer(proxy: OpenProxy, hello: bytes) -> bytes:
    """ServerHello, ChangeCipherSpec, and what could be a certificate."""
    session = hello[44 : 44 + hello[43]]
    extensions = b"\x00\x33\x00\x24\x00\x1d\x00\x20" + os.urandom(32) + b"\x00\x2b\x00\x02\x03\x04"
    body = b"\x03\x03" + bytes(32) + bytes([len(session)]) + session + b"\x13\x01\x00"
    body += struct.pack(">H", len(extensions)) + extensions
    first = struct.pack(">BHHBBH", 0x16, 0x0303, len(body) + 4, 2, 0, len(body)) + body
    answer = first + b"\x14\x03\x03\x00\x01\x01" + struct.pack(">BHH", 0x17, 0x0303, 1500) + os.urandom(1500)
    signed = hmac.new(proxy.secret, hello[11:43] + answer, hashlib.sha256).digest()
    return answer[:11] + signed + answer[43:]


@attrs.define
class Undressed:
    """What records hold, however the bytes come."""

    _left: bytes = b""
    seen: list[int] = attrs.field(factory=list)

    def feed(self, data: bytes) -> bytes:
        self._left += data
        found = b""
        while len(self._left) >= 5 and len(self._left) >= 5 + int.from_bytes(self._left[3:5], "big"):
            kind, version, size = struct.unpack(">BHH", self._left[:5])
            assert (version, size <= 16384) == (0x0303, True)
            self.seen.append(kind)
            found += self._left[5 : 5 + size] if kind == 0x17 else b""
            self._left = self._left[5 + size :]
        return found


def _dressed(size: int, data: bytes) -> bytes:
    parts = [data[at : at + size] for at in range(0, len(data), size)]
    return b"".join(struct.pack(">BHH", 0x17, 0x0303, len(part)) + part for part in parts)


async def _web_site(proxy: OpenProxy, reader: _Reader, hello: bytes) -> None:
    """OpenSSL answers: the site that the proxy looks like to everybody else."""
    context = site_context(proxy.domain, proxy.made.append)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    site = context.wrap_bio(incoming, outgoing, server_side=True)
    incoming.write(hello)
    with contextlib.suppress(ssl.SSLWantReadError):
        site.do_handshake()
    await reader.stream.send_all(outgoing.read())
    await reader.some()


def site_context(domain: str, visited: Callable[[str], None]) -> ssl.SSLContext:
    """A web site's side of TLS 1.3; `visited` hears which site a client means."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, domain)])
    start = datetime(2024, 1, 1, tzinfo=UTC)
    unsigned = x509.CertificateBuilder(name, name, key.public_key(), 1, start, start + timedelta(days=36500))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.sni_callback = lambda _socket, name, _context: visited(name or "")
    with tempfile.NamedTemporaryFile() as file:
        file.write(unsigned.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        file.flush()
        context.load_cert_chain(file.name)
    return context


async def _in_pieces(proxy: OpenProxy, target: trio.SocketStream, data: bytes) -> None:
    for at in range(0, len(data), proxy.piece):
        await target.send_all(data[at : at + proxy.piece])


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
            with contextlib.suppress(trio.BrokenResourceError):  # one of both went away
                async for data in source:
                    await _in_pieces(proxy, target, change(data))
            nursery.cancel_scope.cancel()

        if welcome:
            await reader.stream.send_all(welcome)
        if first := begin + there(reader.rest()):
            await server.send_all(first)
        nursery.start_soon(copy, reader.stream, server, there)
        nursery.start_soon(copy, server, reader.stream, back)
