"""Which pictures that belong to no message an export would fetch: an estimate, and of what is known of by now."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence, Set

import attrs

from tobs.archive.emoji import SETTLED
from tobs.archive.pictures import ABSENT, PictureKind
from tobs.archive.reads import Reads
from tobs.config import FileFilters, MediaConfig
from tobs.model import Chat, Raw
from tobs.pictures import EMOJI_AT_ONCE, avatar
from tobs.prepare import MEGABYTE
from tobs.verify.snapshot import Snapshot

# Bytes of a picture where the archive has none of its kind: 320, 160 and 100 pixels.
TYPICAL: Mapping[PictureKind, int] = {"thumbnail": 20_000, "avatar": 8_000, "emoji": 8_000}


@attrs.frozen
class PicturePlan:
    """Pictures of one kind that are still to come, and about how many bytes they have."""

    kind: PictureKind
    count: int
    bytes: int

    @property
    def requests(self) -> int:
        """What fetching them takes: none is larger than one part."""
        return self.count + (-(-self.count // EMOJI_AT_ONCE) if self.kind == "emoji" else 0)


@attrs.frozen
class KnownPictures:
    """What the archive has of pictures: which are settled, of whom and of what there are others, and usual sizes.

    `avatars` are (whose, which); `files` how many files of each chat are left out and show no picture yet.
    """

    avatars: Set[tuple[int, int]] = frozenset()
    people: Mapping[int, Raw] = attrs.field(factory=dict)
    emoji: Set[int] = frozenset()
    used_emoji: Set[int] = frozenset()
    files: Mapping[int, int] = attrs.field(factory=dict)
    sizes: Mapping[PictureKind, float] = attrs.field(factory=dict)


def known_pictures(snapshot: Snapshot) -> KnownPictures:
    """What an archive has of pictures."""
    db, now = snapshot.db, (int(time.time()),)
    reads = Reads(db, snapshot.codec)
    people: dict[int, Raw] = {archived.chat.id: archived.chat.raw for archived in reads.chats()}
    return KnownPictures(
        frozenset(db.execute(SETTLED_AVATARS, now).fetchall()),
        people | {peer.id: peer.raw for peer in reads.profiles()},
        frozenset(number for (number,) in db.execute(SETTLED, now)),
        frozenset(number for (number,) in db.execute("SELECT DISTINCT document_id FROM emoji")),
        dict(db.execute(LEFT_OUT).fetchall()),
        dict(db.execute("SELECT kind, avg(size) FROM pictures WHERE state = 'done' GROUP BY kind").fetchall()),
    )


@attrs.frozen
class ComingFiles:
    """A chat to read: how many files of each kind its messages have that are not here yet, and their usual sizes."""

    chat: Chat
    filters: FileFilters
    files: Mapping[str, int]
    sizes: Mapping[str, float] = attrs.field(factory=dict)

    def is_left_out(self, kind: str) -> bool:
        """Whether files of a kind will not come, as far as that is known before."""
        largest = self.filters.largest(kind)
        too_large = 0 < largest * MEGABYTE < self.sizes.get(kind, 0.0)
        return too_large or kind not in set[str](self.filters.types)


def plan_pictures(config: MediaConfig, chats: Sequence[ComingFiles], known: KnownPictures) -> tuple[PicturePlan, ...]:
    """The pictures that exporting `chats` would fetch, as far as anybody knows before (pure)."""
    if not config.enabled:
        return ()
    counts: dict[PictureKind, int] = {}
    if config.avatars:
        counts["avatar"] = _avatars({**known.people, **{each.chat.id: each.chat.raw for each in chats}}, known)
    if config.thumbnails:
        counts["thumbnail"] = sum(_left_out(each, known) for each in chats)
    if config.custom_emoji:
        icons = {topic.icon_id for each in chats for topic in each.chat.topics} - {0}
        counts["emoji"] = len((known.used_emoji | icons) - known.emoji)
    sizes = {**TYPICAL, **known.sizes}
    return tuple(PicturePlan(kind, count, round(count * sizes[kind])) for kind, count in counts.items())


def _avatars(shown: Mapping[int, Raw], known: KnownPictures) -> int:
    found = (picture for owner, raw in shown.items() for picture in avatar(owner, raw).values() if picture)
    return sum((picture.owner, picture.file_id) not in known.avatars for picture in found)


def _left_out(coming: ComingFiles, known: KnownPictures) -> int:
    """About how many files of a chat show a picture instead."""
    if not coming.filters.enabled:
        return 0
    new = sum(number for kind, number in coming.files.items() if kind in HAVE_PICTURES and coming.is_left_out(kind))
    return known.files.get(coming.chat.id, 0) + new


HAVE_PICTURES = frozenset({"photo", "video", "animation", "round"})
SETTLED_AVATARS = """
SELECT owner, file_id FROM pictures WHERE kind = 'avatar' AND state <> 'pending'
AND NOT (state = 'failed' AND next_try BETWEEN 1 AND ?)
"""
LEFT_OUT = f"""
SELECT chat_id, count(DISTINCT file_id) FROM media WHERE {ABSENT} AND file_id NOT IN (
    SELECT file_id FROM pictures WHERE kind = 'thumbnail' AND pictures.state <> 'pending')
GROUP BY chat_id
"""
