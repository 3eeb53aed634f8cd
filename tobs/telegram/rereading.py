"""Messages of which Telegram says that they changed, and not how."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from telethon.tl import types
from telethon.tl.functions.channels import GetMessagesRequest as GetChannelMessagesRequest
from telethon.tl.functions.messages import GetMessagesRequest

from tobs.raw import CHANNEL_MARK
from tobs.telegram.connection import Connection
from tobs.telegram.finding import Finder
from tobs.telegram.gathering import Gathered
from tobs.telegram.peers import marked_id

BATCH = 100  # messages of one question


async def read_again(connection: Connection, finder: Finder, gathered: Gathered, patience: float = math.inf) -> None:
    """Put to what was gathered those of its changed messages that it does not have yet.

    Raises `SourceError`, and `RateLimited` when Telegram asks to wait for more than `patience` seconds.
    """
    for chat_id, changed in list(gathered.changed.items()):
        wanted = sorted(changed - gathered.messages[chat_id].keys() - gathered.gone[chat_id])
        for start in range(0, len(wanted), BATCH):
            numbers = wanted[start : start + BATCH]
            request = _request(finder, chat_id, [types.InputMessageID(number) for number in numbers])
            answer = await connection.ask(request, patience=patience)
            _keep(answer, gathered, chat_id)


def _request(finder: Finder, chat_id: int, ids: Sequence[types.InputMessageID]) -> Any:
    if chat_id < CHANNEL_MARK:
        return GetChannelMessagesRequest(finder.channel(chat_id), [*ids])
    return GetMessagesRequest([*ids])


def _keep(answer: Any, gathered: Gathered, chat_id: int) -> None:
    gathered.meet(answer)
    for message in answer.messages:
        # What is gone meanwhile is told by an update of its own.
        if not isinstance(message, types.MessageEmpty) and marked_id(message.peer_id) == chat_id:
            gathered.put(message)
