"""An account on a running server, and a folder with all that a client needs to use it at once."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import tomli_w
from telethon.sessions import SQLiteSession

from tobs.testing.account import Account
from tobs.testing.auth import Login
from tobs.testing.authkeys import AuthKeys
from tobs.testing.faults import Faults
from tobs.testing.login import write_session
from tobs.testing.methods import methods
from tobs.testing.pushes import tell
from tobs.testing.server import HOME_DC, TelegramServer, open_server

API_ID = 1
API_HASH = "0" * 32
SESSION = "loopback"


@attrs.frozen
class Serving:
    """A running server for one account. `config` is a config.toml whose session is signed in to it."""

    server: TelegramServer
    account: Account
    folder: Path
    login: Login

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    @property
    def public_key(self) -> Path:
        return self.folder / "server.pem"

    @property
    def session(self) -> Path:
        return self.folder / "sessions" / f"{SESSION}.session"

    def facts(self) -> dict[str, Any]:
        """What another client needs to know, as JSON can hold it; one entry a chat."""
        return {
            "host": self.server.host,
            "ports": {str(dc_id): port for dc_id, port in sorted(self.server.ports.items())},
            "dc_id": self.server.home_dc(self.account.me.id),
            "public_key": str(self.public_key),
            "api_id": API_ID,
            "api_hash": API_HASH,
            "phone": self.login.phone,
            "code": self.login.code,
            "password": self.login.password,
            "config": str(self.config),
            "session": str(self.session),
            "chats": [_chat(self.account, key) for key in self.account.dialogs],
        }


def _chat(account: Account, key: int) -> dict[str, Any]:
    entity: Any = account.entity(key)
    title = getattr(entity, "title", None) or " ".join(filter(None, (entity.first_name, entity.last_name)))
    username = getattr(entity, "username", None)
    return {"id": key, "title": title, "username": username, "messages": len(account.history(key))}


@asynccontextmanager
async def open_account(
    account: Account,
    folder: Path,
    *,
    dcs: int = 2,
    port: int = 0,
    faults: Faults | None = None,
    password: str | None = None,
) -> AsyncIterator[Serving]:
    """Serve `account` until the block is left, and write into `folder` how to reach it.

    Data centre n listens on ``port + n - 1``, or where the system chooses. The
    same folder again finds the same keys: a client stays signed in.
    """
    folder = _prepared(folder)
    keys = AuthKeys(folder / "authkeys.json")
    login = Login(account.phone, account.me.id, user=account.me, home_dc=min(HOME_DC, dcs), password=password)
    ports = [port + number for number in range(dcs)] if port else []
    async with open_server(methods(account), logins=[login], dcs=dcs, ports=ports, keys=keys, faults=faults) as server:
        serving = Serving(server, account, folder, login)
        _sign_in(serving)
        serving.public_key.write_text(server.public_keys)
        _write_private(serving.config, tomli_w.dumps(_config(serving)))
        with account.watched(partial(tell, server, account)):
            yield serving


def _prepared(folder: Path) -> Path:
    """Absolute, so that the configuration holds from everywhere."""
    folder = folder.resolve()
    (folder / "sessions").mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _config(serving: Serving) -> dict[str, Any]:
    home = serving.server.home_dc(serving.account.me.id)
    return {
        "telegram": {
            "api_id": API_ID,
            "api_hash": API_HASH,
            "phone": serving.login.phone,
            "session": SESSION,
            "sessions_dir": str(serving.session.parent),
            "server": {
                "dc_id": home,
                "host": serving.server.host,
                "port": serving.server.ports[home],
                "public_key": str(serving.public_key),
            },
        },
        "export": {"vault": str(serving.folder / "export"), "chats": ["all"]},
    }


def _sign_in(serving: Serving) -> None:
    """A session that the server still knows is told the port of today; any other is made anew."""
    if not _readdressed(serving):
        serving.session.unlink(missing_ok=True)
        write_session(serving.server, serving.session, serving.account.me.id)


def _readdressed(serving: Serving) -> bool:
    if not serving.session.exists():
        return False
    server = serving.server
    home = server.home_dc(serving.account.me.id)
    session = SQLiteSession(str(serving.session))
    try:
        key = session.auth_key
        known = server.keys.find(home, key.key_id) if key is not None else None
        if known is None or not known.user_id or session.dc_id != home:
            return False
        if (session.server_address, session.port) != (server.host, server.ports[home]):
            session.set_dc(home, server.host, server.ports[home])
            session.save()
        return True
    finally:
        session.close()


def _write_private(path: Path, text: str) -> None:
    """Mode 0600 from the first byte on."""
    partial = path.with_suffix(".part")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    partial.replace(path)
