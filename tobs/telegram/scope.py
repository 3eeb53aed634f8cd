"""What a takeout is begun for: what the configuration means, and nothing else (pure)."""

from __future__ import annotations

import attrs

from tobs.config import ExportConfig, FileFilters
from tobs.prepare import MEGABYTE
from tobs.raw import CHANNEL_MARK
from tobs.source import LARGEST_FILE
from tobs.telegram.names import Name, kinds_called, parse_name


@attrs.frozen
class Scope:
    """The kinds of chats whose messages are read, and the largest file in bytes, 0 for no files.

    Basic groups and supergroups go together: the one becomes the other, and its messages stay where they were.
    """

    users: bool = True
    groups: bool = True
    channels: bool = True
    largest_file: int = LARGEST_FILE


USERS = Scope(groups=False, channels=False)
GROUPS = Scope(users=False, channels=False)
CHANNELS = Scope(users=False, groups=False)
SHARED = Scope(users=False)
ALL = Scope()


def scope_of(config: ExportConfig) -> Scope:
    """What an export reads. A name that may mean a chat of any kind means all kinds."""
    wanted = [meant(parse_name(name)) for name in config.chats]
    channels = any(each.channels for each in wanted)
    return Scope(
        users=any(each.users for each in wanted),
        groups=any(each.groups for each in wanted) or (config.comments and channels),
        channels=channels,
        largest_file=max(largest_file(each) for each in (config.media, *(chat.media for chat in config.chat)) if each),
    )


def meant(name: Name) -> Scope:
    """The kinds of chats that one name may mean."""
    match name.kind:
        case "saved":
            return USERS
        case "left" | "invite":
            return SHARED
        case "id" if name.id < CHANNEL_MARK:
            return SHARED
        case "id" if name.id < 0:
            return GROUPS
        case "type":
            return of_kinds(kinds_called(name.text))
    return ALL


def of_kinds(kinds: frozenset[str]) -> Scope:
    """The same for kinds of chats."""
    return Scope(
        users=bool(kinds & {"private", "bot", "saved"}),
        groups=bool(kinds & {"group", "supergroup", "forum"}),
        channels="channel" in kinds,
    )


def largest_file(media: FileFilters) -> int:
    """The largest file that is fetched, in bytes; 0 if none is."""
    if not (media.enabled and media.types):
        return 0
    sizes = [media.largest(kind) for kind in media.types]
    return min(int(max(sizes) * MEGABYTE), LARGEST_FILE) if all(sizes) else LARGEST_FILE
