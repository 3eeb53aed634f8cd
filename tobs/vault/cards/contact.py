"""A person's address card."""

from __future__ import annotations

from collections.abc import Iterator

from tobs.model import Message, Raw
from tobs.rawfields import plain, whole
from tobs.vault.cards.shape import joined, one_line
from tobs.vault.context import Context
from tobs.vault.escape import escape, escape_one_line, tidy
from tobs.vault.links import wikilink
from tobs.vault.vcard import card_fields
from tobs.vault.words import person


def contact(raw: Raw, message: Message, context: Context) -> Iterator[str]:
    """A person's name and number, and what else the card says."""
    name = " ".join(tidy(f"{plain(raw.get('first_name'))} {plain(raw.get('last_name'))}").split())
    user, phone = whole(raw, "user_id"), plain(raw.get("phone_number"))
    yield joined(
        f"👤 {person(user, name, context) if user else person(0, name, context)}", one_line(raw, "phone_number")
    )
    known = {name, phone, ""}
    for label, value in card_fields(plain(raw.get("vcard"))):
        if value not in known:
            yield f"{escape_one_line(label)}: {escape_one_line(value)}" if label else escape(value)
    if card := context.companion(message.chat_id, message.id):
        yield f"📇 {wikilink(card, f'{name or phone}.vcf')}"
