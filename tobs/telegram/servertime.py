"""The time that Telegram has, whatever becomes of the clock of this computer.

Both sides leave messages unread that are five minutes old by their own clock, or half a minute ahead of it. Telethon
learns how far the server's clock is from ours when the server refuses a message for its time. A clock that is set
while a connection is open changes that: answers are then dropped on this side, of which the server hears nothing.
"""

from __future__ import annotations

from typing import Any

from telethon.crypto import AES
from telethon.network.mtprotostate import MTProtoState

AHEAD = 30 << 32  # of an id: those that are so far ahead of the server's time it has refused
_HEAD = 32  # bytes of a decrypted message: salt, session and id


class ServerTime(MTProtoState):  # type: ignore[misc]
    """Learns from every answer what time it is.

    The time of a message guards against one that somebody sends us once more. One with a higher id than any before in
    this session, which is a random number of ours, was never sent before: it is taken, and its time is that of now.
    """

    _last_msg_id: int

    def decrypt_message_data(self, body: bytes) -> Any:
        """The message in a packet that is authentic, None for one that came before."""
        message = super().decrypt_message_data(body)
        if message is None and (msg_id := self._msg_id_of(body)) > self._highest_remote_id:
            self.update_time_offset(msg_id)
            message = super().decrypt_message_data(body)
        return message

    def update_time_offset(self, correct_msg_id: int) -> Any:
        """Take the time of an id of the server's for that of now. Our own ids go back only if they were refused."""
        last = self._last_msg_id
        offset = super().update_time_offset(correct_msg_id)
        if last < correct_msg_id + AHEAD:
            self._last_msg_id = last
        return offset

    def _msg_id_of(self, body: bytes) -> int:
        key, iv = self._calc_key(self.auth_key.key, body[8:24], False)
        return int.from_bytes(AES.decrypt_ige(body[24 : 24 + _HEAD], key, iv)[16:24], "little")


def keep_server_time(sender: Any) -> None:
    """Have one of Telethon's senders go by the server's time; it makes its state itself, and has it in two places."""
    sender._state.__class__ = ServerTime
