"""updates.*: where an account's boxes stand, and what happened since a client looked last.

https://core.telegram.org/api/updates
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Final

from telethon.tl import functions, types

from tobs.testing import refs
from tobs.testing.account import Account
from tobs.testing.events import COMMON, Event
from tobs.testing.history import unix
from tobs.testing.methods.peers import channel_key
from tobs.testing.methods.results import pts_of
from tobs.testing.pushes import update_of
from tobs.testing.rpc import Caller, RpcError

SLICE = 100  # events in one answer about the common box
CHANNEL_LIMIT = 100  # "Ordinary (non-bot) users are supposed to pass 10-100"
TIMEOUT = 30  # seconds after which a client should ask again for a channel that it watches


def state(account: Account, pts: int | None = None) -> Any:
    """The state of the account's common box."""
    box, date = account.events.boxes[COMMON], int(time.time())
    return types.updates.State(pts=pts or box.pts, qts=0, date=date, seq=account.events.seq, unread_count=0)


async def get_state(account: Account, caller: Caller, request: Any) -> Any:
    """https://core.telegram.org/method/updates.getState"""
    return state(account)


async def get_difference(account: Account, caller: Caller, request: Any) -> Any:
    """https://core.telegram.org/method/updates.getDifference: messages as they are now; of channels, only which."""
    box = account.events.boxes[COMMON]
    if not request.pts:
        raise RpcError(400, "PERSISTENT_TIMESTAMP_EMPTY")
    events = box.since(request.pts)
    if events is None:
        return types.updates.DifferenceTooLong(pts=box.pts)
    changed = account.events.changed_since(unix(request.date))
    if not events and not changed:
        return types.updates.DifferenceEmpty(date=int(time.time()), seq=account.events.seq)
    shown = events[:SLICE]
    messages, updates = _told(account, shown)
    too_long = [types.UpdateChannelTooLong(-key - 1_000_000_000_000, pts=pts_of(account, key)) for key in changed]
    chats, users = account.company(messages, *(event.key for event in shown), *changed)
    common = {
        "new_messages": messages, "new_encrypted_messages": [], "other_updates": [*updates, *too_long],
        "chats": chats, "users": users,
    }  # fmt: skip
    if len(shown) < len(events):
        return types.updates.DifferenceSlice(**common, intermediate_state=state(account, shown[-1].pts))
    return types.updates.Difference(**common, state=state(account))


async def get_channel_difference(account: Account, caller: Caller, request: Any) -> Any:
    """https://core.telegram.org/method/updates.getChannelDifference"""
    key = channel_key(account, request.channel)
    box = account.events.boxes[key]
    if not request.pts:
        raise RpcError(400, "PERSISTENT_TIMESTAMP_EMPTY")
    events = box.since(request.pts)
    if events is None:
        return _channel_too_long(account, key)
    if not events:
        return types.updates.ChannelDifferenceEmpty(pts=box.pts, final=True, timeout=TIMEOUT)
    shown = events[: min(request.limit or CHANNEL_LIMIT, CHANNEL_LIMIT)]
    messages, updates = _told(account, shown)
    chats, users = account.company(messages, key)
    return types.updates.ChannelDifference(
        pts=shown[-1].pts,
        new_messages=messages,
        other_updates=updates,
        chats=chats,
        users=users,
        final=len(shown) == len(events),
        timeout=TIMEOUT,
    )


def _channel_too_long(account: Account, key: int) -> Any:
    top = account.top(key)
    messages = account.sent([top] if top is not None else [])
    chats, users = account.company(messages, key)
    dialog = types.Dialog(
        peer=refs.key_peer(key),
        top_message=top.id if top is not None else 0,
        read_inbox_max_id=0,
        read_outbox_max_id=0,
        unread_count=0,
        unread_mentions_count=0,
        unread_reactions_count=0,
        unread_poll_votes_count=0,
        notify_settings=types.PeerNotifySettings(),
        pts=pts_of(account, key),
    )
    return types.updates.ChannelDifferenceTooLong(
        dialog=dialog, messages=messages, chats=chats, users=users, final=True, timeout=TIMEOUT
    )


def _told(account: Account, events: Sequence[Event]) -> tuple[list[Any], list[Any]]:
    """New messages that are still there, and the updates that tell the rest. A new message is as it is now."""
    new = {(event.key, number): None for event in events if event.what == "new" for number in event.ids}
    messages = [message for key, number in new if (message := account.history(key).get(number)) is not None]
    rest = [event for event in events if event.what != "new"]
    updates = [update for event in rest if (update := update_of(account, event)) is not None]
    return account.sent(messages), updates


METHODS: Final = {
    functions.updates.GetStateRequest: get_state,
    functions.updates.GetDifferenceRequest: get_difference,
    functions.updates.GetChannelDifferenceRequest: get_channel_difference,
}
