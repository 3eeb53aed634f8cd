"""From when on Telegram lets a session begin a takeout, as it said, from one run to the next."""

from __future__ import annotations

import logging
from pathlib import Path

import attrs
import orjson

from tobs.telegram.private import write_private

_LOG = logging.getLogger(__name__)
SUFFIX = "-takeout"


@attrs.frozen
class TakeoutDelay:
    """What lies beside one session."""

    session: Path

    @property
    def path(self) -> Path:
        return self.session.with_name(self.session.name + SUFFIX)

    def read(self) -> float:
        """The Unix time from which on a takeout may begin, 0 if Telegram named none."""
        try:
            until = orjson.loads(self.path.read_bytes())["until"]
            return float(until)
        except (OSError, ValueError, TypeError, KeyError):
            return 0.0

    def keep(self, until: float) -> None:
        """Remember it."""
        try:
            write_private(self.path, orjson.dumps({"until": until}))
        except OSError as error:  # Telegram says it again
            _LOG.warning("when a takeout may begin could not be kept in %s: %s", self.path, error.strerror)

    def forget(self) -> None:
        """A takeout has begun."""
        self.path.unlink(missing_ok=True)
