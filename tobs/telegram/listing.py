"""The account's chats as a person chooses among them."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

import attrs
import trio
from telethon.tl import types
from telethon.tl.functions.messages import GetDialogFiltersRequest

from tobs.errors import AccessDenied, ChatNotFound
from tobs.model import Chat
from tobs.telegram.connection import Connection
from tobs.telegram.details import plain_chat, read_topics
from tobs.telegram.dialogs import Listed
from tobs.telegram.emoji import EmojiBook
from tobs.telegram.folders import Membership, is_archived, title_of
from tobs.telegram.peers import input_peer
from tobs.telegram.tasks import gather


@attrs.frozen
class ChatLine:
    """A chat of the list: the date of its newest message (seconds, 0: unknown) and the folders that show it."""

    chat: Chat
    last: int = 0
    folders: tuple[str, ...] = ()
    archived: bool = False
    readable: bool = True


async def read_lines(connection: Connection, dialogs: Sequence[Listed], account_id: int) -> list[ChatLine]:
    """All chats, in the order of the chat list."""
    answer = await connection.ask(GetDialogFiltersRequest())
    folders = [Membership(folder, account_id, time.time()) for folder in answer.filters if title_of(folder)]
    return [_line(listed, folders, account_id) for listed in dialogs]


def _line(listed: Listed, folders: Sequence[Membership], account_id: int) -> ChatLine:
    return ChatLine(
        plain_chat(listed, account_id),
        listed.date,
        tuple(dict.fromkeys(title_of(each.folder) for each in folders if each.shows(listed))),
        is_archived(listed.dialog),
        not isinstance(listed.entity, types.ChannelForbidden),
    )


async def with_counts(lines: Sequence[ChatLine], count: Callable[[Chat], Awaitable[tuple[int, int]]]) -> list[ChatLine]:
    """The lines with the number of messages of each chat, which takes a request a chat; `count` limits them."""

    async def counted(line: ChatLine) -> ChatLine:
        if not line.readable:
            return line
        try:
            _newest, number = await count(line.chat)
        except (AccessDenied, ChatNotFound):
            return line
        return attrs.evolve(line, chat=attrs.evolve(line.chat, count=number))

    return await gather([partial(counted, line) for line in lines])


async def with_topics(
    connection: Connection, lines: Sequence[ChatLine], entities: dict[int, Any], limit: trio.CapacityLimiter
) -> list[ChatLine]:
    """The lines with the topics of forums, which takes a request a forum, or more for a hundred topics and more."""

    async def topical(line: ChatLine) -> ChatLine:
        peer = input_peer(entities[line.chat.id])
        if line.chat.kind != "forum" or peer is None:
            return line
        try:
            async with limit:
                topics = await read_topics(connection, EmojiBook(connection), peer)
        except (AccessDenied, ChatNotFound):
            return line
        return attrs.evolve(line, chat=attrs.evolve(line.chat, topics=topics))

    return await gather([partial(topical, line) for line in lines])
