"""Notes and files that single messages bring along, beside the note that they stand in (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import attrs

from tobs.archive.rows import ArchivedChat
from tobs.model import Message, Raw
from tobs.rawfields import plain
from tobs.vault.archive_context import ArchiveContext, World
from tobs.vault.article_note import article_note, article_of, article_target
from tobs.vault.context import Target
from tobs.vault.layout import OWN_NOTES, TITLE_BYTES, FixedLayout, PlannedNote
from tobs.vault.message_note import promoted_note
from tobs.vault.names import STEP, attachment_path, safe_name
from tobs.vault.promotion import is_promoted
from tobs.vault.titles import post_title
from tobs.vault.vcard import vcard_of


@attrs.frozen
class Companion:
    """A file beside a message's note: where it lies, relative to the vault, and what is in it."""

    kind: Literal["promoted", "article", "vcard"]
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
            if message.media is None:
                continue
            if article_of(message):
                path = f"{home}/Articles/{article_target(message, archived).note}.md"
                yield Companion("article", message.id, path, article_note(message, archived, context, world))
            if card := contact_of(message):
                yield Companion("vcard", message.id, _card_path(message, home, world), vcard_of(card))
        if promote and layout not in OWN_NOTES and is_promoted(unit, promote):
            yield _promoted(unit, planned, archived, context, world)


def companion_target(message: Message, archived: ArchivedChat, world: World) -> Target | None:
    """Where the article or the address card of a message is; None if it has neither."""
    if message.media is None:
        return None
    if article_of(message):
        return article_target(message, archived)
    if contact_of(message):
        # By its path: the names of attachments are dates, and two chats may have the same.
        return Target(_card_path(message, world.homes[archived.chat.id], world))
    return None


def contact_of(message: Message) -> Raw:
    """The raw contact of a message that shares somebody's address, {} if there is none."""
    raw = message.media.raw if message.media and message.media.kind == "contact" else {}
    return raw if plain(raw.get("vcard")).strip() or plain(raw.get("phone_number")).strip() else {}


def _card_path(message: Message, home: str, world: World) -> str:
    return attachment_path(home, message.date, message.id, "vcf", world.zone, root=world.root)


def _promoted(
    unit: Sequence[Message], planned: PlannedNote, archived: ArchivedChat, context: ArchiveContext, world: World
) -> Companion:
    first = unit[0]
    name = f"{safe_name(post_title(unit), TITLE_BYTES)}{STEP}{archived.folder} {first.id}"
    home = Target(planned.name, context.anchor(first.chat_id, first.id))
    text = promoted_note(archived, unit, home, context, world)
    return Companion("promoted", first.id, f"{world.homes[archived.chat.id]}/Promoted/{name}.md", text)
