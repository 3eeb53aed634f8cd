"""Stories by number. https://core.telegram.org/method/stories.getStoriesByID"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from telethon.tl import types
from telethon.tl.functions.stories import GetStoriesByIDRequest

from tobs.errors import ChatNotFound
from tobs.model import Raw, RawMessage
from tobs.raw import CHANNEL_MARK
from tobs.rawstories import with_story
from tobs.source import FoundStories
from tobs.telegram.connection import Connection
from tobs.telegram.convert import LAYER, encode
from tobs.telegram.files import FreshFiles
from tobs.telegram.peers import PeerBook, input_peer, marked_id

ChannelOf = Callable[[int], Any]  # the InputChannel of a marked id
BATCH = 100  # stories that Telegram's own clients ask for at once


async def read_stories(connection: Connection, peer: Any, numbers: Sequence[int]) -> FoundStories:
    """Those of a user or channel, at most `BATCH` of them, that are still there. Raises `SourceError`."""
    answer = await connection.ask(GetStoriesByIDRequest(peer, [*numbers]))
    stories = {story.id: encode(story) for story in answer.stories if isinstance(story, types.StoryItem)}
    return FoundStories(stories, PeerBook().peers_of([*answer.users, *answer.chats]), LAYER)


def address(owner: int, known: Iterable[Any], shown: Sequence[tuple[int, int, int]], channel_of: ChannelOf) -> Any:
    """How to ask for a user or channel of whom `known` are sights, or else whom a message of `shown` brought along.

    Raises `ChatNotFound` when nothing tells.
    """
    for entity in known:
        if marked_id(entity) == owner and (peer := input_peer(entity)) is not None:
            return peer
    chat_id, message_id, _number = shown[0]
    if chat_id >= CHANNEL_MARK or -owner in range(-CHANNEL_MARK):
        raise ChatNotFound("Nothing tells how to ask for these stories.")
    # https://core.telegram.org/api/min
    channel = channel_of(chat_id)
    within = types.InputPeerChannel(channel.channel_id, channel.access_hash)
    if owner > 0:
        return types.InputPeerUserFromMessage(within, message_id, owner)
    return types.InputPeerChannelFromMessage(within, message_id, CHANNEL_MARK - owner)


def learn_stories(fresh: FreshFiles, shown: Iterable[tuple[int, int, int]], stories: Mapping[int, Raw]) -> None:
    """Remember the files of stories as those of the messages (chat, message, number) that name them."""
    for chat_id, message_id, number in shown:
        if story := stories.get(number):
            raw = with_story({"_": "Message", "id": message_id}, story)
            fresh.learn(chat_id, [RawMessage(message_id, 0, raw)])
