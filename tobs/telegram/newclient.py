"""The Telethon client that a connection is made with: its settings, its server, and the way through a proxy.

What is private in Telethon and used here: `_config`, `_cdn_config`, `_update_loop` and `_sender` of a client. The tests
that connect hear of it when an update of Telethon changes that.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from telethon import TelegramClient
from telethon.crypto import rsa
from telethon.sessions import SQLiteSession

from tobs.config import ServerConfig, TelegramConfig
from tobs.errors import ConfigError
from tobs.proxy import parse_proxy
from tobs.telegram.faketls import FakeTlsConnection
from tobs.telegram.mtproxy import ProxyConnection
from tobs.telegram.servertime import keep_server_time
from tobs.telegram.wire import PacketConnection


def make_client(config: TelegramConfig, path: Path) -> Any:
    """A Telethon client that leaves waiting and retrying to us. Raises `ConfigError`."""
    if not (config.api_id and config.api_hash):
        raise ConfigError(
            ["api_id and api_hash are missing; get them from https://my.telegram.org @ config.toml: telegram.api_id"]
        )

    class Client(TelegramClient):  # type: ignore[misc]
        # A class of its own for each client: Telethon keeps the addresses of
        # the data centres on the class, and two servers must not share them,
        # nor take those of another Telethon client in the process.
        _config = None
        _cdn_config = None

        async def get_me(self, input_peer: bool = False) -> None:
            # connect() and every reconnect ask who we are and for the state of
            # updates; we read no updates, and ask ourselves once.
            return None

        async def _update_loop(self) -> None:
            # It would keep books of its own about updates, which we do not read, or read ourselves.
            return None

    session = SQLiteSession(str(path))
    session.save_entities = False  # otherwise SQLite is written for every answer
    client = Client(
        session,
        config.api_id,
        config.api_hash,
        **_way(config.proxy),
        use_ipv6=config.ipv6 or ":" in config.server.host,
        timeout=10,  # seconds for one TCP connection attempt
        request_retries=1,
        connection_retries=5,
        retry_delay=1,
        flood_sleep_threshold=0,
        raise_last_call_error=True,
        device_model="tobs",
        app_version="tobs",
        receive_updates=False,
    )
    keep_server_time(client._sender)
    if config.server.host:
        _use_server(session, config.server)
    return client


def _use_server(session: SQLiteSession, server: ServerConfig) -> None:
    if server.public_key:
        try:
            pem = Path(server.public_key).read_text(encoding="ascii")
            for key in pem.split("-----END RSA PUBLIC KEY-----")[:-1]:
                # Telethon keeps keys for the whole process; one more does no harm.
                rsa.add_key(key.strip() + "\n-----END RSA PUBLIC KEY-----\n", old=False)
        except (OSError, ValueError) as exc:
            raise ConfigError([f"cannot read the keys ({exc}) @ config.toml: telegram.server.public_key"]) from exc
    # An account may live on another data centre than the one to begin with; then its address stays.
    if not session.auth_key or session.dc_id == server.dc_id:
        session.set_dc(server.dc_id, server.host, server.port)


def _way(proxy: str) -> dict[str, Any]:
    """What of Telethon's settings leads through a proxy."""
    if not proxy:
        return {"connection": PacketConnection}
    parsed = parse_proxy(proxy)
    if parsed.domain:
        return {
            "connection": FakeTlsConnection,
            "proxy": (parsed.host, parsed.port, f"ee{parsed.secret}", parsed.domain),
        }
    if parsed.kind == "mtproto":
        # dd before the secret: packets are padded, which every proxy takes. Telethon drops these two digits, and
        # would drop those of a secret that begins so by chance.
        place = (parsed.host, parsed.port, f"dd{parsed.secret}")
        return {"connection": ProxyConnection, "proxy": place}
    # rdns: the proxy looks names up, so that nobody else hears of them.
    login = {"username": parsed.user or None, "password": parsed.password or None}
    socks = {"proxy_type": parsed.kind, "addr": parsed.host, "port": parsed.port, "rdns": True, **login}
    return {"connection": PacketConnection, "proxy": socks}
