"""What is inside a client's decrypted packet, and what is wrong with it. Pure.

https://core.telegram.org/mtproto/description#encrypted-message-encrypted-data
"""

from __future__ import annotations

import struct

import attrs

_CONTAINER = struct.pack("<I", 0x73F1F8DC)
HEAD = struct.Struct("<qqqii")  # salt, session id, message id, seqno, length
_INNER_HEAD = struct.Struct("<qii")

LARGEST_CONTAINER = 1020  # messages, https://core.telegram.org/mtproto/service_messages#containers

# https://core.telegram.org/mtproto/service_messages_about_messages#notice-of-ignored-error-message
TOO_LOW, TOO_HIGH, BAD_LOW_BITS, REPEATED_CONTAINER, TOO_OLD = 16, 17, 18, 19, 20
SEQNO_TOO_LOW, SEQNO_TOO_HIGH, SEQNO_NOT_EVEN, SEQNO_NOT_ODD = 32, 33, 34, 35
BAD_SALT, BAD_CONTAINER = 48, 64


@attrs.frozen
class Message:
    """One message of a client, out of its container if it was in one."""

    msg_id: int
    seqno: int
    body: bytes = attrs.field(repr=False)


@attrs.frozen
class BadMessage(Exception):
    """The message must be refused with a bad_msg_notification."""

    code: int


def parse_plain(plain: bytes) -> tuple[int, int, Message]:
    """Salt, session id and the message of a decrypted packet; raises ValueError when its length is wrong."""
    salt, session_id, msg_id, seqno, length = HEAD.unpack_from(plain)
    padding = len(plain) - HEAD.size - length
    # https://core.telegram.org/mtproto/security_guidelines#checking-message-length
    if length < 4 or length % 4 or not 12 <= padding <= 1024:
        raise ValueError("wrong message length")
    return salt, session_id, Message(msg_id, seqno, plain[HEAD.size : HEAD.size + length])


def is_container(message: Message) -> bool:
    return message.body[:4] == _CONTAINER


def open_container(message: Message) -> list[Message]:
    """The messages in `message`, or itself if it is no container; raises BadMessage."""
    if not is_container(message):
        return [message]
    (count,) = struct.unpack_from("<i", message.body, 4)
    if message.seqno & 1:
        raise BadMessage(SEQNO_NOT_EVEN)
    if not 0 < count <= LARGEST_CONTAINER:
        raise BadMessage(BAD_CONTAINER)
    position, messages = 8, []
    for _ in range(count):
        if position + _INNER_HEAD.size > len(message.body):
            raise BadMessage(BAD_CONTAINER)
        msg_id, seqno, length = _INNER_HEAD.unpack_from(message.body, position)
        position += _INNER_HEAD.size
        body = message.body[position : position + length]
        if len(body) != length or body[:4] == _CONTAINER or msg_id >= message.msg_id:
            raise BadMessage(BAD_CONTAINER)
        messages.append(Message(msg_id, seqno, body))
        position += length
    return messages


def check_time(message: Message, now: float) -> None:
    """Raises BadMessage for an id that is not of our time (https://core.telegram.org/mtproto/description#message-identifier-msg-id)."""
    if message.msg_id % 4:
        raise BadMessage(BAD_LOW_BITS)
    sent = message.msg_id / (1 << 32)
    if sent < now - 300:
        raise BadMessage(TOO_LOW)
    if sent > now + 30:
        raise BadMessage(TOO_HIGH)
