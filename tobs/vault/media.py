"""What is attached to a message, as lines of its block.

Files are embedded by name before they are there, since the download follows;
a file that will not come is a line that says why. What Markdown has no shape
for is told in words, and what tobs does not know is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tobs.model import File, Media, MediaKind, Message
from tobs.vault.cards import CARDS
from tobs.vault.context import Context, MediaFile
from tobs.vault.escape import escape_one_line
from tobs.vault.raw import listed, mapping, plain
from tobs.vault.words import duration, size

# Obsidian's accepted file formats, without pdf: a whole document in every message is too much.
EMBEDDED = frozenset(
    "avif bmp gif jpeg jpg png svg webp flac m4a mp3 ogg wav webm 3gp mkv mov mp4 ogv".split()  # noqa: SIM905
)
# Pixels: a photo about as wide as in Telegram's own window, stickers and round videos as small as there.
WIDTHS: Mapping[MediaKind, int] = {"photo": 400, "video": 400, "animation": 400, "round": 240, "sticker": 160}
_ICONS: Mapping[MediaKind, str] = {
    "photo": "🖼", "video": "🎬", "animation": "🎞", "round": "🎥", "voice": "🎤", "audio": "🎵", "sticker": "🏷",
}  # fmt: skip
_BREAKS_LINK = frozenset("[]|#^\n\r\\")


def media_lines(message: Message, context: Context) -> Iterator[str]:
    """The lines of a message's attachment; at least one, but for a link preview that has nothing to say."""
    media = message.media
    if media is None:
        return
    card = CARDS.get(media.kind)
    if card is not None:
        yield from card(media.raw, message, context)
    if media.file is not None:
        yield from _file_lines(message, media, media.file, context)
    elif card is None:
        yield f"*({_missing(media)})*"


def _missing(media: Media) -> str:
    name = escape_one_line(plain(media.raw.get("_")))
    if media.kind == "expired" or "ttl_seconds" in media.raw:
        what = {"MessageMediaPhoto": "photo", "MessageMediaDocument": "file"}.get(name, name or "media")
        return f"self-destructed {what}"
    if media.kind == "unsupported":
        return f"unsupported by the Telegram client that read it: {name or 'media'}"
    return f"cannot be shown: {name or media.kind}"


def _file_lines(message: Message, media: Media, file: File, context: Context) -> Iterator[str]:
    known = context.media(message.chat_id, message.id)
    if known is None or known.state in ("failed", "skipped") or _BREAKS_LINK & set(known.name):
        yield _not_there(media, file, known)
        return
    about = _about(media, file)
    image = file.mime.startswith("image/")
    embedded = _embeds(known.name) and (media.kind != "document" or image)
    if not embedded:
        details = ", ".join(filter(None, (about, size(file.size))))
        yield f"📎 [[{known.name}]]" + (f" ({details})" if details else "")
        return
    if about:
        yield f"{_ICONS.get(media.kind, '📎')} {about}"
    width = WIDTHS.get(media.kind)
    embed = f"![[{known.name}|{width}]]" if width else f"![[{known.name}]]"
    yield from ("> [!spoiler]- Spoiler", f"> {embed}", "") if media.spoiler else (embed,)


def _embeds(name: str) -> bool:
    return name.rpartition(".")[2].lower() in EMBEDDED


def _not_there(media: Media, file: File, known: MediaFile | None) -> str:
    name = file.name or f"{media.kind}{file.extension}"
    parts = [escape_one_line(name), *filter(None, (_about(media, file), size(file.size)))]
    reason = escape_one_line(known.reason) if known else ""
    return f"📎 {' · '.join(parts)} *(not downloaded{': ' + reason if reason else ''})*"


def _about(media: Media, file: File) -> str:
    if media.kind == "sticker":
        return _attribute(media, "DocumentAttributeSticker", "alt")
    parts = []
    if media.kind == "audio":
        title, performer = (_attribute(media, "DocumentAttributeAudio", key) for key in ("title", "performer"))
        parts.append(" — ".join(filter(None, (title, performer))))
    if media.kind in ("audio", "voice") and file.duration:
        parts.append(duration(file.duration))
    return " · ".join(filter(None, parts))


def _attribute(media: Media, kind: str, key: str) -> str:
    attributes = listed(mapping(media.raw, "document"), "attributes")
    return next((escape_one_line(plain(found.get(key))) for found in attributes if found.get("_") == kind), "")
