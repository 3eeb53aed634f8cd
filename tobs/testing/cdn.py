"""A content delivery network: encrypted parts of files, brought there when they are asked for first.

https://core.telegram.org/cdn
"""

from __future__ import annotations

import os

import attrs

from tobs.testing.crypto import CounterMode
from tobs.testing.files import Content, StoredFile
from tobs.testing.rpc import RpcError

_CHUNK = 1024 * 1024  # what is brought there at once
_BLOCK = 16


@attrs.frozen
class Lent:
    """One file as the network has it: what it is called there, and how it is encrypted."""

    file: StoredFile
    content: Content
    token: bytes
    key: bytes
    iv: bytes

    def sealed(self, offset: int, limit: int) -> bytes:
        """The bytes there, encrypted with a counter that begins at their place."""
        counter = self.iv[:-4] + (offset // _BLOCK).to_bytes(4, "big")
        return CounterMode(self.key, counter).crypt(self.content.read(offset, limit))


@attrs.define(eq=False)
class Cdn:
    """Which files come from the network: `serves` maps them to one of its data centres."""

    serves: dict[int, int] = attrs.field(factory=dict)
    _lent: dict[bytes, Lent] = attrs.field(factory=dict, init=False)
    _brought: set[tuple[bytes, int]] = attrs.field(factory=set, init=False)
    _asked: dict[bytes, tuple[bytes, int]] = attrs.field(factory=dict, init=False)

    def lend(self, file: StoredFile, content: Content) -> Lent:
        """The file under a name that is good until `expire`."""
        for lent in self._lent.values():
            if (lent.file.id, lent.content) == (file.id, content):
                return lent
        lent = Lent(file, content, os.urandom(32), os.urandom(32), os.urandom(16))
        self._lent[lent.token] = lent
        return lent

    def expire(self) -> None:
        """No name that was given out is good any more, and the network is empty."""
        self._lent.clear()
        self._brought.clear()

    def find(self, token: bytes) -> Lent:
        """The file with this name; raises FILE_TOKEN_INVALID."""
        if token not in self._lent:
            raise RpcError(400, "FILE_TOKEN_INVALID")
        return self._lent[token]

    def missing(self, token: bytes, offset: int) -> bytes | None:
        """What to show its data centre to have a part brought; None if it is there."""
        chunk = (token, offset // _CHUNK)
        if chunk in self._brought:
            return None
        request = os.urandom(16)
        self._asked[request] = chunk
        return request

    def bring(self, token: bytes, request: bytes) -> int:
        """Bring a part there; where it begins. Raises REQUEST_TOKEN_INVALID."""
        chunk = self._asked.pop(request, (b"", 0))
        if chunk[0] != token:
            raise RpcError(400, "REQUEST_TOKEN_INVALID")
        self._brought.add(chunk)
        return chunk[1] * _CHUNK
