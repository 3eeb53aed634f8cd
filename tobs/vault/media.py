"""What is attached to a message, as lines of its block.

Files are embedded by name before they are there, since the download follows;
a file that will not come is a line that says why. What Markdown has no shape
for is told in words, and what tobs does not know is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeGuard

from tobs.model import NOT_INCLUDED, Attachment, File, Media, MediaKind, Message
from tobs.vault.cards import CARDS
from tobs.vault.context import Context, MediaFile, Target
from tobs.vault.escape import escape_one_line
from tobs.vault.kinds import missing_words
from tobs.vault.links import as_label, wikilink
from tobs.vault.words import bold, duration, size

# Obsidian's accepted file formats, without pdf: a whole document in every message is too much.
EMBEDDED = frozenset(
    "avif bmp gif jpeg jpg png svg webp flac m4a mp3 ogg wav webm 3gp mkv mov mp4 ogv".split()  # noqa: SIM905
)
# Pixels: a photo about as wide as in Telegram's own window, stickers and round videos as small as there.
WIDTHS: Mapping[MediaKind, int] = {
    "photo": 400, "video": 400, "animation": 400, "document": 400, "round": 240, "sticker": 160,
}  # fmt: skip
THUMBNAIL = 200  # pixels: half of a photo, so that nobody takes the one for the other
_ICONS: Mapping[MediaKind, str] = {
    "photo": "🖼", "video": "🎬", "animation": "🎞", "round": "🎥", "voice": "🎤", "audio": "🎵", "sticker": "🏷",
}  # fmt: skip
NAMED = ("video", "document", "audio")  # the others are named by programs
SHOWN = ("pending", "done")
_BREAKS_LINK = frozenset("[]|#^\n\r\\")


def media_lines(message: Message, context: Context) -> Iterator[str]:
    """The lines of a message's attachment; at least one, but for a link preview that has nothing to say."""
    media = message.media
    if media is None:
        return
    card = CARDS.get(media.kind)
    if media.kind == "webpage":
        yield from _preview(message, media, [*card(media.raw, message, context)] if card else [], context)
        return
    if card is not None:
        yield from card(media.raw, message, context)
    if media.files:
        for attachment in media.files:
            yield from file_lines(message, attachment, context)
    elif card is None:
        layer = context.layer(message.chat_id, message.id) if media.kind == "unsupported" else 0
        yield f"*({missing_words(media.raw, media.kind == 'expired', layer)})*"


def action_files(message: Message, context: Context) -> Iterator[str]:
    """The lines of what a service message shows: a new picture, a gift."""
    for attachment in message.files:
        yield from file_lines(message, attachment, context)


def _preview(message: Message, media: Media, lines: list[str], context: Context) -> Iterator[str]:
    """A page's preview with its picture in it. What its article shows stands there, too, while that has no note."""
    article = context.companion(message.chat_id, message.id)
    shown = [each for each in media.files if each.role == "preview" or article is None]
    files = [line for each in shown for line in file_lines(message, each, context)]
    if lines and files and not lines[-1]:  # the empty line at the end keeps what follows out of the callout
        yield from (*lines[:-1], *(f"> {line}" if line else ">" for line in files), "")
    else:
        yield from (*lines, *files)


def file_lines(message: Message, attachment: Attachment, context: Context) -> Iterator[str]:
    """One file of a message: embedded if Obsidian can show it, else a link, else why it is not here."""
    file = attachment.file
    known = context.file(message.chat_id, message.id, file.id, file.thumb)
    if _is_here(known):
        lines, spoiler = [*_there(attachment, known.name)], attachment.spoiler
    else:
        lines = [*_thumbnail(attachment, known), _not_there(attachment, known)]
        spoiler = attachment.spoiler and len(lines) > 1
    if spoiler:
        yield from ("> [!spoiler]- Spoiler", *(f"> {line}" for line in lines), "")
    else:
        yield from lines


def inline_embed(message: Message, attachment: Attachment, width: int, context: Context) -> str:
    """What stands between the brackets of an embed within a line, "" where the picture is not to be had."""
    known = context.file(message.chat_id, message.id, attachment.file.id, attachment.file.thumb)
    if not _is_here(known) or not _is_embedded(attachment, known.name):
        return ""
    return f"{known.name}|{width or _width(attachment)}"


def named_files(messages: Iterable[Message], context: Context) -> list[str]:
    """For a property: the files that people named, as they named them; as links where they are here."""
    found = (
        _named(message, attachment, context)
        for message in messages
        for attachment in message.files
        if attachment.kind in NAMED and attachment.role in ("shown", "inline") and attachment.file.name.strip()
    )
    return [*dict.fromkeys(found)]


def _named(message: Message, attachment: Attachment, context: Context) -> str:
    file = attachment.file
    known = context.file(message.chat_id, message.id, file.id, file.thumb)
    return wikilink(Target(known.name), file.name) if _is_here(known) else as_label(file.name)


def _is_here(known: MediaFile | None) -> TypeGuard[MediaFile]:
    """Whether a link may lead to it."""
    return known is not None and known.state in SHOWN and _BREAKS_LINK.isdisjoint(known.name)


def _there(attachment: Attachment, name: str) -> Iterator[str]:
    if not _is_embedded(attachment, name):
        link = wikilink(Target(name), _shown_name(attachment))
        about = ", ".join(filter(None, (_details(attachment), size(attachment.file.size))))
        yield f"📎 {link}" + (f" ({about})" if about else "")
        return
    if heading := _heading(attachment):
        yield f"{_ICONS.get(attachment.kind, '📎')} {heading}"
    width = _width(attachment)
    yield f"![[{name}|{width}]]" if width else f"![[{name}]]"


def _is_embedded(attachment: Attachment, name: str) -> bool:
    if name.rpartition(".")[2].lower() not in EMBEDDED or attachment.role == "cover":
        return False
    return attachment.kind != "document" or attachment.file.mime.startswith("image/")


def _width(attachment: Attachment) -> int:
    """How wide an embed is shown: never wider than it is; 0 for what has no picture."""
    own, most = attachment.file.width, WIDTHS.get(attachment.kind, 0)
    return min(own, most) if own > 0 else most


def _shown_name(attachment: Attachment) -> str:
    """What a link to the file is called: as its sender called it; "" leaves its name in the vault."""
    return attachment.file.name or ("cover" if attachment.role == "cover" else "")


def _heading(attachment: Attachment) -> str:
    """The line above an embed: the original name of what people name, with its size, and what else is known."""
    file = attachment.file
    named = attachment.kind in NAMED and not (attachment.kind == "audio" and file.title)
    name = (escape_one_line(file.name), size(file.size)) if named and file.name else ()
    return " · ".join(filter(None, (*name, _details(attachment))))


def _details(attachment: Attachment) -> str:
    """What is known of a file besides its name and size."""
    file, kind = attachment.file, attachment.kind
    timed = file.duration and kind in ("audio", "voice", "video", "round")
    parts = (
        escape_one_line(attachment.label),
        escape_one_line(file.emoji),
        _music(file),
        duration(file.duration) if timed else "",
    )
    return " · ".join(filter(None, parts))


def _music(file: File) -> str:
    return " — ".join(filter(None, (bold(file.title) if file.title else "", escape_one_line(file.performer))))


def _thumbnail(attachment: Attachment, known: MediaFile | None) -> Iterator[str]:
    """The small picture of a file that is not here: once, though other pictures of the same file may be missing too."""
    is_main = attachment.kind == "photo" or not attachment.file.thumb
    if known and known.thumbnail and is_main and attachment.role != "cover":
        yield f"![[{known.thumbnail}|{min(_width(attachment) or THUMBNAIL, THUMBNAIL)}]]"


def _not_there(attachment: Attachment, known: MediaFile | None) -> str:
    file = attachment.file
    name = file.name or f"{attachment.kind}{file.extension}"
    parts = [escape_one_line(name), *filter(None, (_details(attachment), size(file.size)))]
    reason = escape_one_line(known.reason) if known else "not in the export" if file.dc_id == NOT_INCLUDED else ""
    yet = " yet" if known and known.state == "delayed" else ""
    return f"📎 {' · '.join(parts)} *(not downloaded{yet}{': ' + reason if reason else ''})*"
