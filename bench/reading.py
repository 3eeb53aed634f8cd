"""tobs reading the first chat of a config, into nowhere: what `bench.bare` does with bare Telethon."""

from __future__ import annotations

import sys
from pathlib import Path

import trio

from tobs.cli.collector import calm_collector
from tobs.configfile import load_config
from tobs.telegram.client import open_telegram


async def main(path: Path) -> None:
    config = load_config(path)
    count = 0
    async with open_telegram(config.telegram, fetch_workers=config.export.pipeline.requests) as source:
        (chat,) = await source.find_chats(["@bigchat"])
        async with source.open_history(chat, ()) as history:
            while page := await history.next_page():
                count += len(page.messages)
    print(count)


calm_collector()
trio.run(main, Path(sys.argv[1]))
