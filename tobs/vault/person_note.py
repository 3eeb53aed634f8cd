"""The note of a person: what they are called, and where they were seen (pure).

It counts no messages, so that it stays as it is while the person goes on writing: the notes of chats count.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from tobs.model import Peer
from tobs.root import Root
from tobs.vault.archive_context import World
from tobs.vault.frame import join_blocks
from tobs.vault.frontmatter import Value, frontmatter, unlinked
from tobs.vault.overview import avatar, avatar_property
from tobs.vault.profile import flags, restrictions, usernames
from tobs.vault.seal import seal

CHATS_SHOWN = 300  # the account itself is in all its chats, and thousands of links make a note slow


def person_note(peer: Peer, seen: Collection[int], world: World, *, phone_numbers: bool) -> str:
    """The note of a person who was seen in these chats."""
    folders = {chat: world.chats[chat].folder for chat in seen}
    ranked = sorted(folders, key=lambda chat: (chat != peer.id, folders[chat], chat))
    private = [f"Chat: [[{folders[peer.id]}]]"] if peer.id in folders else []
    lines = [f"- [[{folders[chat]}]]" for chat in ranked[:CHATS_SHOWN] if chat != peer.id]
    lines += [f"- and {len(ranked) - CHATS_SHOWN:,} more"] if len(ranked) > CHATS_SHOWN else []
    blocks = [
        *avatar(peer.id, world),
        *private,
        *restrictions(peer.raw),
        *(["## Seen in", "\n".join(lines)] if lines else []),
    ]
    head = frontmatter(_properties(peer, [folders[chat] for chat in ranked], world, phone_numbers=phone_numbers))
    return seal(head, join_blocks(blocks, world.look))


def _properties(peer: Peer, folders: list[str], world: World, *, phone_numbers: bool) -> Iterator[tuple[str, Value]]:
    names = usernames(peer.username, peer.raw)
    yield "tg_kind", "person"
    yield "tg_id", peer.id
    yield "tg_username", names[0] if names else ""
    yield "tg_phone", peer.phone if phone_numbers else ""
    yield from avatar_property(peer.id, world)
    yield "tg_chat_count", len(folders)
    yield "tg_chats", [f"[[{folder}]]" for folder in folders[:CHATS_SHOWN]]
    yield from flags(peer.raw)
    yield "aliases", [*map(unlinked, _other_names(peer, world)), *names]
    yield "tags", ["telegram/bot" if peer.kind == "bot" else "telegram/person"]
    yield "cssclasses", ["tobs"]


def _other_names(peer: Peer, world: World) -> list[str]:
    """The full name where the note is called otherwise, and names they had before: their chat was called so."""
    chat = world.chats.get(peer.id)
    earlier = (chat.chat.title, *chat.aliases) if chat and chat.chat.kind != "saved" else ()
    note = world.notes_of_people[peer.id]
    return [name for name in dict.fromkeys((peer.name, *earlier)) if name.strip() and name != note]


def person_path(name: str, root: Root) -> str:
    """Where a person's note lies."""
    return f"{root.people}/{name}.md"
