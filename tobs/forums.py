"""Topics that messages are in and that the list of a forum's topics does not show."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from tobs.archive.reads import Reads
from tobs.archive.reduced import DESKTOP_CHAT
from tobs.archive.store import Archive
from tobs.model import Chat, Topic
from tobs.source import Source, TopicSource


def with_earlier_topics(before: Chat, now: Chat) -> Chat:
    """The chat with those topics that Telegram told of before and no longer lists."""
    if before.raw.get("_") == DESKTOP_CHAT:
        return now
    listed = {topic.id for topic in now.topics}
    kept = (attrs.evolve(topic, listed=False) for topic in before.topics if topic.id not in listed)
    return attrs.evolve(now, topics=_by_number((*now.topics, *kept)))


def _by_number(topics: Iterable[Topic]) -> tuple[Topic, ...]:
    return tuple(sorted(topics, key=lambda topic: topic.id))


async def complete_topics(source: Source, archive: Archive, reads: Reads, chat_id: int) -> None:
    """Ask what became of the topics of a forum that are not listed, and write it down.

    What is deleted stays so and is not asked for again. Raises `SourceError`.
    """
    archived = reads.chat(chat_id)
    if archived is None or archived.chat.kind != "forum" or not isinstance(source, TopicSource):
        return
    used = {*reads.topics(chat_id)}
    if unclear := unclear_topics(archived.chat, used):
        found = await source.find_topics(archived.chat, unclear)
        archive.register([attrs.evolve(archived, chat=with_found_topics(archived.chat, found, used))])


def unclear_topics(chat: Chat, used: Iterable[int]) -> list[int]:
    """Those to ask for, of the topics that are known and those that are `used`."""
    clear = {topic.id for topic in chat.topics if topic.listed or topic.deleted}
    return sorted({*used, *(topic.id for topic in chat.topics)} - clear)


def with_found_topics(chat: Chat, found: Iterable[Topic], used: Iterable[int]) -> Chat:
    """The chat with what was found of topics. One that is gone keeps its title, or goes if it has no messages."""
    known, used = {topic.id: topic for topic in chat.topics}, {*used}
    for topic in found:
        before = known.pop(topic.id, topic)
        if topic.deleted:
            topic = attrs.evolve(before, deleted=True, pinned=False)
        if topic.id in used or not topic.deleted:
            known[topic.id] = attrs.evolve(topic, listed=False)
    return attrs.evolve(chat, topics=_by_number(known.values()))
