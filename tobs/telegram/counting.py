"""How many messages and files a chat has, without reading it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from telethon.tl import types
from telethon.tl.functions.messages import GetSearchCountersRequest

from tobs.telegram.connection import Connection

# Telegram counts these kinds; stickers and the pictures of link previews it does not.
FILTERS: Mapping[str, type[Any]] = {
    "photo": types.InputMessagesFilterPhotos,
    "video": types.InputMessagesFilterVideo,
    "animation": types.InputMessagesFilterGif,
    "voice": types.InputMessagesFilterVoice,
    "round": types.InputMessagesFilterRoundVideo,
    "audio": types.InputMessagesFilterMusic,
    "document": types.InputMessagesFilterDocument,
}


async def count_files(connection: Connection, peer: Any) -> dict[str, int]:
    """How many messages have a file of each kind. Raises `SourceError`."""
    counters = await connection.ask(GetSearchCountersRequest(peer, [make() for make in FILTERS.values()]))
    counts = {type(counter.filter): int(counter.count) for counter in counters}
    return {kind: counts.get(made, 0) for kind, made in FILTERS.items()}
