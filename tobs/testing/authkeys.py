"""Which authorisation keys the server knows, and who is signed in with them."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import attrs

from tobs.testing.crypto import auth_key_id

# Seconds. A salt is valid for two periods: https://core.telegram.org/mtproto/description#server-salt
SALT_PERIOD = 1800


@attrs.define(eq=False)
class AuthKey:
    """One key on one data centre. `user_id` is 0 until someone signs in with it."""

    key: bytes = attrs.field(repr=False)
    dc_id: int
    user_id: int = 0
    salt_generation: int = 0
    key_id: int = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.key_id = auth_key_id(self.key)

    def salt(self, period: int) -> int:
        """The salt that begins to be valid at `period` * SALT_PERIOD: computed, so that it outlives the server."""
        seed = b"%d %d " % (self.salt_generation, period) + self.key
        return int.from_bytes(sha256(seed).digest()[:8], "little", signed=True)

    def current_salt(self) -> int:
        return self.salt(int(time.time()) // SALT_PERIOD)

    def accepts_salt(self, salt: int) -> bool:
        period = int(time.time()) // SALT_PERIOD
        return salt in (self.salt(period), self.salt(period - 1))


class AuthKeys:
    """All keys of all data centres.

    Share one between servers, or give it a `path`, and clients stay signed in
    when a server is restarted. The file is written at every change, mode 0600.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._keys: dict[tuple[int, int], AuthKey] = {}
        if path is not None and path.exists():
            for row in json.loads(path.read_text()):
                self._put(AuthKey(bytes.fromhex(row["key"]), row["dc_id"], row["user_id"]))

    def find(self, dc_id: int, key_id: int) -> AuthKey | None:
        """A key is known only to the data centre it was made with."""
        return self._keys.get((dc_id, key_id))

    def add(self, key: bytes, dc_id: int, user_id: int = 0) -> bool:
        """False, and nothing done, if the id of `key` is taken."""
        added = self._put(AuthKey(key, dc_id, user_id))
        self._save()
        return added

    def sign_in(self, dc_id: int, key_id: int, user_id: int) -> None:
        """From now on the key speaks for `user_id`; 0 signs it out."""
        self._keys[dc_id, key_id].user_id = user_id
        self._save()

    def forget(self, dc_id: int, key_id: int) -> bool:
        """Clients with this key get -404 from now on. False if it was not known."""
        known = self._keys.pop((dc_id, key_id), None) is not None
        self._save()
        return known

    def rotate_salts(self) -> None:
        """Makes every salt given out so far invalid, at once."""
        for key in self._keys.values():
            key.salt_generation += 1

    def __iter__(self) -> Iterator[AuthKey]:
        return iter(list(self._keys.values()))

    def _put(self, key: AuthKey) -> bool:
        return self._keys.setdefault((key.dc_id, key.key_id), key) is key

    def _save(self) -> None:
        if self._path is None:
            return
        rows = [{"key": k.key.hex(), "dc_id": k.dc_id, "user_id": k.user_id} for k in self._keys.values()]
        handle, name = tempfile.mkstemp(dir=self._path.parent)  # created with mode 0600
        with os.fdopen(handle, "w") as file:
            json.dump(rows, file)
        Path(name).replace(self._path)
