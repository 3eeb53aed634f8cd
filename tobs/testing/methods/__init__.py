"""The methods of the Telegram API that concern an account's content, each a function of (account, caller, request)."""

from __future__ import annotations

from functools import partial
from typing import Any

from tobs.testing.account import Account
from tobs.testing.rpc import Caller, Method, RpcError
from tobs.testing.tl import method_name

from . import cdn, chats, dialogs, files, history, saved, search, stories, takeout, threads, updates, users


def methods(account: Account) -> dict[type, Method]:
    """Telethon request class → method, all of them over this `account`.

    A key that is not signed in gets AUTH_KEY_UNREGISTERED from each of them.
    """
    rooms = (users, dialogs, history, saved, search, stories, threads, chats, files, cdn, takeout, updates)
    signed = {request: partial(_signed_in, each, account) for room in rooms for request, each in room.METHODS.items()}
    return signed | {request: partial(each, account) for request, each in cdn.OPEN_METHODS.items()}


async def _signed_in(method: Any, account: Account, caller: Caller, request: Any) -> object:
    if not caller.user_id:
        raise RpcError(401, "AUTH_KEY_UNREGISTERED")
    takeouts = account.takeouts
    if caller.takeout_id:
        takeouts.check(caller.takeout_id)
    elif takeouts.open and method is not takeout.init_takeout:
        takeouts.unwrapped.append(method_name(request.__class__))
    return await method(account, caller, request)
