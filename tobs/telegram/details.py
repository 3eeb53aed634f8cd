"""What the server says of one chat: description, members, what it was before, topics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import attrs
from telethon.tl import types
from telethon.tl.functions.channels import GetFullChannelRequest
from telethon.tl.functions.messages import (
    GetForumTopicsByIDRequest,
    GetForumTopicsRequest,
    GetFullChatRequest,
    GetPinnedSavedDialogsRequest,
)

from tobs.errors import AccessDenied
from tobs.model import Chat, Topic
from tobs.raw import CHANNEL_MARK
from tobs.telegram.connection import Connection
from tobs.telegram.dialogs import Listed
from tobs.telegram.emoji import EmojiBook
from tobs.telegram.peers import chat_of, input_peer, marked_id
from tobs.telegram.ranges import newest_and_count, ranges_of
from tobs.vault.topics import GENERAL

TOPICS = 100  # a page of messages.getForumTopics
# The six colours that a topic without an emoji may have: https://core.telegram.org/api/forum#forum-topics
COLOURS = {0x6FB9F0: "🔵", 0xFFD67E: "🟡", 0xCB86DB: "🟣", 0x8EEE98: "🟢", 0xFF93B2: "🌸", 0xFB6F5F: "🔴"}


def plain_chat(listed: Listed, account_id: int) -> Chat:
    """A chat as the list shows it."""
    return chat_of(listed.entity, account_id, top_message=listed.top_message)


async def full_chats(
    connection: Connection, listed: Listed, account_id: int, meet: Callable[[Iterable[Any]], None]
) -> list[Chat]:
    """A chat with its details; before it the basic group that it was, whose messages stayed there.

    `meet` hears of the groups and channels that belong to it, which nothing else may tell how to ask for.
    Raises `AccessDenied`, `ChatNotFound` or another `SourceError`.
    """
    peer = input_peer(listed.entity)
    if peer is None:
        raise AccessDenied("This account may not read this chat.")
    known: dict[str, Any] = {"top_message": listed.top_message}
    if isinstance(peer, types.InputPeerUser):
        if peer.user_id == account_id:
            known["pinned_origins"] = await read_pinned_origins(connection)
        return [await _counted(connection, chat_of(listed.entity, account_id, **known), peer)]
    if isinstance(listed.entity, types.ChatForbidden):  # what was read before one was removed can be read on
        return [await _counted(connection, chat_of(listed.entity, account_id, **known), peer)]
    full = listed.full or await read_full(connection, peer)
    entity = next((chat for chat in full.chats if marked_id(chat) == listed.id), listed.entity)
    meet(full.chats)
    known |= _details(full.full_chat)
    if getattr(entity, "forum", False):
        known["topics"] = await read_topics(connection, EmojiBook(connection), peer)
    chats = [await _counted(connection, chat_of(entity, account_id, **known), peer)]
    if chats[0].migrated_from:
        chats.insert(0, await _old_group(connection, full, chats[0].migrated_from, account_id))
    return chats


async def read_full(connection: Connection, peer: Any) -> Any:
    """The server's messages.ChatFull of a group or channel."""
    if isinstance(peer, types.InputPeerChannel):
        return await connection.ask(GetFullChannelRequest(types.InputChannel(peer.channel_id, peer.access_hash)))
    return await connection.ask(GetFullChatRequest(peer.chat_id))


def _details(full: Any) -> Mapping[str, Any]:
    linked = getattr(full, "linked_chat_id", None)
    members = getattr(full, "participants_count", None)
    listed = getattr(getattr(full, "participants", None), "participants", None)
    if members is None and listed is not None:
        members = len(listed)
    return {
        "description": full.about or "",
        "members": -1 if members is None else members,
        "migrated_from": -(getattr(full, "migrated_from_chat_id", None) or 0),
        "linked_chat": CHANNEL_MARK - linked if linked else 0,
    }


async def _old_group(connection: Connection, full: Any, marked: int, account_id: int) -> Chat:
    entity = next((chat for chat in full.chats if marked_id(chat) == marked), None)
    peer = types.InputPeerChat(-marked)
    if entity is None:
        older = await read_full(connection, peer)
        entity = next(chat for chat in older.chats if marked_id(chat) == marked)
    return await _counted(connection, chat_of(entity, account_id), peer)


async def read_pinned_origins(connection: Connection) -> tuple[int, ...]:
    """Which of those whom messages were kept from are pinned in Saved Messages. All else of them is in the messages."""
    answer = await connection.ask(GetPinnedSavedDialogsRequest())
    return tuple(marked_id(dialog.peer) for dialog in answer.dialogs)


async def _counted(connection: Connection, chat: Chat, peer: Any) -> Chat:
    """With the newest id and the number of messages, unless the list of chats told how far it goes."""
    if chat.top_message:
        return chat
    ranges = ranges_of(chat.kind, connection.envelope.ranges)
    newest, count = await newest_and_count(connection.ask, peer, ranges)
    return attrs.evolve(chat, top_message=newest, count=count)


async def read_topics(connection: Connection, emoji: EmojiBook, peer: Any) -> tuple[Topic, ...]:
    """All topics of a forum, by number."""
    topics: dict[int, Any] = {}
    date, message_id, topic_id = None, 0, 0
    while True:
        answer = await connection.ask(GetForumTopicsRequest(peer, date, message_id, topic_id, TOPICS))
        page = [topic for topic in answer.topics if isinstance(topic, types.ForumTopic)]
        new = [topic for topic in page if topic.id not in topics]
        topics.update((topic.id, topic) for topic in new)
        if not new or len(topics) >= answer.count:
            icons = await emoji.alts({topic.icon_emoji_id for topic in topics.values() if topic.icon_emoji_id})
            return tuple(_topic(topics[number], icons) for number in sorted(topics))
        dates = {message.id: getattr(message, "date", None) for message in answer.messages}
        date, message_id, topic_id = dates.get(page[-1].top_message), page[-1].top_message, page[-1].id


async def find_topics(connection: Connection, emoji: EmojiBook, peer: Any, ids: Sequence[int]) -> tuple[Topic, ...]:
    """These topics of a forum, whether it lists them or not."""
    found: list[Any] = []
    for start in range(0, len(ids), TOPICS):
        answer = await connection.ask(GetForumTopicsByIDRequest(peer, [*ids[start : start + TOPICS]]))
        found += answer.topics
    icons = await emoji.alts({icon for topic in found if (icon := getattr(topic, "icon_emoji_id", None))})
    return tuple(_topic(topic, icons) if isinstance(topic, types.ForumTopic) else _gone(topic.id) for topic in found)


def _gone(topic_id: int) -> Topic:
    return Topic(topic_id, "", deleted=True)


def _topic(topic: Any, icons: Mapping[int, str]) -> Topic:
    own = "" if topic.id == GENERAL else COLOURS.get(topic.icon_color, "")
    return Topic(
        id=topic.id,
        title=topic.title,
        icon=icons.get(topic.icon_emoji_id) or own,
        closed=bool(topic.closed),
        pinned=bool(topic.pinned),
        hidden=bool(topic.hidden),
        icon_id=topic.icon_emoji_id or 0,
    )
