"""Messages as they are read from the archive: with what is known of the stories that they name."""

from __future__ import annotations

import sqlite3
from typing import Any

from tobs.archive.codec import Codec
from tobs.rawstories import missing_story, named_story, with_story


def with_stories(
    db: sqlite3.Connection, codec: Codec, chat_id: int, raws: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The same messages of a chat, with their stories or the reasons why there are none."""
    return [_with_story(db, codec, chat_id, raw) if named_story(raw) else raw for raw in raws]


def _with_story(db: sqlite3.Connection, codec: Codec, chat_id: int, raw: dict[str, Any]) -> dict[str, Any]:
    row = db.execute(STORY, (chat_id, raw.get("id"))).fetchone()
    if row is None:
        return raw
    return with_story(raw, codec.decode(row[0]) if row[0] else missing_story(row[1]))


STORY = """
SELECT raw, reason FROM story_uses JOIN stories USING (owner, number) WHERE chat_id = ? AND message_id = ?
"""
