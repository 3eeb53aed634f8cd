"""What is missing of a chat's history, and why (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import attrs

from tobs.archive.spans import merge, missing
from tobs.config import ExportConfig
from tobs.model import Raw
from tobs.selecting import chosen_in_part
from tobs.source import Span
from tobs.telegram.windows import has_own_ids
from tobs.verify.findings import Finding, Kind
from tobs.verify.snapshot import KnownChat

SHOWN = 5  # ranges in one sentence
_CLEARED = "MessageActionHistoryClear"
_BEGINNINGS = ("MessageActionChannelCreate", "MessageActionChatCreate", "MessageActionChannelMigrateFrom")


@attrs.define(eq=False)
class History:
    """Holds the messages of one chat, which come ascending by id, against the ranges that were read as a whole."""

    known: KnownChat
    spans: Sequence[Span]
    _proven: list[Span] = attrs.field(init=False)
    _at: int = 0
    _messages: int = 0
    _imported: int = 0
    _first: int = 0
    _begins: bool = False
    _cleared: tuple[int, int] = (0, 0)  # the id that cleared the history, and how many messages stand before it

    def __attrs_post_init__(self) -> None:
        self._proven = merge((low, high) for low, high in self.spans if high >= low)

    def see(self, message_id: int, action: Raw | None, *, imported: bool = False) -> Iterator[Finding]:
        """The next message, and its action if it is a service message; exports prove no range that `imported` is in."""
        while self._at < len(self._proven) and self._proven[self._at][1] < message_id:
            self._at += 1
        if self._at == len(self._proven) or message_id < self._proven[self._at][0]:
            self._imported += imported
            if not imported:
                yield self._unproven(message_id)
            return
        kind = action.get("_") if action else None
        if not self._messages:
            self._first, self._begins = message_id, kind in _BEGINNINGS
        if kind == _CLEARED:
            self._cleared = (message_id, self._messages)
        self._messages += 1

    def _unproven(self, message_id: int) -> Finding:
        text = f"Message {message_id} of “{self.known.chat.title}” is in no range that was read as a whole."
        return Finding(Kind.UNPROVEN, text, chat_id=self.known.chat.id, message_id=message_id)

    def end(self) -> Iterator[Finding]:
        """What was not read, and ids without a message where ids are the chat's own."""
        chat = self.known.chat
        if self._imported:
            text = f"“{chat.title}”: {self._imported:,} messages."
            yield Finding(Kind.IMPORTED, text, chat_id=chat.id, count=self._imported)
        if gaps := missing(self._proven, 1, chat.top_message):
            count = sum(high - low + 1 for low, high in gaps)
            text = f"“{chat.title}”: not read yet: {ranges(gaps)}."
            yield Finding(Kind.UNREAD, text, chat_id=chat.id, message_id=gaps[0][0], count=count)
        # The messages of people and basic groups share one row of ids over all chats: there a gap means nothing.
        if has_own_ids(chat.kind) and (reasons := self._reasons()):
            text = f"“{chat.title}”: " + ", ".join(f"{count:,} {why}" for why, count in reasons.items()) + "."
            yield Finding(Kind.GAPS, text, chat_id=chat.id, count=sum(reasons.values()))

    def _reasons(self) -> dict[str, int]:
        gaps = self._ids_until(2**63) - self._messages
        cleared = self._ids_until(self._cleared[0] - 1) - self._cleared[1]
        before = self._ids_until(self._first - 1) if self._first else 0
        before = 0 if cleared else before
        why = "from before the chat began here" if self._begins else "from before the first message that you can see"
        reasons = {
            "from before its history was cleared": cleared,
            why: before,
            "deleted, or never visible to you": gaps - cleared - before,
        }
        return {why: count for why, count in reasons.items() if count}

    def _ids_until(self, last: int) -> int:
        """How many ids up to `last` are known as a whole."""
        return sum(max(0, min(high, last) - max(low, 1) + 1) for low, high in self._proven)


def as_chosen(findings: Iterable[Finding], config: ExportConfig, chats: Sequence[KnownChat]) -> Iterator[Finding]:
    """The findings; what is not read of a chat of which a part was chosen is no problem."""
    parts = chosen_in_part(config, [known.chat for known in chats])
    for each in findings:
        unchosen = each.kind is Kind.UNREAD and each.chat_id in parts
        yield attrs.evolve(each, kind=Kind.UNCHOSEN) if unchosen else each


def ranges(spans: Sequence[Span]) -> str:
    """The ids of some ranges for a person."""
    shown = [f"{low}–{high}" if high > low else str(low) for low, high in spans[:SHOWN]]
    more = len(spans) - len(shown)
    kind = "message" if len(spans) == 1 and spans[0][0] == spans[0][1] else "messages"
    return f"{kind} {', '.join(shown)}" + (f" and {more:,} more ranges" if more else "")
