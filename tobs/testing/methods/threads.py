"""messages.getReplies, getDiscussionMessage and the topics of forums."""

from __future__ import annotations

from typing import Any, Final

from telethon.tl import functions, types

from tobs.testing import refs
from tobs.testing.account import Account, Topic
from tobs.testing.history import unix
from tobs.testing.methods.peers import peer_key
from tobs.testing.methods.results import page_of, pts_of
from tobs.testing.methods.takeout import admit
from tobs.testing.rpc import Caller, RpcError
from tobs.testing.threads import discussion_root, thread

MAX_TOPICS = 100


async def get_replies(account: Account, caller: Caller, request: Any) -> Any:
    """https://core.telegram.org/method/messages.getReplies"""
    key = peer_key(account, request.peer)
    admit(account, caller, key)
    found = thread(account, key, request.msg_id)
    return page_of(account, found.key, found.messages, request)


async def get_discussion_message(account: Account, caller: Caller, request: Any) -> Any:
    """https://core.telegram.org/method/messages.getDiscussionMessage: the post's copy, or the root of the thread."""
    key, message_id = peer_key(account, request.peer), request.msg_id
    if getattr(account.chats.get(key), "broadcast", False):
        origin = key
        key, message_id = discussion_root(account, key, message_id)
    else:
        origin = key
    found = thread(account, key, message_id)
    root = account.history(key).get(message_id)
    messages = account.sent([root] if root is not None else [])
    chats, users = account.company(messages, key, origin)
    newest = found.messages.ids(len(found.messages) - 1, len(found.messages))
    return types.messages.DiscussionMessage(
        messages=messages, unread_count=0, chats=chats, users=users, max_id=newest[0] if newest else None
    )


async def get_forum_topics(account: Account, caller: Caller, request: Any) -> Any:
    """https://core.telegram.org/method/messages.getForumTopics: pinned first, then by the newest message.

    offset_date, offset_id and offset_topic are those of the last topic that was seen.
    """
    key = _forum(account, request.peer)
    listed = sorted(account.topics[key].values(), key=lambda topic: _position(account, key, topic), reverse=True)
    if request.q:
        listed = [topic for topic in listed if request.q.casefold() in topic.title.casefold()]
    total = len(listed)
    offset = (False, unix(request.offset_date), request.offset_id, request.offset_topic)
    if any(offset):
        listed = [topic for topic in listed if (False, *_position(account, key, topic)[1:]) < offset]
    return _topics(account, key, listed[: min(request.limit, MAX_TOPICS)], total)


async def get_forum_topics_by_id(account: Account, caller: Caller, request: Any) -> Any:
    """https://core.telegram.org/method/messages.getForumTopicsByID: deleted ones come as forumTopicDeleted."""
    key = _forum(account, request.peer)
    known = account.topics[key]
    if not request.topics:
        raise RpcError(400, "TOPICS_EMPTY")
    found = _topics(account, key, [known[wanted] for wanted in request.topics if wanted in known], len(request.topics))
    lines = {topic.id: topic for topic in found.topics}
    found.topics = [lines.get(wanted) or types.ForumTopicDeleted(wanted) for wanted in request.topics]
    return found


def _forum(account: Account, peer: Any) -> int:
    key = peer_key(account, peer)
    if not getattr(account.chats.get(key), "forum", False):
        raise RpcError(400, "CHANNEL_FORUM_MISSING")
    return key


def _position(account: Account, key: int, topic: Topic) -> tuple[bool, int, int, int]:
    top = _top(account, key, topic)
    return (topic.pinned, unix(top.date) if top is not None else 0, top.id if top is not None else 0, topic.id)


def _top(account: Account, key: int, topic: Topic) -> Any | None:
    """The newest message of a topic; the one that created it, if nobody wrote anything."""
    messages = thread(account, key, topic.id).messages
    newest = messages.slice(len(messages) - 1, len(messages))
    return newest[0] if newest else account.history(key).get(topic.id)


def _topics(account: Account, key: int, shown: list[Topic], total: int) -> Any:
    tops = [_top(account, key, topic) for topic in shown]
    messages = account.sent(top for top in tops if top is not None)
    lines = [_line(key, topic, top) for topic, top in zip(shown, tops, strict=True)]
    chats, users = account.company(messages, key, *(topic.creator for topic in shown))
    return types.messages.ForumTopics(
        count=total, topics=lines, messages=messages, chats=chats, users=users, pts=pts_of(account, key)
    )


def _line(key: int, topic: Topic, top: Any) -> Any:
    top_id = top.id if top is not None else 0
    return types.ForumTopic(
        id=topic.id,
        date=topic.date,
        peer=refs.key_peer(key),
        title=topic.title,
        icon_color=topic.icon_color,
        top_message=top_id,
        read_inbox_max_id=top_id,
        read_outbox_max_id=top_id,
        unread_count=0,
        unread_mentions_count=0,
        unread_reactions_count=0,
        unread_poll_votes_count=0,
        from_id=refs.key_peer(topic.creator),
        notify_settings=types.PeerNotifySettings(),
        closed=topic.closed or None,
        pinned=topic.pinned or None,
        hidden=topic.hidden or None,
        icon_emoji_id=topic.icon_emoji_id,
    )


METHODS: Final = {
    functions.messages.GetRepliesRequest: get_replies,
    functions.messages.GetDiscussionMessageRequest: get_discussion_message,
    functions.messages.GetForumTopicsRequest: get_forum_topics,
    functions.messages.GetForumTopicsByIDRequest: get_forum_topics_by_id,
}
