"""Two-stage shutdown: stop taking in and drain, then cancel what is left."""

from __future__ import annotations

import enum
import math
from collections.abc import Iterator
from contextlib import contextmanager

import attrs
import trio


class Stage(enum.IntEnum):
    """How far a shutdown has gone."""

    RUNNING = 0
    DRAINING = 1
    ABORTED = 2


@attrs.define(eq=False)
class Shutdown:
    """Owns the cancel scopes that the two stages act on.

    It knows nothing of signals: a command line, a host application or a test
    calls `drain` and `abort`, from within trio. One object serves one run.
    """

    grace_seconds: float = 30.0
    force_window_seconds: float = 5.0
    stage: Stage = attrs.field(default=Stage.RUNNING, init=False)
    _intake: set[trio.CancelScope] = attrs.field(factory=set, init=False)
    _work: set[trio.CancelScope] = attrs.field(factory=set, init=False)
    _deadline: float = attrs.field(default=math.inf, init=False)
    _requested_at: float = attrs.field(default=-math.inf, init=False)

    def request(self) -> None:
        """What Ctrl+C means: drain, or abort when asked again within the force window.

        After the window has passed, a request counts as a first one again.
        """
        now = trio.current_time()
        again = now - self._requested_at <= self.force_window_seconds
        self._requested_at = now
        if again and self.stage is not Stage.RUNNING:
            self.abort()
        else:
            self.drain()

    def drain(self) -> None:
        """Stop taking in messages; what was accepted has `grace_seconds` to be finished.

        Calling it again changes nothing: the deadline stays where the first call put it.
        """
        if self.stage is not Stage.RUNNING:
            return
        self.stage = Stage.DRAINING
        self._deadline = trio.current_time() + self.grace_seconds
        for scope in self._work:
            scope.deadline = min(scope.deadline, self._deadline)
        for scope in tuple(self._intake):
            scope.cancel()

    def abort(self) -> None:
        """Cancel everything now; only shielded cleanup still runs."""
        self.stage = Stage.ABORTED
        for scope in tuple(self._intake | self._work):
            scope.cancel()

    @contextmanager
    def intake(self) -> Iterator[trio.CancelScope]:
        """The enclosed block ends at the first stage."""
        with self._tracked(self._intake, Stage.DRAINING, math.inf) as scope:
            yield scope

    @contextmanager
    def work(self) -> Iterator[trio.CancelScope]:
        """The enclosed block ends when the grace of the first stage is over, or at the second stage."""
        with self._tracked(self._work, Stage.ABORTED, self._deadline) as scope:
            yield scope

    @contextmanager
    def _tracked(self, scopes: set[trio.CancelScope], ends_at: Stage, deadline: float) -> Iterator[trio.CancelScope]:
        with trio.CancelScope(deadline=deadline) as scope:
            if self.stage >= ends_at:
                scope.cancel()
            scopes.add(scope)
            try:
                yield scope
            finally:
                scopes.discard(scope)
