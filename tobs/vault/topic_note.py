"""The note of a forum topic: what it is and was called, who writes in it, and where its messages stand (pure)."""

from __future__ import annotations

from collections.abc import Iterator

from tobs.archive.rows import ArchivedChat
from tobs.model import Topic
from tobs.vault.archive_context import World
from tobs.vault.context import Target
from tobs.vault.emoji import emoji_or_picture
from tobs.vault.escape import escape_one_line
from tobs.vault.frontmatter import Value, frontmatter, unlinked
from tobs.vault.links import wikilink
from tobs.vault.note_list import list_of_notes
from tobs.vault.overview import Totals, activity, counts, day, facts, people, ranked
from tobs.vault.seal import seal
from tobs.vault.topics import TopicPlace
from tobs.vault.words import counted


def topic_note(place: TopicPlace, archived: ArchivedChat, totals: Totals, world: World) -> str:
    """The note of one topic of a forum."""
    state = (" ".join(filter(None, one)) for one in _state(place.topic, world))
    blocks = [" · ".join([*state, *facts(totals, world), f"a topic of [[{archived.folder}]]"])]
    if len(place.titles) > 1:
        blocks += ["## Names", "\n".join(_names(place, world))]
    blocks += activity(totals.months)
    if totals.pinned:
        blocks += ["## Pinned", "\n".join(f"- {link}" for link in totals.pinned)]
    if totals.notes:
        blocks += ["## Notes", *list_of_notes(totals.notes, world.root)]
    blocks += people(ranked(totals.senders, archived.chat.id), world)
    return seal(frontmatter(_properties(place, archived, totals, world)), "\n\n".join(blocks))


def topic_link(place: TopicPlace, totals: Totals, world: World) -> str:
    """A topic in a list: its signs, a link to its note, and how much it holds."""
    signs = " ".join(sign for sign, _word in _state(place.topic, world))
    link = wikilink(Target(place.name), place.topic.title)
    return f"{signs} {link} · {counted(totals.messages, 'message')}".lstrip()


def topic_order(place: TopicPlace, totals: Totals) -> tuple[object, ...]:
    """Pinned topics first, hidden and deleted ones last, and of the others those first that were written in last."""
    topic = place.topic
    return topic.deleted, not topic.pinned, topic.hidden, -totals.last_date, topic.id


def _state(topic: Topic, world: World) -> Iterator[tuple[str, str]]:
    """The signs of a topic with what they mean: its icon, which means nothing else, and what became of it."""
    if icon := emoji_or_picture(topic.icon, world.emoji.get(topic.icon_id, "")):
        yield icon, ""
    signs = (
        ("📌", "pinned", topic.pinned),
        ("🔒", "closed", topic.closed),
        ("👻", "hidden", topic.hidden),
        ("🗑", "deleted", topic.deleted),
    )
    yield from ((sign, word) for sign, word, holds in signs if holds)


def _flags(topic: Topic) -> tuple[tuple[str, bool], ...]:
    return (
        ("tg_pinned", topic.pinned),
        ("tg_closed", topic.closed),
        ("tg_hidden", topic.hidden),
        ("tg_deleted", topic.deleted),
    )


def _names(place: TopicPlace, world: World) -> Iterator[str]:
    for when, title in place.titles:
        since = f"since {day(when, world)}: " if when else ""
        yield f"- {since}{escape_one_line(title)}"


def _properties(place: TopicPlace, archived: ArchivedChat, totals: Totals, world: World) -> Iterator[tuple[str, Value]]:
    topic = place.topic
    yield "tg_kind", "topic"
    yield "tg_chat", f"[[{archived.folder}]]"
    yield "tg_chat_id", archived.chat.id
    yield "tg_topic_id", topic.id
    yield from counts(totals, world)
    yield from ((name, True) for name, holds in _flags(topic) if holds)
    titles = (topic.title, *(title for _, title in reversed(place.titles)))
    yield "aliases", [unlinked(title) for title in dict.fromkeys(titles) if title.strip() and title != place.name]
    yield "tags", ["telegram/topic"]
    yield "cssclasses", ["tobs"]
