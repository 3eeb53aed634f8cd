"""Messages of which Telegram says that they changed, and not how."""

from __future__ import annotations

from collections.abc import Sequence

from telethon.tl import types
from telethon.tl.functions.channels import GetMessagesRequest as GetChannelMessagesRequest
from telethon.tl.functions.messages import GetMessagesRequest

from tobs.raw import CHANNEL_MARK
from tobs.telegram.connection import Connection
from tobs.telegram.finding import Finder
from tobs.telegram.gathering import Gathered
from tobs.telegram.peers import marked_id

BATCH = 100  # messages of one question


async def read_again(connection: Connection, finder: Finder, gathered: Gathered) -> None:
    """Put to what was gathered those of its changed messages that it does not have yet. Raises `SourceError`."""
    for chat_id, numbers in list(gathered.changed.items()):
        wanted = sorted(numbers - gathered.messages[chat_id].keys() - gathered.gone[chat_id])
        for start in range(0, len(wanted), BATCH):
            await _read_batch(connection, finder, gathered, chat_id, wanted[start : start + BATCH])


async def _read_batch(
    connection: Connection, finder: Finder, gathered: Gathered, chat_id: int, numbers: Sequence[int]
) -> None:
    ids = [types.InputMessageID(number) for number in numbers]
    if chat_id < CHANNEL_MARK:
        answer = await connection.ask(GetChannelMessagesRequest(finder.channel(chat_id), ids))
    else:
        answer = await connection.ask(GetMessagesRequest(ids))
    gathered.meet(answer)
    for message in answer.messages:
        # What is gone meanwhile is told by an update of its own.
        if not isinstance(message, types.MessageEmpty) and marked_id(message.peer_id) == chat_id:
            gathered.put(message)
