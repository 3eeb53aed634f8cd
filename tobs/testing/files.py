"""The files of an account: bytes by id, the data centre that holds them, and references that expire."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping
from typing import Any, Protocol

import attrs

from tobs.testing.rpc import RpcError

_REFERENCE = struct.Struct("<BqI")
_BLOCK = 4096


class Content(Protocol):
    """Bytes that can be read in parts."""

    @property
    def size(self) -> int: ...

    def read(self, offset: int, limit: int) -> bytes: ...


@attrs.frozen
class Bytes:
    """Content that is held in memory."""

    data: bytes = attrs.field(repr=False)

    @property
    def size(self) -> int:
        return len(self.data)

    def read(self, offset: int, limit: int) -> bytes:
        return self.data[offset : offset + limit]


@attrs.frozen
class Generated:
    """Content of any size that costs no memory: every 4 KB block is its own number and a pattern of `seed`."""

    size: int
    seed: int = 0

    def read(self, offset: int, limit: int) -> bytes:
        stop = min(offset + limit, self.size)
        if offset >= stop:
            return b""
        first = offset // _BLOCK
        pattern = hashlib.shake_256(self.seed.to_bytes(8, "little", signed=True)).digest(_BLOCK - 8)
        numbers = range(first, -(-stop // _BLOCK))
        blocks = b"".join(piece for number in numbers for piece in (number.to_bytes(8, "little"), pattern))
        return blocks[offset - first * _BLOCK : stop - first * _BLOCK]


@attrs.frozen
class StoredFile:
    """One photo or document. `parts` maps a thumb_size to content; a document itself is the part ``""``."""

    id: int
    access_hash: int
    dc_id: int
    mime_type: str
    parts: Mapping[str, Content] = attrs.field(repr=False)


@attrs.define(eq=False)
class Files:
    """Owns the files, and which of their references are still good.

    A reference names a file and an epoch; it is good while the file's epoch is
    the same. `uses_per_reference` lets references wear out by use, so that a long
    download meets FILE_REFERENCE_EXPIRED in its middle.
    https://core.telegram.org/api/file-references
    """

    uses_per_reference: int | None = None
    _files: dict[int, StoredFile] = attrs.field(factory=dict, init=False, repr=False)
    _epochs: dict[int, int] = attrs.field(factory=dict, init=False, repr=False)
    _uses: dict[int, int] = attrs.field(factory=dict, init=False, repr=False)

    def add(self, file: StoredFile) -> StoredFile:
        self._files[file.id] = file
        self._epochs.setdefault(file.id, 1)
        return file

    def __contains__(self, file_id: int) -> bool:
        return file_id in self._files

    def get(self, file_id: int) -> StoredFile | None:
        return self._files.get(file_id)

    def reference(self, file_id: int) -> bytes:
        """The reference that is good now."""
        return _REFERENCE.pack(1, file_id, self._epochs.get(file_id, 1))

    def expire(self, file_id: int | None = None) -> None:
        """From now on the references handed out for this file (or for all) are refused."""
        for known in self._epochs if file_id is None else (file_id,):
            self._epochs[known] += 1
            self._uses.pop(known, None)

    def stamp(self, media: Any) -> None:
        """Give a Document or Photo that is about to be sent the reference that is good now."""
        media.file_reference = self.reference(media.id)

    def use(self, file_id: int, reference: bytes) -> None:
        """Accept one request that shows `reference`, or raise."""
        if not reference:
            raise RpcError(400, "FILE_REFERENCE_EMPTY")
        if len(reference) != _REFERENCE.size:
            raise RpcError(400, "FILE_REFERENCE_INVALID")
        _, named, epoch = _REFERENCE.unpack(reference)
        if named != file_id:
            raise RpcError(400, "FILE_REFERENCE_INVALID")
        if epoch != self._epochs[file_id]:
            raise RpcError(400, "FILE_REFERENCE_EXPIRED")
        self._wear(file_id)

    def _wear(self, file_id: int) -> None:
        if self.uses_per_reference is None:
            return
        self._uses[file_id] = self._uses.get(file_id, 0) + 1
        if self._uses[file_id] >= self.uses_per_reference:
            self.expire(file_id)
