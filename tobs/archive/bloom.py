"""A Bloom filter beside the archive: which files were never seen, without a look into the database.

It is a cache. What it calls unknown is unknown; what it calls known is looked
up. When it is missing, damaged, or older than the archive it is made anew.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import struct
from collections.abc import Iterable
from pathlib import Path

import attrs
from fastbloom_rs import BloomFilter, FilterBuilder

FALSE_POSITIVES = 0.00995  # one in a hundred, and as many bits as 1.2 bytes an id are
# Ids that the smallest filter takes, in 75 kB. The next one takes twice as many, so a million ids fit into 1.2 MB.
SMALLEST = 62_500
MAGIC = b"tobsBLM1"  # the last letter is the version of this format
HEADER = struct.Struct("<8s16sQQI20s")  # magic, token, capacity, count, hashes, digest of all that and the bits
TOKEN = 16
# In every filter. A release of the library that hashes differently misses them, and the filter is made anew.
SENTINELS = tuple(b"sentinel %d" % number for number in range(16))


@attrs.define(eq=False)
class Seen:
    """The ids that were seen, and some that were not: one in a hundred once it is full."""

    capacity: int
    count: int
    _bits: BloomFilter

    def __contains__(self, item: bytes) -> bool:
        return bool(self._bits.contains_bytes(item))

    def add(self, item: bytes) -> None:
        """Remember an id."""
        self._bits.add_bytes(item)
        self.count += 1

    @property
    def is_full(self) -> bool:
        """Whether more ids would make it wrong more often."""
        return self.count >= self.capacity

    def save(self, path: Path) -> bytes:
        """Write it whole or not at all; gives the token that the archive keeps to know it by. Raises `OSError`."""
        token, bits = secrets.token_bytes(TOKEN), self._bits.get_bytes()
        values = token, self.capacity, self.count, self._bits.hashes()
        temporary = path.with_name(f"{path.name}.tmp")
        try:
            temporary.unlink(missing_ok=True)  # whatever it is: a link would be written through
            with temporary.open("xb") as file:
                file.write(HEADER.pack(MAGIC, *values, digest_of(*values, bits)) + bits)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        return token


def make_seen(items: Iterable[bytes], count: int) -> Seen:
    """A filter of `items`, some `count`, with room for as many again at most."""
    capacity = SMALLEST
    while capacity < count:
        capacity *= 2
    seen = Seen(capacity, 0, FilterBuilder(capacity, FALSE_POSITIVES).build_bloom_filter())
    for sentinel in SENTINELS:
        seen.add(sentinel)
    seen.count = 0
    for item in items:
        seen.add(item)
    return seen


def load_seen(path: Path, token: bytes) -> Seen | None:
    """The filter at `path` if it is whole and the one that `token` means, else None."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    if not token or len(data) < HEADER.size:
        return None
    magic, written, capacity, count, hashes, digest = HEADER.unpack_from(data)
    bits = data[HEADER.size :]
    if (magic, written) != (MAGIC, token) or digest != digest_of(written, capacity, count, hashes, bits):
        return None
    seen = Seen(capacity, count, BloomFilter.from_bytes(bits, hashes))
    return seen if all(sentinel in seen for sentinel in SENTINELS) else None


def digest_of(token: bytes, capacity: int, count: int, hashes: int, bits: bytes) -> bytes:
    """What tells a filter that was written whole from a damaged one."""
    head = HEADER.pack(MAGIC, token, capacity, count, hashes, bytes(20))
    return hashlib.blake2b(head + bits, digest_size=20).digest()
