"""What custom emoji stand for. Texts bring that along with them; reactions and topics name a document only.

https://core.telegram.org/api/custom-emoji
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

import attrs
from telethon.tl import types
from telethon.tl.functions.messages import GetCustomEmojiDocumentsRequest

from tobs.model import RawMessage
from tobs.telegram.connection import Connection

BATCH = 200  # documents of one messages.getCustomEmojiDocuments
REMEMBERED = 20_000  # emoji, some 2 MB; a chat's reactions are of a few dozen


@attrs.define(eq=False)
class EmojiBook:
    """Asks for each custom emoji once."""

    connection: Connection
    _alts: dict[int, str] = attrs.field(factory=dict)

    async def alts(self, wanted: Collection[int]) -> dict[int, str]:
        """The emoji that these stand for, "" for those that Telegram does not know any more. Raises `SourceError`."""
        new = sorted({number for number in wanted if number not in self._alts})
        if len(self._alts) > REMEMBERED:
            self._alts.clear()
            new = sorted(wanted)
        for start in range(0, len(new), BATCH):
            part = new[start : start + BATCH]
            found = await self.connection.ask(GetCustomEmojiDocumentsRequest(part))
            self._alts.update(dict.fromkeys(part, ""))
            self._alts.update(pair for document in found for pair in _alt(document))
        return {number: self._alts[number] for number in wanted}

    async def name(self, messages: Iterable[RawMessage]) -> None:
        """Write beside each reaction with a custom emoji what that stands for, under ``alt``. All or nothing."""
        unnamed = [reaction for message in messages for reaction in _custom(message)]
        if not unnamed:
            return
        alts = await self.alts({reaction["document_id"] for reaction in unnamed})
        for reaction in unnamed:
            reaction["alt"] = alts[reaction["document_id"]]


def _alt(document: Any) -> Iterator[tuple[int, str]]:
    for attribute in getattr(document, "attributes", ()):
        if isinstance(attribute, types.DocumentAttributeCustomEmoji):
            yield document.id, attribute.alt


def _custom(message: RawMessage) -> Iterator[dict[str, Any]]:
    for result in (message.raw.get("reactions") or {}).get("results", ()):
        if result["reaction"]["_"] == "ReactionCustomEmoji" and "alt" not in result["reaction"]:
            yield result["reaction"]
