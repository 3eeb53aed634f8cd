"""Takeouts: https://core.telegram.org/api/takeout."""

from __future__ import annotations

from typing import Any, Final

from telethon.tl import functions, types

from tobs.testing.account import Account
from tobs.testing.history import History, Part
from tobs.testing.rpc import Caller, RpcError

# Telegram names one refusal for all that is asked outside of what a takeout was begun for.
REQUIRED: Final = RpcError(403, "TAKEOUT_REQUIRED")


async def init_takeout(account: Account, caller: Caller, request: Any) -> Any:
    """https://core.telegram.org/method/account.initTakeoutSession"""
    return types.account.Takeout(id=account.takeouts.begin(request))


async def finish_takeout(account: Account, caller: Caller, request: Any) -> bool:
    """https://core.telegram.org/method/account.finishTakeoutSession"""
    require_takeout(caller)
    account.takeouts.finish(caller.takeout_id, success=bool(request.success))
    return True


async def get_split_ranges(account: Account, caller: Caller, request: Any) -> list[Any]:
    """https://core.telegram.org/method/messages.getSplitRanges"""
    require_takeout(caller)
    return [types.MessageRange(min_id=low, max_id=high) for low, high in account.takeouts.ranges]


def require_takeout(caller: Caller) -> None:
    """Raises RpcError unless the call came in a takeout."""
    if not caller.takeout_id:
        raise RpcError(403, "TAKEOUT_REQUIRED")


def admit(account: Account, caller: Caller, key: int) -> None:
    """Raises RpcError if the messages of this chat are none of those that the takeout was begun for."""
    if caller.takeout_id and not getattr(account.takeouts.check(caller.takeout_id), _flag(account, key)):
        raise RpcError(REQUIRED.code, REQUIRED.message)


def _flag(account: Account, key: int) -> str:
    if key > 0:
        return "message_users"
    if not account.is_channel(key):
        return "message_chats"
    return "message_channels" if getattr(account.chats.get(key), "broadcast", False) else "message_megagroups"


def admit_file(account: Account, caller: Caller, size: int) -> None:
    """Raises RpcError if a file is none of those that the takeout was begun for."""
    if caller.takeout_id:
        begun = account.takeouts.check(caller.takeout_id)
        if not begun.files or size > begun.file_max_size:
            raise RpcError(REQUIRED.code, REQUIRED.message)


def seen(account: Account, caller: Caller, key: int) -> History:
    """The messages of a chat that a call can see.

    Channels have all of them in every range. Of other chats a takeout shows those of the range that is asked for,
    and of the newest one where none is.
    """
    admit(account, caller, key)
    history = account.history(key)
    span = seen_span(account, caller)
    return history if span is None or account.is_channel(key) else Part(history, *span)


def seen_span(account: Account, caller: Caller) -> tuple[int, int] | None:
    """The ids that a call can see in people's chats and basic groups; None: all."""
    if not caller.takeout_id or len(account.takeouts.ranges) < 2:
        return None
    return caller.message_range or max(account.takeouts.ranges)


METHODS: Final = {
    functions.account.InitTakeoutSessionRequest: init_takeout,
    functions.account.FinishTakeoutSessionRequest: finish_takeout,
    functions.messages.GetSplitRangesRequest: get_split_ranges,
}
