"""Bare Telethon: download_media of every file of the channel of a config, one behind the other, into a folder."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

from bench.bare import connected, settings


async def main(telegram: dict[str, Any], folder: str) -> None:
    async with connected(telegram) as client:
        messages = [message async for message in client.iter_messages("files", reverse=True, wait_time=0)]
        began, took = time.perf_counter(), []
        for message in messages:
            asked = time.perf_counter()
            await client.download_media(message, f"{folder}/bare-{message.id}")
            took.append(time.perf_counter() - asked)
        total = time.perf_counter() - began
    print(json.dumps({"total": total, "took": took, "bytes": sum(message.file.size for message in messages)}))


if __name__ == "__main__":
    asyncio.run(main(settings(Path(sys.argv[1])), sys.argv[2]))
