"""The notes of a chat as drafts: those its messages stand in, and those that single messages bring along."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import attrs

from tobs.archive.published import Published
from tobs.archive.reads import Reads
from tobs.archive.rows import ArchivedChat, Note
from tobs.model import Message
from tobs.raw import decode_message
from tobs.source import Span
from tobs.vault.archive_context import ArchiveContext, Places, World
from tobs.vault.chatplan import StreamPlan, hull, overlaps
from tobs.vault.companions import Companion, companion_target, companions
from tobs.vault.layout import PlannedNote
from tobs.vault.period_note import Rendered, albums, render_period
from tobs.vault.seal import digest
from tobs.vault.writer import Draft

OF_MESSAGES = ("period", "promoted", "article", "vcard")  # kinds of notes that messages stand in or bring along


@attrs.define(eq=False)
class ChatDrafts:
    """Renders what `plans` say of one chat. `standing` are its notes in the vault, `changed` ranges of ids."""

    _archived: ArchivedChat
    _plans: Sequence[StreamPlan]
    _standing: Sequence[Note]
    _changed: Sequence[Span]
    _reads: Reads
    _world: World
    _promote: Sequence[str]
    _made: set[str] = attrs.field(factory=set, init=False)
    _rendered: dict[int, list[Span]] = attrs.field(factory=dict, init=False)
    _before: Mapping[str, Note] = attrs.field(init=False)
    _context: ArchiveContext = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        chat_id = self._archived.chat.id
        self._before = {note.path: note for note in self._standing}
        places = {
            (chat_id, plan.stream.topic_id): Places(
                [note.first_id for note in plan.notes], [note.name for note in plan.notes]
            )
            for plan in self._plans
        }
        self._context = ArchiveContext(self._reads, self._world, chat_id, places)

    def all(self, writes: Sequence[Sequence[PlannedNote]]) -> Iterator[Draft]:
        """The notes to write of each plan, each followed by its companions."""
        for plan, notes in zip(self._plans, writes, strict=True):
            for planned in notes:
                yield from self._of_note(plan, planned)

    def _of_note(self, plan: StreamPlan, planned: PlannedNote) -> Iterator[Draft]:
        chat, topic_id = self._archived.chat, plan.stream.topic_id
        units = self._units(plan, planned)
        targets = {
            message.id: target
            for unit in units
            for message in unit
            if (target := companion_target(message, self._archived, self._world))
        }
        self._context.open_note(units, self._reads.media(chat.id, *planned.span), topic_id, targets)
        rendered = render_period(self._archived, plan.stream, plan.layout, planned, units, self._context, self._world)
        brought = [*companions(units, planned, plan.layout, self._archived, self._context, self._world, self._promote)]
        yield self._period(planned, topic_id, rendered)
        self._rendered.setdefault(topic_id, []).append(planned.span)
        for companion in brought:
            yield self._companion(companion, topic_id)

    def _units(self, plan: StreamPlan, planned: PlannedNote) -> list[list[Message]]:
        chat = self._archived.chat
        raws = self._reads.messages(chat.id, *planned.span, plan.stream.topic_id)
        return albums([decode_message(raw, chat, self._world.account_id) for raw in raws])

    def _period(self, planned: PlannedNote, topic_id: int, rendered: Rendered) -> Draft:
        before = self._before.get(planned.path)
        note = Note(
            planned.path,
            "period",
            self._archived.chat.id,
            *planned.span,
            planned.messages,
            planned.first_date,
            planned.last_date,
            digest(rendered.text),
            topic_id,
        )
        same_place = before is not None and before.first_id == note.first_id
        looks_new = hull(self._changed, planned.span) if same_place else planned.span
        published = Published(
            note,
            self._context.refs,
            rendered.tallies,
            None if same_place and before is not None and before.digest == note.digest else looks_new,
        )
        return Draft(published, rendered.text, before.digest if before else "")

    def _companion(self, companion: Companion, topic_id: int) -> Draft:
        self._made.add(companion.path)
        before = self._before.get(companion.path)
        note = Note(
            companion.path,
            companion.kind,
            self._archived.chat.id,
            companion.message_id,
            companion.message_id,
            digest=digest(companion.text),
            topic_id=topic_id,
        )
        return Draft(Published(note), companion.text, before.digest if before else "")

    def gone(self) -> list[Note]:
        """After `all` was read to its end: the standing notes that are no longer needed."""
        topics = {plan.stream.topic_id for plan in self._plans}
        gone = [note for plan in self._plans for note in plan.gone]
        gone += [note for note in self._standing if note.kind == "period" and note.topic_id not in topics]
        return gone + [note for note in self._standing if note.kind != "period" and self._is_left(note, topics)]

    def _is_left(self, companion: Note, topics: set[int]) -> bool:
        if companion.path in self._made:
            return False
        here = (companion.first_id, companion.last_id)
        return companion.topic_id not in topics or overlaps(self._rendered.get(companion.topic_id, []), here)
