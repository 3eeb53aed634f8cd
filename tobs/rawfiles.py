"""Telegram's photos and documents as files, out of their raw dicts.

A photo, a document and each of their smaller or moving pictures is a file of
its own: `File.id` says of which photo or document, `File.thumb` which of its
sizes (https://core.telegram.org/api/files).
"""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

from tobs.model import File, MediaKind, Raw
from tobs.rawfields import listed, numbers, plain, whole

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
SMALL = 320  # pixels: "m", which Telegram makes of every photo, and of most documents that can be seen
_SANE = re.compile(r"\.[A-Za-z0-9]{1,10}")


def decode_photo(raw: Raw) -> File | None:
    """The photo in its largest size, None if there is none."""
    if raw.get("_") != "Photo":
        return None
    sizes = [size for size in listed(raw, "sizes") if size.get("_") in _PHOTO_SIZES]
    return _picture(raw, sizes, "image/jpeg", ".jpg")


def decode_motion(raw: Raw) -> File | None:
    """The film of a photo that moves, as pictures of chats and people do; None if it stands still."""
    if raw.get("_") != "Photo":
        return None
    sizes = [size for size in listed(raw, "video_sizes") if size.get("_") == "VideoSize"]
    return _picture(raw, sizes, "video/mp4", ".mp4")


def decode_thumbnail(raw: Raw) -> File | None:
    """The largest picture that Telegram made of a document, None if it made none."""
    thumbs = listed(raw, "thumbs")
    sizes = [size for size in thumbs if size.get("_") in _PHOTO_SIZES]
    # A picture of a sticker is WebP, and nothing says so but that WebP is never stripped or progressive.
    if _is_sticker(raw) and not any(size.get("_") in ("PhotoStrippedSize", "PhotoSizeProgressive") for size in thumbs):
        return _picture(raw, sizes, "image/webp", ".webp")
    return _picture(raw, sizes, "image/jpeg", ".jpg")


def decode_small(raw: Raw) -> File | None:
    """A small picture of a photo or document that says what it shows; None if Telegram made none."""
    if raw.get("_") == "Photo":
        return decode_photo({**raw, "sizes": _without_large(listed(raw, "sizes"))})
    return decode_thumbnail({**raw, "thumbs": _without_large(listed(raw, "thumbs"))})


def _without_large(sizes: Sequence[Raw]) -> list[Raw]:
    return [size for size in sizes if max(whole(size, "w"), whole(size, "h")) <= SMALL]


def stored(raw: Any) -> Iterator[Raw]:
    """Every photo and document in a raw value, wherever it is: in paid media, web pages, articles, polls, actions …"""
    waiting: list[Any] = [raw]
    while waiting:  # not by recursion: blocks of articles may lie in each other as deep as their author likes
        value = waiting.pop()
        if isinstance(value, list):
            waiting += reversed(value)
        elif isinstance(value, dict):
            if value.get("_") in ("Photo", "Document"):
                yield value
            waiting += reversed(value.values())


def original_name(raw: Any, file_id: int) -> str:
    """What the sender of a document in a raw value called it, "" if they did not."""
    found = (decode_document(each) for each in stored(raw) if each.get("id") == file_id)
    return next((file.name for _kind, file in filter(None, found)), "")


def _picture(raw: Raw, sizes: Sequence[Raw], mime: str, extension: str) -> File | None:
    if not sizes or not whole(raw, "id"):
        return None
    largest = max(sizes, key=lambda size: (whole(size, "w") * whole(size, "h"), _bytes_of(size)))
    return File(
        id=whole(raw, "id"),
        # An export file may have the picture of a document and not the document.
        dc_id=whole(largest, "dc_id") or whole(raw, "dc_id"),
        size=_bytes_of(largest),
        mime=mime,
        extension=extension,
        thumb=plain(largest.get("type")),
        width=whole(largest, "w"),
        height=whole(largest, "h"),
    )


def _bytes_of(size: Raw) -> int:
    data = size.get("bytes")
    if isinstance(data, str):  # in base64
        return len(data) * 3 // 4 - data.count("=")
    # A progressive JPEG lists where each of its scans ends; the last end is the whole file.
    return whole(size, "size") if "size" in size else max(numbers(size, "sizes"), default=-1)


def decode_document(raw: Raw) -> tuple[MediaKind, File] | None:
    """What a document is, by its attributes, and its file; None if there is none."""
    if raw.get("_") != "Document" or not whole(raw, "id"):
        return None
    attributes = _attributes(raw)
    kind = _document_kind(attributes)
    mime, name = plain(raw.get("mime_type")), plain(attributes.get("Filename", {}).get("file_name"))
    audio = attributes.get("Audio", {})
    look = attributes.get("Video") or attributes.get("ImageSize") or {}
    return kind, File(
        id=whole(raw, "id"),
        dc_id=whole(raw, "dc_id"),
        size=whole(raw, "size") if "size" in raw else -1,
        mime=mime,
        extension=_extension(kind, mime, name),
        name=name,
        width=whole(look, "w"),
        height=whole(look, "h"),
        duration=_seconds(attributes.get("Video") or audio),
        title=plain(audio.get("title")),
        performer=plain(audio.get("performer")),
        emoji=plain((attributes.get("Sticker") or attributes.get("CustomEmoji") or {}).get("alt")),
    )


def _attributes(raw: Raw) -> dict[str, Raw]:
    return {plain(found.get("_")).removeprefix("DocumentAttribute"): found for found in listed(raw, "attributes")}


def _is_sticker(raw: Raw) -> bool:
    return _document_kind(_attributes(raw)) == "sticker"


def _seconds(attribute: Raw) -> float:
    value: Any = attribute.get("duration")
    return float(value) if isinstance(value, (int, float)) and abs(value) < 2**31 else 0.0


def _document_kind(attributes: Mapping[str, Raw]) -> MediaKind:
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
