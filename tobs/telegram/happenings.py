"""What an update says, in a form that is the same for all of them (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
from telethon.tl import types

from tobs.live import COMMON
from tobs.raw import CHANNEL_MARK
from tobs.telegram.peers import marked_id

_MESSAGES = (types.UpdateNewMessage, types.UpdateEditMessage)
_CHANNEL_MESSAGES = (types.UpdateNewChannelMessage, types.UpdateEditChannelMessage)
# Texts without the people in them: reading them brings both, in the form that histories have.
_SHORT = (types.UpdateShortMessage, types.UpdateShortChatMessage)
_WITHOUT_PTS = (types.UpdateMessageReactions, types.UpdateMessagePoll, types.UpdateMessageExtendedMedia)

# They are in no box, and say of which chat something changed but not all of what. https://core.telegram.org/type/Update
_DESCRIBING = (
    types.UpdateChannel, types.UpdateChat, types.UpdateUser, types.UpdateUserName, types.UpdateChatParticipants,
    types.UpdatePinnedForumTopic, types.UpdatePinnedForumTopics,
)  # fmt: skip


@attrs.frozen
class Happening:
    """One update. `pts` is 0 for one that is in no box.

    `chat_id` is 0 where `gone`, ids of deleted messages, do not say of which
    chat. `changed` are ids to be read again, because of the message not
    all is told, and `web_page` one that Telegram has looked at by now. With
    `missed` something happened that must be asked for. `described`: the chat is called, looks or is made up otherwise.
    """

    box: int
    pts: int = 0
    pts_count: int = 0
    chat_id: int = 0
    message: Any = None
    gone: tuple[int, ...] = ()
    changed: tuple[int, ...] = ()
    web_page: int = 0
    missed: bool = False
    described: bool = False


def happenings(container: Any) -> list[Happening]:
    """What the server says in one message, in the order in which it counts."""
    if isinstance(container, types.UpdatesTooLong):
        return [Happening(COMMON, missed=True)]
    if isinstance(container, _SHORT):
        return [Happening(COMMON, container.pts, container.pts_count, _chat_of(container), changed=(container.id,))]
    updates = [container.update] if isinstance(container, types.UpdateShort) else getattr(container, "updates", [])
    found = [happening for update in updates for happening in read_update(update)]
    return sorted(found, key=lambda happening: happening.pts - happening.pts_count)


def _chat_of(short: Any) -> int:
    return -int(short.chat_id) if isinstance(short, types.UpdateShortChatMessage) else int(short.user_id)


def read_update(update: Any) -> Iterator[Happening]:
    """What one update says, if it is about messages."""
    pts, pts_count = getattr(update, "pts", None) or 0, getattr(update, "pts_count", None)
    if isinstance(update, (*_MESSAGES, *_CHANNEL_MESSAGES)):
        yield _message(update)
    elif isinstance(update, types.UpdateDeleteMessages):
        yield Happening(COMMON, pts, pts_count or 0, gone=tuple(update.messages))
    elif isinstance(update, types.UpdateDeleteChannelMessages):
        box = CHANNEL_MARK - update.channel_id
        yield Happening(box, pts, pts_count or 0, box, gone=tuple(update.messages))
    elif isinstance(update, types.UpdatePinnedMessages):
        yield Happening(COMMON, pts, pts_count or 0, marked_id(update.peer), changed=tuple(update.messages))
    elif isinstance(update, types.UpdatePinnedChannelMessages):
        box = CHANNEL_MARK - update.channel_id
        yield Happening(box, pts, pts_count or 0, box, changed=tuple(update.messages))
    elif isinstance(update, types.UpdateChannelTooLong):
        yield Happening(CHANNEL_MARK - update.channel_id, pts, missed=True)
    elif isinstance(update, _DESCRIBING):
        chat_id = _described(update)
        yield Happening(box_of(chat_id), chat_id=chat_id, described=True)
    elif isinstance(update, _WITHOUT_PTS):
        yield from _without_pts(update)
    elif pts_count is not None:  # what concerns no message, such as who read how far, but counts
        yield Happening(_box(update), pts, pts_count, web_page=getattr(getattr(update, "webpage", None), "id", 0))


def _message(update: Any) -> Happening:
    message = update.message
    chat_id = marked_id(message.peer_id) if message.peer_id else 0
    box = chat_id if isinstance(update, _CHANNEL_MESSAGES) else COMMON
    if isinstance(message, types.MessageEmpty):
        return Happening(box, update.pts, update.pts_count, chat_id, gone=(message.id,))
    return Happening(box, update.pts, update.pts_count, chat_id, message)


def _without_pts(update: Any) -> Iterator[Happening]:
    if update.peer is not None and update.msg_id:
        chat_id = marked_id(update.peer)
        yield Happening(box_of(chat_id), chat_id=chat_id, changed=(update.msg_id,))


def _described(update: Any) -> int:
    """The chat that an update of `_DESCRIBING` is about."""
    if isinstance(update, types.UpdateChatParticipants):
        return -int(update.participants.chat_id)
    if isinstance(update, (types.UpdatePinnedForumTopic, types.UpdatePinnedForumTopics)):
        return marked_id(update.peer)
    if isinstance(update, types.UpdateChannel):
        return CHANNEL_MARK - int(update.channel_id)
    return -int(update.chat_id) if isinstance(update, types.UpdateChat) else int(update.user_id)


def _box(update: Any) -> int:
    channel_id = getattr(update, "channel_id", None)
    return CHANNEL_MARK - channel_id if channel_id else COMMON


def box_of(chat_id: int) -> int:
    return chat_id if chat_id < CHANNEL_MARK else COMMON
