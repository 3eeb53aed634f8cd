"""Where the pictures of people and chats lie on Telegram. They need no reference; https://core.telegram.org/api/files"""

from __future__ import annotations

import attrs
from telethon.tl import types

from tobs.errors import FileUnavailable
from tobs.source import Wanted, WantedAvatar
from tobs.telegram.convert import decode
from tobs.telegram.files import Place
from tobs.telegram.peers import input_peer, marked_id


@attrs.frozen
class Avatar:
    """The small picture of a person or chat."""

    avatar: WantedAvatar

    @property
    def wanted(self) -> Wanted:
        """The same as a file of no message. Nobody tells how long it is."""
        owner = marked_id(decode(self.avatar.raw))
        return Wanted(owner, 0, self.avatar.photo_id, self.avatar.dc_id, -1)

    async def place(self, wanted: Wanted) -> Place:
        """Where it lies. Raises `FileUnavailable` when nobody knows how to ask for its owner."""
        peer = input_peer(decode(self.avatar.raw))
        if peer is None:
            raise FileUnavailable("This account may not see the picture.")
        return Place(wanted.dc_id, types.InputPeerPhotoFileLocation(peer, wanted.file_id))
