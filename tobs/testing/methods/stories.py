"""stories.getStoriesByID."""

from __future__ import annotations

from typing import Any, Final

from telethon.tl import functions, types

from tobs.testing import refs
from tobs.testing.account import Account
from tobs.testing.methods.peers import peer_key
from tobs.testing.rpc import Caller, RpcError

MAX_STORIES = 100  # Telegram tells no limit; its own clients ask for no more


async def get_stories_by_id(account: Account, caller: Caller, request: Any) -> Any:
    """https://core.telegram.org/method/stories.getStoriesByID: what is gone is left out, or told as deleted."""
    key = peer_key(account, request.peer)
    if not request.id:
        raise RpcError(400, "STORY_ID_EMPTY")
    if len(request.id) > MAX_STORIES:
        raise RpcError(400, "LIMIT_INVALID")
    if key in account.forbidden:
        raise RpcError(400, "CHANNEL_PRIVATE")
    if key not in account.stories:
        raise RpcError(400, "STORIES_NEVER_CREATED")
    posted = account.stories[key]
    found = [posted[number] for number in request.id if number in posted]
    for media in refs.files(found):
        account.files.stamp(media)
    keys = {key}.union(*(refs.mentioned(story) for story in found))
    chats, users = account.company([], *keys)
    return types.stories.Stories(count=len(found), stories=found, chats=chats, users=users)


METHODS: Final = {functions.stories.GetStoriesByIDRequest: get_stories_by_id}
