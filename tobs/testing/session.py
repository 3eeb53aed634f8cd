"""One MTProto session: which messages came, which were sent, which are acknowledged.

A session outlives its connections: an answer that found none is kept and sent
again on the next one (https://core.telegram.org/mtproto/description#session).
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque

import attrs
import trio
from telethon.tl import types

from tobs.testing.authkeys import AuthKey
from tobs.testing.crypto import seal_message
from tobs.testing.link import Link
from tobs.testing.messages import (
    HEAD,
    REPEATED_CONTAINER,
    SEQNO_TOO_HIGH,
    SEQNO_TOO_LOW,
    TOO_OLD,
    BadMessage,
    Message,
)

REMEMBERED_REQUESTS = 4096  # ids kept to recognise a repeated message
REMEMBERED_FAILURES = 64  # for requests that wait for another one
KEPT_ANSWERS = 256  # answers kept for a client that does not acknowledge


@attrs.frozen
class _Sent:
    seqno: int
    body: bytes
    answers: int


class Session:
    """The server's side of one session; `layer` is the API layer its client announced."""

    def __init__(self, key: AuthKey, session_id: int) -> None:
        self.key = key
        self.session_id = session_id
        self.layer = 0
        self.link: Link | None = None
        self.announced = False
        self.subscribed = False  # its client wants to hear what happens
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._forgotten_up_to = 0
        self._newest = (0, 0)
        self._unacknowledged: OrderedDict[int, _Sent] = OrderedDict()
        self._answer_ids: dict[int, int] = {}
        self._content_count = 0
        self._last_msg_id = 0
        self._running: dict[int, trio.Event] = {}
        self._dropped: set[int] = set()
        self._failed: deque[int] = deque(maxlen=REMEMBERED_FAILURES)

    # Received

    def admit(self, message: Message) -> bool:
        """False for a message that came before; raises BadMessage for one whose place in the order is wrong."""
        if message.msg_id in self._seen:
            return False
        if message.msg_id <= self._forgotten_up_to:
            raise BadMessage(TOO_OLD)
        self._check_seqno(message)
        self._remember(message.msg_id)
        return True

    def admit_container(self, message: Message) -> None:
        """Raises BadMessage if its id came before: a container is never repeated as such."""
        if message.msg_id in self._seen:
            raise BadMessage(REPEATED_CONTAINER)
        self._remember(message.msg_id)

    def knows(self, msg_id: int) -> bool:
        return msg_id in self._seen

    def acknowledge(self, msg_ids: list[int]) -> None:
        """The client has these: they need not be kept."""
        for msg_id in msg_ids:
            sent = self._unacknowledged.pop(msg_id, None)
            if sent is not None:
                self._answer_ids.pop(sent.answers, None)

    def _remember(self, msg_id: int) -> None:
        self._seen[msg_id] = None
        if len(self._seen) > REMEMBERED_REQUESTS:
            self._forgotten_up_to = max(self._forgotten_up_to, self._seen.popitem(last=False)[0])

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

    def finish(self, msg_id: int, *, failed: bool) -> bool:
        """The request is done; False if the client does not want the answer any more."""
        if failed:
            self._failed.append(msg_id)
        self._running.pop(msg_id).set()
        wanted = msg_id not in self._dropped
        self._dropped.discard(msg_id)
        return wanted

    def drop_answer(self, msg_id: int) -> bool:
        """Whether the request was still running, so that its answer can be left out."""
        if msg_id in self._running:
            self._dropped.add(msg_id)
        return msg_id in self._running

    async def wait_for(self, msg_ids: tuple[int, ...]) -> bool:
        """Returns when none of these requests is running, with whether all succeeded.

        https://core.telegram.org/api/invoking#waiting-for-another-method
        """
        for msg_id in msg_ids:
            if msg_id in self._running:
                await self._running[msg_id].wait()
        return not any(msg_id in self._failed for msg_id in msg_ids)

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
        head = HEAD.pack(self.key.current_salt(), self.session_id, msg_id, seqno, len(body))
        return seal_message(self.key.key, self.key.key_id.to_bytes(8, "little"), head, body)


def created(session: Session, first_msg_id: int) -> bytes:
    """https://core.telegram.org/mtproto/service_messages#new-session-creation-notification."""
    unique_id = time.time_ns() & 0x7FFFFFFFFFFFFFFF
    return bytes(types.NewSessionCreated(first_msg_id, unique_id, session.key.current_salt()))
