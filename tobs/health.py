"""How watching goes, for a status line, a log or a host application to read at any time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

import attrs
import trio

from tobs.archive.rows import Committed
from tobs.progress import Failure, Progress

State = Literal["connecting", "reading", "watching", "reconnecting", "waiting", "stopping"]


@attrs.define(eq=False)
class Health:
    """The state of a watch. Written by one watch and read by anyone on the same thread.

    Counts are those since it began. `progress` is of what is read and fetched, as an export has it.
    """

    progress: Progress = attrs.field(factory=Progress)
    trouble: str = ""  # why there is no connection, or what it waits for; "" if there is one
    no_room: str = ""  # why files are not fetched just now, while messages are; "" if they are
    retry_at: float = 0.0  # when it is tried again (trio's clock)
    chats: int = 0
    new: int = 0
    edited: int = 0
    updated: int = 0
    deleted: int = 0
    connections: int = 0
    last_update: float = 0.0  # Unix time, 0 for none yet
    started: float = attrs.field(factory=trio.current_time)
    failures: list[Failure] = attrs.field(factory=list)  # the last ones
    notices: list[str] = attrs.field(factory=list)  # the same
    waiting: Callable[[], int] = lambda: 0
    is_connected: Callable[[], bool] = lambda: False
    changed: trio.Event = attrs.field(factory=trio.Event)
    _state: State = "connecting"
    _behind_since: float | None = None

    @property
    def state(self) -> State:
        """What it is doing. A connection that broke and may come back by itself is ``reconnecting`` too."""
        return "reconnecting" if self._state == "watching" and not self.is_connected() else self._state

    def enter(self, state: State, trouble: str = "") -> None:
        """It does something else now; whoever waits for `changed` hears of it."""
        if (self._state, self.trouble) != (state, trouble):
            self._state, self.trouble = state, trouble
            self.changed.set()
            self.changed = trio.Event()

    def heard(self, committed: Committed, since: float) -> None:
        """Something that was heard of at `since` is in the archive, and not yet in the notes."""
        self.new += committed.new
        self.edited += committed.edited
        self.updated += committed.updated
        self.deleted += committed.gone
        self.last_update = time.time()
        self._behind_since = since if self._behind_since is None else min(since, self._behind_since)

    def published(self) -> None:
        """The notes are as the archive."""
        self._behind_since = None

    @property
    def lag(self) -> float:
        """For how many seconds something has been known that is not in the notes."""
        return 0.0 if self._behind_since is None else trio.current_time() - self._behind_since

    @property
    def files(self) -> int:
        """Files fetched."""
        return sum(chat.media for chat in self.progress.chats.values())

    @property
    def notes(self) -> int:
        """Notes written, again each time."""
        return self.progress.stages.publish.items
