"""Files through a content delivery network: https://core.telegram.org/cdn."""

from __future__ import annotations

from typing import Any, Final

from telethon.tl import functions, types

from tobs.testing.account import Account
from tobs.testing.methods.files import check_part, hashes
from tobs.testing.rpc import Caller, RpcError


async def get_cdn_file(account: Account, caller: Caller, request: Any) -> Any:
    """https://core.telegram.org/method/upload.getCdnFile"""
    check_part(request.offset, request.limit, precise=False)
    lent = account.cdn.find(request.file_token)
    if account.cdn.serves.get(lent.file.id) != caller.dc_id:
        raise RpcError(400, "FILE_TOKEN_INVALID")
    if missing := account.cdn.missing(lent.token, request.offset):
        return types.upload.CdnFileReuploadNeeded(missing)
    return types.upload.CdnFile(lent.sealed(request.offset, request.limit))


async def reupload_cdn_file(account: Account, caller: Caller, request: Any) -> list[Any]:
    """https://core.telegram.org/method/upload.reuploadCdnFile"""
    lent = account.cdn.find(request.file_token)
    _home(lent.file.dc_id, caller)
    return hashes(lent.content, account.cdn.bring(lent.token, request.request_token))


async def get_cdn_file_hashes(account: Account, caller: Caller, request: Any) -> list[Any]:
    """https://core.telegram.org/method/upload.getCdnFileHashes"""
    lent = account.cdn.find(request.file_token)
    _home(lent.file.dc_id, caller)
    return hashes(lent.content, request.offset)


def _home(dc_id: int, caller: Caller) -> None:
    if dc_id != caller.dc_id:
        raise RpcError(400, "FILE_TOKEN_INVALID")


METHODS: Final = {
    functions.upload.ReuploadCdnFileRequest: reupload_cdn_file,
    functions.upload.GetCdnFileHashesRequest: get_cdn_file_hashes,
}
# The network knows no accounts.
OPEN_METHODS: Final = {functions.upload.GetCdnFileRequest: get_cdn_file}
