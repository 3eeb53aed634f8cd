"""What a message costs: each step of its way alone, without a network, in microseconds."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from telethon.extensions import BinaryReader

from bench.figure import Figure
from tobs.archive.reads import Reads
from tobs.archive.store import open_archive
from tobs.config import ExportConfig, MediaConfig
from tobs.model import Chat, Page, Peer, RawMessage
from tobs.prepare import Preparation, prepare_page
from tobs.telegram.convert import encode
from tobs.telegram.windows import PAGE
from tobs.testing.big import BigHistory
from tobs.vault.names import chat_folders, homes
from tobs.vault.publish import Publisher

T = TypeVar("T")

MESSAGES = 20_000
CHANNEL = 1_600_000_001
CHAT = Chat(-(10**12) - CHANNEL, "supergroup", "Big Chat", raw={"_": "Channel"})
ACCOUNT = Peer(1, "private", "Somebody")


def cost() -> Iterator[Figure]:
    """The steps of an export, one after the other, each over all messages."""
    packed = [bytes(message) for message in BigHistory(CHANNEL, MESSAGES).slice(0, MESSAGES)]
    decoded, seconds = timed(lambda: [BinaryReader(data).tgread_object() for data in packed])
    yield step("decode TL (Telethon)", seconds)
    raws, seconds = timed(lambda: [encode(message) for message in decoded])
    yield step("to the raw dict", seconds)
    decoded.clear()
    with tempfile.TemporaryDirectory() as name, open_archive(Path(name)) as archive:
        archived = chat_folders([], [CHAT])
        archive.register(archived)
        using = Preparation(CHAT, homes(archived)[CHAT.id], ACCOUNT.id, ZoneInfo("UTC"), MediaConfig(), archive.codec)
        pages = list(pages_of(raws))
        rows, seconds = timed(lambda: [prepare_page(page, using) for page in pages])
        yield step("columns, weight, JSON, zstd", seconds)
        _, seconds = timed(lambda: [archive.commit_page(row) for row in rows])
        yield step("into SQLite", seconds)
        reads = Reads(archive.connection, archive.codec)
        config = ExportConfig(vault=Path(name), timezone="UTC")
        _, seconds = timed(lambda: [reads.messages(CHAT.id, page.low, page.high) for page in pages])
        yield step("of the notes: out of the archive", seconds)
        publisher = Publisher(archive, reads, config, ACCOUNT)
        _, seconds = timed(lambda: sum(1 for _ in publisher.publish_chat(CHAT.id, complete=True)))
        yield step("the notes, all in all", seconds)


def pages_of(raws: list[dict[str, Any]]) -> Iterator[Page]:
    """The messages as pages, as a history gives them."""
    for start in range(0, len(raws), PAGE):
        part = raws[start : start + PAGE]
        messages = tuple(RawMessage(raw["id"], raw["date"], raw) for raw in part)
        yield Page(CHAT.id, part[0]["id"], part[-1]["id"], messages)


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """What `work` returns, and the seconds it took."""
    started = time.perf_counter()
    result = work()
    return result, time.perf_counter() - started


def step(name: str, seconds: float) -> Figure:
    """One step of the way."""
    return Figure(f"cost of a message: {name}", seconds / MESSAGES * 1e6, "µs")
