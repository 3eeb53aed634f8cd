"""Authorisation keys of the other data centres, from one run to the next.

A key that a data centre knows spares its next connections a key exchange and the account a word for signing in
there, which Telegram grants only now and then. Each is a way into the account, so they lie beside the session, as
private as it is, and go with it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import attrs
import orjson

from tobs.telegram.private import remove_private, write_private

_LOG = logging.getLogger(__name__)
SUFFIX = "-keys"
LENGTH = 256  # bytes of a key


def forget_keys(session: Path) -> None:
    """Throw away what is kept beside a session: another account may sign in with it. Raises `OSError`."""
    remove_private(session.with_name(session.name + SUFFIX))


@attrs.define(eq=False)
class CentreKeys:
    """What lies beside one session. Keys belong to the account's own key: those of another one are none."""

    session: Path
    own: bytes = attrs.field(repr=False)
    _keys: dict[int, bytes] = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        try:
            found = orjson.loads(self.path.read_bytes())
        except (OSError, ValueError):  # all of it can be had anew
            found = None
        self._keys = dict(_keys(found)) if isinstance(found, dict) and found.get("of") == self._owner else {}

    @property
    def path(self) -> Path:
        return self.session.with_name(self.session.name + SUFFIX)

    @property
    def _owner(self) -> str:
        return sha256(self.own).hexdigest()

    @property
    def dc_ids(self) -> list[int]:
        """The data centres that know the account by a key."""
        return sorted(self._keys)

    def get(self, dc_id: int) -> bytes | None:
        """The key that a data centre knew the account by."""
        return self._keys.get(dc_id)

    def keep(self, dc_id: int, key: bytes) -> None:
        """The account is signed in with it."""
        self._keys[dc_id] = key
        self._write()

    def drop(self, dc_id: int) -> None:
        """It is not accepted any more."""
        if self._keys.pop(dc_id, None) is not None:
            self._write()

    def _write(self) -> None:
        kept = {"of": self._owner, "keys": {str(dc_id): key.hex() for dc_id, key in self._keys.items()}}
        try:
            write_private(self.path, orjson.dumps(kept))
        except OSError as error:  # the next run makes others
            _LOG.warning("keys of data centres could not be kept in %s: %s", self.path, error.strerror)


def _keys(found: Mapping[Any, Any]) -> list[tuple[int, bytes]]:
    """Those that can be keys, whatever somebody wrote there."""
    keys = found.get("keys")
    try:
        each = [(int(dc_id), bytes.fromhex(key)) for dc_id, key in keys.items()]  # type: ignore[union-attr]
    except (AttributeError, TypeError, ValueError):
        return []
    return [(dc_id, key) for dc_id, key in each if len(key) == LENGTH]
