"""A Telegram account on loopback, and a configuration that is signed in to it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from telethon.crypto import AuthKey
from telethon.sessions import SQLiteSession
from telethon.tl import types

from tobs.config import ServerConfig, TelegramConfig
from tobs.testing.account import Account
from tobs.testing.auth import Login
from tobs.testing.authkeys import AuthKeys
from tobs.testing.faults import Faults
from tobs.testing.methods import methods
from tobs.testing.pushes import tell
from tobs.testing.server import TelegramServer, open_server

EPOCH = datetime(2024, 5, 3, tzinfo=UTC)
ME = 7001
PHONE = "+9996620001"


def small_account() -> Account:
    """Me and Bob."""
    me = types.User(ME, is_self=True, access_hash=11, first_name="Alice", username="alice", phone=PHONE[1:])
    account = Account(me, phone=PHONE)
    account.add_user(types.User(7002, access_hash=22, first_name="Bob", last_name="Baker", username="bobby"))
    return account


def add_channel(account: Account, number: int, title: str, count: int = 0, **fields: Any) -> types.Channel:
    """A channel (or, with ``megagroup=True``, a supergroup) with `count` plain messages from Bob."""
    channel = types.Channel(
        number, title, types.ChatPhotoEmpty(), EPOCH, access_hash=number * 7, **({"broadcast": True} | fields)
    )
    account.add_chat(channel, about=f"All about {title}")
    for n in range(1, count + 1):
        account.add_message(channel, text(n))
    return channel


def text(n: int, *, message_id: int = 0, **fields: Any) -> types.Message:
    """The nth message."""
    values: dict[str, Any] = {"from_id": types.PeerUser(7002), "date": EPOCH + timedelta(minutes=n)} | fields
    return types.Message(message_id, None, message=f"Message {n}", **values)


@asynccontextmanager
async def open_loopback(
    account: Account,
    folder: Path,
    *,
    faults: Faults | None = None,
    keys: AuthKeys | None = None,
    login: Login | None = None,
    signed_in: bool = True,
    dcs: int = 3,
    cdns: int = 0,
    ports: tuple[int, ...] = (),
    host: str = "127.0.0.1",
) -> AsyncIterator[tuple[TelegramServer, TelegramConfig]]:
    """A server for `account`, and a configuration for it whose session is signed in unless told otherwise."""
    keys = keys or AuthKeys()
    login = login or Login(PHONE, ME, user=account.me)
    opened = open_server(
        methods(account), logins=[login], dcs=dcs, cdns=cdns, keys=keys, faults=faults, ports=ports, host=host
    )
    async with opened as server:
        pem = folder / "server.pem"
        pem.write_text(server.public_keys)
        config = TelegramConfig(
            api_id=1,
            api_hash="0" * 32,
            phone=PHONE,
            sessions_dir=folder / "sessions",
            server=ServerConfig(2, server.host, server.ports[2], str(pem)),
        )
        if signed_in and not (config.sessions_dir / "tobs.session").exists():
            sign_in(config, keys)
        with account.watched(partial(tell, server, account)):
            yield server, config


def sign_in(config: TelegramConfig, keys: AuthKeys) -> None:
    """Write a session file with a key that the server knows."""
    config.sessions_dir.mkdir(mode=0o700, exist_ok=True)
    session = SQLiteSession(str(config.sessions_dir / "tobs.session"))
    session.set_dc(config.server.dc_id, config.server.host, config.server.port)
    key = os.urandom(256)
    keys.add(key, config.server.dc_id, ME)
    session.auth_key = AuthKey(key)
    session.save()
    session.close()
