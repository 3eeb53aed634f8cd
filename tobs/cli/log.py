"""Where log records go: stderr or a file, counted, and without secrets."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Sequence
from logging.handlers import RotatingFileHandler
from typing import IO, Any

from tobs.config import Config, LoggingConfig
from tobs.errors import ConfigError
from tobs.logbatch import BatchHandler, counting
from tobs.proxy import parse_proxy

FORMAT = "%(levelname)s %(name)s: %(message)s"
SHORTEST_SECRET = 4
FLUSH_SECONDS = 0.5  # for the log's last lines, when the process must end whatever hangs


def set_up_log(config: Config, *, debug: bool) -> None:
    """Send log records where [logging] says; with `debug` all of them.

    Raises `ConfigError` when the log file cannot be written.
    """
    level = "DEBUG" if debug else config.logging.level
    target = _file(config.logging) if config.logging.file else _Stderr()
    stamp = "%(asctime)s " if config.logging.file else ""
    target.setFormatter(_WithoutSecrets(stamp + FORMAT, secrets(config)))
    batch = BatchHandler(target, config.logging.batch_interval_seconds)
    batch.addFilter(_without_data)
    logging.basicConfig(level=level, handlers=[batch], force=True)
    logging.setLoggerClass(counting(batch))  # for all that is imported later: Telethon, and what works with it
    # Telethon logs with tracebacks what tobs answers with a retry or a sentence.
    logging.getLogger("telethon").setLevel(level if level == "DEBUG" else logging.CRITICAL)


def flush_log() -> None:
    """Write what waits to be logged, but never hang on it: called when the process is about to be ended."""
    writer = threading.Thread(target=logging.shutdown, daemon=True)
    writer.start()
    writer.join(FLUSH_SECONDS)


def secrets(config: Config) -> list[str]:
    """What no line of the log may hold."""
    telegram = config.telegram
    proxy = parse_proxy(telegram.proxy) if telegram.proxy else None
    words = [telegram.api_hash, telegram.phone, telegram.phone.lstrip("+"), telegram.proxy]
    words += [proxy.password, proxy.user, proxy.secret] if proxy else []
    # The whole before its parts; of what is shorter, every line would be full of stars.
    return sorted((word for word in words if len(word) >= SHORTEST_SECRET), key=len, reverse=True)


def _without_data(record: logging.LogRecord) -> bool:
    """Bytes are what Telegram sent: Telethon logs them where it does not know what they are, messages among them."""
    if isinstance(record.args, tuple) and any(isinstance(each, bytes) for each in record.args):
        record.args = tuple(f"<{len(each)} bytes>" if isinstance(each, bytes) else each for each in record.args)
    return True


class _WithoutSecrets(logging.Formatter):
    def __init__(self, form: str, words: Sequence[str]) -> None:
        super().__init__(form)
        self._words = words

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        for word in self._words:
            line = line.replace(word, "***")
        return line


class _Stderr(logging.StreamHandler[Any]):
    """The stderr of the moment: a progress display puts its own in place, so that lines stand above the bars."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> IO[str]:
        return sys.stderr


class _PrivateFile(RotatingFileHandler):
    def _open(self) -> Any:
        # Ids of chats and times of use are nobody else's business, not even for a moment.
        os.close(os.open(self.baseFilename, os.O_CREAT | os.O_WRONLY, 0o600))
        return super()._open()


def _file(config: LoggingConfig) -> logging.Handler:
    try:
        return _PrivateFile(
            config.file, maxBytes=int(config.max_size_mb * 1e6), backupCount=config.keep_files, encoding="utf-8"
        )
    except OSError as exc:
        raise ConfigError([f"cannot write {config.file} ({exc.strerror}) @ config.toml: logging.file"]) from exc
