"""The last line of a message: what others did with it."""

from __future__ import annotations

from collections.abc import Sequence

from tobs.model import Message, Reaction
from tobs.vault.context import Context
from tobs.vault.emoji import emoji_or_picture
from tobs.vault.escape import finish_line
from tobs.vault.words import number


def footer_line(messages: Sequence[Message], context: Context) -> str:
    """``❤ 3 · 👁 1.2k · ↗ 5 · 💬 12`` of a message or album; "" where counters are off or there is nothing to count."""
    if not context.counters or not any(map(_is_counted, messages)):
        return ""
    parts = [_reaction(reaction, context) for message in messages for reaction in message.reactions]
    counts = (
        ("👁", max(message.views for message in messages)),
        ("↗", max(message.forwards for message in messages)),
        ("💬", max(message.replies for message in messages)),
    )
    return finish_line(" · ".join(parts + [f"{icon} {number(count)}" for icon, count in counts if count > 0]))


def _is_counted(message: Message) -> bool:
    return bool(message.views or message.reactions or message.forwards or message.replies)


def _reaction(reaction: Reaction, context: Context) -> str:
    # A custom emoji is known by number only, unless a text of the note has it beside what it stands for.
    emoji = reaction.emoji or context.emoji(reaction.document_id)
    shown = emoji_or_picture(emoji, context.emoji_picture(reaction.document_id))
    return f"{shown or '◌'} {number(reaction.count)}"
