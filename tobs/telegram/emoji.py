"""What custom emoji stand for, and where their pictures lie. Texts, reactions and topics name a document only.

https://core.telegram.org/api/custom-emoji
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

import attrs
import trio
from telethon.tl import types
from telethon.tl.functions.messages import GetCustomEmojiDocumentsRequest

from tobs.errors import FileUnavailable
from tobs.model import Raw, RawMessage
from tobs.source import Wanted
from tobs.telegram.connection import Connection
from tobs.telegram.convert import encode
from tobs.telegram.files import Handle, Place, handles

BATCH = 200  # documents of one messages.getCustomEmojiDocuments
REMEMBERED = 20_000  # emoji, some 2 MB; a chat's reactions are of a few dozen


@attrs.define(eq=False)
class EmojiBook:
    """Asks for each custom emoji once."""

    connection: Connection
    _alts: dict[int, str] = attrs.field(factory=dict)

    async def alts(self, wanted: Collection[int], patience: float = math.inf) -> dict[int, str]:
        """The emoji that these stand for, "" for those that Telegram does not know any more. Raises as `documents`."""
        new = sorted({number for number in wanted if number not in self._alts})
        if len(self._alts) > REMEMBERED:
            self._alts.clear()
            new = sorted(wanted)
        for start in range(0, len(new), BATCH):
            await self.documents(new[start : start + BATCH], patience)
        return {number: self._alts[number] for number in wanted}

    async def documents(self, wanted: Sequence[int], patience: float = math.inf) -> list[Any]:
        """The documents of these, `BATCH` at most, that Telegram knows.

        Raises `SourceError`, and `RateLimited` when Telegram asks to wait for more than `patience` seconds.
        """
        found = await self.connection.ask(GetCustomEmojiDocumentsRequest([*wanted]), patience=patience)
        self._alts.update(dict.fromkeys(wanted, ""))
        self._alts.update(pair for document in found for pair in _alt(document))
        return [document for document in found if isinstance(document, types.Document)]

    async def name(self, messages: Iterable[RawMessage], patience: float = math.inf) -> None:
        """Write beside each reaction with a custom emoji what that stands for, under ``alt``. All or nothing.

        Raises as `documents`.
        """
        unnamed = [reaction for message in messages for reaction in unnamed_in(message)]
        if not unnamed:
            return
        alts = await self.alts({reaction["document_id"] for reaction in unnamed}, patience)
        for reaction in unnamed:
            reaction["alt"] = alts[reaction["document_id"]]


@attrs.define(eq=False)
class EmojiFiles:
    """Where the pictures of custom emoji lie. References wear out, and are learnt anew of many at a time."""

    book: EmojiBook
    _known: OrderedDict[int, Handle] = attrs.field(factory=OrderedDict)  # that nobody was told of yet
    _turn: trio.Lock = attrs.field(factory=trio.Lock)

    async def find(self, wanted: Sequence[int]) -> dict[int, Raw]:
        """The documents of these that Telegram knows. Raises `SourceError`."""
        found: dict[int, Raw] = {}
        for start in range(0, len(wanted), BATCH):
            documents = await self.book.documents(wanted[start : start + BATCH])
            found |= {document.id: encode(document) for document in documents}
        self._known.update((handle.id, handle) for handle in handles([*found.values()]))
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return found

    async def place(self, wanted: Wanted) -> Place:
        """Where one lies, as nobody was told before. Raises `FileUnavailable` when Telegram has it no more."""
        async with self._turn:
            if wanted.file_id not in self._known:
                await self.find(self._asked_with(wanted.file_id))
            handle = self._known.pop(wanted.file_id, None)
        if handle is None:
            raise FileUnavailable("Telegram does not have this emoji any more.", final=True)
        return handle.place(wanted.thumb)

    def _asked_with(self, document_id: int) -> list[int]:
        """One whose reference wore out, and others whose will have, too: those learnt with it."""
        return [*dict.fromkeys((document_id, *[*self._known][: BATCH - 1]))]


def _alt(document: Any) -> Iterator[tuple[int, str]]:
    for attribute in getattr(document, "attributes", ()):
        if isinstance(attribute, types.DocumentAttributeCustomEmoji):
            yield document.id, attribute.alt


def unnamed_in(message: RawMessage) -> Iterator[dict[str, Any]]:
    """The reactions with custom emoji of which it is not said what they stand for."""
    for result in (message.raw.get("reactions") or {}).get("results", ()):
        if result["reaction"]["_"] == "ReactionCustomEmoji" and "alt" not in result["reaction"]:
            yield result["reaction"]
