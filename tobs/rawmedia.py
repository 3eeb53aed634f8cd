"""What is attached to a message, out of its raw dict."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

from tobs.model import File, Media, MediaKind, Raw

_KINDS: Mapping[str, MediaKind] = {
    "MessageMediaWebPage": "webpage",
    "MessageMediaPoll": "poll",
    "MessageMediaGeo": "geo",
    "MessageMediaGeoLive": "geolive",
    "MessageMediaVenue": "venue",
    "MessageMediaContact": "contact",
    "MessageMediaDice": "dice",
    "MessageMediaGame": "game",
    "MessageMediaInvoice": "invoice",
    "MessageMediaToDo": "todo",
    "MessageMediaStory": "story",
    "MessageMediaGiveaway": "giveaway",
    "MessageMediaGiveawayResults": "giveaway_results",
    "MessageMediaUnsupported": "unsupported",
}

# Where the usual tables have no answer, several, or an unloved one (.oga, .jpe).
_EXTENSIONS: Mapping[str, str] = {
    "application/gzip": ".gz",
    "application/ogg": ".ogg",
    "application/vnd.android.package-archive": ".apk",
    "application/x-7z-compressed": ".7z",
    "application/x-rar-compressed": ".rar",
    "application/x-tgsticker": ".tgs",
    "application/x-tgwallpattern": ".tgv",
    "application/zip": ".zip",
    "audio/aac": ".aac",
    "audio/flac": ".flac",
    "audio/m4a": ".m4a",
    "audio/mp3": ".mp3",
    "audio/mp4": ".m4a",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg",
    "audio/opus": ".ogg",
    "audio/wav": ".wav",
    "audio/x-m4a": ".m4a",
    "audio/x-wav": ".wav",
    "image/gif": ".gif",
    "image/heic": ".heic",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "text/markdown": ".md",
    "text/plain": ".txt",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "video/webm": ".webm",
    "video/x-matroska": ".mkv",
}
# The others are blurred or outlined previews.
_PHOTO_SIZES = ("PhotoSize", "PhotoSizeProgressive", "PhotoCachedSize")
_SANE = re.compile(r"\.[A-Za-z0-9]{1,10}")


def decode_media(raw: Raw) -> Media:
    """What `raw`, a MessageMedia, attaches. Files that are gone for good (self-destructed) are ``expired``."""
    name = raw["_"]
    spoiler = raw.get("spoiler", False)
    if name == "MessageMediaPhoto":
        photo = decode_photo(raw.get("photo"))
        return Media("photo" if photo else _gone(raw), photo, spoiler, raw)
    if name == "MessageMediaDocument":
        document = raw.get("document")
        if not document or document["_"] != "Document":
            return Media(_gone(raw), None, spoiler, raw)
        kind, file = decode_document(document)
        return Media(kind, file, spoiler, raw)
    if name == "MessageMediaPaidMedia":
        return Media("paid", _paid_file(raw), spoiler, raw)
    return Media(_KINDS.get(name, "other"), None, spoiler, raw)


def _gone(raw: Raw) -> MediaKind:
    return "expired" if "ttl_seconds" in raw else "unsupported"


def _paid_file(raw: Raw) -> File | None:
    # Only what was bought comes as MessageExtendedMedia; the rest is a blurred preview.
    for item in raw.get("extended_media", ()):
        if item["_"] == "MessageExtendedMedia":
            return decode_media(item["media"]).file
    return None


def decode_photo(raw: Raw | None) -> File | None:
    """The photo in its largest size, None if there is none."""
    if not raw or raw["_"] != "Photo":
        return None
    sizes = [size for size in raw.get("sizes", ()) if size["_"] in _PHOTO_SIZES]
    if not sizes:
        return None
    largest = max(sizes, key=lambda size: (size["w"] * size["h"], _photo_bytes(size)))
    return File(
        id=raw["id"],
        dc_id=raw.get("dc_id", 0),
        size=_photo_bytes(largest),
        mime="image/jpeg",
        extension=".jpg",
        thumb=largest["type"],
        width=largest["w"],
        height=largest["h"],
    )


def _photo_bytes(size: Raw) -> int:
    if "bytes" in size:  # in base64
        data: str = size["bytes"]
        return len(data) * 3 // 4 - data.count("=")
    # A progressive JPEG lists where each of its scans ends; the last end is the whole file.
    return int(size["size"]) if "size" in size else max(size.get("sizes", ()), default=-1)


def decode_document(raw: Raw) -> tuple[MediaKind, File]:
    """What a document is, by its attributes, and its file."""
    attributes: dict[str, Any] = {a["_"].removeprefix("DocumentAttribute"): a for a in raw.get("attributes", ())}
    kind = _document_kind(attributes)
    mime = raw.get("mime_type", "")
    name = attributes.get("Filename", {}).get("file_name", "")
    look = attributes.get("Video") or attributes.get("ImageSize") or {}
    sound = attributes.get("Video") or attributes.get("Audio") or {}
    file = File(
        id=raw["id"],
        dc_id=raw.get("dc_id", 0),
        size=raw.get("size", -1),
        mime=mime,
        extension=_extension(kind, mime, name),
        name=name,
        width=look.get("w", 0),
        height=look.get("h", 0),
        duration=float(sound.get("duration", 0)),
    )
    return kind, file


def _document_kind(attributes: Mapping[str, Any]) -> MediaKind:
    # The order matters: stickers and animations have a video attribute too.
    if "Sticker" in attributes or "CustomEmoji" in attributes:
        return "sticker"
    if "Animated" in attributes:
        return "animation"
    if video := attributes.get("Video"):
        return "round" if video.get("round_message") else "video"
    if audio := attributes.get("Audio"):
        return "voice" if audio.get("voice") else "audio"
    return "document"


def _extension(kind: MediaKind, mime: str, name: str) -> str:
    if kind in ("document", "audio", "video", "animation"):
        suffix = PurePosixPath(name.replace("\\", "/")).suffix
        if _SANE.fullmatch(suffix):
            return suffix.lower()
    found = extension_of(mime)
    # A voice message is Opus in Ogg whatever its type says, unless it says another kind of sound.
    return ".ogg" if kind == "voice" and found in (".bin", ".oga") else found


@lru_cache(maxsize=256)
def extension_of(mime: str) -> str:
    """The extension for a MIME type, the same on every machine; ``.bin`` if there is none."""
    kind = mime.partition(";")[0].strip().lower()
    # Made without files: the system's own tables differ from machine to machine.
    return _EXTENSIONS.get(kind) or mimetypes.MimeTypes().guess_extension(kind) or ".bin"
