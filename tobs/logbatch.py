"""A logging handler that counts repeats: what is said a thousand times is written once, with the number."""

from __future__ import annotations

import copy
import logging
import threading
from typing import Any

import attrs

_MOST = 1000  # different lines that may wait; whoever logs f-strings never repeats one
Key = tuple[str, int, str]


@attrs.define(eq=False)
class _Repeated:
    """The first of equal records, and how many more came."""

    record: logging.LogRecord
    more: int = 0


class BatchHandler(logging.Handler):
    """Hands records to `target`: those of one logger, level and template once every `interval` seconds.

    The first of them is written as it was, with the number of those that
    followed. WARNING and above, and whatever carries a traceback, pass at
    once, behind everything that waited. `flush` and `close`, which
    `logging.shutdown` calls at exit, write what waits; only a kill loses it.
    """

    def __init__(self, target: logging.Handler, interval: float) -> None:
        super().__init__()
        self.target = target
        self.interval = interval
        self._waiting: dict[Key, _Repeated] = {}
        self._timer: threading.Timer | None = None

    def counts(self, name: str, level: int, message: object) -> bool:
        """Whether a line is the same as one that waits; then it is counted, and nothing has to be made of it."""
        with self.lock:  # type: ignore[union-attr]  # every handler has one
            seen = self._waiting.get((name, level, message)) if isinstance(message, str) else None
            if seen is not None:
                seen.more += 1
            return seen is not None

    def emit(self, record: logging.LogRecord) -> None:
        """Count a record or pass it on. Called by `handle`, which holds the lock."""
        if record.levelno >= logging.WARNING or record.exc_info or self.interval <= 0:
            self._write()
            self.target.handle(record)
            return
        key = (record.name, record.levelno, str(record.msg))
        seen = self._waiting.get(key)
        if seen is not None:
            seen.more += 1
        else:
            self._keep(key, record)

    def _keep(self, key: Key, record: logging.LogRecord) -> None:
        first = copy.copy(record)
        # Formatted now: what it speaks of may be another thing when it is written.
        first.msg, first.args = record.getMessage(), None
        self._waiting[key] = _Repeated(first)
        if len(self._waiting) >= _MOST:
            self._write()
        elif self._timer is None:
            self._timer = threading.Timer(self.interval, self.flush)
            self._timer.daemon = True
            self._timer.start()

    def _write(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting, self._waiting = self._waiting, {}
        for seen in waiting.values():
            if seen.more:
                seen.record.msg = f"{seen.record.msg} (and {seen.more} more like it)"
            self.target.handle(seen.record)

    def flush(self) -> None:
        """Write what waits."""
        self.acquire()
        try:
            self._write()
            self.target.flush()
        finally:
            self.release()

    def close(self) -> None:
        """Write what waits, and no more after that."""
        self.flush()
        self.target.close()
        super().close()


def counting(batch: BatchHandler) -> type[logging.Logger]:
    """A class for the loggers of an application whose root has `batch` as its handler.

    Making a record, and asking one logger after the other who wants it, is most
    of what a line costs that is only counted. A line that `batch` has is counted here.
    """

    class CountingLogger(logging.Logger):
        def _log(
            self,
            level: int,
            msg: object,
            args: Any,
            exc_info: Any = None,
            extra: Any = None,
            stack_info: bool = False,
            stacklevel: int = 1,
        ) -> None:
            if exc_info or stack_info or not batch.counts(self.name, level, msg):
                super()._log(level, msg, args, exc_info, extra, stack_info, stacklevel + 1)

    return CountingLogger
