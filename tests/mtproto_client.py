"""A bare MTProto client: it sends exactly the messages it is told to, right or wrong."""

from __future__ import annotations

import logging
import os
import struct
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import trio
from telethon.crypto import AuthKey
from telethon.network.mtprotostate import MTProtoState

from tobs.testing.server import TelegramServer
from tobs.testing.transport import Intermediate


class MtprotoClient:
    """One session with a key of its own, on one connection at a time."""

    def __init__(self, server: TelegramServer, user_id: int, dc_id: int = 2) -> None:
        key = os.urandom(256)
        server.keys.add(key, dc_id, user_id)
        self.state: Any = MTProtoState(AuthKey(key), loggers=defaultdict(logging.getLogger))
        self.state.salt = next(k for k in server.keys if k.key == key).current_salt()
        self.state._ignore_count = -100
        self._address = (server.host, server.ports[dc_id])
        self._framing = Intermediate()
        self._received = bytearray()
        self.stream: trio.SocketStream

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        async with await trio.open_tcp_stream(*self._address) as self.stream:
            self._received.clear()
            await self.stream.send_all(b"\xee\xee\xee\xee")
            yield

    def message(self, body: Any, *, msg_id: int = 0, seqno: int | None = None) -> tuple[int, bytes]:
        """The id and the bytes of a message, content-related and in order unless told otherwise."""
        body = bytes(body)
        msg_id = msg_id or self.state._get_new_msg_id()
        seqno = self.state._get_seq_no(True) if seqno is None else seqno
        return msg_id, struct.pack("<qii", msg_id, seqno, len(body)) + body

    async def send_message(self, message: bytes) -> None:
        await self.send_packet(self.state.encrypt_message_data(message))

    async def send_packet(self, packet: bytes) -> None:
        await self.stream.send_all(self._framing.pack(packet))

    async def send(self, body: Any, **options: Any) -> int:
        msg_id, message = self.message(body, **options)
        await self.send_message(message)
        return msg_id

    async def receive_packet(self) -> bytes:
        """The next packet; EndOfChannel when the server closed the connection."""
        with trio.fail_after(5):
            while (packet := self._framing.unpack(self._received)) is None:
                data = await self.stream.receive_some(65536)
                if not data:
                    raise trio.EndOfChannel
                self._received += data
        return packet

    async def receive(self, kind: type) -> Any:
        """The next object of that kind; others are passed over."""
        while True:
            message = self.state.decrypt_message_data(await self.receive_packet())
            if message is not None and isinstance(message.obj, kind):
                return message.obj


def seconds_ago(seconds: float) -> int:
    """A message id of that time."""
    return int((time.time() - seconds) * (1 << 32)) & ~3
