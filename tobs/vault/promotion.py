"""Which messages get a note of their own beside the one they stand in (pure)."""

from __future__ import annotations

from collections.abc import Sequence

from tobs.model import Message
from tobs.vault.message_note import hashtags
from tobs.vault.text import tag_name

VARIATION = "\ufe0f"  # asks for the coloured form of a sign; people write ❤ with it and without


def is_promoted(unit: Sequence[Message], rules: Sequence[str]) -> bool:
    """Whether a message or album meets one of `rules`: ``pinned``, ``hashtag:idea``, ``reaction:⭐``."""
    return any(_meets(unit, *rule.partition(":")[::2]) for rule in rules)


def _meets(unit: Sequence[Message], what: str, value: str) -> bool:
    if what == "pinned":
        return any(message.pinned for message in unit)
    if what == "hashtag":
        wanted = f"tg/{tag_name(value)}".casefold()
        return any(tag.casefold() == wanted for tag in hashtags(unit))
    emoji = value.replace(VARIATION, "")
    reactions = (reaction for message in unit for reaction in message.reactions)
    return any(reaction.emoji.replace(VARIATION, "") == emoji for reaction in reactions)
