"""What a message costs: each step of its way alone, without a network, in microseconds of processor time."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from telethon.extensions import BinaryReader

from bench.figure import Figure
from tobs.archive.reads import Reads
from tobs.archive.store import Archive, open_archive
from tobs.config import ExportConfig, MediaConfig
from tobs.model import Chat, Page, Peer, RawMessage
from tobs.prepare import Preparation, prepare_page
from tobs.raw import decode_message
from tobs.telegram.convert import encode
from tobs.telegram.windows import PAGE
from tobs.testing.big import BigHistory
from tobs.vault.context import MemoryContext
from tobs.vault.layout import plan_notes
from tobs.vault.message import render_message
from tobs.vault.names import chat_folders, homes
from tobs.vault.publish import Publisher
from tobs.vault.streams import Stream
from tobs.vault.text import render_text

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
        pages.clear()
        yield from cost_of_notes(archive, Path(name))


def cost_of_notes(archive: Archive, vault: Path) -> Iterator[Figure]:
    """The way from the archive to the notes, and what of it can be taken alone."""
    reads = Reads(archive.connection, archive.codec)
    publisher = Publisher(archive, reads, ExportConfig(vault=vault, timezone="UTC"), ACCOUNT)
    _, whole = timed(lambda: sum(1 for _ in publisher.publish_chat(CHAT.id, complete=True)))
    yield step("the notes, all in all", whole)
    _, seconds = timed(lambda: sum(1 for _ in publisher.publish_overview()))
    yield step("notes of the chat, its people and the start page", seconds)
    spans = [(start, start + PAGE - 1) for start in range(1, MESSAGES, PAGE)]
    raws, taken = timed(lambda: [raw for span in spans for raw in reads.messages(CHAT.id, *span)])
    yield step("of the notes: SQLite, zstd, JSON", taken)
    messages, decoded = timed(lambda: [decode_message(raw, CHAT, ACCOUNT.id) for raw in raws])
    yield step("of the notes: raw dict to message", decoded)
    stream = Stream(CHAT.id, "Telegram/Chats/Big Chat", "Big Chat")
    _, planned = timed(lambda: [*plan_notes(reads.outlines(CHAT.id), stream, "day", UTC, lambda unit: "")])
    yield step("of the notes: planning", planned)
    _, text = timed(lambda: [render_text(message.text, message.entities) for message in messages])
    yield step("of the notes: text to Markdown", text)
    context = MemoryContext()
    _, block = timed(lambda: [render_message(message, context) for message in messages])
    yield step("of the notes: header, reply, footer, callout", block - text)
    rest = whole - taken - decoded - planned - block
    yield step("of the notes: links, joining, seals, onto the disk", rest)


def pages_of(raws: list[dict[str, Any]]) -> Iterator[Page]:
    """The messages as pages, as a history gives them."""
    for start in range(0, len(raws), PAGE):
        part = raws[start : start + PAGE]
        messages = tuple(RawMessage(raw["id"], raw["date"], raw) for raw in part)
        yield Page(CHAT.id, part[0]["id"], part[-1]["id"], messages)


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """What `work` returns, and the seconds of a processor that it took."""
    started = time.process_time()
    result = work()
    return result, time.process_time() - started


def step(name: str, seconds: float) -> Figure:
    """One step of the way."""
    return Figure(f"cost of a message: {name}", seconds / MESSAGES * 1e6, "µs")
