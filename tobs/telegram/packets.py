"""Where the packets begin and end in what comes over a TCP connection to Telegram, without any I/O.

Each is four bytes of length and so many of content, which Telegram calls the intermediate transport
(https://core.telegram.org/mtproto/mtproto-transports#intermediate). A checksum of its own it has not: every packet is
held against the SHA-256 that MTProto has in it.
"""

from __future__ import annotations

from collections.abc import Iterator

TAG = b"\xee\xee\xee\xee"  # begins a connection, and says that packets come like this
LARGEST = 1 << 24  # bytes of a packet; Telegram's own clients take none that is larger
HEAD = 4
SMALL = 64 * 1024  # bytes that are read at once when no large packet is under way


class BadLength(Exception):
    """A packet cannot be so long: what follows makes no sense."""


def framed(packet: bytes) -> bytes:
    """A packet as it is sent."""
    return len(packet).to_bytes(HEAD, "little") + packet


class Incoming:
    """Puts packets together: what is read goes into `room`, and `filled` says which are whole with it.

    There is one place for all packets of a connection, as large as the largest that came. A large one is read to its
    end and no further, so that nothing has to be moved behind it.
    """

    def __init__(self) -> None:
        self._view = memoryview(bytearray(SMALL))
        self._have = 0
        self._needed = HEAD + 1  # bytes with which the next packet is whole, as far as is known: none is empty

    @property
    def missing(self) -> int:
        """How many bytes must come at least before anything is whole."""
        return self._needed - self._have

    def room(self) -> memoryview:
        """Where the next bytes belong. Never empty; good until `filled` is called."""
        return self._view[self._have : max(self._needed, SMALL)]

    def filled(self, count: int) -> Iterator[bytes]:
        """So many bytes were put into `room`: the packets that are whole now. Raises `BadLength`."""
        self._have += count
        at = 0
        while (end := at + self._length(at)) <= self._have:
            yield bytes(self._view[at + HEAD : end])
            at = end
        self._needed = end - at
        self._keep(at)

    def _length(self, at: int) -> int:
        """Of the packet that begins there, with its head, as far as that is known."""
        if self._have < at + HEAD:
            return HEAD + 1
        length = int.from_bytes(self._view[at : at + HEAD], "little")
        if not 0 < length <= LARGEST:
            raise BadLength(f"a packet of {length:,} bytes")
        return HEAD + length

    def _keep(self, at: int) -> None:
        """What is left from there on is the beginning of the next packet, for which there must be room."""
        left = self._view[at : self._have]
        self._have -= at
        if self._needed > len(self._view):
            self._view = memoryview(bytearray(self._needed))
        if at or self._view.obj is not left.obj:
            self._view[: self._have] = left
