"""What can go wrong, as sentences for a person. `str()` of each is one sentence that says what to do."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from pathlib import Path


class TobsError(Exception):
    """The base of everything tobs raises on purpose."""


class ConfigError(TobsError):
    """The configuration cannot be used; `problems` holds every finding, each ``what @ config.toml: section.key``."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


class SourceError(TobsError):
    """Messages could not be read."""


class ConnectionLost(SourceError):
    """The connection went away. Running again later is safe: what was read stays."""


class SessionInUse(SourceError):
    """Another process uses the session."""


class RateLimited(SourceError):
    """Telegram asks to wait `seconds` before the next request of this kind, `until` a time in words if that is known.

    `transfer` marks FLOOD_PREMIUM_WAIT, which slows down file transfers only.
    """

    def __init__(self, seconds: int, *, transfer: bool = False, until: str = "") -> None:
        self.seconds = seconds
        self.transfer = transfer
        self.until = until
        how_long = f"until {until}" if until else f"{seconds} s"
        super().__init__(f"Telegram asks to wait {how_long} before going on; run tobs again after that.")


class ChatNotFound(SourceError):
    """No chat answers to that name. Concerns this chat only."""


class AccessDenied(SourceError):
    """The account may not read this chat. Concerns this chat only."""


class FileUnavailable(SourceError):
    """Telegram does not give this file. Concerns this file only. `final` if asking again cannot help."""

    def __init__(self, message: str, *, final: bool = False) -> None:
        self.final = final
        super().__init__(message)


class NotAuthorized(SourceError):
    """The session is not signed in."""


class LoginFailed(SourceError):
    """Telegram refused the code, the password or the number."""


class TakeoutRefused(SourceError):
    """Telegram lets no takeout begin now, but from `until` on, a time in words, if that is known."""

    def __init__(self, message: str, *, until: str = "") -> None:
        self.until = until
        super().__init__(message)


class BackendCrashed(SourceError):
    """A background task of the Telegram library failed."""


class ArchiveError(TobsError):
    """The archive at `path` is unreadable, newer than this program, in use by another run, or its disk is full."""

    def __init__(self, path: Path, message: str) -> None:
        self.path = path
        super().__init__(message)


class ArchiveInUse(ArchiveError):
    """Another run has the archive."""


class ArchiveFull(ArchiveError):
    """The disk with the archive is full or failing. What was committed before is there."""


class VaultError(TobsError):
    """A note or file at `path` could not be written."""

    def __init__(self, path: Path, message: str) -> None:
        self.path = path
        super().__init__(message)


class DiskFull(VaultError):
    """The disk is full, or would have less room left than was asked for. Nothing was lost."""


class VaultGone(VaultError):
    """The vault was there and is no longer: its disk was taken away, or it was moved."""


NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def unwritable(path: Path, error: OSError) -> VaultError:
    """What to say when `path` cannot be written."""
    kind = DiskFull if error.errno in NO_ROOM else VaultError
    return kind(path, f"cannot write {path}: {error.strerror}; make room or fix the permissions and run tobs again.")


# What concerns the whole run and not one chat or one file: it ends, and another run goes on.
STOPPING = (ConnectionLost, RateLimited, NotAuthorized, TakeoutRefused, BackendCrashed)


def single(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The one error a person should hear of; the group itself if something that is not ours is in it."""
    ours, others = group.split(TobsError)
    return group if ours is None or others is not None else next(leaves(ours))


def leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    """The exceptions in a group of groups."""
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from leaves(error)
        else:
            yield error
