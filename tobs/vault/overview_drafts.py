"""The notes of chats, topics and people and the start page as drafts, from what the archive counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs

from tobs.archive.reads import Reads
from tobs.archive.rows import ArchivedChat, Note
from tobs.config import ExportConfig
from tobs.model import Peer
from tobs.vault.archive_context import ArchiveContext, World, places
from tobs.vault.archive_streams import topics_of
from tobs.vault.chat_note import chat_note
from tobs.vault.links import message_link
from tobs.vault.overview import Totals
from tobs.vault.person_note import person_note, person_path
from tobs.vault.saved import origin_line, origins
from tobs.vault.start_page import start_page
from tobs.vault.topic_note import topic_note
from tobs.vault.topics import TopicPlace
from tobs.vault.writer import Draft, draft

PINNED_SHOWN = 20  # links to pinned messages in a note


@attrs.define(eq=False)
class OverviewDrafts:
    """Renders the notes that speak of many messages. `before` are those that stand in the vault, by path."""

    _reads: Reads
    _config: ExportConfig
    _account: Peer
    _world: World
    _before: Mapping[str, Note]

    def all(self) -> Iterator[Draft]:
        """Every note, whether it changed or not: only rendering tells."""
        totals = self._totals()
        for chat_id, archived in self._world.chats.items():
            yield from self._of_chat(archived, totals[chat_id])
        yield from self._of_people(totals)
        chats = [(archived, totals[chat_id]) for chat_id, archived in self._world.chats.items()]
        yield self._draft(self._world.root.start_page, "start", start_page(self._account, chats, self._world))

    def _draft(self, path: str, kind: str, text: str) -> Draft:
        return draft(Note(path, kind), text, self._before.get(path))

    def _of_chat(self, archived: ArchivedChat, totals: Totals) -> Iterator[Draft]:
        topics = [*self._topics(archived, totals)]
        for place, of_topic in topics:
            yield self._draft(place.path, "topic", topic_note(place, archived, of_topic, self._world))
        path = f"{self._world.homes[archived.chat.id]}/{archived.folder}.md"
        yield self._draft(path, "chat", chat_note(archived, totals, self._world, topics))

    def _of_people(self, totals: Mapping[int, Totals]) -> Iterator[Draft]:
        seen = {person: {*chats} for person, chats in self._reads.seen_in().items()}
        for chat_id, of_chat in totals.items():
            for sender in of_chat.senders:
                seen.setdefault(sender, set()).add(chat_id)
        for peer in self._reads.profiles():
            path = person_path(self._world.notes_of_people[peer.id], self._world.root)
            text = person_note(peer, seen.get(peer.id, ()), self._world, phone_numbers=self._config.phone_numbers)
            yield self._draft(path, "person", text)

    def _topics(self, archived: ArchivedChat, totals: Totals) -> Iterator[tuple[TopicPlace, Totals]]:
        chat_id = archived.chat.id
        if not (found := topics_of(archived, self._world.homes[chat_id], self._reads)):
            return
        tallies = {kind: self._reads.topic_tallies(chat_id, kind) for kind in ("sender", "month", "pinned")}
        for place in found:
            topic = place.topic.id
            notes = [note for note in totals.notes if note.topic_id == topic]
            yield place, self._count(chat_id, notes, *(each.get(topic, {}) for each in tallies.values()))

    def _totals(self) -> dict[int, Totals]:
        tallies = [self._reads.tallies(kind) for kind in ("sender", "month", "pinned")]
        kept = self._reads.tallies("origin")
        pictures, gone = self._reads.pictures(), self._reads.gone_counts()
        notes: dict[int, list[Note]] = {}
        for note in self._reads.notes("period"):
            notes.setdefault(note.chat_id, []).append(note)
        found = {}
        for chat_id in self._world.chats:
            counted = self._count(chat_id, notes.get(chat_id, []), *(each.get(chat_id, {}) for each in tallies))
            found[chat_id] = attrs.evolve(
                counted,
                pictures=pictures.get(chat_id, 0),
                gone=gone.get(chat_id, 0),
                origins=self._origins(chat_id, kept.get(chat_id, {})),
            )
        return found

    def _origins(self, chat_id: int, tallies: Mapping[bytes, int]) -> list[str]:
        """Lines of whom the messages of Saved Messages were kept from."""
        if not tallies:
            return []
        context, pinned = self._context(chat_id), self._world.chats[chat_id].chat.pinned_origins
        found = origins(tallies.items(), pinned)
        return [origin_line(one, pinned, chat_id, context, self._world) for one in found]

    def _count(
        self,
        chat_id: int,
        notes: list[Note],
        senders: Mapping[Any, int],
        months: Mapping[Any, int],
        pinned: Mapping[Any, int],
    ) -> Totals:
        links = self._links(chat_id, sorted(pinned)[-PINNED_SHOWN:]) if pinned else []
        return Totals(sum(note.messages for note in notes), senders, months, notes, pinned=links)

    def _links(self, chat_id: int, message_ids: Iterable[int]) -> list[str]:
        """Links to messages of a chat, the newest first; an album is one."""
        context = self._context(chat_id)
        newest = sorted(message_ids, reverse=True)
        return [*{context.link(chat_id, one): message_link(chat_id, one, context) for one in newest}.values()]

    def _context(self, chat_id: int) -> ArchiveContext:
        return ArchiveContext(self._reads, self._world, chat_id, places(self._reads.notes("period", chat_id)))
