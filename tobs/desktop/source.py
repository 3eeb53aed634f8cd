"""Exports of Telegram Desktop as a `tobs.Source`: what `tobs import` reads."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import tzinfo
from itertools import islice
from pathlib import Path
from typing import Any

import attrs
import trio

from tobs.archive.owner import UNKNOWN
from tobs.desktop.ids import NAMES, Fields, chat_id, chat_kind, peer_of_chat
from tobs.desktop.inferred import Topics, with_albums
from tobs.desktop.media import file_of
from tobs.desktop.message import names_in, read_message
from tobs.desktop.place import CHUNK, Place
from tobs.desktop.repair import read_object
from tobs.desktop.scan import Piece, Scanner
from tobs.errors import FileUnavailable, SourceError
from tobs.model import NOT_INCLUDED, Chat, Page, Peer, Raw, RawMessage, Topic
from tobs.raw import decode_peer
from tobs.source import Countdown, FailedChat, Span, Wanted
from tobs.vault.raw import plain, whole

PAGE = 100
VCARD = 100_000  # bytes
_TOPIC = b'"topic_created"'
NAMED = 20  # problems of a chat that are told one by one


@attrs.frozen
class _Part:
    """A chat in one export: where its messages begin. `old` are those from before it became a supergroup."""

    place: Place
    header: dict[str, Any]
    offset: int
    old: bool = False


@attrs.define(eq=False)
class DesktopSource:
    """The chats of some exports. `groups` has the basic groups that known supergroups were.

    `problems` names what could not be read, with its place in its file.
    """

    places: Sequence[Place]
    zone: tzinfo
    account: Peer = UNKNOWN
    groups: Mapping[int, int] = attrs.field(factory=dict)
    link: bool = False
    problems: list[str] = attrs.field(factory=list)
    _parts: dict[int, list[_Part]] = attrs.field(factory=dict)
    _chats: dict[int, Chat] = attrs.field(factory=dict)
    _files: dict[tuple[int, int], tuple[Place, str]] = attrs.field(factory=dict)

    def watch_waits(self, countdown: Countdown) -> None:
        """Files never ask anybody to wait."""

    async def find_chats(self, names: Sequence[str]) -> Sequence[Chat | FailedChat]:
        """All chats of the exports, whatever `names` says."""
        failed: list[FailedChat] = []
        for place in self.places:
            await trio.lowlevel.checkpoint()
            try:
                await trio.to_thread.run_sync(self._find, place)
            except (OSError, FileUnavailable) as exc:
                failed.append(FailedChat(place.name, f"It cannot be imported: {exc}"))
            else:
                if all(part.place is not place for parts in self._parts.values() for part in parts):
                    failed.append(FailedChat(place.name, "It holds no message of a chat that it names."))
        return [*self._chats.values(), *failed]

    def _find(self, place: Place) -> None:
        with place.open_result() as file:
            header: dict[str, Any] = {}
            for piece in Scanner(file).pieces():
                if piece.chat is not header:
                    header = piece.chat
                    self._check_account(piece)
                    self._add(place, piece)
                    if not piece.in_list and (chat_kind(header) != "supergroup" or not _holds(place, _TOPIC)):
                        return  # the only chat of its file, and none that has topics
                if _TOPIC in piece.data:
                    self._add_topic(header, read_object(piece.data) or {})

    def _check_account(self, piece: Piece) -> None:
        """Know whose exports these are. Raises `FileUnavailable` for one of somebody else."""
        said = _account(piece.account)
        if said.id and self.account.id not in (UNKNOWN.id, said.id):
            raise FileUnavailable(f"the vault is that of {self.account.name}; choose another folder for {said.name}.")
        self.account = self.account if self.account.id else said

    def _add_topic(self, header: Raw, said: Raw) -> None:
        """Have the chat be a forum, with the topic that a service message begins."""
        chat, number = self._chats.get(chat_id(header)), whole(said, "id")
        if chat and said.get("action") == "topic_created" and chat.kind in ("supergroup", "forum") and number > 0:
            topics = (*chat.topics, Topic(number, plain(said.get("title")) or f"Topic {number}"))
            self._chats[chat.id] = attrs.evolve(chat, kind="forum", topics=topics)

    def _add(self, place: Place, piece: Piece) -> None:
        header, marked = piece.chat, chat_id(piece.chat)
        if not marked:
            self.problems.append(f"{place.name}: the chat at byte {piece.offset:,} has no id; it is left out.")
            return
        first = read_object(piece.data) or {}
        old = self.groups.get(marked) or -whole(header, "id") if whole(first, "id") < 0 else 0
        if old:
            title = _title(header)
            self._chats.setdefault(old, Chat(old, "group", title, raw={"_": "DesktopChat"}, reduced=True))
            self._parts.setdefault(old, []).append(_Part(place, header, piece.offset, old=True))
        said = {key: value for key, value in header.items() if isinstance(value, str | int)}
        chat = Chat(
            marked, chat_kind(header), _title(header), migrated_from=old, raw={"_": "DesktopChat", **said}, reduced=True
        )
        self._chats.setdefault(marked, chat)
        self._parts.setdefault(marked, []).append(_Part(place, header, piece.offset))

    @asynccontextmanager
    async def open_history(self, chat: Chat, have: Sequence[Span]) -> AsyncIterator[DesktopHistory]:
        """All messages of a chat; `have` makes no difference, since an export proves nothing about what it lacks."""
        pages = self._pages(chat)
        try:
            yield DesktopHistory(pages)
        finally:
            pages.close()

    def _pages(self, chat: Chat) -> Generator[Page, None, None]:
        for part in self._parts.get(chat.id, ()):
            problems: list[str] = []
            messages = with_albums(self._messages(chat, part, problems))
            while block := list(islice(messages, PAGE)):
                yield _page(chat, block)
            self.problems += problems[:NAMED]
            if len(problems) > NAMED:
                self.problems.append(f"{part.place.name}: {len(problems) - NAMED:,} more messages cannot be read.")

    def _messages(self, chat: Chat, part: _Part, problems: list[str]) -> Iterator[Fields]:
        topics = Topics()
        with part.place.open_result() as file:
            scanner = Scanner(file)
            for piece in scanner.pieces_at(part.offset, part.header):
                said = read_object(piece.data) if piece.data else None
                if part.old is not _is_old(said):
                    continue
                raw = read_message(said, chat.id, self.account.id, self.zone) if said else None
                if raw is None or said is None:
                    where = f"{part.place.name}: a message of {chat.title} at byte {piece.offset:,}"
                    problems.append(f"{where}: {piece.problem or 'it cannot be read'}.")
                    continue
                self._attach(chat.id, raw, said, part.place)
                _across(raw, said, chat)
                yield topics.place(raw) if chat.kind == "forum" else raw
            if scanner.truncated and not part.old:
                problems.append(f"{part.place.name}: the file ends too early; what it has of {chat.title} is imported.")

    def _attach(self, chat: int, raw: dict[str, Any], said: Raw, place: Place) -> None:
        """Remember where the file of a message is; one that is not included is never asked for."""
        path, media = file_of(said), raw.get("media")
        if path and media:
            if path.startswith("("):
                media.get("photo", media.get("document"))["dc_id"] = NOT_INCLUDED
            else:
                self._files[chat, raw["id"]] = (place, path)
        card = plain(said.get("contact_vcard"))
        if media and card and not card.startswith("("):
            with suppress(FileUnavailable, OSError):
                media["vcard"] = place.read(card, VCARD).decode("utf-8", "replace")

    async def fetch_file(self, wanted: Wanted, part: Path) -> None:
        """Copy a file out of its export. Raises `FileUnavailable` when it has none, and names a path that is unsafe."""
        where = self._files.get((wanted.chat_id, wanted.message_id))
        if where is None or wanted.file_id != wanted.message_id:
            raise SourceError("It is not in these exports; tobs export asks Telegram for it.")
        place, path = where
        await trio.to_thread.run_sync(lambda: place.copy(path, part, link=self.link))


@attrs.define(eq=False)
class DesktopHistory:
    """The pages of a chat, out of all exports that have it."""

    _pages: Iterator[Page]

    async def next_page(self) -> Page | None:
        """The next page, or None at the end. Cancelling it loses nothing."""
        await trio.lowlevel.checkpoint()
        try:
            return next(self._pages, None)
        except (OSError, FileUnavailable) as exc:
            raise SourceError(f"The export cannot be read: {exc}") from exc


def _holds(place: Place, word: bytes) -> bool:
    """Whether the JSON has these bytes somewhere: a tenth of the time that looking at its messages takes."""
    with place.open_result() as file:
        rest = b""
        while chunk := file.read(CHUNK):
            if word in (rest := rest[-len(word) :] + chunk):
                return True
    return False


def _is_old(said: Raw | None) -> bool:
    """Whether a message is from before its group became a supergroup."""
    return said is not None and whole(said, "id") < 0


def _across(raw: Fields, said: Raw, chat: Chat) -> None:
    """Have an answer to a message from before the supergroup lead to the group that was."""
    if chat.migrated_from and whole(said, "reply_to_message_id") < 0 and "reply_to" in raw:
        raw["reply_to"].setdefault("reply_to_peer_id", peer_of_chat(chat.migrated_from))


def _page(chat: Chat, block: Iterable[Fields]) -> Page:
    messages: dict[int, RawMessage] = {}
    names: dict[int, Peer] = {}
    for raw in block:
        messages[raw["id"]] = RawMessage(raw["id"], raw["date"], raw)
        for peer, name in names_in(raw["desktop"]):
            if (marked := decode_peer(peer)) not in names and (marked != chat.id or marked > 0):
                names[marked] = _peer(peer, name)
    ordered = tuple(messages[number] for number in sorted(messages))
    return Page(chat.id, ordered[0].id, ordered[-1].id, ordered, tuple(names.values()), reduced=True)


def _peer(raw: Raw, name: str) -> Peer:
    marked = decode_peer(raw)
    name = name or "Deleted Account"
    if marked > 0:
        # Marked as incomplete, so that it never replaces what Telegram itself said of them.
        return Peer(marked, "private", name, raw={"_": "User", "id": marked, "first_name": name, "min": True})
    return Peer(marked, "channel" if "channel_id" in raw else "group", name, raw={**peer_of_chat(marked), "min": True})


def _title(header: Raw) -> str:
    return plain(header.get("name")) or NAMES.get(plain(header.get("type")), "Deleted Account")


def _account(said: Raw) -> Peer:
    """Whose export it is, if it says."""
    number = whole(said, "user_id")
    name = " ".join(filter(None, (plain(said.get("first_name")), plain(said.get("last_name")))))
    username = plain(said.get("username")).lstrip("@")
    return Peer(number, "private", name or "Me", username, raw={"_": "User", "id": number}) if number > 0 else UNKNOWN
