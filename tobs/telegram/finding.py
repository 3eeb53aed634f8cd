"""Names → chats, with as few requests as can be: asking for names in bulk is what Telegram limits hardest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import trio
from telethon import utils
from telethon.tl import types
from telethon.tl.functions.contacts import ResolveUsernameRequest
from telethon.tl.functions.messages import CheckChatInviteRequest
from telethon.tl.functions.users import GetUsersRequest

from tobs.errors import AccessDenied, ChatNotFound
from tobs.model import Chat
from tobs.source import FailedChat
from tobs.telegram.connection import Connection
from tobs.telegram.details import full_chats, plain_chat, read_full
from tobs.telegram.dialogs import Listed, read_dialogs
from tobs.telegram.listing import ChatLine, read_lines
from tobs.telegram.names import Name, parse_name, possible_ids
from tobs.telegram.peers import input_peer, marked_id, name_of, username_of
from tobs.telegram.several import SEVERAL, Several
from tobs.telegram.tasks import gather

Found = list[Chat | FailedChat]


class Finder:
    """Finds chats for one account. Lists the account's chats once at most."""

    def __init__(self, connection: Connection, account: Any) -> None:
        self._connection = connection
        self._account = account
        self._listed: list[Listed] | None = None
        self._met: dict[int, Any] = {}  # groups and channels that came along with others
        self._several = Several(connection, account.id, self._dialogs, self._sight)

    @property
    def account_id(self) -> int:
        """Whose chats these are."""
        return int(self._account.id)

    async def list_chats(self) -> Sequence[Chat]:
        """The account's chats, newest first, without their details."""
        return [plain_chat(listed, self._account.id) for listed in await self._dialogs()]

    async def list_lines(self) -> list[ChatLine]:
        """The account's chats with the date of their newest message and their folders."""
        return await read_lines(self._connection, await self._dialogs(), self._account.id)

    async def entities(self) -> dict[int, Any]:
        """Who the chats of the list are with, by marked id."""
        return {listed.id: listed.entity for listed in await self._dialogs()}

    async def list_again(self) -> Sequence[Listed]:
        """The list of chats as it is now."""
        self._listed = None
        return await self._dialogs()

    async def find(self, names: Sequence[str], limit: trio.CapacityLimiter) -> Found:
        """The chats that `names` mean, each once, in that order; an old basic group stands before what it became."""
        parsed = [(name, parse_name(name)) for name in dict.fromkeys(names)]
        if sum(not self._is_cheap(name) for _, name in parsed) > 1:
            await self._dialogs()
        targets: list[Listed | FailedChat] = []
        for text, name in parsed:
            targets.extend(await self._targets(text, name))
        # Most of these wait for the network.
        found = await gather([partial(self._details, target, limit) for target in targets])
        self._remember([target.entity for target in targets if isinstance(target, Listed)])
        return list({_key(each): each for part in found for each in part}.values())

    async def _details(self, target: Listed | FailedChat, limit: trio.CapacityLimiter) -> Found:
        if isinstance(target, FailedChat):
            return [target]
        try:
            async with limit:
                return list(await full_chats(self._connection, target, self._account.id, self._meet))
        except (AccessDenied, ChatNotFound) as exc:
            return [FailedChat(name_of(target.entity), str(exc))]

    async def _targets(self, text: str, name: Name) -> Sequence[Listed | FailedChat]:
        try:
            if name.kind in SEVERAL:
                return await self._several.find(name)
            return [await self._target(name)]
        except (ChatNotFound, AccessDenied) as exc:
            return [FailedChat(text, str(exc))]

    async def _target(self, name: Name) -> Listed:
        if name.kind == "saved":
            return Listed(self._account.id, self._account)
        if name.kind == "id":
            return await self._by_id(name.id)
        if name.kind == "username":
            return await self._by_username(name.text)
        if name.kind == "invite":
            return await self._by_invite(name.text)
        return await self._by_title(name)

    def _meet(self, entities: Iterable[Any]) -> None:
        self._met |= {marked_id(entity): entity for entity in entities if input_peer(entity) is not None}

    def _is_cheap(self, name: Name) -> bool:
        """Whether the session or the request itself already knows the address."""
        if name.kind == "id":
            return any(marked in self._met or self._known(marked) for marked in possible_ids(name.id))
        if name.kind in ("username", "word"):
            return self._known_username(name.text.lower()) is not None
        return name.kind in ("saved", "invite")

    async def _by_id(self, number: int) -> Listed:
        for marked in possible_ids(number):
            if marked == self._account.id:
                return Listed(marked, self._account)
            if peer := self._known(marked):
                return await self._sight(peer)
            if marked in self._met:
                return Listed(marked, self._met[marked])
        for listed in await self._dialogs():
            if listed.id in possible_ids(number):
                return listed
        raise ChatNotFound(f"This account has no chat with the number {number}; `tobs chats` lists those it has.")

    async def _by_username(self, username: str) -> Listed:
        if self._listed is not None:
            for listed in self._listed:
                if username in _usernames(listed.entity):
                    return listed
        if peer := self._known_username(username):
            listed = await self._sight(peer)
            if username in _usernames(listed.entity):  # names change hands
                return listed
        answer = await self._connection.ask(ResolveUsernameRequest(username))
        marked = marked_id(answer.peer)
        for entity in [*answer.users, *answer.chats]:
            if marked_id(entity) == marked:
                return Listed(marked, entity)
        raise ChatNotFound(f"No chat answers to @{username}.")

    async def _by_invite(self, hashed: str) -> Listed:
        try:
            answer = await self._connection.ask(CheckChatInviteRequest(hashed))
        except ChatNotFound:
            raise ChatNotFound("This invite link leads nowhere, or no longer does.") from None
        if not isinstance(answer, (types.ChatInviteAlready, types.ChatInvitePeek)):
            raise AccessDenied(
                "This account is not in the chat that the invite link leads to; join it in Telegram first."
            )
        return Listed(marked_id(answer.chat), answer.chat)

    async def _by_title(self, name: Name) -> Listed:
        if name.kind == "word" and self._known_username(name.text.lower()) is not None:
            return await self._by_username(name.text.lower())
        dialogs = await self._dialogs()
        word = name.text.lower()
        if name.kind == "word":
            for listed in dialogs:
                if word in _usernames(listed.entity):
                    return listed
        title = name.text.casefold()
        matching = [listed for listed in dialogs if name_of(listed.entity).casefold() == title]
        if len(matching) > 1:
            numbers = ", ".join(str(listed.id) for listed in matching)
            raise ChatNotFound(
                f"{len(matching)} chats are called {name.text!r}; name the one by its number: {numbers}."
            )
        if matching:
            return matching[0]
        if name.kind == "word":
            return await self._by_username(word)
        raise ChatNotFound(f"No chat is called {name.text!r}; `tobs chats` lists those there are.")

    async def _dialogs(self) -> list[Listed]:
        if self._listed is None:
            self._listed = await read_dialogs(self._connection)
            self._remember([listed.entity for listed in self._listed])
        return self._listed

    async def _sight(self, peer: Any) -> Listed:
        """A chat whose address the session knows, as the server sees it now."""
        if not isinstance(peer, types.InputPeerUser):
            full = await read_full(self._connection, peer)
            marked = utils.get_peer_id(peer)
            return Listed(marked, next(chat for chat in full.chats if marked_id(chat) == marked), full=full)
        answer = await self._connection.ask(GetUsersRequest([types.InputUser(peer.user_id, peer.access_hash)]))
        if not answer or isinstance(answer[0], types.UserEmpty):
            raise ChatNotFound("This person's account no longer exists.")
        return Listed(peer.user_id, answer[0])

    async def address(self, name: str) -> Any:
        """How to ask for the messages of somebody who is named as a chat is. Raises `ChatNotFound`."""
        try:
            listed = await self._target(parse_name(name))
        except ChatNotFound as exc:
            raise ChatNotFound(f"There is no sender {name!r}: {exc}") from exc
        self._remember([listed.entity])
        peer = input_peer(listed.entity)
        if peer is None:
            raise ChatNotFound(f"There is no sender {name!r} that this account may ask for.")
        return peer

    def channel(self, marked: int) -> Any:
        """How to ask for a channel or supergroup that was found, now or in an earlier run. Raises `ChatNotFound`."""
        peer = self._known(marked)
        if not isinstance(peer, types.InputPeerChannel):
            raise ChatNotFound(f"The chat {marked} is not known to this session; find it again by its name.")
        return types.InputChannel(peer.channel_id, peer.access_hash)

    def _known(self, marked: int) -> Any | None:
        """The address of a marked id, if the session has seen it in an earlier run."""
        row = self._connection.client.session.get_entity_rows_by_id(marked)
        return _address(*row) if row else None

    def _known_username(self, username: str) -> Any | None:
        row = self._connection.client.session.get_entity_rows_by_username(username)
        return _address(*row) if row else None

    def _remember(self, entities: Sequence[Any]) -> None:
        """Keep the addresses in the session, so that the next run need not ask for them."""
        session = self._connection.client.session
        session.save_entities = True
        session.process_entities(entities)
        session.save_entities = False
        session.save()


def _key(found: Chat | FailedChat) -> int | str:
    return found.id if isinstance(found, Chat) else found.name


def _usernames(entity: Any) -> set[str]:
    names = {username_of(entity)} | {known.username for known in getattr(entity, "usernames", None) or ()}
    return {name.lower() for name in names if name}


def _address(marked: int, access_hash: int) -> Any:
    bare, kind = utils.resolve_id(marked)
    if kind is types.PeerUser:
        return types.InputPeerUser(bare, access_hash)
    return types.InputPeerChat(bare) if kind is types.PeerChat else types.InputPeerChannel(bare, access_hash)
