"""plan(): what an export would fetch, and how long that takes. Reads no message and changes nothing in the vault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import attrs

from tobs.archive.pace import Pace, read_pace
from tobs.archive.spans import missing
from tobs.config import ExportConfig, FileFilters
from tobs.errors import AccessDenied, ChatNotFound
from tobs.model import Chat, ChatKind
from tobs.planpictures import ComingFiles, KnownPictures, PicturePlan, known_pictures, plan_pictures
from tobs.progress import Failure
from tobs.selecting import check_filters, files_for, selections
from tobs.source import EVERYTHING, FailedChat, Selection, Source, Span
from tobs.targets import find_targets
from tobs.vault.publish import local_zone
from tobs.verify.snapshot import Snapshot, open_snapshot

PAGE = 100
PART = 512 * 1024  # of a file, fetched by one request
# Without an earlier export to judge by: about 30 pages in 30 seconds is what accounts are allowed for long.
ASSUMED = Pace(pages=1.0, bytes=2_000_000)
# Bytes of a file where the archive has none of its kind: what people usually send.
TYPICAL: Mapping[str, int] = {
    "photo": 150_000, "video": 12_000_000, "animation": 1_000_000, "voice": 80_000,
    "round": 2_500_000, "audio": 6_000_000, "document": 2_500_000,
}  # fmt: skip


class CountingSource(Source, Protocol):
    """A source that can count messages and files without reading them."""

    async def count_messages(self, chat: Chat) -> tuple[int, int]:
        """The newest id and the number of messages. Raises `SourceError`."""
        ...

    async def count_files(self, chat: Chat) -> Mapping[str, int]:
        """How many messages have a file of each kind. Raises `SourceError`."""
        ...

    async def count_selection(self, chat: Chat, selection: Selection, newest: int) -> int:
        """About how many messages a selection means. Raises `SourceError`."""
        ...


@attrs.frozen
class Known:
    """What the archive has of a chat. `sizes` are the usual bytes of a file of each kind there."""

    messages: int = 0
    spans: Sequence[Span] = ()
    files: Mapping[str, int] = attrs.field(factory=dict)
    sizes: Mapping[str, float] = attrs.field(factory=dict)


@attrs.frozen
class ChatPlan:
    """One chat: what Telegram has, what is missing here, and what fetching that takes.

    `messages` and `files` by kind are the server's counts; `new_messages`,
    `bytes`, `requests` and `seconds` are estimates of what is still to come.
    """

    id: int
    kind: ChatKind
    title: str
    messages: int
    new_messages: int
    files: Mapping[str, int]
    new_files: Mapping[str, int]
    bytes: int
    requests: int
    seconds: float


@attrs.frozen
class ExportPlan:
    """All chats, the names that mean none, whether an earlier export has shown the pace, and pictures of no message."""

    chats: tuple[ChatPlan, ...]
    failures: tuple[Failure, ...]
    pace: Pace
    measured: bool
    pictures: tuple[PicturePlan, ...] = ()

    @property
    def bytes(self) -> int:
        """Of all files and pictures."""
        return sum(each.bytes for each in self.chats) + sum(each.bytes for each in self.pictures)

    @property
    def requests(self) -> int:
        """For everything."""
        return sum(each.requests for each in self.chats) + sum(each.requests for each in self.pictures)

    @property
    def seconds(self) -> float:
        """For everything; pictures come behind all else."""
        pictures = sum(each.bytes for each in self.pictures) / self.pace.bytes
        return round(sum(each.seconds for each in self.chats) + pictures, 1)


async def plan(source: CountingSource, config: ExportConfig) -> ExportPlan:
    """What exporting the chats of `config` would fetch. Raises `ConfigError`, `ArchiveError` and `SourceError`."""
    zone = local_zone(config.timezone)
    check_filters(config, zone)
    found = await find_targets(source, config)
    failures = [Failure(each.name, each.reason) for each in found if isinstance(each, FailedChat)]
    archive = Archived.read(config)
    pace = archive.pace
    chats: list[ChatPlan] = []
    # One after the other: Telegram limits how often chats may be looked up.
    targets = [each for each in found if isinstance(each, Chat)]
    selected = selections(config, targets, zone)
    files = files_for(config, targets)
    by_id = {chat.id: chat for chat in targets}
    for chat in targets:
        if (selection := selected[chat.id]) is None:
            continue
        try:
            counts = await count(source, chat, selection)
        except (AccessDenied, ChatNotFound) as error:
            failures.append(Failure(chat.title, str(error)))
        else:
            chats.append(plan_chat(chat, counts, archive.known(chat.id), files[chat.id], pace))
    coming = [
        ComingFiles(by_id[each.id], files[each.id], coming_files(each), archive.known(each.id).sizes) for each in chats
    ]
    pictures = plan_pictures(config.media, coming, archive.pictures)
    return ExportPlan(tuple(chats), tuple(failures), pace, archive.measured, pictures)


def coming_files(chat: ChatPlan) -> Mapping[str, int]:
    """About how many files of each kind are among the messages that are still to come."""
    share = chat.new_messages / chat.messages if chat.messages else 0
    return {kind: round(number * share) for kind, number in chat.files.items()}


@attrs.frozen
class Counts:
    """What Telegram has of a chat: all messages and files, and how many messages are wanted."""

    newest: int
    messages: int
    wanted: int
    files: Mapping[str, int]
    only: tuple[str, ...] = ()

    @property
    def wanted_files(self) -> Mapping[str, int]:
        """About how many files the wanted messages have: their share of all, or those that were asked for."""
        share = self.wanted / self.messages if self.messages else 0
        if self.only:
            return {kind: min(number, self.wanted) for kind, number in self.files.items() if kind in self.only}
        return {kind: round(number * share) for kind, number in self.files.items()}


async def count(source: CountingSource, chat: Chat, selection: Selection) -> Counts:
    """Ask what a chat has. Raises `SourceError`."""
    newest, messages = await source.count_messages(chat)
    if not messages:
        return Counts(newest, 0, 0, {})
    everything = selection == EVERYTHING
    wanted = messages if everything else await source.count_selection(chat, selection, newest)
    return Counts(newest, messages, min(wanted, messages), await source.count_files(chat), selection.only)


@attrs.frozen
class Archived:
    """What is known from earlier exports."""

    chats: Mapping[int, Known]
    sizes: Mapping[str, float]
    pace: Pace
    measured: bool
    pictures: KnownPictures = attrs.field(factory=KnownPictures)

    @classmethod
    def read(cls, config: ExportConfig) -> Archived:
        """From the archive of the vault, if there is one."""
        if not config.root.archive(config.vault).is_file():
            return cls({}, {}, ASSUMED, False)
        with open_snapshot(config) as snapshot:
            pace = read_pace(snapshot.db)
            chats = {each.chat.id: read_known(snapshot, each.chat.id) for each in snapshot.chats()}
            sizes = dict(snapshot.db.execute(f"{SIZES} GROUP BY kind").fetchall())
            pictures = known_pictures(snapshot)
        known = Pace(pace.pages or ASSUMED.pages, pace.bytes or ASSUMED.bytes)
        return cls(chats, sizes, known, bool(pace.pages), pictures)

    def known(self, chat_id: int) -> Known:
        """What is here of a chat; where it has no files of a kind, the others tell how large they are."""
        known = self.chats.get(chat_id, Known())
        return attrs.evolve(known, sizes={**TYPICAL, **self.sizes, **known.sizes})


def read_known(snapshot: Snapshot, chat_id: int) -> Known:
    """What an archive holds of a chat."""
    db = snapshot.db
    (messages,) = db.execute("SELECT count(*) FROM messages WHERE chat_id = ?", (chat_id,)).fetchone()
    files = dict(db.execute(DONE, (chat_id,)).fetchall())
    sizes = dict(db.execute(f"{SIZES} AND chat_id = ? GROUP BY kind", (chat_id,)).fetchall())
    return Known(int(messages), snapshot.spans(chat_id), files, sizes)


def plan_chat(chat: Chat, counts: Counts, known: Known, media: FileFilters, pace: Pace) -> ChatPlan:
    """The plan of one chat (pure)."""
    files = counts.wanted_files
    # Archived messages may have been deleted since, so the difference alone can be too small.
    unread = counts.messages and missing(known.spans, 1, counts.newest)
    new = min(max(counts.messages - known.messages, 1), counts.wanted) if unread else 0
    wanted = {kind: number for kind, number in files.items() if media.enabled and kind in set[str](media.types)}
    coming = {kind: max(number - known.files.get(kind, 0), 0) for kind, number in wanted.items()}
    sizes = {kind: usual_size(kind, known, media) for kind in coming}
    size = sum(round(sizes[kind] * number) for kind, number in coming.items())
    pages = -(-new // PAGE)
    parts = sum(number * max(-(-round(sizes[kind]) // PART), 1) for kind, number in coming.items())
    seconds = max(pages / pace.pages, size / pace.bytes)  # files are fetched beside the messages
    return ChatPlan(
        chat.id,
        chat.kind,
        chat.title,
        counts.messages,
        new,
        counts.files,
        coming,
        size,
        pages + parts,
        round(seconds, 1),
    )


def usual_size(kind: str, known: Known, media: FileFilters) -> float:
    """About how many bytes a wanted file of a kind has."""
    size = known.sizes.get(kind, 0.0)
    largest = media.largest(kind)
    return min(size, largest * 1_000_000) if largest else size


DONE = """
SELECT kind, count(DISTINCT message_id) FROM media WHERE chat_id = ? AND state = 'done' GROUP BY kind
"""
SIZES = "SELECT kind, avg(size) FROM media WHERE size > 0"
