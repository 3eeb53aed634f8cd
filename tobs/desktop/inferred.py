"""What Telegram Desktop leaves out of its exports and what can be told all the same: albums, and topics of forums.

What was inferred is named in a raw message under ``inferred``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs

from tobs.desktop.ids import Fields
from tobs.rawfields import mapping, plain, whole

ALBUM = 10  # files at most: https://core.telegram.org/method/messages.sendMultiMedia
_GROUPED = frozenset(("MessageMediaPhoto", "MessageMediaDocument"))


def with_albums(raws: Iterable[Fields]) -> Iterator[Fields]:
    """The same messages, those of an album with a common `grouped_id`: the id of the first.

    An album is what one person sent within a second of each other, with ids
    in a row, all with a file, and none an answer to something else.
    """
    run: list[Fields] = []
    for raw in raws:
        if run and not (len(run) < ALBUM and is_album(run[-1], raw)):
            yield from _grouped(run)
            run = []
        run.append(raw)
    yield from _grouped(run)


def is_album(before: Fields, raw: Fields) -> bool:
    """Whether a message and the one before it were sent together."""
    return (
        _has_file(before)
        and _has_file(raw)
        and raw["id"] == before["id"] + 1
        and 0 <= raw["date"] - before["date"] <= 1
        and raw.get("from_id") == before.get("from_id")
        and raw.get("reply_to") in (None, before.get("reply_to"))  # in a topic all answer what began it
        and ("fwd_from" in raw) == ("fwd_from" in before)
    )


def _has_file(raw: Fields) -> bool:
    return plain(mapping(raw, "media").get("_")) in _GROUPED


def _grouped(run: list[Fields]) -> Iterator[Fields]:
    if len(run) > 1:
        for raw in run:
            raw["grouped_id"] = run[0]["id"]
            _infer(raw, "grouped_id")
    yield from run


@attrs.define(eq=False)
class Topics:
    """Which topic of a forum each message is in: that of the message it answers, back to the one that began it."""

    _topic: dict[int, int] = attrs.field(factory=dict)

    def place(self, raw: Fields) -> Fields:
        """The message, with its topic if it can be told."""
        number, header = raw["id"], mapping(raw, "reply_to")
        if plain(mapping(raw, "action").get("_")) == "MessageActionTopicCreate":
            self._topic[number] = number
            return raw
        answered = whole(header, "reply_to_msg_id")
        topic = self._topic.get(answered)
        if topic is not None:
            self._topic[number] = topic
            more = {} if topic == answered else {"reply_to_top_id": topic}
            raw["reply_to"] = {**header, "forum_topic": True, **more}
            _infer(raw, "topic")
        return raw


def _infer(raw: Fields, what: str) -> None:
    raw["inferred"] = [*raw.get("inferred", ()), what]
