"""One file's questions to Telegram, asked again elsewhere or with another reference where the answer says so."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Protocol

import attrs
import trio
from telethon.tl import types
from telethon.tl.functions.upload import GetFileHashesRequest, GetFileRequest

from tobs.errors import STOPPING, ConnectionLost, FileUnavailable, RateLimited, SourceError
from tobs.source import Wanted
from tobs.telegram.cdn import CdnFile
from tobs.telegram.faults import RedirectExpired, ReferenceExpired, ServerTrouble, Unreachable, WrongDataCentre
from tobs.telegram.files import Place
from tobs.telegram.partfile import PART
from tobs.telegram.ranking import Load

REFUSALS = 5  # in a row without an answer between them; a reference that is fresh and refused will stay refused
HASHES = 512  # bytes that the hashes of a megabyte take
FRESH_SECONDS = 1.0  # behind a flood wait a reference may have worn out by itself
STALE = 0.1  # what such a refusal counts: it may be asked for again many times, and not for ever
MOVES = 5  # there are as many data centres; a file that each of them sends on is nowhere

Ask = Callable[[Any, int, Load], Awaitable[Any]]  # the answer to a request about a file, from its data centre


class Places(Protocol):
    """Tells where files lie."""

    async def place(self, wanted: Wanted) -> Place:
        """Where a file lies, as nobody was told before. Raises `SourceError`."""
        ...


@attrs.define(eq=False)
class Transfer:
    """Asks for one file, whose place all its parts share: one that learns better spares the others the way."""

    wanted: Wanted
    _ask: Ask
    _references: Places
    _place: Place | None = None
    _cdn: CdnFile | None = None
    _uses_cdn: bool = False
    _redirects: int = 0
    _learnt: float = 0.0  # when the reference was
    _refusals: float = 0
    _moves: int = 0
    _moved_to: int = 0
    _renewing: trio.Lock = attrs.field(factory=trio.Lock)

    async def part(self, offset: int) -> memoryview:
        """The bytes from `offset` on, at most a part. Raises `SourceError`."""
        load = self._load(offset)
        while True:
            if (cdn := self._cdn) is not None:
                try:
                    return memoryview(await cdn.part(offset, load))
                except (RedirectExpired, Unreachable) as exc:
                    self._leave(cdn, exc)
            answer = await self._answer(partial(self._question, offset), load)
            if isinstance(answer, types.upload.File):
                return memoryview(answer.bytes)
            self._follow(answer)

    def _question(self, offset: int, location: Any) -> GetFileRequest:
        return GetFileRequest(location, offset, PART, cdn_supported=self._uses_cdn)

    def _follow(self, redirect: Any) -> None:
        """The file is given by a content delivery network; of parts that are told so together one remembers it."""
        assert self._place is not None
        if self._cdn is None:
            self._redirects += 1
            if self._redirects > MOVES:
                raise SourceError("Telegram sends the request for this file to and fro.")
            self._cdn = CdnFile(redirect, self._place.dc_id, self._ask)

    def _leave(self, cdn: CdnFile, exc: SourceError) -> None:
        """Ask Telegram for the way again; if the network cannot be reached, for the file itself."""
        if self._cdn is cdn:
            self._cdn = None
            self._uses_cdn = not isinstance(exc, Unreachable)

    async def hashes(self, offset: int) -> list[Any]:
        """What Telegram says the bytes of the megabyte at `offset` hash to; nothing if it does not say."""
        if self._cdn is not None:
            return []  # these were checked when they came
        try:
            request = partial(GetFileHashesRequest, offset=offset)
            return list(await self._answer(request, Load(HASHES, self._is_bulk)))
        except (*STOPPING, ConnectionLost, RateLimited, ServerTrouble):
            raise
        except SourceError:
            return []  # not every file has hashes, and getting the file tells what else may be wrong with it

    @property
    def _is_bulk(self) -> bool:
        return self.wanted.size > PART

    def _load(self, offset: int) -> Load:
        rest = self.wanted.size - offset if self.wanted.size >= 0 else PART
        return Load(min(rest, PART), self._is_bulk)

    async def _answer(self, request: Callable[[Any], Any], load: Load) -> Any:
        while True:
            place = self._place or await self._renew(None)
            try:
                answer = await self._ask(request(place.location), place.dc_id, load)
            except ReferenceExpired:
                await self._renew(place)
            except WrongDataCentre as exc:
                self._move(place, exc.dc_id)
            else:
                self._refusals = self._moves = 0
                return answer

    async def _renew(self, refused: Place | None) -> Place:
        """Another place than the one `refused`; of parts that are refused together one asks."""
        async with self._renewing:
            if self._place is None or self._place is refused:
                self._refusals += 1 if trio.current_time() - self._learnt < FRESH_SECONDS else STALE
                if self._refusals > REFUSALS + 1:  # the first place was not refused
                    raise FileUnavailable("Telegram refuses every reference to this file.")
                place = await self._references.place(self.wanted)
                self._place = attrs.evolve(place, dc_id=self._moved_to or place.dc_id)
                self._learnt = trio.current_time()
            return self._place

    def _move(self, place: Place, dc_id: int) -> None:
        if self._place is place:
            self._moves += 1
            if self._moves > MOVES:
                raise SourceError("The data centres of Telegram send the request for this file to each other.")
            self._moved_to = dc_id  # its message will name the wrong one again
            self._place = attrs.evolve(place, dc_id=dc_id)


def fits(data: memoryview, offset: int, hashes: list[Any]) -> bool:
    """Whether `data`, which begins at `offset` of its file, has the hashes of all blocks that lie within it."""
    for told in hashes:
        start, stop = told.offset - offset, told.offset - offset + told.limit
        within = 0 <= start < stop <= len(data)
        if within and hashlib.sha256(data[start:stop]).digest() != told.hash:
            return False
    return True
