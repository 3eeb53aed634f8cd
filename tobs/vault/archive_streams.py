"""The streams of a chat, and what their notes are called, from the archive."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import orjson

from tobs.archive.reads import Reads
from tobs.archive.rows import ArchivedChat, Outline
from tobs.raw import decode_message
from tobs.rawfields import mapping, plain
from tobs.vault.streams import Stream, topic_places
from tobs.vault.titles import post_title
from tobs.vault.topics import TopicPlace


def streams_of(archived: ArchivedChat, home: str, topics: Sequence[TopicPlace]) -> list[Stream]:
    """One for each topic of a forum, one for all of another chat."""
    chat = archived.chat
    if chat.kind == "forum":
        return [Stream(chat.id, place.folder, place.name, place.topic.id) for place in topics]
    return [Stream(chat.id, home, archived.folder)]


def topics_of(archived: ArchivedChat, home: str, reads: Reads) -> list[TopicPlace]:
    """The topics of a forum that have messages or that the server lists; none of another chat."""
    if archived.chat.kind != "forum":
        return []
    created = {topic: _created_as(archived, topic, reads) for topic in reads.topics(archived.chat.id)}
    titles = topic_titles(reads.topic_tallies(archived.chat.id, "title"))
    return topic_places(archived.folder, home, archived.chat.topics, created, titles)


def _created_as(archived: ArchivedChat, topic_id: int, reads: Reads) -> str:
    """The title that a topic was created with, "" if the message that says so is not there."""
    action = mapping(reads.message(archived.chat.id, topic_id) or {}, "action")
    return plain(action.get("title")) if action.get("_") == "MessageActionTopicCreate" else ""


def topic_titles(tallies: Mapping[int, Mapping[bytes, int]]) -> dict[int, list[tuple[int, str]]]:
    """Per topic its names over time, from what `period_note` counted."""
    return {
        topic: [(date, title) for _, date, title in sorted(orjson.loads(key) for key in keys)]
        for topic, keys in tallies.items()
    }


def title_of(archived: ArchivedChat, reads: Reads, account_id: int) -> Callable[[Sequence[Outline]], str]:
    """What posts of a chat are called."""

    def title(unit: Sequence[Outline]) -> str:
        raws = [reads.message(archived.chat.id, outline.id) for outline in unit]
        return post_title([decode_message(raw, archived.chat, account_id) for raw in raws if raw])

    return title
