"""What Telegram says of itself: its time, and where its data centres are."""

from __future__ import annotations

import attrs
from telethon.tl.functions.help import GetConfigRequest

from tobs.config import TelegramConfig
from tobs.model import Peer
from tobs.telegram.client import signed_in
from tobs.telegram.connection import open_connection
from tobs.telegram.peers import peer_of


@attrs.frozen
class Answer:
    """Whose session it is, the server's time (seconds since 1970), and (number, host, port) of each data centre."""

    account: Peer
    date: float
    servers: tuple[tuple[int, str, int], ...]


async def ask_servers(config: TelegramConfig) -> Answer:
    """Connect and ask. Raises `NotAuthorized` when the session is not signed in, else `SourceError`."""
    async with open_connection(config, on_wait=_ignore) as connection:
        account = peer_of(await signed_in(connection))
        found = await connection.ask(GetConfigRequest())
    ipv6 = config.ipv6 or ":" in config.server.host
    plain = [option for option in found.dc_options if not (option.media_only or option.cdn) and option.ipv6 == ipv6]
    # A data centre has several addresses; Telethon takes the first as well.
    first = {option.id: (option.id, option.ip_address, option.port) for option in reversed(plain)}
    return Answer(account, found.date.timestamp(), tuple(first[number] for number in sorted(first)))


def _ignore(kind: str, seconds: float) -> None:
    """Two small questions are not held up; if they are, the time they took says so."""
