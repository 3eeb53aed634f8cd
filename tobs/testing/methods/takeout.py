"""Takeout sessions: https://core.telegram.org/api/takeout."""

from __future__ import annotations

from typing import Any, Final

from telethon.tl import functions, types

from tobs.testing.account import Account
from tobs.testing.rpc import Caller, RpcError

_MAX_ID = 0x7FFFFFFF


async def init_takeout(account: Account, caller: Caller, request: Any) -> Any:
    """`account.takeout_delay` seconds are asked for first, as on a device that is new to the account."""
    if account.takeout_delay:
        raise RpcError(420, f"TAKEOUT_INIT_DELAY_{account.takeout_delay}")
    takeout_id = 7_000_000_000 + len(account.takeouts) + 1
    account.takeouts.add(takeout_id)
    return types.account.Takeout(id=takeout_id)


async def finish_takeout(account: Account, caller: Caller, request: Any) -> bool:
    require_takeout(account, caller)
    account.takeouts.discard(caller.takeout_id)
    return True


async def get_split_ranges(account: Account, caller: Caller, request: Any) -> list[Any]:
    """One range: every message is in it."""
    require_takeout(account, caller)
    return [types.MessageRange(min_id=0, max_id=_MAX_ID)]


def require_takeout(account: Account, caller: Caller) -> None:
    if not caller.takeout_id:
        raise RpcError(403, "TAKEOUT_REQUIRED")
    if caller.takeout_id not in account.takeouts:
        raise RpcError(400, "TAKEOUT_INVALID")


METHODS: Final = {
    functions.account.InitTakeoutSessionRequest: init_takeout,
    functions.account.FinishTakeoutSessionRequest: finish_takeout,
    functions.messages.GetSplitRangesRequest: get_split_ranges,
}
