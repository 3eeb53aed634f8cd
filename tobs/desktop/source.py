"""Exports of Telegram Desktop as a `tobs.Source`: what `tobs import` reads."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import tzinfo
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import trio

from tobs.archive.imported import Imported
from tobs.archive.owner import UNKNOWN
from tobs.archive.reduced import DESKTOP_CHAT, is_better, joined_chat
from tobs.desktop.blocks import Block, blocks, number_of
from tobs.desktop.dates import last_date
from tobs.desktop.ids import NAMES, Fields, chat_id, chat_kind, peer_of_chat, read_date
from tobs.desktop.inferred import Topics, is_album, with_albums
from tobs.desktop.media import files_of, included
from tobs.desktop.message import is_unsupported, message_id, names_in, read_message
from tobs.desktop.place import CHUNK, Place
from tobs.desktop.repair import read_object
from tobs.desktop.scan import Piece, Scanner
from tobs.desktop.unread import Unread
from tobs.desktop.whereabouts import Whereabouts
from tobs.errors import FileUnavailable, SourceError
from tobs.model import NOT_IN_EXPORT, Chat, ChatKind, Page, Peer, Raw, RawMessage, Topic
from tobs.raw import decode_peer
from tobs.rawfields import plain, whole
from tobs.source import Countdown, FailedChat, Span, Wanted

RULES = 2  # of reading: with new ones, what was imported before is read again
VCARD = 100_000  # bytes
_TOPIC = b'"topic_created"'


@attrs.frozen
class _Part:
    """A chat in one export: where its messages begin. `old` are those from before it became a supergroup.

    `number` is that of the export, and `as_of` the date of the newest message in it.
    """

    place: Place
    number: int
    header: dict[str, Any]
    offset: int
    as_of: int
    old: bool = False


@attrs.define(eq=False)
class DesktopSource:
    """The chats of some exports. `groups` has the basic groups that known supergroups were.

    `problems` names what could not be read, with its place in its file, and
    `notices` what is left alone.
    """

    places: Sequence[Place]
    files: Whereabouts
    imported: Imported
    zone: tzinfo
    account: Peer = UNKNOWN
    groups: Mapping[int, int] = attrs.field(factory=dict)
    link: bool = False
    problems: list[str] = attrs.field(factory=list)
    notices: list[str] = attrs.field(factory=list)
    _parts: dict[int, list[_Part]] = attrs.field(factory=dict)
    _chats: dict[int, Chat] = attrs.field(factory=dict)

    def watch_waits(self, countdown: Countdown) -> None:
        """Files never ask anybody to wait."""

    async def find_chats(self, names: Sequence[str]) -> Sequence[Chat | FailedChat]:
        """All chats of the exports, whatever `names` says."""
        failed: list[FailedChat] = []
        for number, place in enumerate(self.places):
            await trio.lowlevel.checkpoint()
            try:
                await trio.to_thread.run_sync(self._find, place, number)
            except (OSError, FileUnavailable) as exc:
                failed.append(FailedChat(place.name, f"It cannot be imported: {exc}"))
            else:
                if all(part.number != number for parts in self._parts.values() for part in parts):
                    failed.append(FailedChat(place.name, "It holds no message of a chat that it names."))
        return [*self._chats.values(), *failed]

    def _find(self, place: Place, number: int) -> None:
        """Know the chats of an export, what their topics are called, and how new it is."""
        begun: list[tuple[Piece, list[Topic]]] = []
        with place.open_result() as file:
            last, as_of, scanner = Piece({}, {}, 0, b""), 0, Scanner(file)
            for piece in scanner.pieces():
                trio.from_thread.check_cancelled()
                if not begun or piece.chat is not last.chat:
                    self._check_account(piece)
                    begun.append((piece, []))
                    as_of = max(as_of, self._date(last))
                    if not piece.in_list and (chat_kind(piece.chat) != "supergroup" or not _holds(place, _TOPIC)):
                        break  # the only chat of its file, and none that has topics
                last = piece
                if _TOPIC in piece.data:
                    begun[-1][1].extend(_begun_topics(read_object(piece.data) or {}))
            as_of = max(as_of, self._date(last), 0 if last.in_list else last_date(file, self.zone))
        if scanner.sections:
            self.notices.append(f"{place.name}: {_left_alone(scanner.sections)}.")
        for piece, topics in begun:
            self._add(place, number, piece, topics, as_of)

    def _date(self, piece: Piece) -> int:
        return read_date(read_object(piece.data) or {}, "date", self.zone) if piece.data else 0

    def _check_account(self, piece: Piece) -> None:
        """Know whose exports these are. Raises `FileUnavailable` for one of somebody else."""
        said = _account(piece.account)
        if said.id and self.account.id not in (UNKNOWN.id, said.id):
            raise FileUnavailable(f"the vault is that of {self.account.name}; choose another folder for {said.name}.")
        self.account = attrs.evolve(self.account, raw=self.account.raw or said.raw) if self.account.id else said

    def _add(self, place: Place, number: int, piece: Piece, topics: Sequence[Topic], as_of: int) -> None:
        header, marked = piece.chat, chat_id(piece.chat)
        if not marked:
            self.problems.append(f"{place.name}: the chat at byte {piece.offset:,} has no id; it is left out.")
            return
        part = _Part(place, number, header, piece.offset, as_of)
        first = read_object(piece.data) or {}
        old = self.groups.get(marked) or -whole(header, "id") if whole(first, "id") < 0 else 0
        if old:
            self._join(Chat(old, "group", _title(header), raw=_as_of({}, as_of), reduced=True))
            self._parts.setdefault(old, []).append(attrs.evolve(part, old=True))
        kind: ChatKind = "forum" if topics and chat_kind(header) == "supergroup" else chat_kind(header)
        said = Chat(marked, kind, _title(header), migrated_from=old, raw=_as_of(header, as_of), reduced=True)
        self._join(attrs.evolve(said, topics=tuple(topics)) if kind == "forum" else said)
        self._parts.setdefault(marked, []).append(part)

    def _join(self, chat: Chat) -> None:
        self._chats[chat.id] = joined_chat(self._chats.get(chat.id, chat), chat)

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
            unread = Unread(part.place.name, chat.title)
            yield from self._pages_of(chat, part, unread)
            self.problems += unread.problems
            self.notices += unread.notices

    def _pages_of(self, chat: Chat, part: _Part, unread: Unread) -> Iterator[Page]:
        topics, about = Topics(), self._about(chat)
        with part.place.open_result() as file:
            scanner = Scanner(file)
            pieces = scanner.pieces_at(part.offset, part.header)
            mine = (piece for piece in pieces if (number_of(piece) < 0) is part.old)
            for block in blocks(mine, partial(self._goes_on, chat)):
                # What topic a message is in is told by what was before.
                digest = b"" if chat.kind == "forum" else block.digest(about)
                page = self._known(chat, part, block, digest)
                yield page or self._read(chat, part, block, digest, topics, unread)
            if scanner.truncated and not part.old:
                unread.end()

    def _about(self, chat: Chat) -> str:
        """All that has a say in what is read of a block, besides its bytes."""
        return repr((RULES, chat.id, chat.kind, chat.migrated_from, self.account.id, str(self.zone)))

    def _goes_on(self, chat: Chat, before: Piece, piece: Piece) -> bool:
        """Whether the one belongs to the album of the other, or has no date of its own."""
        said = read_object(piece.data) or {}
        if is_unsupported(said):
            return True
        if number_of(piece) != number_of(before) + 1:
            return False
        raws = [
            read_message(each, chat.id, self.account.id, self.zone) for each in (read_object(before.data) or {}, said)
        ]
        return raws[0] is not None and raws[1] is not None and is_album(raws[0], raws[1])

    def _known(self, chat: Chat, part: _Part, block: Block, digest: bytes) -> Page | None:
        """The page of a block that needs not be read: whom it names, as this export does."""
        names = self.imported.names(digest)
        low, high = map(abs, map(message_id, block.ids))
        if names is None or self.imported.lacks_files(chat.id, (low, high)):
            return None
        peers = [_peer(peer_of_chat(marked), name, part.as_of) for marked, name in names]
        return Page(chat.id, low, high, (), tuple(peers), reduced=True)

    def _read(self, chat: Chat, part: _Part, block: Block, digest: bytes, topics: Topics, unread: Unread) -> Page:
        found = [read_object(piece.data) if piece.data else None for piece in block.pieces]
        dates = [read_date(said, "date", self.zone) if said else 0 for said in found]
        before, raws = next(filter(None, dates), 0), []
        for piece, said, date in zip(block.pieces, found, dates, strict=True):
            before = date or before
            raw = read_message(said, chat.id, self.account.id, self.zone, before) if said else None
            if raw is None or said is None:
                unread.message(piece)
                digest = b""
                continue
            self._attach(chat.id, raw, said, part)
            if not self._add_card(raw, said, part, piece, unread):
                digest = b""
            _across(raw, said, chat)
            raws.append(topics.place(raw) if chat.kind == "forum" else raw)
        return _page(chat, with_albums(raws), part.as_of, digest)

    def _attach(self, chat: int, raw: Fields, said: Raw, part: _Part) -> None:
        """Remember where the files of a message are; what is not included is never asked for."""
        if found := [*files_of(said)]:
            self.files.note(chat, raw["id"], part.number, found)

    def _add_card(self, raw: Fields, said: Raw, part: _Part, piece: Piece, unread: Unread) -> bool:
        """Put the card of a contact into its message. False if it could not be read, so that it is tried again."""
        card, media = included(said.get("contact_vcard")), raw.get("media")
        if not (media and card):
            return True
        try:
            media["vcard"] = part.place.read(card, VCARD).decode("utf-8", "replace")
        except FileUnavailable as exc:
            unread.card(str(exc))
            return False
        except OSError as exc:
            unread.message(piece, f"the card of its contact cannot be read ({exc.strerror})")
            return False
        return True

    async def fetch_file(self, wanted: Wanted, part: Path) -> None:
        """Copy a file out of its export. Raises `FileUnavailable` when none has it, and names a path that is unsafe."""
        found = self.files.find(wanted.chat_id, wanted.message_id, wanted.thumb)
        if not found or wanted.file_id != wanted.message_id:
            raise SourceError("It is not in these exports; `tobs export` asks Telegram for it.")
        await trio.to_thread.run_sync(self._copy, found, wanted.size, part)

    def _copy(self, found: Sequence[tuple[int, str]], size: int, part: Path) -> None:
        """The first of these files that is there whole. Raises `FileUnavailable` as the last one does."""
        problem = FileUnavailable(NOT_IN_EXPORT)
        for number, path in found:
            try:
                self.places[number].copy(path, part, link=self.link)
            except FileUnavailable as exc:
                problem = exc
                continue
            actual = part.stat().st_size
            if size < 0 or actual == size:
                return
            part.unlink()
            problem = FileUnavailable(f"the export has {actual:,} of its {size:,} bytes")
        raise problem


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


def _across(raw: Fields, said: Raw, chat: Chat) -> None:
    """Have an answer to a message from before the supergroup lead to the group that was."""
    if chat.migrated_from and whole(said, "reply_to_message_id") < 0 and "reply_to" in raw:
        raw["reply_to"].setdefault("reply_to_peer_id", peer_of_chat(chat.migrated_from))


def _page(chat: Chat, block: Iterable[Fields], as_of: int, digest: bytes) -> Page:
    messages: dict[int, RawMessage] = {}
    names: dict[int, Peer] = {}
    for raw in block:
        before = messages.get(raw["id"])
        if before is None or is_better(raw, before.raw):
            messages[raw["id"]] = RawMessage(raw["id"], raw["date"], raw)
        for peer, name in names_in(raw["desktop"]):
            marked = decode_peer(peer)
            if (name or marked not in names) and (marked != chat.id or marked > 0):
                names[marked] = _peer(peer, name, as_of)
    ordered = tuple(messages[number] for number in sorted(messages))
    low, high = (ordered[0].id, ordered[-1].id) if ordered else (0, 0)
    return Page(chat.id, low, high, ordered, tuple(names.values()), reduced=True, block=digest)


def _peer(raw: Raw, name: str, as_of: int) -> Peer:
    """Somebody as an export names them, marked as incomplete: what Telegram itself says of them is better."""
    marked, shown = decode_peer(raw), name or "Deleted Account"
    said: Fields = {"min": True, "desktop": as_of}
    if marked > 0:
        said |= {"first_name": name} if name else {}
        return Peer(marked, "private", shown, raw={"_": "User", "id": marked, **said})
    said |= {"title": name} if name else {}
    return Peer(marked, "channel" if "channel_id" in raw else "group", shown, raw={**peer_of_chat(marked), **said})


def _begun_topics(said: Raw) -> Iterator[Topic]:
    """The topic of a forum that a service message begins."""
    number = whole(said, "id")
    if said.get("action") == "topic_created" and number > 0:
        yield Topic(number, plain(said.get("title")) or f"Topic {number}")


def _left_alone(sections: Collection[str]) -> str:
    names = ", ".join(sorted(name.replace("_", " ") for name in sections))
    return f"chats are imported; not so {names}, which are no messages and stay in the export"


def _as_of(header: Raw, as_of: int) -> Fields:
    said = {key: value for key, value in header.items() if isinstance(value, str | int)}
    return {**said, "_": DESKTOP_CHAT, "as_of": as_of}


def _title(header: Raw) -> str:
    return plain(header.get("name")) or NAMES.get(plain(header.get("type")), "Deleted Account")


def _account(said: Raw) -> Peer:
    """Whose export it is, if it says."""
    number = whole(said, "user_id")
    name = " ".join(filter(None, (plain(said.get("first_name")), plain(said.get("last_name")))))
    username = plain(said.get("username")).lstrip("@")
    raw = {"_": "User", "id": number, "first_name": name, "min": True, "desktop": 0}
    return Peer(number, "private", name or "Me", username, raw=raw) if number > 0 else UNKNOWN
