"""An account with one channel full of files of any number, size and data centre, which take no memory."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import attrs
from telethon.tl import types

from tobs.testing.account import Account
from tobs.testing.files import Generated, StoredFile
from tobs.testing.scenes.people import BORN, channel, people

FILES_ID = 1_700_000_001
LARGEST_PHOTO = 1_000_000  # bytes; larger ones are documents


@attrs.frozen
class Batch:
    """So many files of one size on one data centre. ``3x5M@4`` in words."""

    count: int
    size: int
    dc_id: int = 2

    @classmethod
    def parse(cls, text: str) -> Batch:
        """What `text` means, with k, M and G for sizes. Raises ValueError."""
        what, _, dc_id = text.partition("@")
        count, _, size = what.partition("x")
        factor = {"k": 1000, "M": 1000**2, "G": 1000**3}.get(size[-1:], 1)
        return cls(int(count), int(size.rstrip("kMG")) * factor, int(dc_id or 2))


def files_account(batches: Iterable[Batch], *, username: str = "files") -> Account:
    """An account with a channel that has a message for each file, the batches one behind the other."""
    account = Account(people()["me"])
    account.phone = f"+{account.me.phone}"
    chat = channel(FILES_ID, "Files", username)
    account.add_chat(chat, members=[account.me.id], about="Nothing but files.")
    sizes = [(batch.size, batch.dc_id) for batch in batches for _ in range(batch.count)]
    for number, (size, dc_id) in enumerate(sizes, 1):
        date = BORN + timedelta(minutes=number)
        media = (
            _photo(account, number, size, dc_id) if size <= LARGEST_PHOTO else _document(account, number, size, dc_id)
        )
        peer = types.PeerChannel(FILES_ID)
        account.add_message(chat, types.Message(0, peer, from_id=peer, date=date, message="", media=media, post=True))
    return account


def _photo(account: Account, number: int, size: int, dc_id: int) -> Any:
    content = Generated(size, seed=number)
    file = account.files.add(StoredFile(FILES_ID + number, number, dc_id, "image/jpeg", {"y": content}))
    sizes = [types.PhotoSize("y", 1280, 960, size)]
    return types.MessageMediaPhoto(photo=types.Photo(file.id, number, b"", BORN, sizes, dc_id))


def _document(account: Account, number: int, size: int, dc_id: int) -> Any:
    content = Generated(size, seed=number)
    file = account.files.add(StoredFile(FILES_ID + number, number, dc_id, "application/zip", {"": content}))
    named = [types.DocumentAttributeFilename(f"{number}.zip")]
    document = types.Document(file.id, number, b"", BORN, "application/zip", size, dc_id, named)
    return types.MessageMediaDocument(document=document)
