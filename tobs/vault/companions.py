"""Notes that single messages bring along, beside the note that they stand in (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import attrs

from tobs.archive.rows import ArchivedChat
from tobs.model import Message
from tobs.vault.archive_context import ArchiveContext, World
from tobs.vault.article_note import article_note, article_of, article_target
from tobs.vault.context import Target
from tobs.vault.layout import OWN_NOTES, TITLE_BYTES, FixedLayout, PlannedNote
from tobs.vault.message_note import promoted_note
from tobs.vault.names import STEP, safe_name
from tobs.vault.promotion import is_promoted
from tobs.vault.titles import post_title


@attrs.frozen
class Companion:
    """A file beside a message's note: where it lies, relative to the vault, and what is in it."""

    kind: Literal["promoted", "article"]
    message_id: int
    path: str
    text: str


def companions(
    units: Sequence[Sequence[Message]],
    planned: PlannedNote,
    layout: FixedLayout,
    archived: ArchivedChat,
    context: ArchiveContext,
    world: World,
    promote: Sequence[str],
) -> Iterator[Companion]:
    """What the messages of the note `planned` bring along. `context` has that note open."""
    home = world.homes[archived.chat.id]
    for unit in units:
        for message in unit:
            if article_of(message):
                path = f"{home}/Articles/{article_target(message, archived).note}.md"
                yield Companion("article", message.id, path, article_note(message, archived, context, world))
        if promote and layout not in OWN_NOTES and is_promoted(unit, promote):
            yield _promoted(unit, planned, archived, context, world)


def _promoted(
    unit: Sequence[Message], planned: PlannedNote, archived: ArchivedChat, context: ArchiveContext, world: World
) -> Companion:
    first = unit[0]
    name = f"{safe_name(post_title(unit), TITLE_BYTES)}{STEP}{archived.folder} {first.id}"
    text = promoted_note(archived, unit, Target(planned.name, context.anchor(first.chat_id, first.id)), world)
    return Companion("promoted", first.id, f"{world.homes[archived.chat.id]}/Promoted/{name}.md", text)
