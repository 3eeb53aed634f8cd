"""Names that mean several chats: ``all``, ``archived``, ``left``, ``folder:NAME`` and ``type:KIND``."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import attrs
from telethon.tl import types
from telethon.tl.functions.messages import GetDialogFiltersRequest

from tobs.errors import AccessDenied, ChatNotFound
from tobs.source import FailedChat
from tobs.telegram.connection import Connection
from tobs.telegram.dialogs import Listed
from tobs.telegram.folders import Membership, is_archived, named, peer_id, title_of
from tobs.telegram.left import read_left
from tobs.telegram.names import KINDS, Name, kinds_called
from tobs.telegram.peers import kind_of

SEVERAL = ("all", "archived", "left", "folder", "type")


@attrs.define(eq=False)
class Several:
    """Finds the chats of one account that such a name means; `dialogs` lists them, `sight` looks at one."""

    connection: Connection
    account_id: int
    dialogs: Callable[[], Awaitable[list[Listed]]]
    sight: Callable[[Any], Awaitable[Listed]]

    async def find(self, name: Name) -> Sequence[Listed | FailedChat]:
        """The chats, in the order of the chat list. Raises `ChatNotFound` for a folder or kind there is not."""
        if name.kind == "folder":
            return await self._in_folder(name.text)
        # A channel that is closed to the account cannot be read whatever one does.
        listed = [each for each in await self.dialogs() if not isinstance(each.entity, types.ChannelForbidden)]
        if name.kind == "archived":
            return [each for each in listed if is_archived(each.dialog)]
        if name.kind == "type":
            kinds = kinds_called(name.text)
            if not kinds:
                raise ChatNotFound(f"There is no type {name.text!r}; types are {', '.join(KINDS)}.")
            return [each for each in listed if kind_of(each.entity, self.account_id) in kinds]
        if name.kind == "left":
            return [each for each in listed if has_left(each.entity)] + await read_left(self.connection)
        return listed

    async def _in_folder(self, name: str) -> Sequence[Listed | FailedChat]:
        answer = await self.connection.ask(GetDialogFiltersRequest())
        folders = named(answer.filters, name)
        if not folders:
            known = ", ".join(sorted(filter(None, map(title_of, answer.filters)))) or "none"
            raise ChatNotFound(f"No folder is called {name!r}; this account's folders: {known}.")
        found: list[Listed | FailedChat] = []
        for folder in folders:
            found += await self._members(Membership(folder, self.account_id, time.time()))
        return found

    async def _members(self, folder: Membership) -> Sequence[Listed | FailedChat]:
        dialogs = await self.dialogs()
        listed = {each.id for each in dialogs}
        found: list[Listed | FailedChat] = [each for each in dialogs if folder.shows(each)]
        for peer in folder.named:
            marked = peer_id(peer, self.account_id)
            if marked and marked not in listed:
                found.append(await self._look(marked, peer))
        return found

    async def _look(self, marked: int, peer: Any) -> Listed | FailedChat:
        if isinstance(peer, types.InputPeerSelf):
            peer = types.InputPeerUser(self.account_id, 0)
        try:
            return await self.sight(peer)
        except (ChatNotFound, AccessDenied) as exc:
            return FailedChat(str(marked), str(exc))


def has_left(entity: Any) -> bool:
    """Whether a chat of the list is one that the account left or was removed from."""
    return isinstance(entity, types.ChatForbidden) or bool(getattr(entity, "left", False))
