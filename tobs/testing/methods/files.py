"""upload.getFile and what belongs to it: https://core.telegram.org/api/files#downloading-files."""

from __future__ import annotations

import hashlib
from typing import Any, Final

from telethon.tl import functions, types

from tobs.testing.account import Account
from tobs.testing.files import Content, StoredFile
from tobs.testing.methods.peers import peer_key
from tobs.testing.methods.takeout import admit_file
from tobs.testing.rpc import Caller, RpcError

CHUNK = 1024 * 1024
MAX_EMOJI = 200  # https://core.telegram.org/method/messages.getCustomEmojiDocuments
_HASHED = 128 * 1024
_STORAGE: Final = {
    "image/jpeg": types.storage.FileJpeg,
    "image/png": types.storage.FilePng,
    "image/gif": types.storage.FileGif,
    "image/webp": types.storage.FileWebp,
    "video/mp4": types.storage.FileMp4,
    "application/pdf": types.storage.FilePdf,
    "audio/mpeg": types.storage.FileMp3,
}


async def get_file(account: Account, caller: Caller, request: Any) -> Any:
    """https://core.telegram.org/method/upload.getFile"""
    check_part(request.offset, request.limit, bool(request.precise))
    file, content = _located(account, caller, request.location)
    admit_file(account, caller, content.size)
    cdn = account.cdn
    if request.cdn_supported and file.id in cdn.serves:
        lent = cdn.lend(file, content)
        told = hashes(content, request.offset)
        return types.upload.FileCdnRedirect(cdn.serves[file.id], lent.token, lent.key, lent.iv, told)
    kind = _STORAGE.get(file.mime_type, types.storage.FileUnknown)
    return types.upload.File(type=kind(), mtime=0, bytes=content.read(request.offset, request.limit))


def check_part(offset: int, limit: int, precise: bool) -> None:
    """Parts are aligned to 4 KB (1 KB if precise), and none lies in two megabytes of the file.

    Without `precise`, limit must also divide a megabyte.
    """
    unit = 1024 if precise else 4096
    if offset < 0 or offset % unit:
        raise RpcError(400, "OFFSET_INVALID")
    if limit <= 0 or limit > CHUNK or limit % unit or (not precise and CHUNK % limit):
        raise RpcError(400, "LIMIT_INVALID")
    if offset // CHUNK != (offset + limit - 1) // CHUNK:
        raise RpcError(400, "LIMIT_INVALID")


def _located(account: Account, caller: Caller, location: Any) -> tuple[StoredFile, Content]:
    """The file and the part of it that a location names; refused on any data centre but its own."""
    if isinstance(location, types.InputPeerPhotoFileLocation):
        return _peer_photo(account, caller, location)
    if not isinstance(location, types.InputDocumentFileLocation | types.InputPhotoFileLocation):
        raise RpcError(400, "LOCATION_INVALID")
    file = account.files.get(location.id)
    if file is None or file.access_hash != location.access_hash:
        raise RpcError(400, "LOCATION_INVALID")
    _same_dc(file, caller)
    content = file.parts.get(location.thumb_size)
    if content is None:
        raise RpcError(400, "LOCATION_INVALID")
    account.files.use(file.id, location.file_reference)
    return file, content


def _peer_photo(account: Account, caller: Caller, location: Any) -> tuple[StoredFile, Content]:
    """Pictures of people and chats need no file reference; `big` is the size c, else a."""
    key = peer_key(account, location.peer)
    photo = account.details[key].photo
    file = account.files.get(location.photo_id)
    if photo is None or file is None or photo.id != location.photo_id:
        raise RpcError(400, "LOCATION_INVALID")
    _same_dc(file, caller)
    return file, file.parts["c" if location.big and "c" in file.parts else "a"]


def _same_dc(file: StoredFile, caller: Caller) -> None:
    if file.dc_id != caller.dc_id:
        raise RpcError(303, f"FILE_MIGRATE_{file.dc_id}")


async def get_file_hashes(account: Account, caller: Caller, request: Any) -> list[Any]:
    """https://core.telegram.org/method/upload.getFileHashes: one megabyte of SHA-256 hashes from `offset` on."""
    _, content = _located(account, caller, request.location)
    return hashes(content, request.offset)


def hashes(content: Content, offset: int) -> list[Any]:
    """The hashes of a megabyte from `offset` on."""
    stop = min(content.size, offset + CHUNK)
    return [_hash(content, at) for at in range(offset // _HASHED * _HASHED, stop, _HASHED)]


def _hash(content: Content, offset: int) -> Any:
    data = content.read(offset, _HASHED)
    return types.FileHash(offset=offset, limit=len(data), hash=hashlib.sha256(data).digest())


async def get_custom_emoji(account: Account, caller: Caller, request: Any) -> list[Any]:
    """https://core.telegram.org/method/messages.getCustomEmojiDocuments"""
    if len(request.document_id) > MAX_EMOJI:
        raise RpcError(400, "LIMIT_INVALID")
    found = [account.custom_emoji[wanted] for wanted in request.document_id if wanted in account.custom_emoji]
    for document in found:
        account.files.stamp(document)
    return found


METHODS: Final = {
    functions.upload.GetFileRequest: get_file,
    functions.upload.GetFileHashesRequest: get_file_hashes,
    functions.messages.GetCustomEmojiDocumentsRequest: get_custom_emoji,
}
