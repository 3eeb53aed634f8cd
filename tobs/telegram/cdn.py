"""Files that Telegram gives through a content delivery network, which is trusted with nothing.

What it has is encrypted, with a key that the data centre of the file tells; so are the hashes of what comes out.
A part that it does not have yet is brought there by that data centre. https://core.telegram.org/cdn
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

import attrs
import trio
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from telethon.tl import types
from telethon.tl.functions.upload import GetCdnFileHashesRequest, GetCdnFileRequest, ReuploadCdnFileRequest

from tobs.errors import SourceError
from tobs.telegram.partfile import PART
from tobs.telegram.ranking import Load

ATTEMPTS = 3  # at a part that is changed, or that is not there although it was brought
MEGABYTE = 1024 * 1024  # what one request for hashes tells of at least
BLOCK = 16  # bytes of a block of AES, which the counter counts

Ask = Callable[[Any, int, Load], Awaitable[Any]]


@attrs.define(eq=False)
class CdnFile:
    """One file on a content delivery network. `dc_id` is the data centre that sent us there."""

    redirect: Any
    dc_id: int
    _ask: Ask
    _hashes: dict[int, Any] = attrs.field(factory=dict)  # by offset
    _asked: set[int] = attrs.field(factory=set)  # megabytes whose hashes were asked for
    _asking: defaultdict[int, trio.Lock] = attrs.field(factory=lambda: defaultdict(trio.Lock))

    def __attrs_post_init__(self) -> None:
        self._learn(self.redirect.file_hashes)

    async def part(self, offset: int, load: Load) -> bytes:
        """The bytes from `offset` on, at most a part, as they should be.

        Raises `RedirectExpired` when Telegram must be asked for the way again,
        `SourceError` when other bytes come.
        """
        for _ in range(ATTEMPTS):
            answer = await self._ask(
                GetCdnFileRequest(self.redirect.file_token, offset, PART), self.redirect.dc_id, load
            )
            if isinstance(answer, types.upload.CdnFileReuploadNeeded):
                request = ReuploadCdnFileRequest(self.redirect.file_token, answer.request_token)
                self._learn(await self._ask(request, self.dc_id, Load(0, load.bulk)))
                continue
            data = await trio.to_thread.run_sync(self._decrypted, bytes(answer.bytes), offset)
            if await self._is_right(data, offset, load):
                return data
        raise SourceError("A content delivery network of Telegram sent bytes that do not have their hash.")

    def _decrypted(self, data: bytes, offset: int) -> bytes:
        counter = self.redirect.encryption_iv[:-4] + (offset // BLOCK).to_bytes(4, "big")
        return Cipher(algorithms.AES(self.redirect.encryption_key), modes.CTR(counter)).decryptor().update(data)

    async def _is_right(self, data: bytes, offset: int, load: Load) -> bool:
        """Whether all of `data` has the hashes that Telegram itself tells."""
        megabyte = offset // MEGABYTE
        async with self._asking[megabyte]:
            if not self._covers(offset, len(data)) and megabyte not in self._asked:
                request = GetCdnFileHashesRequest(self.redirect.file_token, megabyte * MEGABYTE)
                self._learn(await self._ask(request, self.dc_id, Load(0, load.bulk)))
                self._asked.add(megabyte)
        if not self._covers(offset, len(data)):
            return False
        return await trio.to_thread.run_sync(self._fits, data, offset)

    def _learn(self, hashes: list[Any]) -> None:
        self._hashes.update((each.offset, each) for each in hashes)

    def _covers(self, offset: int, length: int) -> bool:
        at = offset
        while at < offset + length and at in self._hashes:
            at += max(self._hashes[at].limit, 1)
        return at == offset + length

    def _fits(self, data: bytes, offset: int) -> bool:
        view, at = memoryview(data), 0
        while at < len(data):
            told = self._hashes[offset + at]
            if hashlib.sha256(view[at : at + told.limit]).digest() != told.hash:
                return False
            at += told.limit
        return True
