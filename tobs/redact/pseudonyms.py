"""Names and numbers that stand for people and chats: always the same under one key, and worth nothing without it."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b

import attrs

from tobs.model import HIDDEN_AUTHOR, ChatKind
from tobs.raw import CHANNEL_MARK

KEY_BYTES = 32
SIGNS = "23456789BCDFGHJKLMNPQRSTVWXZ"  # without vowels no code is a word, and no two of these look alike
CODE_LENGTH = 8  # 38 bits: two of ten thousand people share a code once in five thousand archives
_IDS = 2**51  # above every id that Telegram gives, below 2**53, which a property can hold
# A number from here on makes a marked id that does not begin with -100, so that nothing takes it for an address.
_CHATS, _CHATS_END = 10**10, 10**12
_WORDS: Mapping[ChatKind, str] = {
    "bot": "Bot", "group": "Group", "supergroup": "Group", "forum": "Group", "channel": "Channel",
}  # fmt: skip


@attrs.frozen
class Pseudonyms:
    """What people and chats are called, and the ids they have, in what is shared.

    Everything is a keyed hash: the same person gets the same in every chat
    and every run, and who has not the key cannot try all ids there are.
    """

    key: bytes = attrs.field(repr=False)

    def name(self, kind: ChatKind, peer_id: int) -> str:
        """``Person K7QX2M9T``, and likewise Bot, Group and Channel, by marked id."""
        return f"{_WORDS.get(kind, 'Person')} {self._code(f'peer {peer_id}')}"

    def of_name(self, name: str) -> str:
        """For somebody of whom no more than the name is known."""
        return f"Person {self._code(f'name {name}')}"

    def of_username(self, username: str) -> str:
        """For a username that nobody in the archive has."""
        return f"Account {self._code(f'username {username.casefold()}')}"

    def user(self, user_id: int) -> int:
        """The id in place of a user's; 0 stays 0, and so does what stands for nobody in particular."""
        return _IDS + self._number(f"user {user_id}") % _IDS if user_id not in (0, HIDDEN_AUTHOR) else user_id

    def channel(self, channel_id: int) -> int:
        """The id in place of a channel's or supergroup's, both unmarked."""
        return self._chat(f"channel {channel_id}") if channel_id else 0

    def group(self, chat_id: int) -> int:
        """The id in place of a basic group's, both unmarked."""
        return self._chat(f"group {chat_id}") if chat_id else 0

    def file(self, file_id: int) -> int:
        """The id in place of a photo's or document's: two files of one message stay two."""
        return _IDS + self._number(f"file {file_id}") % _IDS if file_id else 0

    def marked(self, peer_id: int) -> int:
        """The id in place of a marked id, of the same kind."""
        if peer_id >= 0:
            return self.user(peer_id)
        if peer_id < CHANNEL_MARK:
            return CHANNEL_MARK - self.channel(CHANNEL_MARK - peer_id)
        return -self.group(-peer_id)

    def _chat(self, what: str) -> int:
        return _CHATS + self._number(what) % (_CHATS_END - _CHATS)

    def _code(self, what: str) -> str:
        number, signs = self._number(what), ""
        while len(signs) < CODE_LENGTH:
            number, rest = divmod(number, len(SIGNS))
            signs += SIGNS[rest]
        return signs

    def _number(self, what: str) -> int:
        return int.from_bytes(blake2b(what.encode("utf-8", "surrogatepass"), key=self.key, digest_size=16).digest())
