"""What happened in a chat, in one line: every MessageAction by a template.

A template names its parts in braces: ``{who}`` is the sender, the others are
looked up in `parts.PARTS`. An action without a template is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tobs.model import Message, Raw
from tobs.rawfields import plain
from tobs.vault.actions import TEMPLATES
from tobs.vault.context import Context
from tobs.vault.escape import escape_one_line
from tobs.vault.links import message_link
from tobs.vault.marks import marks
from tobs.vault.origin import answers
from tobs.vault.parts import PARTS
from tobs.vault.sentences import filled

_FIELD = re.compile(r"\{(\w+)\}")


def action_line(message: Message, context: Context) -> str:
    """One escaped line without emphasis of its own, for a service message."""
    action = message.action or {}
    template = filled(TEMPLATES.get(plain(action.get("_")), "{who}: {action}"), action, message)
    line = _FIELD.sub(lambda match: _part(match[1], action, message, context), template)
    about = () if "{pinned}" in template else _about(message, context)
    # A name may end in a colon, and two of them would be a field of Dataview.
    happened = " ".join(line.split()).replace("::", ":\\:") or "…"
    return " · ".join([happened, *about, *marks(message, context)])


def _part(key: str, action: Raw, message: Message, context: Context) -> str:
    part = PARTS.get(key)
    return part(action, message, context) if part else escape_one_line(_text(action.get(key)))


def _text(value: object) -> str:
    return str(value) if isinstance(value, int) else plain(value)


def _about(message: Message, context: Context) -> Iterator[str]:
    """The poll, game or gift that something happened to."""
    reply = message.reply
    if reply and answers(reply):
        yield f"↩ {message_link(reply.chat_id or message.chat_id, reply.message_id, context)}"
