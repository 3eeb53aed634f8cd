"""Bare Telethon: iter_messages(wait_time=0) over the first chat of a config, into nowhere."""

from __future__ import annotations

import asyncio
import sys
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from telethon import TelegramClient
from telethon.crypto import rsa


def settings(config: Path) -> dict[str, Any]:
    """The settings of a config.toml; Telethon is told the keys of its server."""
    telegram: dict[str, Any] = tomllib.loads(config.read_text())["telegram"]
    for pem in Path(telegram["server"]["public_key"]).read_text().split("-----END RSA PUBLIC KEY-----"):
        if pem.strip():
            rsa.add_key(pem.strip() + "\n-----END RSA PUBLIC KEY-----", old=False)
    return telegram


@asynccontextmanager
async def connected(telegram: dict[str, Any]) -> AsyncIterator[Any]:
    """A client with these settings, connected for the block."""
    session = Path(telegram["sessions_dir"]) / telegram["session"]
    client = TelegramClient(str(session), telegram["api_id"], telegram["api_hash"], receive_updates=False)
    await client.connect()
    try:
        yield client
    finally:
        await client.disconnect()


async def main(telegram: dict[str, Any]) -> None:
    count = 0
    async with connected(telegram) as client:
        async for _message in client.iter_messages("bigchat", reverse=True, wait_time=0):
            count += 1
    print(count)


if __name__ == "__main__":
    asyncio.run(main(settings(Path(sys.argv[1]))))
