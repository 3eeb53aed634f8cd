"""Groups and channels: messages.getChats, getFullChat, and channels.*."""

from __future__ import annotations

from typing import Any, Final

from telethon.tl import functions, types

from tobs.testing import refs
from tobs.testing.account import Account, ChatDetails
from tobs.testing.methods.peers import channel_key, chat_key, peer_key
from tobs.testing.methods.results import pts_of
from tobs.testing.methods.takeout import require_takeout
from tobs.testing.methods.users import stamped
from tobs.testing.rpc import Caller, RpcError

MAX_MEMBERS = 200  # https://core.telegram.org/method/channels.getParticipants


async def get_chats(account: Account, caller: Caller, request: Any) -> Any:
    """https://core.telegram.org/method/messages.getChats"""
    return types.messages.Chats(chats=[account.chats[chat_key(account, chat)] for chat in request.id])


async def get_channels(account: Account, caller: Caller, request: Any) -> Any:
    """https://core.telegram.org/method/channels.getChannels"""
    return types.messages.Chats(chats=[account.chats[channel_key(account, channel)] for channel in request.id])


async def get_full_chat(account: Account, caller: Caller, request: Any) -> Any:
    """https://core.telegram.org/method/messages.getFullChat"""
    key = chat_key(account, request.chat_id)
    chat, details = account.chats[key], account.details[key]
    members = [_chat_member(user, index, chat) for index, user in enumerate(details.members)]
    full = types.ChatFull(
        id=chat.id,
        about=details.about,
        participants=types.ChatParticipants(chat_id=chat.id, participants=members, version=chat.version),
        notify_settings=types.PeerNotifySettings(),
        chat_photo=stamped(account, details.photo),
        pinned_msg_id=details.pinned_msg_id,
        ttl_period=details.ttl_period,
    )
    chats, users = account.company((), key, *_migrated_to(chat), *details.members)
    return types.messages.ChatFull(full_chat=full, chats=chats, users=users)


def _chat_member(user: int, index: int, chat: Any) -> Any:
    """The first member founded the group and brought in the others."""
    if index == 0:
        return types.ChatParticipantCreator(user_id=user)
    return types.ChatParticipant(user_id=user, inviter_id=user, date=chat.date)


def _migrated_to(chat: Any) -> list[int]:
    return [refs.channel_key(chat.migrated_to.channel_id)] if chat.migrated_to else []


async def get_full_channel(account: Account, caller: Caller, request: Any) -> Any:
    """https://core.telegram.org/method/channels.getFullChannel"""
    key = channel_key(account, request.channel)
    chat, details = account.chats[key], account.details[key]
    newest = account.top(key)
    last = newest.id if newest is not None else 0
    full = types.ChannelFull(
        id=chat.id,
        about=details.about,
        read_inbox_max_id=last,
        read_outbox_max_id=last,
        unread_count=account.dialogs[key].unread if key in account.dialogs else 0,
        chat_photo=stamped(account, details.photo) or types.PhotoEmpty(0),
        notify_settings=types.PeerNotifySettings(),
        bot_info=[],
        pts=pts_of(account, key),
        can_view_participants=not chat.broadcast or None,
        hidden_prehistory=details.hidden_prehistory or None,
        participants_count=chat.participants_count or len(details.members),
        migrated_from_chat_id=details.migrated_from_chat_id,
        migrated_from_max_id=details.migrated_from_max_id,
        pinned_msg_id=details.pinned_msg_id,
        linked_chat_id=details.linked_chat_id,
        ttl_period=details.ttl_period,
    )
    chats, users = account.company((), key, *_relatives(details))
    return types.messages.ChatFull(full_chat=full, chats=chats, users=users)


def _relatives(details: ChatDetails) -> list[int]:
    linked = [refs.channel_key(details.linked_chat_id)] if details.linked_chat_id else []
    return linked + ([refs.chat_key(details.migrated_from_chat_id)] if details.migrated_from_chat_id else [])


async def get_participants(account: Account, caller: Caller, request: Any) -> Any:
    """https://core.telegram.org/method/channels.getParticipants: a broadcast channel shows them to admins only."""
    key = channel_key(account, request.channel)
    chat = account.chats[key]
    if chat.broadcast and not (chat.creator or chat.admin_rights):
        raise RpcError(400, "CHAT_ADMIN_REQUIRED")
    matching = [user for user in account.details[key].members if _wanted(account, user, request.filter)]
    shown = matching[request.offset : request.offset + min(request.limit, MAX_MEMBERS)]
    chats, users = account.company((), key, *shown)
    members = [_member(account, user, chat, account.details[key].members[0]) for user in shown]
    return types.channels.ChannelParticipants(count=len(matching), participants=members, chats=chats, users=users)


def _wanted(account: Account, user_id: int, chosen: Any) -> bool:
    user = account.users[user_id]
    if isinstance(chosen, types.ChannelParticipantsBots):
        return bool(user.bot)
    if isinstance(chosen, types.ChannelParticipantsSearch) and chosen.q:
        return str(chosen.q).casefold() in f"{user.first_name or ''} {user.last_name or ''}".casefold()
    return isinstance(chosen, types.ChannelParticipantsRecent | types.ChannelParticipantsSearch)


def _member(account: Account, user_id: int, chat: Any, creator_id: int) -> Any:
    if user_id == creator_id:
        return types.ChannelParticipantCreator(user_id=user_id, admin_rights=types.ChatAdminRights(other=True))
    if user_id == account.me.id:
        return types.ChannelParticipantSelf(user_id=user_id, inviter_id=creator_id, date=chat.date)
    return types.ChannelParticipant(user_id=user_id, date=chat.date)


async def get_participant(account: Account, caller: Caller, request: Any) -> Any:
    """https://core.telegram.org/method/channels.getParticipant"""
    key = channel_key(account, request.channel)
    user = peer_key(account, request.participant)
    members = account.details[key].members
    if user not in members:
        raise RpcError(400, "USER_NOT_PARTICIPANT")
    chats, users = account.company((), key, user)
    member = _member(account, user, account.chats[key], members[0])
    return types.channels.ChannelParticipant(participant=member, chats=chats, users=users)


async def get_left_channels(account: Account, caller: Caller, request: Any) -> Any:
    """https://core.telegram.org/method/channels.getLeftChannels: inside a takeout only."""
    require_takeout(caller)
    left = [account.chats[key] for key in account.left[request.offset :]]
    return types.messages.Chats(chats=left)


async def check_chat_invite(account: Account, caller: Caller, request: Any) -> Any:
    """https://core.telegram.org/method/messages.checkChatInvite: the chat itself only to those who are in it."""
    if not request.hash:
        raise RpcError(400, "INVITE_HASH_EMPTY")
    key = account.invites.get(request.hash)
    if key is None:
        raise RpcError(400, "INVITE_HASH_EXPIRED")
    chat = account.chats[key]
    if key in account.dialogs and key not in account.forbidden:
        return types.ChatInviteAlready(chat)
    broadcast = bool(getattr(chat, "broadcast", False))
    return types.ChatInvite(
        title=chat.title,
        photo=types.PhotoEmpty(0),
        participants_count=chat.participants_count or len(account.details[key].members),
        color=0,
        channel=isinstance(chat, types.Channel) or None,
        broadcast=broadcast or None,
        megagroup=(isinstance(chat, types.Channel) and not broadcast) or None,
        about=account.details[key].about or None,
    )


METHODS: Final = {
    functions.messages.CheckChatInviteRequest: check_chat_invite,
    functions.messages.GetChatsRequest: get_chats,
    functions.messages.GetFullChatRequest: get_full_chat,
    functions.channels.GetChannelsRequest: get_channels,
    functions.channels.GetFullChannelRequest: get_full_channel,
    functions.channels.GetParticipantsRequest: get_participants,
    functions.channels.GetParticipantRequest: get_participant,
    functions.channels.GetLeftChannelsRequest: get_left_channels,
}
