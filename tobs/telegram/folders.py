"""Which chats a folder of the chat list shows (pure): https://core.telegram.org/api/folders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
from telethon.tl import types

from tobs.raw import CHANNEL_MARK
from tobs.telegram.dialogs import Listed

ARCHIVE = 1  # the folder_id of archived chats


def title_of(folder: Any) -> str:
    """The folder's name; "" for the list of all chats, which has none."""
    title = getattr(folder, "title", "")
    return str(getattr(title, "text", title) or "")  # a plain string in older layers


def named(folders: Sequence[Any], name: str) -> list[Any]:
    """The folders of that name, whatever its case; names may be given twice."""
    return [folder for folder in folders if title_of(folder) and title_of(folder).casefold() == name.casefold()]


@attrs.frozen
class Membership:
    """Decides for one folder: chats that were put in are in, then what was taken out is out, then the rules decide."""

    folder: Any
    account_id: int
    now: float

    @property
    def named(self) -> list[Any]:
        """The addresses of chats that were put in by hand, pinned ones first; they need not be in the chat list."""
        return [*self.folder.pinned_peers, *self.folder.include_peers]

    def shows(self, listed: Listed) -> bool:
        """Whether the folder shows this chat now."""
        if listed.id in self._ids(self.named):
            return True
        # A shared folder (chatlist) holds what was put in and nothing else.
        if not isinstance(self.folder, types.DialogFilter) or listed.id in self._ids(self.folder.exclude_peers):
            return False
        return not self._excluded(listed.dialog) and self._wanted(listed.entity)

    def _ids(self, peers: Sequence[Any]) -> set[int]:
        return {peer_id(peer, self.account_id) for peer in peers}

    def _excluded(self, dialog: Any) -> bool:
        if self.folder.exclude_archived and is_archived(dialog):
            return True
        if getattr(dialog, "unread_mentions_count", 0):  # a mention shows a chat although it is muted or read
            return False
        unread = getattr(dialog, "unread_count", 0) or getattr(dialog, "unread_mark", False)
        return bool((self.folder.exclude_muted and self._muted(dialog)) or (self.folder.exclude_read and not unread))

    def _muted(self, dialog: Any) -> bool:
        until = getattr(getattr(dialog, "notify_settings", None), "mute_until", None)
        return until is not None and until.timestamp() > self.now

    def _wanted(self, entity: Any) -> bool:
        if not isinstance(entity, types.User):
            return bool(self.folder.broadcasts if getattr(entity, "broadcast", False) else self.folder.groups)
        if entity.bot:
            return bool(self.folder.bots)
        known = entity.contact or entity.id == self.account_id
        return bool(self.folder.contacts if known else self.folder.non_contacts)


def is_archived(dialog: Any) -> bool:
    return getattr(dialog, "folder_id", None) == ARCHIVE


def peer_id(peer: Any, account_id: int) -> int:
    """The marked id of an address; 0 for none."""
    if isinstance(peer, types.InputPeerSelf):
        return account_id
    if isinstance(peer, types.InputPeerUser):
        return int(peer.user_id)
    if isinstance(peer, types.InputPeerChat):
        return -int(peer.chat_id)
    return CHANNEL_MARK - int(peer.channel_id) if isinstance(peer, types.InputPeerChannel) else 0
