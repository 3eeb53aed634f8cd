"""Runs of messages that have notes of their own: those of a chat, or of one forum topic (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import attrs

from tobs.model import Topic
from tobs.vault.names import STEP, Taken, cut, safe_name, suffixed
from tobs.vault.topics import GENERAL, TopicPlace

STEM_BYTES = 200  # of a name that period, number and ".md" are still added to; most file systems allow 255
_NUMBERED = re.compile(r" \(topic \d+\)$")  # as topics of one title are told apart


@attrs.frozen
class Stream:
    """Messages of a chat that share notes. `topic_id` is 0 for all of a chat; `folder` is relative to the vault.

    `name` is what the names of all its notes begin with, each once in the vault.
    """

    chat_id: int
    folder: str
    name: str
    topic_id: int = 0


def topic_places(
    folder: str,
    home: str,
    topics: Iterable[Topic],
    created: Mapping[int, str],
    titles: Mapping[int, Sequence[tuple[int, str]]],
) -> list[TopicPlace]:
    """The topics of the forum `folder`, which lies in `home`, by id.

    `topics` are those that the server told of. `created` are the titles that
    the topics were created with, as far as the messages are there; folders
    are named by them, so that a renamed topic keeps its folder. `titles` are
    the names of each topic over time, and name those that the server does not.
    """
    known = {topic.id: topic for topic in topics}
    places, taken = [], Taken(["basic group"])
    for topic_id in sorted({*known, *created, *titles}):
        topic = known.get(topic_id) or Topic(topic_id, "")
        if not topic.title:
            topic = attrs.evolve(topic, title=_last_title(topic_id, created, titles))
        part = _part(folder, created.get(topic_id) or topic.title, topic_id, taken)
        taken.add(part)
        names = titles.get(topic_id, ())
        places.append(TopicPlace(topic, f"{folder}{STEP}{part}", f"{home}/Topics/{part}", tuple(names)))
    return places


def _last_title(topic_id: int, created: Mapping[int, str], titles: Mapping[int, Sequence[tuple[int, str]]]) -> str:
    if names := titles.get(topic_id):
        return names[-1][1]
    return created.get(topic_id) or ("General" if topic_id == GENERAL else f"Topic {topic_id}")


def _part(folder: str, title: str, topic_id: int, taken: Taken) -> str:
    room = STEM_BYTES - len((folder + STEP).encode())
    part = safe_name(title, room)
    # The older topic keeps the plain name, whatever comes after it.
    return (
        suffixed(cut(part, room - 30), f"topic {topic_id}")
        if taken.meets_chat(part) or _NUMBERED.search(part)
        else part
    )
