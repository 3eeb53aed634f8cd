"""The big scenarios: a supergroup or a private chat of any number of messages, each made on the fly from its number.

Message n is the same whatever the size of the chat is, so a chat that has grown
begins with the messages it had. Nothing is kept: memory does not grow with the
number of messages, nor with how many were read.
"""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import attrs
from telethon.tl import TLObject, types

from tobs.testing import bigtext
from tobs.testing.account import Account
from tobs.testing.scenes.people import people, supergroup, user

BIG_ID: Final = 1_600_000_001
START: Final = 1_640_995_200  # 2022-01-01; a message every 90 seconds: a million reach November 2024
SPACING: Final = 90
SENDERS: Final = 50
SPREAD: Final = 40  # of so many ids of the account one belongs to the big private chat
_FIRST_SENDER: Final = 71_000_001
_KNUTH: Final = 0x9E3779B1  # multiplying by it scatters neighbouring ids over 32 bits

# Bits of message.flags: https://core.telegram.org/constructor/message
_FROM, _REPLY, _ENTITIES, _EDITED, _REACTIONS = 1 << 8, 1 << 3, 1 << 7, 1 << 15, 1 << 20
_HEAD = struct.Struct("<IIIi")
_DATE = struct.Struct("<i")
_REPLY_TO = struct.Struct("<IIi")
_MESSAGE_ID: Final = 0x7600B9D3
_REPLY_HEADER_ID: Final = types.MessageReplyHeader.CONSTRUCTOR_ID
_REPLY_FLAGS: Final = 1 << 4  # reply_to_msg_id alone


@attrs.frozen
class Line:
    """What a message consists of, before it is a TL object or bytes."""

    id: int
    sender: int
    date: int
    opener: int
    body: int
    reply_to: int
    edited: int
    reaction: int


def line(message_id: int) -> Line:
    """The pure function behind everything: one in five replies, one in sixteen has reactions, one in 32 was edited."""
    mixed = message_id * _KNUTH & 0xFFFFFFFF
    burst = (message_id // 3 * _KNUTH & 0xFFFFFFFF) >> 16  # people write a few messages in a row
    date = START + message_id * SPACING + (mixed >> 26)
    back = message_id - 1 - (mixed >> 10 & 31)
    return Line(
        message_id,
        burst % SENDERS,
        date,
        (mixed >> 5) % bigtext.OPENERS,
        (mixed >> 12) % bigtext.BODIES,
        back if mixed % 5 == 0 and back > 0 else 0,
        date + 60 if mixed >> 27 == 7 else 0,
        (mixed >> 8) % bigtext.REACTIONS + 1 if mixed >> 4 & 15 == 3 else 0,
    )


class BigHistory:
    """A PackedHistory of a supergroup's messages 1 to `count`; `count` may be raised while it is being read."""

    def __init__(self, channel_id: int, count: int) -> None:
        self.count = count
        self._use(types.PeerChannel(channel_id), range(_FIRST_SENDER, _FIRST_SENDER + SENDERS))

    def _use(self, peer: Any, senders: Sequence[int]) -> None:
        self.peer, self.senders = peer, senders
        self._peer = bytes(peer)
        self._senders = [bytes(types.PeerUser(sender)) for sender in senders]
        self._text = bigtext.tables()

    def id_of(self, number: int) -> int:
        """The id of the message with this number, from 1."""
        return number

    def number_of(self, message_id: int) -> int:
        """The number of the newest message whose id is not greater; 0 if there is none."""
        return message_id

    def __len__(self) -> int:
        return self.count

    def before_id(self, message_id: int) -> int:
        return min(max(self.number_of(message_id - 1), 0), self.count)

    def before_date(self, date: int) -> int:
        return bisect_left(range(1, self.count + 1), date, key=lambda number: line(number).date)

    def get(self, message_id: int) -> Any | None:
        number = self.number_of(message_id)
        return self._message(number) if 1 <= number <= self.count and self.id_of(number) == message_id else None

    def slice(self, start: int, stop: int) -> Sequence[Any]:
        return [self._message(number) for number in self._numbers(start, stop)]

    def ids(self, start: int, stop: int) -> Sequence[int]:
        return [self.id_of(number) for number in self._numbers(start, stop)]

    def _numbers(self, start: int, stop: int) -> Sequence[int]:
        return range(max(start, 0) + 1, min(stop, self.count) + 1)

    def packed(self, start: int, stop: int) -> tuple[bytes, frozenset[int]]:
        lines = [self._line(number) for number in reversed(self._numbers(start, stop))]
        body = b"".join(map(self._pack, lines))
        return body, frozenset(self.senders[each.sender] for each in lines)

    def _line(self, number: int) -> Line:
        return line(number)

    def _message(self, number: int) -> Any:
        """The message as a TL object: the slow way, for everything but getHistory."""
        it = self._line(number)
        opener = self._text.openers[it.opener]
        return types.Message(
            id=it.id,
            peer_id=self.peer,
            from_id=types.PeerUser(self.senders[it.sender]),
            date=datetime.fromtimestamp(it.date, UTC),
            message=(opener.text + self._text.bodies[it.body]).decode(),
            entities=list(opener.entities) or None,
            reply_to=types.MessageReplyHeader(reply_to_msg_id=it.reply_to) if it.reply_to else None,
            edit_date=datetime.fromtimestamp(it.edited, UTC) if it.edited else None,
            reactions=self._text.reactions[it.reaction - 1].reactions if it.reaction else None,
        )

    def _pack(self, it: Line) -> bytes:
        """What `_message` would serialise to, some thirty times quicker."""
        opener = self._text.openers[it.opener]
        flags = _FROM
        reply = entities = edited = reactions = b""
        if it.reply_to:
            flags |= _REPLY
            reply = _REPLY_TO.pack(_REPLY_HEADER_ID, _REPLY_FLAGS, it.reply_to)
        if opener.packed:
            flags |= _ENTITIES
            entities = opener.packed
        if it.edited:
            flags |= _EDITED
            edited = _DATE.pack(it.edited)
        if it.reaction:
            flags |= _REACTIONS
            reactions = self._text.reactions[it.reaction - 1].packed
        text = TLObject.serialize_bytes(opener.text + self._text.bodies[it.body])
        head = _HEAD.pack(_MESSAGE_ID, flags, 0, it.id) + self._senders[it.sender] + self._peer
        return b"".join((head, reply, _DATE.pack(it.date), text, entities, edited, reactions))


class BigPrivateHistory(BigHistory):
    """A PackedHistory of a private chat. In between lie the ids of other chats' messages."""

    def __init__(self, senders: tuple[int, int], count: int) -> None:
        self.count = count
        self._use(types.PeerUser(senders[0]), senders)

    def id_of(self, number: int) -> int:
        return number * SPREAD + (number * _KNUTH & 0xFFFFFFFF) % SPREAD

    def number_of(self, message_id: int) -> int:
        number = message_id // SPREAD
        return number if self.id_of(number) <= message_id else number - 1

    def _line(self, number: int) -> Line:
        it = line(number)
        reply_to = self.id_of(it.reply_to) if it.reply_to else 0
        return attrs.evolve(it, id=self.id_of(number), sender=it.sender % len(self.senders), reply_to=reply_to)


def big_account(messages: int = 100_000, *, title: str = "Big Chat", username: str = "bigchat") -> Account:
    """An account with one supergroup of `messages` messages; its history is a BigHistory."""
    account = Account(people()["me"])
    account.phone = f"+{account.me.phone}"
    for number in range(SENDERS):
        account.add_user(_sender(number))
    chat = supergroup(BIG_ID, title, username, participants_count=SENDERS + 1)
    members = [account.me.id, *(_FIRST_SENDER + number for number in range(SENDERS))]
    account.add_chat(chat, history=BigHistory(BIG_ID, messages), members=members, about="A great many messages.")
    return account


def big_private_account(messages: int = 100_000, *, username: str = "bigchat") -> Account:
    """An account with one private chat of `messages` messages; its history is a BigPrivateHistory."""
    account = Account(people()["me"])
    account.phone = f"+{account.me.phone}"
    other = user(_FIRST_SENDER, "Big", "Talker", username)
    account.add_user(other)
    account.histories[other.id] = BigPrivateHistory((other.id, account.me.id), messages)
    account.open_dialog(other.id)
    return account


def _sender(number: int) -> Any:
    first, last = bigtext.FIRST[number % len(bigtext.FIRST)], bigtext.LAST[number // len(bigtext.FIRST)]
    return user(_FIRST_SENDER + number, first, last, f"{first.lower()}_{last.lower()}_{number}" if number % 3 else None)
