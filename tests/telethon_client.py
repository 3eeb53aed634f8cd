"""A bare Telethon client on a loopback server, awaited from trio."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import trio
from telethon import TelegramClient
from telethon.crypto import rsa
from telethon.network import ConnectionTcpFull
from telethon.sessions import MemorySession
from trio_asyncio import aio_as_trio

from tobs.telegram.bridge import open_asyncio
from tobs.testing.server import TelegramServer


class Telethon:
    """`client` is Telethon's own; `call` awaits one of its coroutine functions, calling the object a raw request."""

    def __init__(self, client: Any) -> None:
        self.client = client

    async def __call__(self, request: Any) -> Any:
        return await self.call(self.client.__call__, request)

    async def raw(self, request: Any) -> Any:
        """The server's answer as it came; Telethon itself would ask again 2 s after an INTERNAL."""
        return await self.call(self.client._sender.send, request)

    async def call(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with trio.fail_after(10):
            return await aio_as_trio(function)(*args, **kwargs)

    async def sign_in(self, phone: str, code: str = "12345") -> Any:
        await self.call(self.client.send_code_request, phone)
        return await self.call(self.client.sign_in, phone, code)


@asynccontextmanager
async def open_telethon(
    server: TelegramServer, *, dc_id: int = 2, session: Any = None, connection: type = ConnectionTcpFull
) -> AsyncIterator[Telethon]:
    """Connected, with a memory session unless given one."""
    for known in server.dc_ids:
        rsa.add_key(server.public_key(known), old=False)
    TelegramClient._config = None  # cached for the whole process, with the ports of another server
    if session is None:
        session = MemorySession()
        session.set_dc(dc_id, server.host, server.ports[dc_id])
    async with open_asyncio():
        client = TelegramClient(
            session, 1, "hash", connection=connection, retry_delay=0, flood_sleep_threshold=0, request_retries=1
        )
        telethon = Telethon(client)
        try:
            await telethon.call(client.connect)
            yield telethon
        finally:
            with trio.move_on_after(5, shield=True):
                await aio_as_trio(client.disconnect)()
