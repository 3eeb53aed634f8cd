"""Bare Telethon: iter_messages(wait_time=0) over the first chat of a config, into nowhere."""

from __future__ import annotations

import asyncio
import sys
import tomllib
from pathlib import Path
from typing import Any

from telethon import TelegramClient
from telethon.crypto import rsa


async def main(telegram: dict[str, Any], keys: str) -> None:
    for pem in keys.split("-----END RSA PUBLIC KEY-----"):
        if pem.strip():
            rsa.add_key(pem.strip() + "\n-----END RSA PUBLIC KEY-----", old=False)
    session = Path(telegram["sessions_dir"]) / telegram["session"]
    client = TelegramClient(str(session), telegram["api_id"], telegram["api_hash"], receive_updates=False)
    await client.connect()
    count = 0
    async for _message in client.iter_messages("bigchat", reverse=True, wait_time=0):
        count += 1
    await client.disconnect()
    print(count)


settings = tomllib.loads(Path(sys.argv[1]).read_text())["telegram"]
asyncio.run(main(settings, Path(settings["server"]["public_key"]).read_text()))
