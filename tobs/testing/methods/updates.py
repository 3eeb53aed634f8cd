"""updates.*: nothing ever happens by itself, so there is never a difference.

https://core.telegram.org/api/updates
"""

from __future__ import annotations

from typing import Any, Final

from telethon.tl import functions, types

from tobs.testing.account import Account
from tobs.testing.methods.peers import channel_key
from tobs.testing.methods.results import pts_of
from tobs.testing.rpc import Caller


def state(account: Account) -> Any:
    """The state of the account's common box; its date is that of the newest message."""
    newest = max((account.top_date(key) for key in account.histories), default=0)
    return types.updates.State(pts=1, qts=0, date=newest, seq=1, unread_count=0)


async def get_state(account: Account, caller: Caller, request: Any) -> Any:
    return state(account)


async def get_difference(account: Account, caller: Caller, request: Any) -> Any:
    return types.updates.DifferenceEmpty(date=state(account).date, seq=1)


async def get_channel_difference(account: Account, caller: Caller, request: Any) -> Any:
    key = channel_key(account, request.channel)
    return types.updates.ChannelDifferenceEmpty(pts=max(request.pts, pts_of(account, key)), final=True, timeout=3600)


METHODS: Final = {
    functions.updates.GetStateRequest: get_state,
    functions.updates.GetDifferenceRequest: get_difference,
    functions.updates.GetChannelDifferenceRequest: get_channel_difference,
}
