"""Telethon session files that are signed in already."""

from __future__ import annotations

import os
from pathlib import Path

from telethon.crypto import AuthKey
from telethon.sessions import SQLiteSession

from tobs.testing.server import TelegramServer


def write_session(server: TelegramServer, path: Path, user_id: int, *, dc_id: int | None = None) -> Path:
    """Writes a Telethon session at `path`, signed in as `user_id` on its home data centre, mode 0600.

    Nothing may be there. Returns the path of the file, which ends in ``.session``.
    """
    home = dc_id or server.home_dc(user_id)
    key = os.urandom(256)
    server.keys.add(key, home, user_id)
    file = path if path.suffix == ".session" else path.with_name(path.name + ".session")
    os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    session = SQLiteSession(str(file))
    session.set_dc(home, server.host, server.ports[home])
    session.auth_key = AuthKey(key)
    session.save()
    session.close()
    return file
