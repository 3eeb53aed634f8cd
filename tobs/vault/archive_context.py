"""The renderer's look-ups, answered from the archive."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo

import attrs

from tobs.archive.published import Ref
from tobs.archive.reads import Head, Reads
from tobs.archive.rows import ArchivedChat, MediaRow, Note
from tobs.model import Message, Raw
from tobs.raw import decode_message
from tobs.root import PLAIN, Root
from tobs.vault.addresses import parse_address
from tobs.vault.cards.polls import answer_text
from tobs.vault.cards.todo import item_text
from tobs.vault.context import Look, MediaFile, MediaState, Past, Target, Thread
from tobs.vault.frontmatter import unlinked
from tobs.vault.layout import basename
from tobs.vault.links import wikilink
from tobs.vault.message import reply_label
from tobs.vault.spans import emojis
from tobs.vault.thread import SHOWN

NOTHING: Mapping[int, Target] = {}
SNIPPETS = 4_096  # labels kept of messages outside the note at hand; some 0.5 MB


@attrs.frozen
class Places:
    """Where a chat's messages stand: the first id of each note, ascending, and its name."""

    first_ids: Sequence[int]
    names: Sequence[str]

    def note_of(self, message_id: int) -> str:
        """The note that holds this id if any does, "" if none can."""
        index = bisect_right(self.first_ids, message_id) - 1
        return self.names[index] if index >= 0 else ""


@attrs.frozen
class World:
    """What all notes of a vault are rendered with: the names at hand, and what the configuration says."""

    zone: tzinfo
    counters: bool
    account_id: int
    names: Mapping[int, str]
    notes_of_people: Mapping[int, str]
    chats: Mapping[int, ArchivedChat]
    homes: Mapping[int, str]  # the folder of each chat, relative to the vault
    usernames: Mapping[str, int]
    migrated: frozenset[int]
    ambiguous: frozenset[str]  # file names that lie in several folders
    look: Look = Look()
    avatars: Mapping[int, str] = attrs.field(factory=dict)  # the pictures of chats and people
    emoji: Mapping[int, str] = attrs.field(factory=dict)  # those of custom emoji, by the document
    root: Root = PLAIN

    def name(self, peer_id: int) -> str:
        """What to call a user or chat, never empty."""
        return self.names.get(peer_id) or (
            self.chats[peer_id].chat.title if peer_id in self.chats else f"Unknown {peer_id}"
        )

    def note_of(self, peer_id: int) -> str:
        """The note about a person or an archived chat, "" if there is none."""
        if peer_id in self.notes_of_people:
            return self.notes_of_people[peer_id]
        return self.chats[peer_id].folder if peer_id in self.chats else ""

    def mention(self, peer_id: int) -> str:
        """A wikilink to somebody's note, or the name where there is none. For properties: not escaped."""
        name, note = self.name(peer_id), self.note_of(peer_id)
        if not note:
            return unlinked(name)
        return f"[[{note}]]" if note == name else wikilink(Target(note), name)


StreamKey = tuple[int, int]  # a chat, and one of its topics if it is a forum, else 0


def places(notes: Iterable[Note]) -> dict[StreamKey, Places]:
    """Where the messages of each stream stand, from its notes in their order."""
    found: dict[StreamKey, list[Note]] = {}
    for note in notes:
        found.setdefault((note.chat_id, note.topic_id), []).append(note)
    return {
        key: Places([note.first_id for note in part], [basename(note.path) for note in part])
        for key, part in found.items()
    }


@attrs.frozen(eq=False)
class AtHand:
    """The messages of a note by id, and the first message of each that shares its block."""

    messages: Mapping[int, Message] = attrs.field(factory=dict)
    firsts: Mapping[int, int] = attrs.field(factory=dict)
    topic_id: int = 0

    def head(self, message_id: int) -> Head:
        """The first message of the block that shows one of these messages."""
        return Head(self.firsts.get(message_id, message_id), self.topic_id)


def at_hand(units: Sequence[Sequence[Message]], topic_id: int) -> AtHand:
    """Albums and single messages of a note at hand."""
    messages = {message.id: message for unit in units for message in unit}
    firsts = {message.id: unit[0].id for unit in units if len(unit) > 1 for message in unit}
    return AtHand(messages, firsts, topic_id)


def state_of(row: MediaRow) -> MediaState:
    """What a note shows of a file: one on its way looks as one that is there, until something went wrong with it."""
    if row.state == "failed":
        return "failed"
    if row.state == "skipped":
        return "skipped"
    return "delayed" if row.state == "pending" and row.reason else "done"


@attrs.define(eq=False)
class ArchiveContext:
    """A `Context` for the notes of one chat. `open_note` tells it which messages are at hand.

    `_places` are those of the chat's own streams; others' are found when they are asked for.

    `refs` are the messages outside the note that were asked for since then,
    whether they were there or not.
    """

    _reads: Reads
    _world: World
    _chat_id: int
    _places: dict[StreamKey, Places]
    _files: dict[tuple[int, int, str], MediaRow] = attrs.field(factory=dict)
    _here: AtHand = attrs.field(factory=AtHand)
    _before: AtHand = attrs.field(factory=AtHand)  # those of the note before, which most replies from here lead to
    _threads: Mapping[int, Sequence[tuple[int, int]]] = attrs.field(factory=dict)
    _pasts: Mapping[int, Past] = attrs.field(factory=dict)
    _companions: Mapping[int, Target] = attrs.field(factory=dict)
    _snippets: dict[tuple[int, int], str | None] = attrs.field(factory=dict)
    _refs: dict[int, tuple[int, int]] = attrs.field(factory=dict)
    _emoji: dict[int, str] | None = None  # what the custom emoji of the note stand for, once somebody asks
    zone: tzinfo = attrs.field(init=False)
    counters: bool = attrs.field(init=False)
    look: Look = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.zone = self._world.zone
        self.counters = self._world.counters
        self.look = self._world.look

    def open_note(
        self,
        units: Sequence[Sequence[Message]],
        files: Sequence[MediaRow],
        topic_id: int = 0,
        companions: Mapping[int, Target] = NOTHING,
    ) -> None:
        """Have the albums and single messages of a note at hand, their files, and what they bring along."""
        self._before = self._here
        self._here = at_hand(units, topic_id)
        self._companions = companions
        self._threads = self._find_threads()
        self._pasts = self._find_pasts(
            self._chat_id, min(self._here.messages, default=0), max(self._here.messages, default=0)
        )
        self._files = {(row.message_id, row.file_id, row.thumb): row for row in files}
        self._refs = {}
        self._emoji = None

    def _find_threads(self) -> Mapping[int, Sequence[tuple[int, int]]]:
        chat = self._world.chats.get(self._chat_id)
        if chat is None or chat.chat.kind != "channel" or not self._here.messages:
            return {}
        return self._reads.threads(self._chat_id, min(self._here.messages), max(self._here.messages))

    def _find_pasts(self, chat_id: int, low: int, high: int) -> Mapping[int, Past]:
        """What became of the messages between two ids; nothing of most."""
        versions: dict[int, list[Message]] = {}
        for one in self._reads.versions(chat_id, low, high):
            if version := self._decode(chat_id, one.raw):
                versions.setdefault(one.id, []).append(version)
        gone = {one.id: one for one in self._reads.tombstones(chat_id, low, high)}
        return {
            message_id: Past(
                tuple(versions.get(message_id, ())),
                gone[message_id].seen_at if message_id in gone else 0,
                message_id in gone and gone[message_id].hidden,
            )
            for message_id in versions.keys() | gone.keys()
        }

    @property
    def refs(self) -> tuple[Ref, ...]:
        """Per chat the lowest and the highest id that was asked for, outside the note."""
        return tuple((chat_id, low, high) for chat_id, (low, high) in sorted(self._refs.items()))

    def name(self, peer_id: int) -> str:
        """What to call a user or chat. One that nobody has told of yet may get a name later."""
        self._may_change(peer_id)
        return self._world.name(peer_id)

    def _may_change(self, peer_id: int) -> None:
        """Remember whom nobody has told of yet, or only as the chat with them: they will have a name, or a note."""
        world = self._world
        if peer_id not in world.names or (peer_id > 0 and peer_id not in world.notes_of_people):
            self._refs[peer_id] = self._refs.get(peer_id, (0, 0))

    def anchor(self, chat_id: int, message_id: int) -> str:
        """The block id of a message, one that the supergroup's own messages do not have."""
        return f"g{message_id}" if chat_id in self._world.migrated else f"m{message_id}"

    def link(self, chat_id: int, message_id: int) -> Target | None:
        """Where a message stands; None if it is in no note yet."""
        head = self._head(chat_id, message_id)
        note = self._places_of(chat_id, head.topic_id).note_of(head.id) if head.id else ""
        return Target(note, self.anchor(chat_id, head.id)) if note else None

    def _head(self, chat_id: int, message_id: int) -> Head:
        """The first message of the block that shows a message, 0 if it is not archived."""
        if chat_id == self._chat_id and message_id in self._here.messages:
            return self._here.head(message_id)
        low, high = self._refs.get(chat_id, (message_id, message_id))
        self._refs[chat_id] = (min(low, message_id), max(high, message_id))
        if chat_id == self._chat_id and message_id in self._before.messages:
            return self._before.head(message_id)
        chat = self._world.chats.get(chat_id)
        return self._reads.head(chat_id, message_id, forum=chat is not None and chat.chat.kind == "forum")

    def _places_of(self, chat_id: int, topic_id: int) -> Places:
        if chat_id != self._chat_id and (chat_id, 0) not in self._places:
            # Not this chat, so what stands in the vault: when that changes, this note is rendered again.
            self._places[chat_id, 0] = Places((), ())
            self._places.update(places(self._reads.notes("period", chat_id)))
        return self._places.get((chat_id, topic_id)) or Places((), ())

    def thread(self, chat_id: int, message_id: int) -> Thread | None:
        """The comments on a post: those under all copies of it."""
        copies = self._threads.get(message_id) if chat_id == self._chat_id else None
        if not copies:
            return None
        found = [(group, self._reads.comments(group, root, SHOWN)) for group, root in copies]
        count = sum(number for _, (number, _) in found)
        comments = [self._decode(group, raw) for group, (_, raws) in found for raw in raws]
        discussion = self._world.chats.get(copies[0][0])
        target = Target(discussion.folder) if discussion else None
        return Thread(count, tuple(filter(None, comments))[:SHOWN], target) if count else None

    def past(self, chat_id: int, message_id: int) -> Past | None:
        """What became of a message."""
        if chat_id == self._chat_id and message_id in self._here.messages:
            return self._pasts.get(message_id)
        return self._find_pasts(chat_id, message_id, message_id).get(message_id)

    def _decode(self, chat_id: int, raw: Raw) -> Message | None:
        chat = self._world.chats.get(chat_id)
        return decode_message(raw, chat.chat, self._world.account_id) if chat else None

    def snippet(self, chat_id: int, message_id: int) -> str | None:
        """The label of a link to a message; None if it is not archived."""
        if near := self._near(chat_id, message_id):
            return self._label(near)
        where = (chat_id, message_id)
        if where not in self._snippets:
            if len(self._snippets) >= SNIPPETS:
                self._snippets.clear()
            message = self._message(chat_id, message_id)
            self._snippets[where] = self._label(message) if message else None
        return self._snippets[where]

    def _near(self, chat_id: int, message_id: int) -> Message | None:
        if chat_id != self._chat_id:
            return None
        return self._here.messages.get(message_id) or self._before.messages.get(message_id)

    def _message(self, chat_id: int, message_id: int) -> Message | None:
        if near := self._near(chat_id, message_id):
            return near
        raw = self._reads.message(chat_id, message_id)
        return self._decode(chat_id, raw) if raw else None

    def _label(self, message: Message) -> str:
        return reply_label(self.name(message.sender_id), message)

    def file(self, chat_id: int, message_id: int, file_id: int, thumb: str) -> MediaFile | None:
        """A file of a message."""
        if chat_id == self._chat_id and message_id in self._here.messages:
            row = self._files.get((message_id, file_id, thumb))
        else:
            rows = self._reads.media(chat_id, message_id, message_id)
            row = next((row for row in rows if (row.file_id, row.thumb) == (file_id, thumb)), None)
        return self._file(row) if row else None

    def companion(self, chat_id: int, message_id: int) -> Target | None:
        """The note of a message's article, or its address card."""
        return self._companions.get(message_id) if chat_id == self._chat_id else None

    def item(self, chat_id: int, message_id: int, key: int | str) -> str:
        """The text of a checklist's item or a poll's answer."""
        message = self._message(chat_id, message_id)
        if message is None or message.media is None:
            return ""
        raw = message.media.raw
        return item_text(raw, key) if isinstance(key, int) else answer_text(raw, key)

    def emoji(self, document_id: int) -> str:
        """The emoji that a custom one stands for, as the texts of this note have it: other notes may not be at hand."""
        if self._emoji is None:
            self._emoji = dict(emojis(self._here.messages.values()))
        return self._emoji.get(document_id, "")

    def emoji_picture(self, document_id: int) -> str:
        """The picture of a custom emoji."""
        return self._world.emoji.get(document_id, "")

    def layer(self, chat_id: int, message_id: int) -> int:
        """The TL layer that a message was read with."""
        return self._reads.layer(chat_id, message_id)

    def peer(self, peer_id: int) -> Target | None:
        """The note about a person or an archived chat."""
        self._may_change(peer_id)
        note = self._world.note_of(peer_id)
        return Target(note) if note else None

    def _file(self, row: MediaRow) -> MediaFile:
        state = state_of(row)
        thumbnail = self._reads.thumbnail(row.file_id) if state != "done" and row.dc_id > 0 else ""
        return MediaFile(row.path if row.name in self._world.ambiguous else row.name, state, row.reason, thumbnail)

    def link_for_url(self, url: str) -> Target | None:
        """Where the message of a t.me or tg: address stands."""
        address = parse_address(url)
        if address is None:
            return None
        chat_id = address.chat_id or self._world.usernames.get(address.username, 0)
        return self.link(chat_id, address.message_id)
