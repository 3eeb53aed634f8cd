"""The Bloom filter of an archive's files: kept beside it, and made anew when the archive means another one."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

import attrs

from tobs.archive.bloom import Seen, load_seen, make_seen
from tobs.archive.sharing import keys

NAME = "files.bloom"
_LOG = logging.getLogger(__name__)


@attrs.define(eq=False)
class SeenFiles:
    """Finds, makes and keeps the filter. The archive knows by a token which file is as new as itself."""

    path: Path
    _db: sqlite3.Connection
    _filter: Seen | None = None

    def for_writing(self) -> Seen:
        """The filter, within a transaction that writes files: from now on the one on the disk is out of date."""
        token = self._token()
        self._db.execute("DELETE FROM meta WHERE key = 'bloom'")
        if self._filter is None:
            self._filter = load_seen(self.path, token)
        if self._filter is None or self._filter.is_full:
            (count,) = self._db.execute(COUNT).fetchone()
            self._filter = make_seen(keys(self._db), count + 1)
        return self._filter

    def _token(self) -> bytes:
        row = self._db.execute("SELECT value FROM meta WHERE key = 'bloom'").fetchone()
        return bytes(row[0]) if row else b""

    def save(self) -> None:
        """Keep the filter for the next run, if this one wrote files. A run that is killed before makes it anew."""
        if self._filter is None:
            return
        try:
            token = self._filter.save(self.path)
        except OSError as error:
            _LOG.info("the filter of known files is not kept, and made anew when it is needed: %s", error)
            return
        self._db.execute("INSERT OR REPLACE INTO meta VALUES ('bloom', ?)", (token,))


COUNT = "SELECT count(*) FROM (SELECT DISTINCT file_id, thumb FROM media WHERE dc_id > 0)"
