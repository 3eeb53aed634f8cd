"""The world one account sees: people, chats, their messages, dialogs, folders and files.

`Account` is the one owner of that state. Tests change it while it is being
read: `add_message`, `edit`, `delete`, `files.expire`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import attrs
from telethon.tl import types

from tobs.testing import refs
from tobs.testing.cdn import Cdn
from tobs.testing.events import COMMON, Event, Events, What
from tobs.testing.files import Files
from tobs.testing.history import History, ListHistory
from tobs.testing.takeouts import Takeouts


@attrs.define(eq=False)
class Dialog:
    """One line of the chat list; its top message and date come from the history."""

    key: int
    pinned: bool = False
    folder_id: int = 0
    unread: int = 0
    read_inbox: int = 0


@attrs.frozen
class Topic:
    """A topic of a forum; its id is that of the service message that created it (1 for General)."""

    id: int
    title: str
    date: datetime
    creator: int
    icon_color: int = 0x6FB9F0
    icon_emoji_id: int | None = None
    closed: bool = False
    pinned: bool = False
    hidden: bool = False  # General alone can be


@attrs.define(eq=False)
class ChatDetails:
    """What only getFullUser, getFullChat and getFullChannel tell of a chat."""

    about: str = ""
    members: list[int] = attrs.field(factory=list)
    photo: Any = None
    linked_chat_id: int | None = None
    migrated_from_chat_id: int | None = None
    migrated_from_max_id: int | None = None
    pinned_msg_id: int | None = None
    hidden_prehistory: bool = False
    ttl_period: int | None = None


@attrs.define(eq=False)
class Account:
    """`me` and everything `me` can see. Keys are marked ids (refs.peer_key)."""

    me: Any
    phone: str = "+9996612345"
    files: Files = attrs.field(factory=Files)
    cdn: Cdn = attrs.field(factory=Cdn)
    users: dict[int, Any] = attrs.field(factory=dict, init=False)
    chats: dict[int, Any] = attrs.field(factory=dict, init=False)
    histories: dict[int, History] = attrs.field(factory=dict, init=False)
    dialogs: dict[int, Dialog] = attrs.field(factory=dict, init=False)
    details: dict[int, ChatDetails] = attrs.field(factory=dict, init=False)
    topics: dict[int, dict[int, Topic]] = attrs.field(factory=dict, init=False)
    contacts: list[int] = attrs.field(factory=list, init=False)
    saved_pins: list[int] = attrs.field(factory=list, init=False)  # origins of Saved Messages, by their marked ids
    filters: list[Any] = attrs.field(factory=list, init=False)
    custom_emoji: dict[int, Any] = attrs.field(factory=dict, init=False)
    stories: dict[int, dict[int, Any]] = attrs.field(factory=dict, init=False)  # owner → number → StoryItem
    left: list[int] = attrs.field(factory=list, init=False)
    invites: dict[str, int] = attrs.field(factory=dict, init=False)  # hash of an invite link → the chat it leads to
    forbidden: set[int] = attrs.field(factory=set, init=False)
    omits_gone: bool = False  # getMessages leaves out what is not there, as Telegram may outside of channels
    takeouts: Takeouts = attrs.field(factory=Takeouts, init=False)
    events: Events = attrs.field(factory=Events, init=False)
    watchers: list[Callable[[Event], None]] = attrs.field(factory=list, init=False)
    _next_private_id: int = attrs.field(default=1, init=False)
    _deleted_top: dict[int, int] = attrs.field(factory=dict, init=False)
    _mentioned: dict[tuple[int, int], frozenset[int]] = attrs.field(factory=dict, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self.add_user(self.me)

    # People and chats

    def add_user(self, user: Any, *, about: str = "") -> Any:
        self.users[user.id] = user
        self.details[user.id] = ChatDetails(about=about)
        return user

    def add_chat(self, chat: Any, *, history: History | None = None, dialog: bool = True, **details: Any) -> Any:
        """Add a basic group, supergroup or channel; `details` are those of ChatDetails."""
        key = self.key_of(chat)
        self.chats[key] = chat
        self.details[key] = ChatDetails(**details)
        self.histories[key] = ListHistory() if history is None else history
        if dialog:
            self.open_dialog(key)
        return chat

    def describe(self, entity: Any, **changes: Any) -> Any:
        """Replace fields of a person or chat, such as the title. Results sent before keep the old one."""
        key = self.key_of(entity)
        changed = copy.copy(self.entity(key))
        for name, value in changes.items():
            setattr(changed, name, value)
        (self.users if key > 0 else self.chats)[key] = changed
        self._happened("describe", key, [])
        return changed

    def open_dialog(self, key: int, *, pinned: bool = False, folder_id: int = 0) -> Dialog:
        self.histories.setdefault(key, ListHistory())
        self.dialogs[key] = Dialog(key, pinned=pinned, folder_id=folder_id)
        return self.dialogs[key]

    def key_of(self, entity: Any) -> int:
        """The marked id of a User, Chat, Channel, Peer or of a marked id itself."""
        if isinstance(entity, int):
            return entity
        if isinstance(entity, types.User):
            return refs.user_key(entity.id)
        if isinstance(entity, types.Chat):
            return refs.chat_key(entity.id)
        if isinstance(entity, types.Channel):
            return refs.channel_key(entity.id)
        return refs.peer_key(entity)

    def entity(self, key: int) -> Any | None:
        return self.users.get(key) if key > 0 else self.chats.get(key)

    def by_username(self, username: str) -> int | None:
        """The key of whoever has this name now, without regard to case."""
        wanted = username.casefold()
        for key, entity in (*self.users.items(), *self.chats.items()):
            if wanted in {name.casefold() for name in usernames(entity)}:
                return key
        return None

    # Messages

    def history(self, chat: Any) -> History:
        return self.histories.setdefault(self.key_of(chat), ListHistory())

    def is_channel(self, key: int) -> bool:
        return isinstance(refs.key_peer(key), types.PeerChannel)

    def next_id(self, chat: Any) -> int:
        """The id the next message of `chat` gets: own numbers in a channel, else one sequence for the account.

        Ids are never used twice, also not after a deletion.
        """
        key = self.key_of(chat)
        if not self.is_channel(key):
            return self._next_private_id
        history = self.histories[key]
        last = history.ids(len(history) - 1, len(history))[0] if len(history) else 0
        return max(last, self._deleted_top.get(key, 0)) + 1

    def add_message(self, chat: Any, message: Any) -> Any:
        """Put a Message or MessageService into `chat`; id 0 asks for the next id. Returns the message."""
        key = self.key_of(chat)
        if not message.id:
            message.id = self.next_id(key)
        message.peer_id = message.peer_id or refs.key_peer(key)
        if not self.is_channel(key):
            self._next_private_id = max(self._next_private_id, message.id + 1)
            if key not in self.dialogs:
                self.open_dialog(key)
        history = self._changeable(key)
        is_new = history.get(message.id) is None
        history.put(message)
        self._mentioned.pop((key, message.id), None)
        self._happened("new" if is_new else "edit", key, [message.id])
        return message

    def edit(self, chat: Any, message_id: int, *, edit_date: datetime | None = None, **changes: Any) -> Any:
        """Replace fields of a message. Results sent before keep the old one."""
        key = self.key_of(chat)
        message = copy.copy(self._changeable(key).get(message_id))
        if message is None:
            raise KeyError(message_id)
        for name, value in {**changes, "edit_date": edit_date}.items():
            setattr(message, name, value)
        return self.add_message(key, message)

    def delete(self, chat: Any, *message_ids: int) -> int:
        """Remove messages; returns how many were there."""
        key = self.key_of(chat)
        history = self._changeable(key)
        removed = [message_id for message_id in message_ids if history.remove(message_id)]
        self._deleted_top[key] = max([self._deleted_top.get(key, 0), *removed])
        if removed:
            self._happened("delete", key, removed)
        return len(removed)

    def add_story(self, owner: Any, story: Any) -> Any:
        """Post a StoryItem of a user or channel, or replace it by a StoryItemDeleted. Returns it."""
        self.stories.setdefault(self.key_of(owner), {})[story.id] = story
        return story

    def pin(self, chat: Any, message_id: int, *, pinned: bool = True) -> None:
        """Pin or unpin a message, without the service message that usually tells so."""
        self._replace(chat, message_id, pinned=pinned or None)
        self._happened("pin" if pinned else "unpin", self.key_of(chat), [message_id])

    def react(self, chat: Any, message_id: int, reactions: Any) -> None:
        """Set the MessageReactions of a message."""
        self._replace(chat, message_id, reactions=reactions)
        self._happened("reactions", self.key_of(chat), [message_id])

    def _replace(self, chat: Any, message_id: int, **changes: Any) -> None:
        key = self.key_of(chat)
        message = copy.copy(self._changeable(key).get(message_id))
        for name, value in changes.items():
            setattr(message, name, value)
        self._changeable(key).put(message)
        self._mentioned.pop((key, message_id), None)

    def _happened(self, what: What, key: int, ids: Sequence[int]) -> None:
        event = self.events.boxes[key if self.is_channel(key) else COMMON].add(what, key, ids)
        for watcher in self.watchers:
            watcher(event)

    @contextmanager
    def watched(self, watcher: Callable[[Event], None]) -> Iterator[None]:
        """`watcher` hears of everything that happens during the block."""
        self.watchers.append(watcher)
        try:
            yield
        finally:
            self.watchers.remove(watcher)

    def _changeable(self, key: int) -> ListHistory:
        history = self.history(key)
        if not isinstance(history, ListHistory):
            raise TypeError(f"the messages of {key} are made on the fly and cannot be changed")
        return history

    def private_message(self, message_id: int) -> Any | None:
        """A message of the sequence that private chats and basic groups share."""
        for key, history in self.histories.items():
            if not self.is_channel(key):
                message = history.get(message_id)
                if message is not None:
                    return message
        return None

    def top(self, key: int) -> Any | None:
        history = self.histories[key]
        return history.slice(len(history) - 1, len(history))[0] if len(history) else None

    # What a result brings along

    def sent(self, messages: Iterable[Any]) -> list[Any]:
        """`messages` ready for sending: their file references are the ones that are good now."""
        ready = list(messages)
        for message in ready:
            if isinstance(message, types.MessageService) or message.media or message.rich_message:
                for media in refs.files(message):
                    self.files.stamp(media)
        return ready

    def company(self, messages: Iterable[Any], *more: int) -> tuple[list[Any], list[Any]]:
        """The chats and the users that `messages` name, and `more`: (chats, users), in order of id."""
        keys = set(more)
        for message in messages:
            keys |= self._mentions(message)
        found = [(key, entity) for key in sorted(keys) if (entity := self.entity(key)) is not None]
        return [e for key, e in found if key < 0], [e for key, e in found if key > 0]

    def _mentions(self, message: Any) -> frozenset[int]:
        at = (refs.peer_key(message.peer_id), message.id)
        if not isinstance(self.histories.get(at[0]), ListHistory):
            return refs.mentioned(message)  # made on the fly: remembering would grow with what is read
        if at not in self._mentioned:
            self._mentioned[at] = refs.mentioned(message)
        return self._mentioned[at]


def usernames(entity: Any) -> Iterator[str]:
    """All names that lead to a user or channel."""
    if getattr(entity, "username", None):
        yield entity.username
    for extra in getattr(entity, "usernames", None) or ():
        if extra.active:
            yield extra.username
