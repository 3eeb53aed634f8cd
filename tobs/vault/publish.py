"""From the archive to notes on disk.

Each method that writes is a generator and gives a note after it has been
written, so that an async caller can breathe, and stop, between two notes.
Stopped anywhere, also by a kill, it leaves whole notes, and the next run
writes the rest: what is still to do is in the archive.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from functools import partial
from zoneinfo import ZoneInfo

import attrs
import orjson
import tzlocal

from tobs.archive.published import announce, finish_chat, record, remember
from tobs.archive.reads import Dirty, Reads
from tobs.archive.rows import ArchivedChat, Note, Outline
from tobs.archive.spans import merge
from tobs.archive.store import Archive
from tobs.config import ExportConfig
from tobs.model import Peer
from tobs.source import Span
from tobs.vault.archive_context import World
from tobs.vault.archive_streams import streams_of, title_of, topics_of
from tobs.vault.chat_drafts import OF_MESSAGES, ChatDrafts
from tobs.vault.chatplan import StreamPlan, plan_stream, to_write
from tobs.vault.context import Look
from tobs.vault.disk import Disk
from tobs.vault.layout import FixedLayout, activity, choose_layout
from tobs.vault.offered import offered
from tobs.vault.overview_drafts import OverviewDrafts
from tobs.vault.thread import with_comments
from tobs.vault.world import Worlds
from tobs.vault.writer import Draft, Writer, Written

BATCH = 4  # notes that are recorded in one transaction; between two others get their turn
ROUNDS = 3  # chats may refer to each other; after this many rounds the next run goes on


def local_zone(name: str) -> ZoneInfo:
    """The time zone of that name, the computer's for ""."""
    return ZoneInfo(name or tzlocal.get_localzone_name())


class Publisher:
    """Writes the notes of one archive. One thread at a time, as for `Archive`.

    `notices` are sentences about notes that a person changed. Raises
    `VaultError` for the disk and `ArchiveError` for the archive.
    """

    def __init__(self, archive: Archive, reads: Reads, config: ExportConfig, account: Peer) -> None:
        self.zone = local_zone(config.timezone)
        self.notices: list[str] = []
        self._archive = archive
        self._reads = reads
        self._config = config
        self._account = account
        look = Look(config.style, config.repeat_names, config.hashtags, config.hard_breaks)
        self._worlds = Worlds(
            archive,
            reads,
            self.zone,
            config.counters,
            look,
            config.promote,
            account.id,
            config.root,
            config.media.custom_emoji,
        )
        disk = Disk(config.vault, config.root)
        disk.sweep()
        self._writer = Writer(disk, config.pipeline.write_workers)

    def publish_chat(self, chat_id: int, *, complete: bool) -> Generator[Note]:
        """Write the notes of a chat that are not as the archive has it, and those that are missing on the disk.

        Once the history is `complete`, the layout of the chat, or of each of
        its topics, stays. Before, it is chosen anew each time, and notes of
        another layout go.
        """
        archived = self._reads.chat(chat_id)
        if archived is None or self._is_idle(archived, complete=complete):
            return
        world = self._worlds.current()
        dirty = self._reads.dirty().get(chat_id, Dirty())
        standing = self._standing(chat_id)
        spans = merge([*dirty.spans, *((note.first_id, note.last_id) for note in self._writer.missing(standing))])
        settled = self._settled(archived)
        plans = self._plans(archived, world, standing, spans, settled)
        drafts = ChatDrafts(archived, plans, standing, spans, self._reads, world, self._config.promote)
        yield from self._write(drafts.all(to_write(plans, spans, self._reads.refs_within(chat_id))))
        self._remove(drafts.gone())
        if complete:
            settled = {plan.stream.topic_id: plan.layout for plan in plans if plan.notes} or settled
        finish_chat(self._archive, chat_id, dirty.upto, settled)

    def _standing(self, chat_id: int) -> list[Note]:
        """The notes that a chat's messages stand in or brought along."""
        return [note for note in self._reads.notes(chat_id=chat_id) if note.kind in OF_MESSAGES]

    def _is_idle(self, archived: ArchivedChat, *, complete: bool) -> bool:
        chat_id = archived.chat.id
        if chat_id in self._reads.dirty() or (complete and not archived.layout):
            return False
        return not self._writer.missing(self._standing(chat_id))

    def _settled(self, archived: ArchivedChat) -> dict[int, str]:
        """The layouts that stay, by topic; 0 for a chat without topics."""
        if archived.chat.kind == "forum":
            return self._reads.layouts(archived.chat.id)
        return {0: archived.layout} if archived.layout else {}

    def _plans(
        self,
        archived: ArchivedChat,
        world: World,
        standing: Sequence[Note],
        spans: Sequence[Span],
        settled: Mapping[int, str],
    ) -> list[StreamPlan]:
        home = world.homes[archived.chat.id]
        topics = topics_of(archived, home, self._reads)
        return [
            plan_stream(
                stream,
                partial(self._outlines, archived, stream.topic_id),
                title_of(archived, self._reads, self._account.id),
                [note for note in standing if note.kind == "period" and note.topic_id == stream.topic_id],
                spans,
                self._layout(archived, stream.topic_id, settled),
                self.zone,
            )
            for stream in streams_of(archived, home, topics)
        ]

    def _outlines(self, archived: ArchivedChat, topic_id: int, low: int) -> Iterator[Outline]:
        outlines = self._reads.outlines(archived.chat.id, low, topic_id)
        if archived.chat.kind != "channel" or not archived.chat.linked_chat:
            return outlines
        return with_comments(outlines, self._reads.comment_counts(archived.chat.id, low))

    def _layout(self, archived: ArchivedChat, topic_id: int, settled: Mapping[int, str]) -> FixedLayout:
        if topic_id in settled:
            return settled[topic_id]  # type: ignore[return-value]  # written by finish_chat and relayout only
        if self._config.layout != "auto":
            return self._config.layout
        dates = self._reads.dates(archived.chat.id, topic_id)
        return choose_layout(archived.chat.kind, activity(dates, self.zone), "auto")

    def relayout(self, chat_id: int) -> None:
        """Have a chat planned anew by the configured layout, as if it had just been read."""
        archived = self._reads.chat(chat_id)
        if archived is None:
            return
        self._archive.mark_unpublished(chat_id)
        layouts = {topic: self._layout(archived, topic, {}) for topic in self._settled(archived)}
        self._archive.settle_layouts(chat_id, layouts)  # without one it is chosen anew each time

    def _write(self, drafts: Iterable[Draft]) -> Iterator[Note]:
        """Write drafts and record them, in batches; gives each whose file is new or changed."""
        batch: list[Written] = []
        try:
            for written in self._writer.write_all(self._announced(drafts)):
                if written.notice:
                    self.notices.append(written.notice)
                batch.append(written)
                if len(batch) == BATCH:
                    yield from self._record(batch)
            yield from self._record(batch)
        finally:
            record(self._archive, [written.draft.published for written in batch])

    def _announced(self, drafts: Iterable[Draft]) -> Iterator[Draft]:
        """Each draft once the archive knows where it goes: with another layout it would be left there for ever."""
        for draft in drafts:
            if not draft.before:
                # Only of a note can its seal tell that it is ours.
                digest = "" if draft.note.path.endswith(".md") else draft.note.digest
                announce(self._archive, attrs.evolve(draft.note, digest=digest))
            yield draft

    def _record(self, batch: list[Written]) -> Iterator[Note]:
        """Record the batch and empty it; gives what changed."""
        record(self._archive, [written.draft.published for written in batch])
        changed = [written.draft.note for written in batch if written.changed]
        batch.clear()
        yield from changed

    def _remove(self, notes: Iterable[Note]) -> None:
        gone = list(notes)
        self.notices += filter(None, [self._writer.remove(note.path, note.digest) for note in gone])
        if gone:
            record(self._archive, (), gone)

    def publish_overview(self) -> Iterator[Note]:
        """Write the notes of chats and people and the start page, after all period notes that are behind.

        Those are behind whose links, names or files were changed by chats
        that were published after them.
        """
        for _ in range(ROUNDS):
            self._worlds.current()
            if not (waiting := sorted(self._reads.dirty())):
                break
            for chat_id in waiting:
                yield from self.publish_chat(chat_id, complete=False)
        before = {note.path: note for kind in ("chat", "topic", "person", "start") for note in self._reads.notes(kind)}
        drafts = [*OverviewDrafts(self._reads, self._config, self._account, self._worlds.current(), before).all()]
        paths = {one.note.path for one in drafts}
        self._remove(note for path, note in before.items() if path not in paths)
        yield from self._write(self._outdated(drafts))
        self._put_assets()

    def _outdated(self, drafts: list[Draft]) -> Iterator[Draft]:
        missing = {note.path for note in self._writer.missing(one.note for one in drafts)}
        return (one for one in drafts if one.note.path in missing or one.note.digest != one.before)

    def _put_assets(self) -> None:
        before = orjson.loads(self._reads.meta("assets") or b"{}")
        after = {
            path: self._writer.asset(path, text, before.get(path, "")) for path, text in offered(self._config.root)
        }
        if after != before:
            remember(self._archive, "assets", orjson.dumps(after))
