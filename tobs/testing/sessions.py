"""All sessions of a server, by key and session id."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from tobs.testing.authkeys import AuthKey
from tobs.testing.session import Session

KEPT_SESSIONS = 256  # Telethon begins a new one at every reconnect and never destroys the old


class Sessions:
    """Sessions live from their first message until destroyed, or until many newer ones were used."""

    def __init__(self) -> None:
        self._sessions: OrderedDict[tuple[int, int, int], Session] = OrderedDict()

    def open(self, key: AuthKey, session_id: int) -> Session:
        """The session, made if it is new."""
        place = (key.dc_id, key.key_id, session_id)
        session = self._sessions.get(place)
        if session is None or session.key is not key:
            session = self._sessions[place] = Session(key, session_id)
            if len(self._sessions) > KEPT_SESSIONS:
                self._sessions.popitem(last=False)
        self._sessions.move_to_end(place)
        return session

    def listening(self, concerns: Callable[[AuthKey], bool]) -> list[Session]:
        """The sessions with a key that something concerns, if they want to hear what happens, and can."""
        return [
            session
            for session in self._sessions.values()
            if session.subscribed and concerns(session.key) and session.link and not session.link.closed
        ]

    def cut(self) -> None:
        """Close the connections of all sessions."""
        for session in self._sessions.values():
            if session.link is not None:
                session.link.close()

    def destroy(self, key: AuthKey, session_id: int) -> bool:
        """False if there is none."""
        return self._sessions.pop((key.dc_id, key.key_id, session_id), None) is not None
