"""The world that notes are rendered in, and which notes a change of it touches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from datetime import tzinfo
from typing import Any

import attrs
import orjson

from tobs.archive.emoji import messages_with_pictures, pictured_emoji
from tobs.archive.published import remember
from tobs.archive.reads import Reads
from tobs.archive.store import Archive
from tobs.root import Root
from tobs.vault.archive_context import World
from tobs.vault.context import Look
from tobs.vault.names import homes, people_names

RENDERING = 11  # to be raised when the same archive gives other notes, so that old ones are rendered again


@attrs.define(eq=False)
class Worlds:
    """Reads the world from the archive, and remembers what of it the notes were last rendered with."""

    _archive: Archive
    _reads: Reads
    zone: tzinfo
    _counters: bool
    _look: Look
    _promote: Sequence[str]
    _account_id: int
    _root: Root
    _shows_emoji: bool

    def current(self) -> World:
        """The world as the archive has it now. Notes that another one made are marked to be rendered again."""
        chats = {archived.chat.id: archived for archived in self._reads.chats()}
        people = people_names(self._reads.people(), [archived.folder for archived in chats.values()], self._root)
        usernames = {
            archived.chat.username.casefold(): chat_id for chat_id, archived in chats.items() if archived.chat.username
        }
        migrated = frozenset(archived.chat.migrated_from for archived in chats.values()) & chats.keys()
        ambiguous = self._reads.ambiguous_files()
        self._remember_style(sorted(chats))
        self._remember_people(people)
        self._remember_links(usernames, sorted(migrated))
        self._remember_files(ambiguous)
        self._remember_emoji()
        return World(
            self.zone,
            self._counters,
            self._account_id,
            self._reads.names(),
            people,
            chats,
            homes(chats.values(), self._root),
            usernames,
            migrated,
            ambiguous,
            look=self._look,
            avatars=self._reads.avatars(),
            emoji=pictured_emoji(self._archive) if self._shows_emoji else {},
            root=self._root,
        )

    def _remember_style(self, chats: list[int]) -> None:
        style = [RENDERING, str(self.zone), self._counters, self._account_id, *attrs.astuple(self._look), self._promote]
        before, after = self._difference("style", style)
        if before != after:
            remember(self._archive, "style", after, chats=chats if before else ())

    def _remember_people(self, people: Mapping[int, str]) -> None:
        named = {str(person): name for person, name in sorted(people.items())}
        before, after = self._difference("people", named)
        if before != after:
            old: Mapping[str, str] = orjson.loads(before or b"{}")
            changed = [int(person) for person in old.keys() | named.keys() if old.get(person) != named.get(person)]
            # Somebody new was not in a note before, but the page that brought them may also have brought a name.
            remember(self._archive, "people", after, seen=sorted(one for one in changed if str(one) in old))

    def _remember_links(self, usernames: Mapping[str, int], migrated: list[int]) -> None:
        value = {"usernames": dict(sorted(usernames.items())), "migrated": migrated}
        before, after = self._difference("links", value)
        if before != after:
            old: dict[str, Any] = orjson.loads(before or b'{"usernames": {}, "migrated": []}')
            names = {*old["usernames"].items()} ^ {*usernames.items()}
            moved = {*old["migrated"]} ^ {*migrated}
            touched = {0, *moved, *(chat for _, chat in names)}
            remember(self._archive, "links", after, chats=sorted(moved), referred=sorted(touched))

    def _remember_files(self, ambiguous: Set[str]) -> None:
        before, after = self._difference("ambiguous", sorted(ambiguous))
        if before != after:
            changed = ambiguous ^ set(orjson.loads(before or b"[]"))
            messages = [where for name in sorted(changed) for where in self._reads.messages_with(name)]
            remember(self._archive, "ambiguous", after, messages=messages)

    def _remember_emoji(self) -> None:
        before, after = self._difference("emoji", self._shows_emoji)
        if before != after and (before or self._shows_emoji):
            remember(self._archive, "emoji", after, messages=messages_with_pictures(self._archive))

    def _difference(self, name: str, value: object) -> tuple[bytes, bytes]:
        return self._reads.meta(name), orjson.dumps(value)
