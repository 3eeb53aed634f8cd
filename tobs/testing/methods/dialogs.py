"""The chat list: dialogs, their pages, pins and folders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import attrs
from telethon.tl import functions, types

from tobs.testing import refs
from tobs.testing.account import Account, Dialog
from tobs.testing.history import Part, unix
from tobs.testing.methods.peers import peer_key
from tobs.testing.methods.results import pts_of
from tobs.testing.methods.takeout import seen_span
from tobs.testing.methods.updates import state
from tobs.testing.rpc import Caller, RpcError

MAX_DIALOGS = 100  # more are never sent at once
Position = tuple[int, int, int]


@attrs.frozen
class _Sight:
    """The chat list as a call sees it: with a message range the chats that have messages in it.

    The newest range also has those without any, and the channels, whose ids are their own.
    """

    account: Account
    span: tuple[int, int] | None

    def shows(self, key: int) -> bool:
        newest = self.span is None or self.span == max(self.account.takeouts.ranges)
        own = self.account.is_channel(key) or not len(self.account.history(key))
        return newest if own else self.top(key) is not None

    def top(self, key: int) -> Any | None:
        if self.span is None or self.account.is_channel(key):
            return self.account.top(key)
        part = Part(self.account.history(key), *self.span)
        return part.slice(len(part) - 1, len(part))[0] if len(part) else None

    def position(self, dialog: Dialog) -> Position:
        top = self.top(dialog.key)
        return (unix(top.date), top.id, -dialog.key) if top is not None else (0, 0, -dialog.key)


async def get_dialogs(account: Account, caller: Caller, request: Any) -> Any:
    """https://core.telegram.org/method/messages.getDialogs

    Pinned dialogs come first, on the first page only; then the rest from the
    newest message to the oldest. offset_date, offset_id and offset_peer name the
    top message of the last dialog that was seen. https://core.telegram.org/api/folders
    """
    sight = _Sight(account, seen_span(account, caller))
    listed = _listed(sight, request.folder_id)
    pinned = [] if request.exclude_pinned else [dialog for dialog in listed if dialog.pinned]
    rest = [dialog for dialog in listed if not dialog.pinned]
    offset = _offset(account, request)
    following = rest if offset is None else [dialog for dialog in rest if sight.position(dialog) < offset]
    shown = (([] if offset else pinned) + following)[: _limit(request.limit)]
    total = len(pinned) + len(rest)
    return _result(sight, shown, total)


def _listed(sight: _Sight, folder_id: int | None) -> list[Dialog]:
    """Without a folder id both the main list and the archive (folder 1) are meant."""
    dialogs = [d for d in sight.account.dialogs.values() if folder_id is None or d.folder_id == folder_id]
    shown = [each for each in dialogs if each.key not in sight.account.forbidden and sight.shows(each.key)]
    return sorted(shown, key=sight.position, reverse=True)


def _offset(account: Account, request: Any) -> Position | None:
    date = unix(request.offset_date)
    if isinstance(request.offset_peer, types.InputPeerEmpty):
        return (date, request.offset_id, -(1 << 62)) if date else None
    if not date and not request.offset_id:
        return None
    return (date, request.offset_id, -peer_key(account, request.offset_peer))


def _limit(limit: int) -> int:
    if limit < 0:
        raise RpcError(400, "LIMIT_INVALID")
    return min(limit, MAX_DIALOGS) or MAX_DIALOGS


def _result(sight: _Sight, shown: Sequence[Dialog], total: int) -> Any:
    messages, chats, users = _company(sight, shown)
    dialogs = [_line(sight, dialog) for dialog in shown]
    if len(shown) == total:
        return types.messages.Dialogs(dialogs=dialogs, messages=messages, chats=chats, users=users)
    return types.messages.DialogsSlice(count=total, dialogs=dialogs, messages=messages, chats=chats, users=users)


def _company(sight: _Sight, shown: Iterable[Dialog]) -> tuple[list[Any], list[Any], list[Any]]:
    keys = [dialog.key for dialog in shown]
    messages = sight.account.sent(top for key in keys if (top := sight.top(key)) is not None)
    return messages, *sight.account.company(messages, *keys)


def _line(sight: _Sight, dialog: Dialog) -> Any:
    account, top = sight.account, sight.top(dialog.key)
    top_id = top.id if top is not None else 0
    return types.Dialog(
        peer=refs.key_peer(dialog.key),
        top_message=top_id,
        read_inbox_max_id=dialog.read_inbox or top_id,
        read_outbox_max_id=top_id,
        unread_count=dialog.unread,
        unread_mentions_count=0,
        unread_reactions_count=0,
        unread_poll_votes_count=0,
        notify_settings=types.PeerNotifySettings(),
        pinned=dialog.pinned or None,
        pts=pts_of(account, dialog.key) if account.is_channel(dialog.key) else None,
        folder_id=dialog.folder_id or None,
    )


async def get_pinned_dialogs(account: Account, caller: Caller, request: Any) -> Any:
    """https://core.telegram.org/method/messages.getPinnedDialogs"""
    return _peer_dialogs(account, [each for each in _listed(_Sight(account, None), request.folder_id) if each.pinned])


async def get_peer_dialogs(account: Account, caller: Caller, request: Any) -> Any:
    """https://core.telegram.org/method/messages.getPeerDialogs"""
    keys = [peer_key(account, item.peer) for item in request.peers if isinstance(item, types.InputDialogPeer)]
    return _peer_dialogs(account, [account.dialogs.get(key) or Dialog(key) for key in keys if key in account.histories])


def _peer_dialogs(account: Account, shown: Sequence[Dialog]) -> Any:
    sight = _Sight(account, None)
    messages, chats, users = _company(sight, shown)
    dialogs = [_line(sight, dialog) for dialog in shown]
    return types.messages.PeerDialogs(
        dialogs=dialogs, messages=messages, chats=chats, users=users, state=state(account)
    )


async def get_dialog_filters(account: Account, caller: Caller, request: Any) -> Any:
    """https://core.telegram.org/method/messages.getDialogFilters"""
    return types.messages.DialogFilters(filters=[types.DialogFilterDefault(), *account.filters])


METHODS: Final = {
    functions.messages.GetDialogsRequest: get_dialogs,
    functions.messages.GetPinnedDialogsRequest: get_pinned_dialogs,
    functions.messages.GetPeerDialogsRequest: get_peer_dialogs,
    functions.messages.GetDialogFiltersRequest: get_dialog_filters,
}
