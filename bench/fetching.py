"""tobs fetching every file of the channel of a config into a folder: what `bench.downloading` does with Telethon."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
import trio
from telethon.tl import types

from tobs.cli.collector import calm_collector
from tobs.config import DcRoutingConfig
from tobs.configfile import load_config
from tobs.model import Chat
from tobs.raw import decode_message
from tobs.source import Wanted
from tobs.telegram.client import TelegramSource, open_telegram
from tobs.telegram.ranking import Load


@attrs.define
class Times:
    """Seconds from the beginning to the first byte and to the end, and for each file."""

    began: float = 0.0
    first: float = 0.0
    total: float = 0.0
    took: list[float] = attrs.field(factory=list)


async def main(config: Path, folder: Path, workers: int, ahead: float, routing: dict[str, Any]) -> None:
    telegram = attrs.evolve(load_config(config).telegram, dc_routing=DcRoutingConfig(**routing))
    async with open_telegram(telegram) as source:
        (chat,) = await source.find_chats(["@files"])
        assert isinstance(chat, Chat)
        wanted = await files(source, chat)
        source.expect_files(wanted)
        await trio.sleep(ahead)  # as if other messages were still being read
        times = await fetch(source, wanted, folder, workers)
    print(json.dumps({**attrs.asdict(times), "bytes": sum(each.size for each in wanted)}))


async def files(source: TelegramSource, chat: Chat) -> list[Wanted]:
    """Every file of a chat."""
    found: list[Wanted] = []
    async with source.open_history(chat, ()) as history:
        while page := await history.next_page():
            messages = [decode_message(each.raw, chat, source.account.id) for each in page.messages]
            found += [
                Wanted(chat.id, message.id, each.file.id, each.file.dc_id, each.file.size, each.file.thumb)
                for message in messages
                for each in message.files
            ]
    return found


async def fetch(source: TelegramSource, wanted: Sequence[Wanted], folder: Path, workers: int) -> Times:
    """Fetch files by so many workers, as an export does."""
    times, left = Times(trio.current_time()), iter(wanted)
    watch_first(source, times)

    async def work() -> None:
        for each in left:
            asked = trio.current_time()
            await source.fetch_file(each, folder / str(each.file_id))
            times.took.append(trio.current_time() - asked)

    async with trio.open_nursery() as nursery:
        for _ in range(workers):
            nursery.start_soon(work)
    times.total = trio.current_time() - times.began
    return times


def watch_first(source: TelegramSource, times: Times) -> None:
    """Note when the first part comes."""
    ask = source._downloader._ask

    async def watched(request: Any, dc_id: int, load: Load) -> Any:
        answer = await ask(request, dc_id, load)
        if not times.first and isinstance(answer, types.upload.File):
            times.first = trio.current_time() - times.began
        return answer

    source._downloader._ask = watched


if __name__ == "__main__":
    calm_collector()
    trio.run(main, Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), json.loads(sys.argv[5]))
