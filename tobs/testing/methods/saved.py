"""Saved Messages by origin: messages.getSavedDialogs, getPinnedSavedDialogs and getSavedHistory.

https://core.telegram.org/api/saved-messages
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from telethon.tl import functions, types

from tobs.model import HIDDEN_AUTHOR
from tobs.testing import history, refs
from tobs.testing.account import Account
from tobs.testing.history import unix
from tobs.testing.methods.peers import peer_key
from tobs.testing.methods.results import page_of
from tobs.testing.methods.takeout import seen
from tobs.testing.rpc import Caller, RpcError
from tobs.testing.threads import everything

MAX_DIALOGS = 100
Top = tuple[int, Any]  # where messages were kept from, and the newest of them


async def get_saved_dialogs(account: Account, caller: Caller, request: Any) -> Any:
    """https://core.telegram.org/method/messages.getSavedDialogs

    Pinned ones first, on the first page only; then from the newest message to the oldest. offset_date, offset_id
    and offset_peer are of the last one that was seen.
    """
    _without_parent(request)
    if request.limit < 0:
        raise RpcError(400, "LIMIT_INVALID")
    tops = _tops(account)
    pinned = [] if request.exclude_pinned else _pinned(account, tops)
    rest = sorted((one for one in tops.items() if one[0] not in account.saved_pins), key=_position, reverse=True)
    offset = _offset(account, request)
    following = [one for one in rest if offset is None or _position(one) < offset]
    shown = ([*pinned, *following] if offset is None else following)[: min(request.limit, MAX_DIALOGS) or MAX_DIALOGS]
    return _result(account, shown, len(pinned) + len(rest))


async def get_pinned_saved_dialogs(account: Account, caller: Caller, request: Any) -> Any:
    """https://core.telegram.org/method/messages.getPinnedSavedDialogs: in the order of the pins."""
    pinned = _pinned(account, _tops(account))
    return _result(account, pinned, len(pinned))


async def get_saved_history(account: Account, caller: Caller, request: Any) -> Any:
    """https://core.telegram.org/method/messages.getSavedHistory: what was kept from one origin."""
    _without_parent(request)
    me, origin = account.me.id, _origin_key(account, request.peer)
    whole = seen(account, caller, me)
    kept = history.of(one for one in whole.slice(0, len(whole)) if _origin(one) == origin)
    return page_of(account, me, kept, request)


def _without_parent(request: Any) -> None:
    """The direct messages of channels, which are asked for in the same way, are not played here."""
    if request.parent_peer is not None:
        raise RpcError(400, "PARENT_PEER_INVALID")


def _origin_key(account: Account, peer: Any) -> int:
    if isinstance(peer, types.InputPeerUser) and peer.user_id == HIDDEN_AUTHOR:
        return HIDDEN_AUTHOR
    return peer_key(account, peer)


def _origin(message: Any) -> int:
    return refs.peer_key(message.saved_peer_id) if getattr(message, "saved_peer_id", None) else 0


def _tops(account: Account) -> dict[int, Any]:
    return {origin: one for one in everything(account, account.me.id) if (origin := _origin(one))}


def _pinned(account: Account, tops: dict[int, Any]) -> list[Top]:
    return [(origin, tops[origin]) for origin in account.saved_pins if origin in tops]


def _position(one: Top) -> tuple[int, int, int]:
    origin, top = one
    return unix(top.date), top.id, -origin


def _offset(account: Account, request: Any) -> tuple[int, int, int] | None:
    date = unix(request.offset_date)
    if not (date or request.offset_id):
        return None
    empty = isinstance(request.offset_peer, types.InputPeerEmpty)
    return date, request.offset_id, -(1 << 62) if empty else -_origin_key(account, request.offset_peer)


def _result(account: Account, shown: Sequence[Top], total: int) -> Any:
    messages = account.sent(top for _, top in shown)
    chats, users = account.company(messages, *(origin for origin, _ in shown))
    dialogs = [*_lines(account, shown)]
    if len(shown) == total:
        return types.messages.SavedDialogs(dialogs=dialogs, messages=messages, chats=chats, users=users)
    return types.messages.SavedDialogsSlice(count=total, dialogs=dialogs, messages=messages, chats=chats, users=users)


def _lines(account: Account, shown: Iterable[Top]) -> Iterable[Any]:
    for origin, top in shown:
        yield types.SavedDialog(refs.key_peer(origin), top.id, pinned=origin in account.saved_pins or None)


METHODS: Final = {
    functions.messages.GetSavedDialogsRequest: get_saved_dialogs,
    functions.messages.GetPinnedSavedDialogsRequest: get_pinned_saved_dialogs,
    functions.messages.GetSavedHistoryRequest: get_saved_history,
}
