"""Where packets begin and end on a TCP connection, without any I/O.

The first bytes a client sends say how it frames its packets
(https://core.telegram.org/mtproto/mtproto-transports). The `mtproto` package
does this too, but as of 0.3.1 its obfuscated streams come out unencrypted
unless tgcrypto is installed, and a split intermediate packet raises.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Protocol
from zlib import crc32

from tobs.testing.crypto import CounterMode

LARGEST_PACKET = 1 << 24  # Telegram closes the connection above about 1 MiB; ours is kinder to odd tests


class BadPacket(Exception):
    """The bytes are no packet: the connection cannot go on."""


class Framing(Protocol):
    """One way of delimiting packets."""

    def pack(self, payload: bytes) -> bytes: ...

    def unpack(self, buffer: bytearray) -> bytes | None:
        """Takes one whole packet off the front of `buffer`, or None if there is none yet."""


class Transport:
    """A server's end of a connection: bytes in, packets out, and back."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._framing: Framing | None = None
        self._incoming: Callable[[bytes], bytes] = bytes
        self._outgoing: Callable[[bytes], bytes] = bytes

    def feed(self, data: bytes) -> None:
        self._buffer += self._incoming(data)

    def next_packet(self) -> bytes | None:
        """The next whole packet, or None until more is fed; raises BadPacket."""
        if self._framing is None and not self._detect():
            return None
        assert self._framing is not None
        return self._framing.unpack(self._buffer)

    def pack(self, payload: bytes) -> bytes:
        """The bytes to send for `payload`; possible once a packet has come in."""
        assert self._framing is not None
        return self._outgoing(self._framing.pack(payload))

    def pack_error(self, code: int) -> bytes:
        """A transport error such as 404: four bytes instead of a message."""
        return self.pack(struct.pack("<i", -code))

    def _detect(self) -> bool:
        buffer = self._buffer
        if buffer[:1] == b"\xef":
            self._start(Abridged(), 1)
        elif len(buffer) < 8:
            return False
        elif framing := _TAGS.get(bytes(buffer[:4])):
            self._start(framing(), 4)
        elif buffer[4:8] == bytes(4):  # the number of the first full packet
            self._start(Full(), 0)
        elif len(buffer) < 64:
            return False
        else:
            self._deobfuscate()
        return True

    def _start(self, framing: Framing, tag_size: int) -> None:
        self._framing = framing
        del self._buffer[:tag_size]

    def _deobfuscate(self) -> None:
        """The 64 first bytes carry both keys; https://core.telegram.org/mtproto/mtproto-transports#transport-obfuscation."""
        header = bytes(self._buffer[:64])
        backwards = header[8:56][::-1]
        self._incoming = CounterMode(header[8:40], header[40:56]).crypt
        self._outgoing = CounterMode(backwards[:32], backwards[32:]).crypt
        plain = self._incoming(bytes(self._buffer))
        framing = _TAGS.get(plain[56:60])
        if framing is None:
            raise BadPacket
        self._framing = framing()
        self._buffer = bytearray(plain[64:])


class Abridged:
    """Lengths in words: one byte, or 0x7f and three."""

    def pack(self, payload: bytes) -> bytes:
        words = len(payload) // 4
        return (bytes([words]) if words < 127 else b"\x7f" + words.to_bytes(3, "little")) + payload

    def unpack(self, buffer: bytearray) -> bytes | None:
        if not buffer:
            return None
        first = buffer[0] & 0x7F  # the high bit asks for a quick ack, which may be withheld
        if first < 127:
            return _take(buffer, 1, first * 4)
        return _take(buffer, 4, int.from_bytes(buffer[1:4], "little") * 4) if len(buffer) >= 4 else None


class Intermediate:
    """Four bytes of length; padding, if any, is not part of the packet."""

    def pack(self, payload: bytes) -> bytes:
        return len(payload).to_bytes(4, "little") + payload

    def unpack(self, buffer: bytearray) -> bytes | None:
        if len(buffer) < 4:
            return None
        packet = _take(buffer, 4, int.from_bytes(buffer[:4], "little") & 0x7FFFFFFF)
        return packet and packet[: len(packet) & ~3]


class Full:
    """Length, number of the packet on this connection, payload, CRC32."""

    def __init__(self) -> None:
        self._received = 0
        self._sent = 0

    def pack(self, payload: bytes) -> bytes:
        body = struct.pack("<ii", len(payload) + 12, self._sent) + payload
        self._sent += 1
        return body + crc32(body).to_bytes(4, "little")

    def unpack(self, buffer: bytearray) -> bytes | None:
        if len(buffer) < 4:
            return None
        packet = _take(buffer, 0, int.from_bytes(buffer[:4], "little"))
        if packet is None:
            return None
        body, checksum = packet[:-4], int.from_bytes(packet[-4:], "little")
        if len(body) < 8 or crc32(body) != checksum or int.from_bytes(body[4:8], "little") != self._received:
            raise BadPacket
        self._received += 1
        return body[8:]


def _take(buffer: bytearray, head: int, size: int) -> bytes | None:
    """The `size` bytes after `head`, both removed from `buffer`, if they are all there."""
    if size > LARGEST_PACKET or head + size == 0:
        raise BadPacket
    if len(buffer) < head + size:
        return None
    packet = bytes(memoryview(buffer)[head : head + size])
    del buffer[: head + size]
    return packet


_TAGS: dict[bytes, Callable[[], Framing]] = {
    b"\xef\xef\xef\xef": Abridged,
    b"\xee\xee\xee\xee": Intermediate,
    b"\xdd\xdd\xdd\xdd": Intermediate,  # padded
}
