"""An archive's people, chats and messages without identities, for a vault that is shared (pure).

People and chats become pseudonyms, ids become other ids, and texts lose the
names, usernames, addresses and numbers that are in them. `redaction` learns
who is to be looked for from everything that is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import attrs

from tobs.archive.rows import ArchivedChat
from tobs.model import Chat, ChatKind, Peer, Raw
from tobs.raw import CHANNEL_MARK
from tobs.redact.findings import Finder
from tobs.redact.known import known
from tobs.redact.names import index
from tobs.redact.pseudonyms import Pseudonyms
from tobs.redact.raws import Redactor, names_in, titles_in
from tobs.vault.addresses import parse_address

__all__ = ["Redaction", "names_in", "redaction", "titles_in"]


@attrs.frozen
class Redaction:
    """What is replaced by what. The same archive and key always give the same."""

    pseudonyms: Pseudonyms
    finder: Finder
    kinds: Mapping[int, ChatKind]
    keep_titles: bool

    def peer(self, peer: Peer) -> Peer:
        """A user or chat under a pseudonym, and nothing else of it."""
        return Peer(self.pseudonyms.marked(peer.id), peer.kind, self._name(peer.id, peer.name))

    def chat(self, chat: Chat) -> Chat:
        """A chat under a pseudonym; its description and topics without identities."""
        return attrs.evolve(
            chat,
            id=self.pseudonyms.marked(chat.id),
            title=chat.title if chat.kind == "saved" else self._name(chat.id, chat.title),
            username="",
            description=self.finder.scrub(chat.description),
            migrated_from=self.pseudonyms.marked(chat.migrated_from),
            linked_chat=self.pseudonyms.marked(chat.linked_chat),
            topics=tuple(attrs.evolve(topic, title=self.finder.scrub(topic.title)) for topic in chat.topics),
            raw={},
            pinned_origins=tuple(map(self.pseudonyms.marked, chat.pinned_origins)),
        )

    def messages(self, chat: Chat) -> Callable[[Raw], dict[str, Any]]:
        """A function that redacts the raw messages of `chat`."""
        title = "" if self.keep_titles else self._name(chat.id, chat.title)
        return Redactor(self.pseudonyms, self.finder, self.kinds, title).raw

    def _name(self, peer_id: int, name: str) -> str:
        if peer_id < 0 and self.keep_titles:
            return self.finder.scrub(name)
        return self.pseudonyms.name(self.kinds.get(peer_id, "private"), peer_id)


def redaction(
    key: bytes,
    peers: Iterable[Peer],
    chats: Sequence[ArchivedChat],
    others: Iterable[str] = (),
    *,
    has: Callable[[int, int], bool] = lambda chat_id, message_id: False,
    keep_titles: bool = False,
) -> Redaction:
    """How to redact an archive of these people and chats. `peers` come with their raw form.

    `chats` come with all titles that they had as aliases (`titles_in` the
    messages), `others` are names of people of whom no more is known
    (`names_in` the messages); ``has(chat_id, message_id)`` tells what is archived.
    """
    pseudonyms = Pseudonyms(key)
    everybody = known(peers, chats, keep_titles=keep_titles)
    kinds = {peer_id: peer.kind for peer_id, peer in everybody.peers.items()}
    usernames = everybody.usernames()
    finder = Finder(
        index(everybody.names(pseudonyms, others)),
        {username: pseudonyms.name(kinds[peer_id], peer_id) for username, peer_id in usernames.items()},
        pseudonyms,
        _Messages(pseudonyms, usernames, has),
    )
    return Redaction(pseudonyms, finder, kinds, keep_titles)


@attrs.frozen
class _Messages:
    """The address in what is shared of a message in the archive; "" for any other."""

    pseudonyms: Pseudonyms
    usernames: Mapping[str, int]
    has: Callable[[int, int], bool]

    def __call__(self, url: str) -> str:
        address = parse_address(url)
        if address is None:
            return ""
        chat_id = address.chat_id or self.usernames.get(address.username, 0)
        if chat_id >= CHANNEL_MARK or not self.has(chat_id, address.message_id):
            return ""
        return f"https://t.me/c/{self.pseudonyms.channel(CHANNEL_MARK - chat_id)}/{address.message_id}"
