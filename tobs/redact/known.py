"""By what names the people and chats of an archive may be told of in a text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import attrs

from tobs.archive.rows import ArchivedChat
from tobs.model import Peer
from tobs.raw import CHANNEL_MARK
from tobs.rawfields import listed, plain
from tobs.redact.names import Name, folded, given_and_family, without_asides, words
from tobs.redact.pseudonyms import Pseudonyms

_NOBODY = frozenset({"telegram", "deleted account", "saved messages"})  # what Telegram calls itself and those who left


@attrs.frozen
class Known:
    """Everybody in an archive by marked id. `close` are those whom one knows, and calls by parts of their names."""

    peers: Mapping[int, Peer]
    chats: Iterable[ArchivedChat]
    close: frozenset[int]
    keep_titles: bool

    def names(self, pseudonyms: Pseudonyms, others: Iterable[str]) -> list[Name]:
        """All names to look for; `others` are those of people of whom nothing else is known."""
        found = [name for peer in self.peers.values() for name in self._names(peer, pseudonyms)]
        found += [name for archived in self.chats for name in self._earlier(archived, pseudonyms)]
        own = {folded(name.text) for name in found}
        unknown = {folded(other): other for other in sorted(others)}
        # Signatures such as "Editor" are words, too.
        return found + [
            Name(other, pseudonyms.of_name(form), proper=len(words(other)) < 2)
            for form, other in unknown.items()
            if form not in own and form not in _NOBODY
        ]

    def usernames(self) -> dict[str, int]:
        """Usernames in lower case."""
        return {username.lower(): peer.id for peer in self.peers.values() for username in _usernames(peer)}

    def _names(self, peer: Peer, pseudonyms: Pseudonyms) -> Iterator[Name]:
        pseudonym = pseudonyms.name(peer.kind, peer.id)
        yield Name(str(abs(peer.id)), pseudonym)
        if peer.id < CHANNEL_MARK:
            yield Name(str(CHANNEL_MARK - peer.id), pseudonym)
        if peer.phone:
            yield Name(peer.phone, pseudonym)
        if peer.id < 0:
            yield from () if self.keep_titles else (_title(peer.name, pseudonym),)
        elif folded(peer.name) not in (*_NOBODY, f"user {peer.id}"):
            yield Name(peer.name, pseudonym)
            yield Name(without_asides(peer.name), pseudonym)
            yield from self._parts(peer, pseudonym) if peer.kind != "bot" else ()

    def _parts(self, peer: Peer, pseudonym: str) -> Iterator[Name]:
        """First and last names. What strangers call themselves may be any word, so it has to look like a name."""
        first, last = plain(peer.raw.get("first_name")), plain(peer.raw.get("last_name"))
        for part in given_and_family(first or peer.name, last):
            yield Name(part, pseudonym, proper=peer.id not in self.close)

    def _earlier(self, archived: ArchivedChat, pseudonyms: Pseudonyms) -> Iterator[Name]:
        """Titles that a chat had, or names of the person that a private chat is with."""
        chat_id = archived.chat.id
        pseudonym = pseudonyms.name(self.peers[chat_id].kind, chat_id)
        for title in archived.aliases:
            if chat_id > 0 and folded(title) not in _NOBODY:
                yield Name(title, pseudonym)
            elif chat_id < 0 and not self.keep_titles:
                yield _title(title, pseudonym)


def known(peers: Iterable[Peer], chats: Iterable[ArchivedChat], *, keep_titles: bool) -> Known:
    """Everybody that an archive holds. `peers` come with their raw form."""
    archived = [*chats]
    everybody = {
        each.chat.id: Peer(each.chat.id, each.chat.kind, each.chat.title, each.chat.username, raw=each.chat.raw)
        for each in archived
    }
    everybody |= {peer.id: peer for peer in peers}
    close = {each.chat.id for each in archived}
    close |= {peer.id for peer in everybody.values() if peer.raw.get("contact") or peer.raw.get("is_self")}
    return Known(everybody, archived, frozenset(close), keep_titles)


def _title(title: str, pseudonym: str) -> Name:
    return Name(title, pseudonym, proper=len(words(title)) < 2)  # "Family" is a title and a word


def _usernames(peer: Peer) -> Iterator[str]:
    yield from filter(None, (peer.username, *(plain(each.get("username")) for each in listed(peer.raw, "usernames"))))
