"""Notes about one message or album: their properties, and the note of a promoted one (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from tobs.archive.rows import ArchivedChat
from tobs.model import Message
from tobs.rawfields import mapping
from tobs.vault.archive_context import World
from tobs.vault.context import Context, Target
from tobs.vault.frontmatter import Plain, Value, frontmatter
from tobs.vault.media import named_files
from tobs.vault.names import safe_name
from tobs.vault.saved import origin_mention
from tobs.vault.seal import seal
from tobs.vault.text import tag_name
from tobs.vault.titles import post_title


def message_properties(
    kind: str, archived: ArchivedChat, unit: Sequence[Message], context: Context, world: World
) -> Iterator[tuple[str, Value]]:
    """What Bases can list of a message. `kind` is ``message`` for its home, ``promoted`` for a note beside it."""
    chat, first = archived.chat, unit[0]
    local = datetime.fromtimestamp(first.date, world.zone)
    yield "tg_kind", kind
    yield "tg_chat", f"[[{archived.folder}]]"
    yield "tg_chat_id", chat.id
    yield "tg_message_id", first.id
    yield "date", Plain(f"{local:%Y-%m-%d}")
    yield "tg_from", Plain(f"{local:%Y-%m-%dT%H:%M:%S}")
    yield "tg_sender", world.mention(first.sender_id) if first.sender_id != chat.id or chat.id > 0 else ""
    if chat.kind == "saved":
        yield "tg_saved_from", origin_mention(first, world)
    yield "tg_media", sorted({message.media.kind for message in unit if message.media})
    yield "tg_files", named_files(unit, context)
    if where := next(filter(None, map(_coordinates, unit)), None):
        yield "coordinates", where  # the name that Obsidian's map view reads
    yield "aliases", [safe_name(post_title(unit))]  # a link in a property would be one
    yield "tags", [f"telegram/{chat.kind}", *(hashtags(unit) if world.look.hashtags == "tag" else ())]
    yield "cssclasses", ["tobs"]


def _coordinates(message: Message) -> list[str] | None:
    geo = mapping(message.media.raw, "geo") if message.media else {}
    lat, long = geo.get("lat"), geo.get("long")
    return [str(lat), str(long)] if isinstance(lat, float | int) and isinstance(long, float | int) else None


def hashtags(unit: Iterable[Message]) -> list[str]:
    """The hashtags of messages as Obsidian's tags, in their order, each once."""
    found = {}
    for message in unit:
        encoded = message.text.encode("utf-16-le", "surrogatepass")
        for entity in message.entities:
            if entity.kind == "Hashtag":
                part = encoded[2 * entity.offset : 2 * (entity.offset + entity.length)]
                tag = tag_name(part.decode("utf-16-le", "replace"))
                found[f"tg/{tag}"] = bool(tag)
    return [tag for tag, named in found.items() if named]


def promoted_note(archived: ArchivedChat, unit: Sequence[Message], home: Target, context: Context, world: World) -> str:
    """A note that shows a message where it stands, so that it has a place of its own in Bases and in the graph."""
    head = frontmatter(message_properties("promoted", archived, unit, context, world))
    return seal(head, f"![[{home.note}#^{home.anchor}]]")
