"""Messages of an export in blocks of about a hundred that are the same whatever stands around them.

So a block that was imported before is known again by its digest, also in an
export that begins or ends elsewhere.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator

import attrs

from tobs.desktop.repair import read_object
from tobs.desktop.scan import Piece
from tobs.rawfields import whole

BITS = 7  # a block ends where the ids of its messages leave the 128 that it began in
MOST = 256  # messages of a block, if their ids never do
BYTES = 1 << 20
_ID = re.compile(rb'\{\s*"id":\s*(-?[0-9]{1,18})\b')


@attrs.frozen
class Block:
    """Messages one behind the other. `whole`: nothing around it has a say in what is read of it."""

    pieces: tuple[Piece, ...]
    whole: bool = True

    def digest(self, about: str) -> bytes:
        """What it is known by, together with all else `about` what is read of it; b"" if it must be read."""
        if not self.whole or any(piece.problem for piece in self.pieces):
            return b""
        found = hashlib.blake2b(about.encode("utf-8", "surrogatepass"), digest_size=16)
        for piece in self.pieces:
            found.update(b"%d:" % len(piece.data))
            found.update(piece.data)
        return found.digest()

    @property
    def ids(self) -> tuple[int, int]:
        """The lowest and the highest number, as the export writes them."""
        numbers = [number_of(piece) for piece in self.pieces]
        return min(numbers), max(numbers)


def number_of(piece: Piece) -> int:
    """The id of a message, as the export writes it; 0 if it has none."""
    if match := _ID.match(piece.data):
        return int(match[1])
    return whole(read_object(piece.data) or {}, "id") if piece.data else 0


def blocks(pieces: Iterable[Piece], goes_on: Callable[[Piece, Piece], bool]) -> Iterator[Block]:
    """The pieces in blocks; none ends between two pieces of which the second one `goes_on` with the first."""
    block: list[Piece] = []
    number, size, begun = 0, 0, True
    for piece in pieces:
        before, number = number, number_of(piece)
        if block and (number >> BITS != before >> BITS or len(block) >= MOST or size >= BYTES):
            clean = not goes_on(block[-1], piece)
            if clean or len(block) >= MOST or size >= BYTES:
                yield Block(tuple(block), begun and clean)
                block, size, begun = [], 0, clean
        block.append(piece)
        size += len(piece.data)
    if block:
        yield Block(tuple(block), begun)
