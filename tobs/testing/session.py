"""One MTProto session: which messages came, which were sent, which are acknowledged.

A session outlives its connections: an answer that found none is kept and sent
again on the next one (https://core.telegram.org/mtproto/description#session).
"""

from __future__ import annotations

import struct
import time
from collections import OrderedDict

import attrs
import trio
from telethon.tl import types

from tobs.testing.authkeys import AuthKey
from tobs.testing.crypto import seal_message
from tobs.testing.link import Link

_CONTAINER = struct.pack("<I", 0x73F1F8DC)
_HEAD = struct.Struct("<qqqii")  # salt, session id, message id, seqno, length
_INNER_HEAD = struct.Struct("<qii")

REMEMBERED_REQUESTS = 4096  # ids kept to recognise a repeated message
KEPT_ANSWERS = 256  # answers kept for a client that does not acknowledge
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


@attrs.frozen
class _Sent:
    seqno: int
    body: bytes
    answers: int


def parse_plain(plain: bytes) -> tuple[int, int, Message]:
    """Salt, session id and the message of a decrypted packet; raises ValueError when its length is wrong."""
    salt, session_id, msg_id, seqno, length = _HEAD.unpack_from(plain)
    padding = len(plain) - _HEAD.size - length
    # https://core.telegram.org/mtproto/security_guidelines#checking-message-length
    if length < 4 or length % 4 or not 12 <= padding <= 1024:
        raise ValueError("wrong message length")
    return salt, session_id, Message(msg_id, seqno, plain[_HEAD.size : _HEAD.size + length])


def open_container(message: Message) -> list[Message]:
    """The messages in `message`, or itself if it is no container; raises BadMessage."""
    if message.body[:4] != _CONTAINER:
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


class Session:
    """The server's side of one session; `layer` is the API layer its client announced."""

    def __init__(self, key: AuthKey, session_id: int) -> None:
        self.key = key
        self.session_id = session_id
        self.layer = 0
        self.link: Link | None = None
        self.announced = False
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._forgotten_up_to = 0
        self._newest = (0, 0)
        self._unacknowledged: OrderedDict[int, _Sent] = OrderedDict()
        self._answer_ids: dict[int, int] = {}
        self._content_count = 0
        self._last_msg_id = 0
        self._running: dict[int, trio.Event] = {}
        self._dropped: set[int] = set()

    # Received

    def admit(self, message: Message) -> bool:
        """False for a message that came before; raises BadMessage for one whose place in the order is wrong."""
        if message.msg_id in self._seen:
            return False
        if message.msg_id <= self._forgotten_up_to:
            raise BadMessage(TOO_OLD)
        self._check_seqno(message)
        self._seen[message.msg_id] = None
        if len(self._seen) > REMEMBERED_REQUESTS:
            self._forgotten_up_to = max(self._forgotten_up_to, self._seen.popitem(last=False)[0])
        return True

    def knows(self, msg_id: int) -> bool:
        return msg_id in self._seen

    def acknowledge(self, msg_ids: list[int]) -> None:
        """The client has these: they need not be kept."""
        for msg_id in msg_ids:
            sent = self._unacknowledged.pop(msg_id, None)
            if sent is not None:
                self._answer_ids.pop(sent.answers, None)

    def _check_seqno(self, message: Message) -> None:
        """A later message may not have a lower seqno, nor two content-related ones the same."""
        newest_id, newest_seqno = self._newest
        if message.msg_id > newest_id:
            if message.seqno < newest_seqno or (message.seqno == newest_seqno and message.seqno & 1):
                raise BadMessage(SEQNO_TOO_LOW)
            self._newest = (message.msg_id, message.seqno)
        elif message.seqno > newest_seqno:
            raise BadMessage(SEQNO_TOO_HIGH)

    # Running

    def begin(self, msg_id: int) -> None:
        """The request `msg_id` is being carried out from now on."""
        self._running[msg_id] = trio.Event()

    def finish(self, msg_id: int) -> bool:
        """The request is done; False if the client does not want the answer any more."""
        self._running.pop(msg_id).set()
        wanted = msg_id not in self._dropped
        self._dropped.discard(msg_id)
        return wanted

    def drop_answer(self, msg_id: int) -> bool:
        """Whether the request was still running, so that its answer can be left out."""
        if msg_id in self._running:
            self._dropped.add(msg_id)
        return msg_id in self._running

    async def wait_for(self, msg_ids: tuple[int, ...]) -> None:
        """Returns when none of these requests is running: https://core.telegram.org/api/invoking#waiting-for-another-method."""
        for msg_id in msg_ids:
            if msg_id in self._running:
                await self._running[msg_id].wait()

    # Sent

    def seal(self, body: bytes, now: float, *, answers: int = 0, content: bool = True) -> bytes:
        """The packet that carries `body`, in answer to message `answers` if that is not 0.

        Content is kept until it is acknowledged.
        """
        msg_id = self._next_msg_id(now, 1 if answers else 3)
        seqno = self._content_count * 2 + content
        if content:
            self._content_count += 1
            self._keep(msg_id, _Sent(seqno, body, answers))
        return self._pack(msg_id, seqno, body)

    def unacknowledged(self) -> list[bytes]:
        """The packets of everything kept, to be sent again under the same ids."""
        return [self._pack(msg_id, sent.seqno, sent.body) for msg_id, sent in self._unacknowledged.items()]

    def kept_answer(self, request_id: int) -> bytes | None:
        """The packet that answered the message `request_id`, if it is kept."""
        msg_id = self._answer_ids.get(request_id, 0)
        return self.kept(msg_id)

    def kept(self, msg_id: int) -> bytes | None:
        """The packet sent as `msg_id`, if it is kept."""
        sent = self._unacknowledged.get(msg_id)
        return self._pack(msg_id, sent.seqno, sent.body) if sent else None

    def _keep(self, msg_id: int, sent: _Sent) -> None:
        self._unacknowledged[msg_id] = sent
        if sent.answers:
            self._answer_ids[sent.answers] = msg_id
        if len(self._unacknowledged) > KEPT_ANSWERS:
            self.acknowledge([next(iter(self._unacknowledged))])

    def _next_msg_id(self, now: float, low_bits: int) -> int:
        fresh = int(now * (1 << 32)) & ~3
        self._last_msg_id = max(fresh, (self._last_msg_id & ~3) + 4) | low_bits
        return self._last_msg_id

    def _pack(self, msg_id: int, seqno: int, body: bytes) -> bytes:
        head = _HEAD.pack(self.key.current_salt(), self.session_id, msg_id, seqno, len(body))
        return seal_message(self.key.key, self.key.key_id.to_bytes(8, "little"), head + body)


def created(session: Session, first_msg_id: int) -> bytes:
    """https://core.telegram.org/mtproto/service_messages#new-session-creation-notification."""
    unique_id = time.time_ns() & 0x7FFFFFFFFFFFFFFF
    return bytes(types.NewSessionCreated(first_msg_id, unique_id, session.key.current_salt()))
