"""sync(): what has become of the messages that are in the archive.

The same run as an export, by another way: each chat's messages are looked at
again. What is new at the end of a chat is an export's; only the discussion
groups of channels are read on, because new comments belong to old posts. A run
that was stopped begins anew: looking at what is unchanged writes nothing.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from zoneinfo import ZoneInfo

import attrs
import trio

from tobs.archive.live import count_live, live_ids
from tobs.archive.reads import Reads
from tobs.archive.store import Archive, open_archive
from tobs.behind import Behind
from tobs.config import ExportConfig
from tobs.errors import ArchiveError, SourceError
from tobs.export import carry_out
from tobs.model import Chat
from tobs.progress import ChatProgress, Progress, Report
from tobs.render import require_archive
from tobs.shutdown import Shutdown
from tobs.source import CheckingSource, History, Source
from tobs.ways import Unread

DAY = 86_400
OWN_IDS = ("supergroup", "forum", "channel")  # kinds of chats whose ids mean the same to every account


async def sync(
    source: Source,
    config: ExportConfig,
    *,
    shutdown: Shutdown | None = None,
    task_status: trio.TaskStatus[Progress] = trio.TASK_STATUS_IGNORED,
) -> Report:
    """Look at the messages of the last ``config.sync.days`` again, of the chats of `config` that are in its vault.

    Without chats in `config` all of the vault are meant. Edits, reactions,
    votes and counters replace what was there, earlier wordings stay as
    versions, and messages that the server says are gone get a mark. New
    comments are read when the configuration wants them. Errors, stopping and
    `Report` as with `tobs.export`; a run that was stopped begins anew, and
    without changes writes nothing.

    Raises `ArchiveError` if there is no archive or none of these chats in it.
    """
    if not isinstance(source, CheckingSource):
        raise SourceError("This source cannot look at messages again; only a Telegram account can.")
    here = archived_chats(config)
    wanted = attrs.evolve(config, chats=config.chats or tuple(str(chat) for chat in here))
    skipped: list[Chat] = []
    way = partial(Changes, here=here, skipped=skipped)
    report = await carry_out(source, wanted, way, shutdown=shutdown, task_status=task_status)
    names = ", ".join(chat.title for chat in skipped)
    notices = [f"not in the vault yet, which `tobs export` changes: {names}."] if skipped else []
    return attrs.evolve(report, notices=(*report.notices, *notices))


def archived_chats(config: ExportConfig) -> list[int]:
    """The ids of the chats in an archive. Raises `ArchiveError` if there is none."""
    require_archive(config)
    with open_archive(config.vault, root=config.root) as archive:
        return [each.chat.id for each in Reads(archive.connection, archive.codec).chats()]


@attrs.define(eq=False)
class Changes:
    """The messages of the last days again, and new comments."""

    source: Source
    config: ExportConfig
    archive: Archive
    zone: ZoneInfo
    here: Collection[int]
    skipped: list[Chat]
    unread: Unread = attrs.field(init=False)
    comments: frozenset[int] = attrs.field(default=frozenset(), init=False)  # discussion groups to read on
    since: int = attrs.field(init=False)
    is_export: bool = attrs.field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        days = self.config.sync.days
        self.since = int(max(time.time() - days * DAY, 0)) if days else 0
        self.unread = Unread(self.source, self.config, self.archive, self.zone)

    def choose(self, chats: Sequence[Chat]) -> list[Chat]:
        """Those that are in the archive. Raises `ArchiveError` if none is."""
        chosen = [chat for chat in chats if chat.id in self.here]
        self.skipped += [chat for chat in chats if chat.id not in self.here]
        if not chosen:
            raise ArchiveError(self.archive.path, "none of these chats is in the vault yet; run `tobs export` first.")
        if self.config.comments:
            groups = {chat.linked_chat for chat in chosen if chat.kind == "channel"}
            self.comments = frozenset(chat.id for chat in self.unread.choose(chosen) if chat.id in groups)
        return chosen

    def expect(self, chat: Chat) -> ChatProgress:
        """As many messages as there are to look at."""
        known = self.archive.count_messages(chat.id)
        to_check = count_live(self.archive, chat.id, self.since, told=_told(chat))
        return ChatProgress(chat.id, chat.title, known=known, to_check=to_check)

    @asynccontextmanager
    async def open(self, chat: Chat) -> AsyncIterator[History]:
        """The messages of a chat as they are now, then what is new in a discussion group."""
        assert isinstance(self.source, CheckingSource)
        ids = live_ids(self.archive, chat.id, self.since, told=_told(chat))
        async with AsyncExitStack() as stack:
            parts: list[History] = [
                await stack.enter_async_context(self.source.open_check(chat, ids, self.archive.spans(chat.id)))
            ]
            if chat.id in self.comments:
                parts.append(await stack.enter_async_context(self.unread.open(chat)))
            yield Behind(parts)

    def is_whole(self, chat_id: int) -> bool:
        """A chat may have been read in part."""
        return False


def _told(chat: Chat) -> bool:
    return chat.kind not in OWN_IDS
