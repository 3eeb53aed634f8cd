"""``tobs`` with its lines at INFO and below timed where they are logged: `python -m bench.logged FILE ARGUMENTS…`.

In a loop a line costs a fraction of what it costs between other work, where nothing of it is in the processor's caches.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from pathlib import Path
from typing import Any

from tobs.cli.app import run
from tobs.publishing import Publishing

spent: dict[str, float] = {"lines": 0, "seconds": 0.0, "notes": 0.0}


def timed(level: int, log: Any) -> Any:
    """A method of loggers that adds up what it takes."""

    def method(self: logging.Logger, message: object, *args: Any, **more: Any) -> None:
        if self.isEnabledFor(level):
            started = time.thread_time()
            log(self, message, *args, **more)
            spent["seconds"] += time.thread_time() - started
            spent["lines"] += 1

    return method


def timed_notes(write_next: Any) -> Any:
    """Writing the next note of a chat, whose time is added up apart: it is not the hot path."""

    def method(*args: Any) -> Any:
        started = time.thread_time()
        try:
            return write_next(*args)
        finally:
            spent["notes"] += time.thread_time() - started

    return method


def overhead() -> float:
    """Seconds that timing itself adds to a line."""
    started = time.thread_time()
    for _ in range(10_000):
        time.thread_time()
    return (time.thread_time() - started) / 10_000


if __name__ == "__main__":
    logging.Logger.debug = timed(logging.DEBUG, logging.Logger.debug)  # type: ignore[method-assign]
    logging.Logger.info = timed(logging.INFO, logging.Logger.info)  # type: ignore[method-assign]
    Publishing._write_next = timed_notes(Publishing._write_next)  # type: ignore[method-assign]
    code = run(sys.argv[2:])
    spent["cpu"] = time.process_time()
    spent["seconds"] -= spent["lines"] * overhead()
    Path(sys.argv[1]).write_text(json.dumps(spent))
    sys.exit(code)
