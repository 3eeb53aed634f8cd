"""The note of a chat: what it is, who writes in it, and where its messages stand (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tobs.archive.rows import ArchivedChat, Note
from tobs.model import ChatKind
from tobs.vault.archive_context import World
from tobs.vault.escape import escape, escape_one_line
from tobs.vault.frame import join_blocks, quote_lines
from tobs.vault.frontmatter import Value, frontmatter, unlinked
from tobs.vault.links import web_link
from tobs.vault.note_list import list_of_notes
from tobs.vault.offered import embed
from tobs.vault.overview import Totals, activity, avatar, avatar_property, counts, facts, link, people, ranked
from tobs.vault.profile import flags, restrictions, usernames
from tobs.vault.seal import seal
from tobs.vault.topic_note import topic_link, topic_order
from tobs.vault.topics import TopicPlace
from tobs.vault.words import counted

Topics = Sequence[tuple[TopicPlace, Totals]]

WORDS: Mapping[ChatKind, str] = {
    "saved": "Saved messages",
    "private": "Private chat",
    "bot": "Chat with a bot",
    "group": "Group",
    "supergroup": "Supergroup",
    "forum": "Forum",
    "channel": "Channel",
}


def chat_note(archived: ArchivedChat, totals: Totals, world: World, topics: Topics = ()) -> str:
    """The note of a chat; notes that hold a topic's messages are listed in the topic's note."""
    blocks = [*avatar(archived.chat.id, world), *_about(archived, totals, world)]
    blocks += activity(totals.months)
    if lines := _topics(archived, topics, world):
        blocks += ["## Topics", "\n".join(f"- {line}" for line in lines)]
    if totals.origins:
        blocks += ["## Saved from", "\n".join(f"- {line}" for line in totals.origins)]
    if totals.pinned:
        blocks += ["## Pinned", "\n".join(f"- {link}" for link in totals.pinned)]
    if notes := _outside(totals.notes, topics):
        blocks += ["## Notes", *list_of_notes(notes, world.root)]
    if totals.pictures:
        blocks += [f"## {counted(totals.pictures, 'picture')}", embed(world.root.media_base, "Pictures here")]
    blocks += people(ranked(totals.senders, archived.chat.id), world)
    return seal(frontmatter(_properties(archived, totals, world)), join_blocks(blocks, world.look))


def _properties(archived: ArchivedChat, totals: Totals, world: World) -> Iterator[tuple[str, Value]]:
    chat = archived.chat
    names = usernames(chat.username, chat.raw)
    yield "tg_kind", "chat"
    yield "tg_type", chat.kind
    yield "tg_id", chat.id
    yield "tg_username", names[0] if names else ""
    yield "tg_members", chat.members if chat.members >= 0 else ""
    yield from avatar_property(chat.id, world)
    yield from counts(totals, world)
    yield from flags(chat.raw)
    yield "aliases", [*map(unlinked, archived.aliases), *names]
    yield "tags", [f"telegram/{chat.kind}"]
    yield "cssclasses", ["tobs"]


def _about(archived: ArchivedChat, totals: Totals, world: World) -> Iterator[str]:
    chat = archived.chat
    if chat.description.strip():
        yield quote_lines(["[!quote] Description", escape(chat.description)])
    address = [web_link(escape_one_line(f"@{chat.username}"), "", f"https://t.me/{chat.username}")]
    members = [counted(chat.members, "member")] if chat.members >= 0 else []
    zone = f"times are in {escape_one_line(str(world.zone))}"
    yield " · ".join([WORDS[chat.kind], *(address if chat.username else ()), *facts(totals, world), *members, zone])
    yield from restrictions(chat.raw)
    yield from _relatives(archived, world)


def _relatives(archived: ArchivedChat, world: World) -> Iterator[str]:
    chat = archived.chat
    if chat.linked_chat in world.chats:
        what = "Discussion in" if chat.kind == "channel" else "Comments on"
        yield f"{what} [[{world.chats[chat.linked_chat].folder}]]"
    if chat.migrated_from in world.chats:
        yield f"Earlier messages are in [[{world.chats[chat.migrated_from].folder}]]"
    if chat.id in world.migrated:
        later = (one.folder for one in world.chats.values() if one.chat.migrated_from == chat.id)
        yield from (f"Later messages are in [[{folder}]]" for folder in later)
    if chat.id in world.notes_of_people:
        yield f"Person: {link(chat.id, world)}"


def _topics(archived: ArchivedChat, topics: Topics, world: World) -> list[str]:
    """Links to the topics' notes, or their names while there are none."""
    if not topics:
        return [escape_one_line(topic.title) for topic in archived.chat.topics]
    return [topic_link(*one, world) for one in sorted(topics, key=lambda one: topic_order(*one))]


def _outside(notes: Sequence[Note], topics: Topics) -> list[Note]:
    folders = tuple(f"{place.folder}/" for place, _ in topics)
    return [note for note in notes if not note.path.startswith(folders)]
