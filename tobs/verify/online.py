"""What Telegram counts, against what is archived."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import attrs

from tobs.archive.spans import missing
from tobs.config import ExportConfig
from tobs.errors import AccessDenied, ChatNotFound
from tobs.model import Chat
from tobs.source import FailedChat, Source, Span
from tobs.verify.findings import Finding, Group, Kind, grouped
from tobs.verify.history import as_chosen, ranges
from tobs.verify.snapshot import KnownChat, open_snapshot


class CountingSource(Source, Protocol):
    """A source that can tell how long a chat is without reading it."""

    async def count_messages(self, chat: Chat) -> tuple[int, int]:
        """The newest id and the number of messages. Raises `SourceError`."""
        ...


@attrs.frozen
class Archived:
    """What is here of a chat: how many messages that are not known to be gone, and the ranges read as a whole."""

    known: KnownChat
    messages: int
    spans: tuple[Span, ...]


async def verify_online(source: CountingSource, config: ExportConfig) -> tuple[Group, ...]:
    """Hold the number of messages of each archived chat against the server's. Reads no message.

    Raises `ArchiveError` as `verify_vault` does, and `SourceError` for what concerns more than one chat.
    """
    archived = read_archived(config)
    # One after the other: Telegram limits how often chats may be looked up.
    findings: list[Finding] = []
    for each in archived:
        findings += await _ask(source, each)
    return grouped(as_chosen(findings, config, [each.known for each in archived]))


def read_archived(config: ExportConfig) -> list[Archived]:
    """All chats of an archive."""
    with open_snapshot(config) as snapshot:
        counts = dict(snapshot.db.execute(COUNTS).fetchall())
        return [
            Archived(known, counts.get(known.chat.id, 0), tuple(snapshot.spans(known.chat.id)))
            for known in snapshot.chats()
        ]


COUNTS = """
SELECT chat_id, count(*) FROM messages AS m
WHERE NOT EXISTS (SELECT 1 FROM tombstones WHERE chat_id = m.chat_id AND id = m.id) GROUP BY chat_id
"""


async def _ask(source: CountingSource, archived: Archived) -> list[Finding]:
    chat_id = archived.known.chat.id
    # A supergroup brings along the group that it was.
    found = await source.find_chats([str(chat_id)])
    chat = next((each for each in found if isinstance(each, Chat) and each.id == chat_id), None)
    if chat is None:
        reasons = [each.reason for each in found if isinstance(each, FailedChat)]
        return [unreached(archived.known, *reasons)]
    try:
        newest, count = await source.count_messages(chat)
    except (AccessDenied, ChatNotFound) as error:
        return [unreached(archived.known, str(error))]
    return [*compare(archived, newest, count)]


def unreached(known: KnownChat, reason: str = "Telegram does not know it.") -> Finding:
    """A chat whose number of messages the server does not tell."""
    return Finding(Kind.UNREACHED, f"“{known.chat.title}” ({known.chat.id}): {reason}", chat_id=known.chat.id)


def compare(archived: Archived, newest: int, count: int) -> Iterator[Finding]:
    """The server's newest id and number of messages of a chat against the archive's (pure)."""
    chat, here = archived.known.chat, archived.messages
    sums = f"Telegram has {count:,} messages, the archive {here:,}"
    if gaps := missing(archived.spans, 1, newest):
        text = f"“{chat.title}”: {sums}; not read yet: {ranges(gaps)}."
        yield Finding(Kind.UNREAD, text, chat_id=chat.id, message_id=gaps[0][0], count=max(count - here, 1))
    elif count > here:
        text = f"“{chat.title}”: {sums}, although all was read up to the newest."
        yield Finding(Kind.MISCOUNTED, text, chat_id=chat.id, count=count - here)
    if count < here:
        text = f"“{chat.title}”: {sums}: {here - count:,} were deleted since; `tobs sync` marks them."
        yield Finding(Kind.GONE_SINCE, text, chat_id=chat.id, count=here - count)
