"""Bare Telethon reading the first chat of a config as other exporters do, into nowhere.

``sleep``: page by page with Telethon's own pauses, a second between two pages of a long history.
``resume``: as fast as possible; refused, it waits as long as it was told to and goes on behind its last message.
``restart``: the same, but it begins again at the first message, for so many seconds at most.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

from telethon.errors import FloodWaitError

from bench.bare import connected, settings


async def sleep(client: Any) -> int:
    return await count(client, wait_time=None)


async def resume(client: Any) -> int:
    last = messages = 0
    while True:
        try:
            async for message in client.iter_messages("bigchat", reverse=True, wait_time=0, min_id=last):
                last, messages = message.id, messages + 1
            return messages
        except FloodWaitError as refused:
            await asyncio.sleep(refused.seconds)


async def restart(client: Any, seconds: float) -> int:
    """The most messages that one attempt got."""
    most, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        messages = 0
        try:
            async for _message in client.iter_messages("bigchat", reverse=True, wait_time=0):
                messages += 1
            return messages
        except FloodWaitError as refused:
            most = max(most, messages)
            await asyncio.sleep(refused.seconds)
    return most


async def count(client: Any, **options: Any) -> int:
    return sum([1 async for _message in client.iter_messages("bigchat", reverse=True, **options)])


async def main(telegram: dict[str, Any], way: str, seconds: float) -> None:
    async with connected(telegram) as client:
        client.flood_sleep_threshold = 60 if way == "sleep" else 0  # Telethon's default, and none
        ways = {"sleep": sleep, "resume": resume}
        print(await (ways[way](client) if way in ways else restart(client, seconds)))


if __name__ == "__main__":
    asyncio.run(main(settings(Path(sys.argv[1])), sys.argv[2], float(sys.argv[3])))
