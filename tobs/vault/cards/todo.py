"""Checklists. https://core.telegram.org/api/todo"""

from __future__ import annotations

from collections.abc import Iterator

from tobs.model import Message, Raw
from tobs.rawfields import listed, mapping, peer_id, plain, whole
from tobs.vault.cards.shape import facts, nested
from tobs.vault.context import Context
from tobs.vault.escape import escape_one_line
from tobs.vault.words import moment, rich_line

_NOTES = (("others_can_append", "others may add"), ("others_can_complete", "others may tick"))


def todo(raw: Raw, message: Message, context: Context) -> Iterator[str]:
    """A checklist in signs, not as tasks: plugins would count and change them."""
    tasks = mapping(raw, "todo")
    done = {whole(item, "id"): item for item in listed(raw, "completions")}
    notes = facts(tasks, _NOTES)
    title = rich_line(tasks.get("title"), context) or "Checklist"
    lines = [f"[!todo] {title}" + (f" ({', '.join(notes)})" if notes else "")]
    for item in listed(tasks, "list"):
        ticked = done.get(whole(item, "id"))
        by = _by(ticked, message, context) if ticked else ""
        lines.append(f"{'☑' if ticked else '☐'} {rich_line(item.get('title'), context) or '…'}{by}")
    return nested(lines)


def _by(ticked: Raw, message: Message, context: Context) -> str:
    who, when = peer_id(ticked.get("completed_by")), whole(ticked, "date")
    parts = (escape_one_line(context.name(who)) if who else "", moment(when, message.date, context) if when else "")
    return f" — {', '.join(filter(None, parts))}" if who or when else ""


def item_text(raw: Raw, number: int) -> str:
    """The title of the item with this number, of a MessageMediaToDo; not escaped."""
    items = listed(mapping(raw, "todo"), "list")
    return next((plain(item.get("title")) for item in items if whole(item, "id") == number), "")
