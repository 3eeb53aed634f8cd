"""What a run reads of each chat: what is missing of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol
from zoneinfo import ZoneInfo

import attrs

from tobs.archive.spans import worth_leaving_out
from tobs.archive.store import Archive
from tobs.config import ExportConfig
from tobs.errors import SourceError
from tobs.model import Chat
from tobs.progress import ChatProgress
from tobs.selecting import selections
from tobs.source import EVERYTHING, History, SelectingSource, Selection, Source


class Way(Protocol):
    """What a run reads of its chats."""

    def choose(self, chats: Sequence[Chat]) -> list[Chat]:
        """Those of which anything is to be read; to be called before the others."""
        ...

    def expect(self, chat: Chat) -> ChatProgress:
        """How much there is to read of a chat."""
        ...

    def open(self, chat: Chat) -> AbstractAsyncContextManager[History]:
        """The pages of a chat."""
        ...

    def is_whole(self, chat_id: int) -> bool:
        """Whether the archive has all of a chat when that was read to its end."""
        ...

    @property
    def is_export(self) -> bool:
        """Whether how fast it goes tells how fast an export goes."""
        ...


@attrs.define(eq=False)
class Unread:
    """What the configuration wants of each chat and the archive does not have."""

    source: Source
    config: ExportConfig
    archive: Archive
    zone: ZoneInfo
    selections: Mapping[int, Selection] = attrs.field(factory=dict)
    is_export: bool = attrs.field(default=True, init=False)

    def choose(self, chats: Sequence[Chat]) -> list[Chat]:
        """Those of which the filters leave anything."""
        selected = selections(self.config, chats, self.zone)
        self.selections = {chat: selection for chat, selection in selected.items() if selection is not None}
        return [chat for chat in chats if chat.id in self.selections]

    def expect(self, chat: Chat) -> ChatProgress:
        """As many messages as the server counts, unless a part is chosen."""
        total = chat.count if self.is_whole(chat.id) else -1
        return ChatProgress(chat.id, chat.title, total=total, known=self.archive.count_messages(chat.id))

    def open(self, chat: Chat) -> AbstractAsyncContextManager[History]:
        """What is not in the archive. Raises `SourceError` if the source cannot choose."""
        have = worth_leaving_out(self.archive.spans(chat.id))
        selection = self.selections[chat.id]
        if selection == EVERYTHING:
            return self.source.open_history(chat, have)
        if not isinstance(self.source, SelectingSource):
            raise SourceError("This source can only be read as a whole; leave out since, last and the other filters.")
        return self.source.open_selection(chat, have, selection)

    def is_whole(self, chat_id: int) -> bool:
        """Whether no filter is for this chat."""
        return self.selections[chat_id] == EVERYTHING
