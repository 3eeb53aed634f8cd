"""One client's TCP connection: packets are opened, service messages answered, requests handed to their methods."""

from __future__ import annotations

import struct
import time
from typing import Any

import attrs
import trio
from telethon.tl import functions, types

from tobs.testing.authkeys import AuthKey, AuthKeys
from tobs.testing.calls import Call, Calls, unwrap
from tobs.testing.crypto import BadMessageKey, open_message
from tobs.testing.faults import Unanswered
from tobs.testing.keyexchange import ExchangeFailed, KeyExchange
from tobs.testing.link import Link
from tobs.testing.messages import (
    BAD_SALT,
    SEQNO_NOT_ODD,
    BadMessage,
    Message,
    check_time,
    is_container,
    open_container,
    parse_plain,
)
from tobs.testing.rpc import Caller
from tobs.testing.rsakeys import RsaKey
from tobs.testing.service import serve_message
from tobs.testing.session import Session, created
from tobs.testing.sessions import Sessions
from tobs.testing.tl import Unreadable, gzip_packed, is_error, read_object
from tobs.testing.transport import BadPacket, Transport

_RPC_RESULT = struct.Struct("<Iq")
_UNENCRYPTED = struct.Struct("<qqi")
_RECEIVE = 1 << 16
_FILES = (functions.upload.GetFileRequest, functions.upload.GetCdnFileRequest)


@attrs.frozen
class DataCentre:
    """What the connections to one data centre share."""

    dc_id: int
    rsa_key: RsaKey
    keys: AuthKeys
    sessions: Sessions
    calls: Calls
    nursery: trio.Nursery  # where methods run: they outlive the connection they were called on
    gzip_above: int

    def now(self) -> float:
        """The server's wall clock."""
        return time.time() + self.calls.faults.script.clock_offset

    def rtt(self) -> float:
        return self.calls.faults.script.rtt_to(self.dc_id)


class Connection:
    """Serves one stream until either side closes it."""

    def __init__(self, dc: DataCentre, stream: trio.SocketStream) -> None:
        self._dc = dc
        self._stream = stream
        self._transport = Transport()
        self._link = Link(
            stream, self._transport, lambda: dc.calls.faults, lambda script: script.bandwidth_of(dc.dc_id)
        )
        self._exchange = KeyExchange(dc.rsa_key, lambda key: dc.keys.add(key, dc.dc_id), dc.now)

    async def serve(self) -> None:
        """Returns when the connection is over; requests that still run keep running."""
        calls, dc_id = self._dc.calls, self._dc.dc_id
        calls.accepted[dc_id] += 1
        calls.connections[dc_id] += 1
        try:
            async with self._stream:
                with self._link.scope:
                    await trio.sleep(calls.faults.script.dc_opening.get(dc_id, 0))
                    await self._receive()
        except (trio.BrokenResourceError, trio.ClosedResourceError, BadPacket):
            pass  # the client went away, or speaks no MTProto: nobody to tell
        finally:
            calls.connections[dc_id] -= 1
            self._link.closed = True

    async def _receive(self) -> None:
        silent = False
        while data := await self._stream.receive_some(_RECEIVE):
            # Once a byte was ignored the rest makes no sense, so silence lasts as long as the connection.
            silent = silent or self._dc.calls.faults.script.silent
            if not silent:
                self._transport.feed(data)
                while (packet := self._transport.next_packet()) is not None:
                    await self._packet(packet)

    async def _packet(self, packet: bytes) -> None:
        key_id = int.from_bytes(packet[:8], "little")
        if len(packet) < 24:
            await self._link.send_error(404)
        elif key_id == 0:
            await self._plain(packet)
        elif code := self._dc.calls.faults.script.transport_error:
            await self._link.send_error(code)
        else:
            await self._encrypted(key_id, packet)

    async def _plain(self, packet: bytes) -> None:
        _, _, length = _UNENCRYPTED.unpack_from(packet)
        try:
            answer = self._exchange.answer(packet[_UNENCRYPTED.size : _UNENCRYPTED.size + length])
        except ExchangeFailed:
            return await self._link.send_error(404)
        await trio.sleep(self._dc.rtt())
        msg_id = int(self._dc.now() * (1 << 32)) & ~3 | 1
        return await self._link.send_plain(_UNENCRYPTED.pack(0, msg_id, len(answer)) + answer)

    async def _encrypted(self, key_id: int, packet: bytes) -> None:
        key = self._dc.keys.find(self._dc.dc_id, key_id)
        if key is None:
            return await self._link.send_error(404)
        try:
            salt, session_id, message = parse_plain(open_message(key.key, packet))
        except (BadMessageKey, ValueError):
            return await self._link.send_error(404)
        return await self._message(key, self._dc.sessions.open(key, session_id), salt, message)

    async def _message(self, key: AuthKey, session: Session, salt: int, message: Message) -> None:
        await self._attach(session)
        if not key.accepts_salt(salt):
            wrong_salt = types.BadServerSalt(message.msg_id, message.seqno, BAD_SALT, key.current_salt())
            return await self._reply(session, wrong_salt, message)
        try:
            check_time(message, self._dc.now())
            inner_messages = open_container(message)
            if is_container(message):
                session.admit_container(message)
        except BadMessage as bad:
            return await self._notify(session, message, bad.code)
        await self._announce(session, inner_messages)
        for inner in inner_messages:
            await self._inner(session, inner)
        return None

    async def _attach(self, session: Session) -> None:
        """From now on the session speaks through this connection; what its client has not confirmed is sent again."""
        if session.link is not self._link:
            session.link = self._link
            for packet in session.unacknowledged():
                await self._link.send(packet)

    async def _announce(self, session: Session, messages: list[Message]) -> None:
        """The client learns that nothing is known of an earlier session of that id, and today's salt."""
        if not session.announced:
            session.announced = True
            first_msg_id = min(message.msg_id for message in messages)
            await self._reply(session, created(session, first_msg_id), content=True)

    async def _inner(self, session: Session, message: Message) -> None:
        try:
            if session.admit(message):
                await self._serve_message(session, message)
            else:
                await self._repeated(session, message)
        except BadMessage as bad:
            await self._notify(session, message, bad.code)

    async def _serve_message(self, session: Session, message: Message) -> None:
        try:
            request = read_object(message.body)
        except Unreadable:
            request = None  # no method answers to that
        if isinstance(request, functions.PingDelayDisconnectRequest):
            self._link.scope.deadline = trio.current_time() + request.disconnect_delay
        replies = serve_message(session, message, request, self._dc.sessions, self._dc.keys, self._dc.now())
        if replies is None:
            self._start(session, message, request)
        for body in replies or ():
            await self._reply(session, body, message)

    def _start(self, session: Session, message: Message, request: Any) -> None:
        if not message.seqno & 1:
            raise BadMessage(SEQNO_NOT_ODD)
        try:
            query = unwrap(request)
        except Unreadable:
            query = unwrap(None)
        session.begin(message.msg_id)
        session.layer = query.layer or session.layer
        key = session.key
        session.subscribed = session.subscribed or query.subscribes
        caller = Caller(self._dc.dc_id, key.key_id, key.user_id, session.layer, query.takeout_id, query.message_range)
        call = self._dc.calls.arrive(caller, query.request, query.refusal)
        self._dc.nursery.start_soon(self._call, session, message.msg_id, call, query.after, trio.current_time())

    async def _repeated(self, session: Session, message: Message) -> None:
        """A message is never carried out twice: its answer is sent again, or its arrival confirmed."""
        if packet := session.kept_answer(message.msg_id):
            await self._link.send(packet)
        else:
            await self._reply(session, types.MsgsAck([message.msg_id]))

    async def _notify(self, session: Session, message: Message, code: int) -> None:
        await self._reply(session, types.BadMsgNotification(message.msg_id, message.seqno, code), message)

    async def _reply(self, session: Session, body: Any, to: Message | None = None, *, content: bool = False) -> None:
        """Sends a service message, a round trip later without making the next packet wait."""
        answers = to.msg_id if to else 0
        if rtt := self._dc.rtt():
            self._dc.nursery.start_soon(self._send, session, bytes(body), answers, content, trio.current_time() + rtt)
        else:
            await self._send(session, bytes(body), answers, content)

    async def _call(self, session: Session, msg_id: int, call: Call, after: tuple[int, ...], arrived: float) -> None:
        result = b""
        try:
            result = await self._result(session, call, after)
        except Unanswered:
            return
        finally:
            wanted = session.finish(msg_id, failed=is_error(result))
        if wanted:
            body = _RPC_RESULT.pack(0xF35C6D01, msg_id) + result
            await self._send(session, body, msg_id, True, arrived + self._dc.rtt() + call.late)

    async def _result(self, session: Session, call: Call, after: tuple[int, ...]) -> bytes:
        if not await session.wait_for(after):
            return bytes(types.RpcError(400, "MSG_WAIT_FAILED"))
        call.caller.user_id = session.key.user_id  # what it waited for may have been signing in
        result = await self._dc.calls.result(call)
        # Files are compressed already.
        small = len(result) <= self._dc.gzip_above or isinstance(call.request, _FILES)
        return result if small else gzip_packed(result)

    async def _send(self, session: Session, body: bytes, answers: int, content: bool, at: float = 0) -> None:
        if at > trio.current_time():
            await trio.sleep_until(at)
        packet = session.seal(body, self._dc.now(), answers=answers, content=content)
        if session.link is not None:
            await session.link.send(packet)
