"""The configuration as frozen classes; `tobs.configfile` reads them from TOML.

Every key carries its sentence for ``config.toml.example`` in the field's
metadata, so that the page a person reads is made from the code that acts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import attrs

from tobs.configchecks import (
    at_least,
    check_extensions,
    check_file_name,
    check_moment,
    check_one_chat,
    check_port,
    check_promotions,
    check_proxy,
    check_time_zone,
    limits_by_kind,
)
from tobs.root import PLAIN, Root

Style = Literal["callout", "compact"]
Hashtags = Literal["tag", "text"]
MediaOrder = Literal["oldest", "newest", "smallest"]
Layout = Literal["auto", "single", "day", "week", "month", "year", "post", "message"]
Strategy = Literal["smart", "sticky", "round_robin"]
MediaType = Literal["photo", "video", "voice", "round", "audio", "document", "sticker", "animation", "webpage"]
MEDIA_TYPES: tuple[MediaType, ...] = (
    "photo", "video", "voice", "round", "audio", "document", "sticker", "animation", "webpage",
)  # fmt: skip


def key(default: Any, doc: str, **more: Any) -> Any:
    """A config key with its default and the sentence that explains it."""
    return attrs.field(default=default, metadata={"doc": doc}, **more)


@attrs.frozen
class ServerConfig:
    """``[telegram.server]``: another server than Telegram's own, for tests and self-hosted ones."""

    dc_id: int = key(0, "Data centre to connect to first; 0 means Telegram's own servers.", validator=at_least(0))
    host: str = key("", "Host of that data centre.")
    port: int = key(0, "Port of that data centre.", validator=check_port)
    public_key: str = key("", "Path of a PEM file with the RSA public keys of the server.")


@attrs.frozen
class DcRoutingConfig:
    """``[dc_routing]``: which connections files come over. Each data centre of Telegram has its own files."""

    enabled: bool = key(True, "false takes one connection to each data centre, as Telethon does, for comparison.")
    strategy: Strategy = key(
        "smart",
        "smart takes the connection that should answer first and opens more where that is slow; sticky keeps to one"
        " for each data centre; round_robin takes them in turn.",
    )
    connections: int = key(4, "Connections for files to one data centre, at most.", validator=at_least(1))
    total_connections: int = key(12, "Connections for files to all data centres, at most.", validator=at_least(1))
    idle_seconds: float = key(
        30.0, "Seconds after which a connection that nothing uses is closed.", validator=at_least(1)
    )
    prewarm_enabled: bool = key(True, "Connect to the data centres of files that wait while messages are still read.")
    prewarm_timeout_seconds: float = key(
        5.0, "Seconds such a connection may take before it is given up until a file needs it.", validator=at_least(0)
    )


@attrs.frozen
class TelegramConfig:
    """``[telegram]``: who signs in, and where the session lies."""

    api_id: int = key(0, "From https://my.telegram.org, a number.", validator=at_least(0))
    api_hash: str = key("", "From https://my.telegram.org, 32 letters and digits; keep it secret.", repr=False)
    phone: str = key("", "Your number with country code; empty asks at login.", repr=False)
    session: str = key(
        "tobs", "Name of the session file, so that several accounts can live side by side.", validator=check_file_name
    )
    sessions_dir: Path = key(Path("sessions"), "Folder for session files; they are as good as your password.")
    proxy: str = key(
        "",
        "Proxy as socks5://user:password@host:port, or http:// or socks4://, or an MTProxy as its link tg://proxy?….",
        repr=False,
        validator=check_proxy,
    )
    ipv6: bool = key(False, "Connect over IPv6, for networks that have nothing else.")
    max_flood_wait_seconds: float = key(
        3600.0,
        "Longest pause Telegram may ask for before the run ends and says when to come back; files wait longer.",
        validator=at_least(1),
    )
    takeout: bool = key(
        False,
        "Export in a takeout, Telegram's way for exports, with limits of its own; the first one has to be confirmed or"
        " waited for.",
    )
    server: ServerConfig = key(ServerConfig(), "Another server than Telegram's own.")
    dc_routing: DcRoutingConfig = key(DcRoutingConfig(), "Which connections files come over.")


@attrs.frozen
class SessionsConfig:
    """``[sessions]``: what becomes of session files that nobody uses any more."""

    gc_enabled: bool = key(True, "Sign old sessions out on Telegram and delete them when an export starts.")
    gc_max_age_days: float = key(30.0, "Days since its last use after which a session is old.", validator=at_least(0))
    gc_keep_last_n: int = key(3, "The newest sessions, which are kept however old they are.", validator=at_least(0))


@attrs.frozen
class PipelineConfig:
    """``[pipeline]``: how much is under way at once. One unit is a page of up to 100 messages."""

    enabled: bool = key(True, "false reads, archives and goes on page by page, for comparison.")
    fetch_workers: int = key(
        16, "Requests for history under way at once, over all chats, at most.", validator=at_least(1)
    )
    process_workers: int = key(
        0, "Threads that prepare pages for the archive; 0 chooses by the number of processors.", validator=at_least(0)
    )
    write_workers: int = key(1, "Notes that are written to disk at once.", validator=at_least(1))
    fetch_queue_size: int = key(
        8, "Pages that may wait between reading and preparing, per chat.", validator=at_least(1)
    )
    process_queue_size: int = key(
        16, "Pages that may wait between preparing and archiving, per chat.", validator=at_least(1)
    )

    @property
    def requests(self) -> int:
        """Requests for history that may be under way at once: one when pages are read one by one."""
        return self.fetch_workers if self.enabled else 1


@attrs.frozen
class FileFilters:
    """Which files are fetched: keys of ``[media]`` for all chats, and of ``media`` in a ``[[chat]]`` for one."""

    enabled: bool = key(True, "false fetches no files; they stay listed and a later run can fetch them.")
    types: tuple[MediaType, ...] = key(
        MEDIA_TYPES, "Kinds of files to fetch; webpage is what link previews and articles show."
    )
    max_size_mb: float = key(0.0, "Largest file to fetch in megabytes; 0 means no limit.", validator=at_least(0))
    size_limits: tuple[str, ...] = key(
        (),
        "The same for single kinds, such as video:50; it goes before max_size_mb.",
        validator=limits_by_kind(MEDIA_TYPES),
    )
    extensions: tuple[str, ...] = key(
        (), "Only files with these extensions, such as pdf; empty means all.", validator=check_extensions
    )

    def largest(self, kind: str) -> float:
        """The largest file of a kind in megabytes, 0 for no limit."""
        limits = dict(limit.split(":", 1) for limit in self.size_limits)
        return float(limits.get(kind, self.max_size_mb))


@attrs.frozen
class MediaConfig(FileFilters):
    """``[media]``: which files are fetched, and how."""

    max_total_mb: float = key(
        0.0, "Megabytes that all files of the vault may take together; 0 means no limit.", validator=at_least(0)
    )
    order: MediaOrder = key("oldest", "Which files of a chat come first: oldest, newest or smallest.")
    min_free_mb: float = key(
        500.0, "Megabytes to leave free on the disk; tobs stops before there are fewer.", validator=at_least(0)
    )
    thumbnails: bool = key(
        False, "Fetch a small picture of each file that is left out, and show it with the line that says why."
    )
    avatars: bool = key(False, "Fetch a small picture of each chat and person, and show it in their notes.")
    custom_emoji: bool = key(False, "Fetch the pictures of custom emoji, and show them in texts and reactions.")
    workers: int = key(
        16, "Files fetched at once, at most; parts of large files come side by side as well.", validator=at_least(1)
    )


@attrs.frozen
class SyncConfig:
    """``[sync]``: which messages ``tobs sync`` looks at again."""

    days: float = key(30.0, "How many days tobs sync looks back; 0 means everything.", validator=at_least(0))


@attrs.frozen
class ShutdownConfig:
    """``[shutdown]``: what Ctrl+C does."""

    grace_seconds: float = key(30.0, "Seconds to finish what was read after the first Ctrl+C.", validator=at_least(0))
    force_window_seconds: float = key(
        5.0, "A second Ctrl+C within this many seconds stops at once.", validator=at_least(0)
    )


Found = Literal[
    "photo", "video", "animation", "round", "voice", "audio", "document", "link", "location", "contact", "poll",
    "pinned",
]  # fmt: skip


@attrs.frozen
class Filters:
    """Which messages of a chat are read: keys of ``[export]`` for all chats, and of ``[[chat]]`` for one.

    What is left out is not asked for. A later export without the filter fetches it.
    """

    since: str = key("", "Only messages from this date on, as 2024-05-03 or 2024-05-03 14:30.", validator=check_moment)
    until: str = key("", "Only messages up to this date, that day included.", validator=check_moment)
    last: int = key(0, "Only so many of the newest messages of each chat; 0 means all.", validator=at_least(0))
    min_id: int = key(0, "Only messages from this number on.", validator=at_least(0))
    max_id: int = key(0, "Only messages up to this number; 0 means all.", validator=at_least(0))
    sender: str = key("", "Only messages from this person, named as a chat is; me for your own.")
    topics: tuple[str, ...] = key((), "Only these topics of forums, by title or number.")
    only: tuple[Found, ...] = key(
        (),
        "Only messages with photo, video, animation, round, voice, audio, document, link, location, contact or poll,"
        " or those that are pinned.",
    )
    search: str = key("", "Only messages in which Telegram finds these words.")


@attrs.frozen
class ChatConfig:
    """``[[chat]]``: a chat with filters of its own, which go before those of ``[export]`` key by key."""

    name: str = key("", "The chat, as in chats.", validator=check_one_chat)
    filters: Filters = key(Filters(), "Which of its messages are read.")
    media: FileFilters | None = key(None, "Which of its files are fetched, where that differs from [media].")


@attrs.frozen
class ExportConfig:
    """``[export]``: what is exported, and what the notes look like."""

    vault: Path = key(Path("export"), "Folder of the Obsidian vault.")
    chats: tuple[str, ...] = key(
        (),
        "Chats as @name, id, t.me link, invite link or title; or several as all, archived, left, folder:Work,"
        " type:channel (group, supergroup, forum, private, bot, saved).",
    )
    comments: bool = key(
        False, "Read the discussion group of each channel too, so that comments are folded under their posts."
    )
    filters: Filters = key(Filters(), "Which messages are read.")
    chat: tuple[ChatConfig, ...] = key((), "Chats with filters of their own.")
    layout: Layout = key("auto", "Notes per chat: auto, single, day, week, month, year, post or message.")
    promote: tuple[str, ...] = key(
        (),
        "Messages that get a note of their own as well: pinned, hashtag:idea, reaction:⭐.",
        validator=check_promotions,
    )
    style: Style = key("callout", "A message as a callout, or compact as a list item.")
    repeat_names: bool = key(
        True, "Name the sender of every message; false only of the first of several within ten minutes."
    )
    hashtags: Hashtags = key("tag", "Hashtags become tags such as #tg/cats, or stay text.")
    hard_breaks: bool = key(False, "End lines with two spaces, for Obsidian's setting Strict line breaks.")
    timezone: str = key("", "Time zone such as Europe/Berlin; empty takes the computer's.", validator=check_time_zone)
    counters: bool = key(True, "Show views, forwards, comments and reactions; false keeps notes stable.")
    phone_numbers: bool = key(False, "Show phone numbers in the notes of people.")
    media: MediaConfig = key(MediaConfig(), "Which files are fetched.")
    pipeline: PipelineConfig = key(PipelineConfig(), "How much is under way at once.")
    sync: SyncConfig = key(SyncConfig(), "Which messages are looked at again.")
    shutdown: ShutdownConfig = key(ShutdownConfig(), "What Ctrl+C does.")
    # Not a key: it follows from who else of the file has this vault.
    root: Root = key(PLAIN, "This account's part of the vault.")


@attrs.frozen
class LoggingConfig:
    """``[logging]``: what goes to the log."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = key("WARNING", "Least important level that is logged.")
    batch_interval_seconds: float = key(
        5.0,
        "Seconds over which equal lines below WARNING are counted and written once; 0 writes each.",
        validator=at_least(0),
    )
    file: str = key("", "File to log to instead of the terminal.")
    max_size_mb: float = key(10.0, "Size at which the log file is renamed and begun anew.", validator=at_least(0))
    keep_files: int = key(3, "Log files of before that are kept.", validator=at_least(1))


@attrs.frozen
class Config:
    """A whole ``config.toml``. In the file, media, pipeline, sync, shutdown and dc_routing are top-level tables."""

    telegram: TelegramConfig = TelegramConfig()
    sessions: SessionsConfig = SessionsConfig()
    export: ExportConfig = ExportConfig()
    logging: LoggingConfig = LoggingConfig()
    # Not a key: the sessions in sessions_dir that other accounts of the file use, which are never cleaned up.
    other_sessions: frozenset[str] = frozenset()
