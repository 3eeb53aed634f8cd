"""Forum topics as the vault shows them (pure). https://core.telegram.org/api/forum"""

from __future__ import annotations

import attrs

from tobs.model import Topic

GENERAL = 1  # the topic of every message that names none


@attrs.frozen
class TopicPlace:
    """A topic, the name of its note, and its folder, relative to the vault.

    `titles` are the names it had, oldest first, each with the Unix time it
    was given; the last one is the current one.
    """

    topic: Topic
    name: str
    folder: str
    titles: tuple[tuple[int, str], ...] = ()

    @property
    def path(self) -> str:
        """Its own note."""
        return f"{self.folder}/{self.name}.md"
