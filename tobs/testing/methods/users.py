"""People: users.*, contacts.*, and the calls about oneself that a client makes by itself."""

from __future__ import annotations

import re
from typing import Any, Final

from telethon.tl import functions, types

from tobs.testing import refs
from tobs.testing.account import Account
from tobs.testing.history import ids_hash
from tobs.testing.methods.peers import user_key
from tobs.testing.rpc import Caller, RpcError

# https://core.telegram.org/method/contacts.resolveUsername; four letters since collectible names
_USERNAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{3,31}")


async def get_users(account: Account, caller: Caller, request: Any) -> list[Any]:
    """https://core.telegram.org/method/users.getUsers: unknown ones come as userEmpty."""
    return [_user_or_empty(account, user) for user in request.id]


def _user_or_empty(account: Account, user: Any) -> Any:
    try:
        return account.users[user_key(account, user)]
    except RpcError:
        return types.UserEmpty(getattr(user, "user_id", 0))


async def get_full_user(account: Account, caller: Caller, request: Any) -> Any:
    """https://core.telegram.org/method/users.getFullUser"""
    key = user_key(account, request.id)
    details = account.details[key]
    full = types.UserFull(
        id=key,
        settings=types.PeerSettings(),
        notify_settings=types.PeerNotifySettings(),
        common_chats_count=0,
        about=details.about or None,
        profile_photo=stamped(account, details.photo),
        ttl_period=details.ttl_period,
    )
    return types.users.UserFull(full_user=full, chats=[], users=[account.users[key]])


def stamped(account: Account, photo: Any) -> Any:
    """A photo with a good file reference, or None."""
    if photo is not None:
        account.files.stamp(photo)
    return photo


async def resolve_username(account: Account, caller: Caller, request: Any) -> Any:
    """https://core.telegram.org/method/contacts.resolveUsername"""
    if not _USERNAME.fullmatch(request.username):
        raise RpcError(400, "USERNAME_INVALID")
    key = account.by_username(request.username)
    if key is None:
        raise RpcError(400, "USERNAME_NOT_OCCUPIED")
    chats, users = account.company((), key)
    return types.contacts.ResolvedPeer(peer=refs.key_peer(key), chats=chats, users=users)


async def resolve_phone(account: Account, caller: Caller, request: Any) -> Any:
    """https://core.telegram.org/method/contacts.resolvePhone"""
    for user in account.users.values():
        if user.phone and user.phone == request.phone.lstrip("+"):
            return types.contacts.ResolvedPeer(peer=types.PeerUser(user.id), chats=[], users=[user])
    raise RpcError(400, "PHONE_NOT_OCCUPIED")


async def get_contacts(account: Account, caller: Caller, request: Any) -> Any:
    """https://core.telegram.org/method/contacts.getContacts"""
    contacts = sorted(account.contacts)
    if request.hash and request.hash == ids_hash(contacts):
        return types.contacts.ContactsNotModified()
    return types.contacts.Contacts(
        contacts=[types.Contact(user_id=user, mutual=bool(account.users[user].mutual_contact)) for user in contacts],
        saved_count=len(contacts),
        users=[account.users[user] for user in contacts],
    )


async def get_user_photos(account: Account, caller: Caller, request: Any) -> Any:
    """https://core.telegram.org/method/photos.getUserPhotos: only the current one is kept."""
    key = user_key(account, request.user_id)
    photo = stamped(account, account.details[key].photo)
    return types.photos.Photos(photos=[photo] if photo else [], users=[account.users[key]])


async def update_status(account: Account, caller: Caller, request: Any) -> bool:
    return True


METHODS: Final = {
    functions.users.GetUsersRequest: get_users,
    functions.users.GetFullUserRequest: get_full_user,
    functions.contacts.ResolveUsernameRequest: resolve_username,
    functions.contacts.ResolvePhoneRequest: resolve_phone,
    functions.contacts.GetContactsRequest: get_contacts,
    functions.photos.GetUserPhotosRequest: get_user_photos,
    functions.account.UpdateStatusRequest: update_status,
}
