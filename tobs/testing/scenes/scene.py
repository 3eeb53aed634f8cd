"""How a chat of the sample account is written down: somebody says something, some minutes later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any, Final

import attrs
from telethon.tl import types

from tobs.testing import refs
from tobs.testing.account import Account
from tobs.testing.scenes.library import Library
from tobs.testing.scenes.text import Part, Rich, found, rich

# Minutes between two messages, over and over: uneven, as people are, and always the same.
_PAUSES: Final = (1, 2, 1, 4, 3, 1, 7, 2)


@attrs.define
class Stage:
    """What all scenes share: the account, its library, and the people by their short names."""

    account: Account
    library: Library
    people: Mapping[str, Any]
    emoji: Mapping[str, Any] = attrs.field(factory=dict)
    chats: dict[str, Any] = attrs.field(factory=dict)

    @property
    def me(self) -> Any:
        return self.account.me

    def scene(self, chat: Any, *, first_id: int | None = None) -> Scene:
        return Scene(self, self.account.key_of(chat), first_id)


class Scene:
    """Writes the messages of one chat. The clock moves on with every message; `at` sets it.

    Where ids are shared between chats (private chats, basic groups) `first_id`
    starts a range of the chat's own, in which some numbers are left out.
    """

    def __init__(self, stage: Stage, key: int, first_id: int | None) -> None:
        self.stage, self.key = stage, key
        self.now = datetime(2024, 1, 1, 9, 0, tzinfo=UTC)
        self._pauses = cycle(_PAUSES)
        self._next = first_id
        self._albums = 0
        self.topic: int | None = None

    def at(self, year: int, month: int, day: int, hour: int = 9, minute: int = 0) -> Scene:
        self.now = datetime(year, month, day, hour, minute, 12, tzinfo=UTC)
        return self

    def later(self, **span: float) -> Scene:
        self.now += timedelta(**span)
        return self

    def say(self, sender: str | None, *parts: Part, pause: int | None = None, **fields: Any) -> Any:
        """One message. A single plain string gets the entities that Telegram finds by itself.

        `sender` None is a post in the name of the channel or group itself.
        """
        text = found(parts[0]) if len(parts) == 1 and isinstance(parts[0], str) else rich(*parts)
        return self._put(types.Message, sender, pause, **{**_written(text), **fields})

    def act(self, sender: str | None, action: Any, pause: int | None = None, **fields: Any) -> Any:
        """One service message."""
        return self._put(types.MessageService, sender, pause, action=action, **fields)

    def talk(self, dialogue: str) -> list[Any]:
        """Many messages: a line each, ``name: text``; ``\\n`` in the text is a new line."""
        lines = [line.strip().partition(": ") for line in dialogue.strip().splitlines()]
        return [self.say(name, text.replace("\\n", "\n")) for name, _, text in lines]

    def album(self, sender: str | None, media: Sequence[Any], *caption: Part, **fields: Any) -> list[Any]:
        """Several media as one group; caption and reactions stand on the first."""
        self._albums += 1
        group = 13_700_000_000_000_000 + abs(self.key) % 1_000_000 * 1000 + self._albums
        shared = {name: value for name, value in fields.items() if name != "reactions"}
        first = self.say(sender, *caption, media=media[0], grouped_id=group, **fields)
        rest = [self.say(sender, media=item, grouped_id=group, pause=0, **shared) for item in media[1:]]
        return [first, *rest]

    def reply(self, message: Any, *, quote: str = "", **fields: Any) -> Any:
        """The header of an answer to `message`, inside the current topic if there is one."""
        header = types.MessageReplyHeader(reply_to_msg_id=message.id, **fields)
        if quote:
            header.quote, header.quote_text = True, quote
            header.quote_offset = max(message.message.find(quote), 0)
        if self.topic is not None:
            header.forum_topic, header.reply_to_top_id = True, self.topic
        return header

    def _put(self, make: Any, sender: str | None, pause: int | None, **fields: Any) -> Any:
        self.now += timedelta(minutes=next(self._pauses) if pause is None else pause)
        fields.setdefault("date", self.now)
        if self.topic is not None:
            in_topic = types.MessageReplyHeader(forum_topic=True, reply_to_msg_id=self.topic)
            fields.setdefault("reply_to", in_topic)
        message = make(id=self._id(), peer_id=refs.key_peer(self.key), **{**self._from(sender), **fields})
        return self.stage.account.add_message(self.key, message)

    def _id(self) -> int:
        if self._next is None:
            return 0
        taken = self._next
        self._next += 1 + next(self._pauses) // 3
        return taken

    def _from(self, sender: str | None) -> dict[str, Any]:
        """Who wrote it, as Telegram says it: in private chats by `out` alone, in channels not at all."""
        if sender is None:
            return {"post": True} if self._broadcast() else {"from_id": refs.key_peer(self.key)}
        user = self.stage.people[sender]
        mine = user is self.stage.me
        if self.key == user.id and mine:
            return {"saved_peer_id": types.PeerUser(user.id)}  # Saved Messages: neither in nor out
        if self.key > 0:
            return {"out": mine or None}
        return {"from_id": types.PeerUser(user.id), "out": mine or None}

    def _broadcast(self) -> bool:
        return bool(getattr(self.stage.account.chats.get(self.key), "broadcast", False))


def _written(text: Rich) -> dict[str, Any]:
    return {"message": text.text, "entities": list(text.entities) or None}


def reactions(*counts: tuple[Any, int], recent: Sequence[tuple[Any, Any, datetime]] = ()) -> Any:
    """Reactions: an emoji, a custom emoji's document id, or None for a paid star; each with its number."""
    results = [types.ReactionCount(_reaction(what), count) for what, count in counts]
    who = [types.MessagePeerReaction(types.PeerUser(user.id), date, _reaction(what)) for user, what, date in recent]
    return types.MessageReactions(results=results, can_see_list=bool(who) or None, recent_reactions=who or None)


def _reaction(what: Any) -> Any:
    if what is None:
        return types.ReactionPaid()
    return types.ReactionCustomEmoji(what) if isinstance(what, int) else types.ReactionEmoji(what)


def answers(*options: str) -> list[Any]:
    """The options of a poll."""
    return [types.PollAnswer(plain(text), bytes([48 + i])) for i, text in enumerate(options)]


def votes(*counts: int, chosen: int | None = None, correct: int | None = None) -> list[Any]:
    """How many voted for each option of a poll; `chosen` is one's own vote."""
    return [
        types.PollAnswerVoters(
            bytes([48 + i]), chosen=i == chosen or None, correct=i == correct or None, voters=count, recent_voters=[]
        )
        for i, count in enumerate(counts)
    ]


def plain(text: str) -> Any:
    return types.TextWithEntities(text, [])
