"""From the archive to notes on disk.

Each method that writes is a generator and gives a note after it has been
written, so that an async caller can breathe, and stop, between two notes.
Stopped anywhere, also by a kill, it leaves whole notes, and the next run
writes the rest: what is still to do is in the archive.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from zoneinfo import ZoneInfo

import attrs
import orjson
import tzlocal

from tobs.archive.published import Published, finish_chat, record, remember
from tobs.archive.reads import Dirty, Reads
from tobs.archive.rows import ArchivedChat, Note
from tobs.archive.spans import merge
from tobs.archive.store import Archive
from tobs.config import ExportConfig
from tobs.model import Peer
from tobs.raw import decode_message
from tobs.source import Span
from tobs.vault.archive_context import ArchiveContext, Places, World
from tobs.vault.chat_note import chat_note
from tobs.vault.chatplan import ChatPlan, hull, plan_chat
from tobs.vault.context import Look
from tobs.vault.disk import Disk
from tobs.vault.layout import FixedLayout, PlannedNote, activity, chat_path, choose_layout
from tobs.vault.links import message_link
from tobs.vault.offered import offered
from tobs.vault.overview import Totals
from tobs.vault.period_note import albums, render_period
from tobs.vault.person_note import person_note, person_path
from tobs.vault.seal import digest
from tobs.vault.start_page import START_PATH, start_page
from tobs.vault.world import Worlds
from tobs.vault.writer import Draft, Writer, Written, draft

BATCH = 16  # notes that are recorded in one transaction
PINNED_SHOWN = 20  # links to pinned messages in a chat's note
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
        self._worlds = Worlds(archive, reads, self.zone, config.counters, look, account.id)
        disk = Disk(config.vault)
        disk.sweep()
        self._writer = Writer(disk, config.pipeline.write_workers)

    def publish_chat(self, chat_id: int, *, complete: bool) -> Iterator[Note]:
        """Write the notes of a chat that are not as the archive has it, and those that are missing on the disk.

        Once the history is `complete`, the chat's layout stays. Before, it is
        chosen anew each time, and notes of another layout go.
        """
        archived = self._reads.chat(chat_id)
        if archived is None or self._is_idle(archived, complete=complete):
            return
        world = self._worlds.current()
        dirty = self._reads.dirty().get(chat_id, Dirty())
        layout = self._layout(archived)
        standing = self._reads.notes("period", chat_id)
        spans = merge([*dirty.spans, *((note.first_id, note.last_id) for note in self._writer.missing(standing))])
        plan = plan_chat(
            lambda low: self._reads.outlines(chat_id, low),
            standing,
            spans,
            self._reads.refs_within(chat_id),
            archived.folder,
            layout,
            self.zone,
        )
        yield from self._write(self._drafts(archived, plan, standing, spans, world))
        self._remove(plan.gone)
        finish_chat(self._archive, chat_id, dirty.upto, layout if complete and plan.notes else archived.layout)

    def _is_idle(self, archived: ArchivedChat, *, complete: bool) -> bool:
        chat_id = archived.chat.id
        if chat_id in self._reads.dirty() or (complete and not archived.layout):
            return False
        return not self._writer.missing(self._reads.notes("period", chat_id))

    def _layout(self, archived: ArchivedChat) -> FixedLayout:
        if archived.layout:
            return archived.layout  # type: ignore[return-value]  # written by finish_chat and relayout only
        if self._config.layout != "auto":
            return self._config.layout
        return choose_layout(archived.chat.kind, activity(self._reads.dates(archived.chat.id), self.zone), "auto")

    def relayout(self, chat_id: int) -> None:
        """Have a chat planned anew by the configured layout, as if it had just been read."""
        archived = self._reads.chat(chat_id)
        if archived is None:
            return
        self._archive.mark_unpublished(chat_id)
        if archived.layout:  # without one it is chosen anew each time
            self._archive.settle_layout(chat_id, self._layout(attrs.evolve(archived, layout="")))

    def _drafts(
        self, archived: ArchivedChat, plan: ChatPlan, standing: Iterable[Note], changed: list[Span], world: World
    ) -> Iterator[Draft]:
        places = Places([note.first_id for note in plan.notes], [note.name for note in plan.notes])
        context = ArchiveContext(self._reads, world, archived.chat.id, {archived.chat.id: places})
        before = {note.path: note for note in standing}
        for planned in plan.write:
            yield self._draft(archived, planned, before.get(planned.path), changed, context, world)

    def _draft(
        self,
        archived: ArchivedChat,
        planned: PlannedNote,
        before: Note | None,
        changed: list[Span],
        context: ArchiveContext,
        world: World,
    ) -> Draft:
        chat = archived.chat
        raws = self._reads.messages(chat.id, *planned.span)
        units = albums([decode_message(raw, chat, self._account.id) for raw in raws])
        context.open_note(units, self._reads.media(chat.id, *planned.span))
        rendered = render_period(archived, planned, units, context, world)
        note = Note(
            planned.path,
            "period",
            chat.id,
            *planned.span,
            planned.messages,
            planned.first_date,
            planned.last_date,
            digest(rendered.text),
        )
        same_place = before is not None and before.first_id == note.first_id
        looks_new = hull(changed, planned.span) if same_place else planned.span
        published = Published(
            note,
            context.refs,
            rendered.tallies,
            None if same_place and before is not None and before.digest == note.digest else looks_new,
        )
        return Draft(published, rendered.text, before.digest if before else "")

    def _write(self, drafts: Iterable[Draft]) -> Iterator[Note]:
        """Write drafts and record them, in batches; gives each whose file is new or changed."""
        batch: list[Written] = []
        for written in self._writer.write_all(drafts):
            if written.notice:
                self.notices.append(written.notice)
            batch.append(written)
            if len(batch) == BATCH:
                yield from self._record(batch)
                batch = []
        yield from self._record(batch)

    def _record(self, batch: list[Written]) -> Iterator[Note]:
        if batch:
            record(self._archive, [written.draft.published for written in batch])
        yield from [written.draft.note for written in batch if written.changed]

    def _remove(self, notes: Iterable[Note]) -> None:
        gone = list(notes)
        self.notices += filter(None, [self._writer.remove(note.path) for note in gone])
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
        before = {note.path: note for kind in ("chat", "person", "start") for note in self._reads.notes(kind)}
        drafts = [*self._overview(self._worlds.current(), before)]
        paths = {one.note.path for one in drafts}
        self._remove(note for path, note in before.items() if path not in paths)
        yield from self._write(self._outdated(drafts))
        self._put_assets()

    def _outdated(self, drafts: list[Draft]) -> Iterator[Draft]:
        missing = {note.path for note in self._writer.missing(one.note for one in drafts)}
        return (one for one in drafts if one.note.path in missing or one.note.digest != one.before)

    def _overview(self, world: World, before: dict[str, Note]) -> Iterator[Draft]:
        totals = self._totals(world)
        for chat_id, archived in world.chats.items():
            path = chat_path(archived.folder)
            yield draft(Note(path, "chat"), chat_note(archived, totals[chat_id], world), before.get(path))
        wrote = self._wrote(totals)
        for peer in self._reads.profiles():
            path = person_path(world.notes_of_people[peer.id])
            text = person_note(peer, wrote.get(peer.id, {}), world, phone_numbers=self._config.phone_numbers)
            yield draft(Note(path, "person"), text, before.get(path))
        chats = [(archived, totals[chat_id]) for chat_id, archived in world.chats.items()]
        yield draft(Note(START_PATH, "start"), start_page(self._account, chats, world), before.get(START_PATH))

    def _wrote(self, totals: Mapping[int, Totals]) -> dict[int, dict[int, int]]:
        """How many messages each person wrote in the chats in which they were seen."""
        wrote = {person: dict.fromkeys(chats, 0) for person, chats in self._reads.seen_in().items()}
        for chat_id, its_totals in totals.items():
            for sender, count in its_totals.senders.items():
                wrote.setdefault(sender, {})[chat_id] = count
        return wrote

    def _totals(self, world: World) -> dict[int, Totals]:
        senders, months = self._reads.tallies("sender"), self._reads.tallies("month")
        pictures, pinned = self._reads.pictures(), self._reads.tallies("pinned")
        notes: dict[int, list[Note]] = {}
        for note in self._reads.notes("period"):
            notes.setdefault(note.chat_id, []).append(note)
        return {
            chat_id: Totals(
                sum(note.messages for note in notes.get(chat_id, ())),
                senders.get(chat_id, {}),
                months.get(chat_id, {}),
                notes.get(chat_id, []),
                pictures.get(chat_id, 0),
                self._links(chat_id, sorted(pinned.get(chat_id, ()))[-PINNED_SHOWN:], world),
            )
            for chat_id in world.chats
        }

    def _links(self, chat_id: int, message_ids: Sequence[int], world: World) -> list[str]:
        """Links to messages of a chat, the newest first; an album is one."""
        context = ArchiveContext(self._reads, world, chat_id, {})
        ids = reversed(message_ids)
        return [*{context.link(chat_id, one): message_link(chat_id, one, context) for one in ids}.values()]

    def _put_assets(self) -> None:
        before = orjson.loads(self._reads.meta("assets") or b"{}")
        after = {path: self._writer.asset(path, text, before.get(path, "")) for path, text in offered()}
        if after != before:
            remember(self._archive, "assets", orjson.dumps(after))
