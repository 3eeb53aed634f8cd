"""What kind of attachment a raw MessageMedia is, in a word or two."""

from __future__ import annotations

import re

from tobs.model import Raw
from tobs.rawfields import listed, mapping, plain
from tobs.vault.escape import escape_one_line

_WORDS = {
    "Photo": "🖼 photo", "Geo": "📍 place", "GeoLive": "📡 live location", "Venue": "📍 place", "Contact": "👤 contact",
    "WebPage": "🔗 link", "Game": "🎮 game", "Invoice": "🧾 invoice", "Poll": "❔ poll", "Dice": "🎲 dice",
    "Story": "📖 story", "Giveaway": "🎁 giveaway", "GiveawayResults": "🎁 giveaway results",
    "PaidMedia": "🔒 paid media", "ToDo": "☑ checklist", "VideoStream": "📺 live stream",
    "Unsupported": "unsupported media", "Empty": "",
}  # fmt: skip
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def spoken(constructor: str) -> str:
    """``DataSent`` as ``data sent``: a TL name that has no words of its own. Not escaped."""
    return _CAMEL.sub(" ", constructor).lower()


def kind_words(media: Raw) -> str:
    """``🖼 photo``, ``🎤 voice message``, ``📎 report.pdf``; the constructor's name for one of another layer."""
    name = plain(media.get("_")).removeprefix("MessageMedia")
    if name == "Document":
        return _document(mapping(media, "document"), media)
    word = _WORDS.get(name)
    return escape_one_line(spoken(name)) or "media" if word is None else word


def _document(document: Raw, media: Raw) -> str:
    attributes = {
        plain(found.get("_")).removeprefix("DocumentAttribute"): found for found in listed(document, "attributes")
    }
    video, audio = attributes.get("Video", {}), attributes.get("Audio", {})
    if "Sticker" in attributes or "CustomEmoji" in attributes:
        return f"🏷 sticker {escape_one_line(plain(attributes.get('Sticker', {}).get('alt')))}".rstrip()
    if "Animated" in attributes:
        return "🎞 animation"
    if video.get("round_message") or media.get("round"):
        return "🎥 video message"
    if audio.get("voice") or media.get("voice"):
        return "🎤 voice message"
    if video or media.get("video"):
        return "🎬 video"
    name = escape_one_line(plain(attributes.get("Filename", {}).get("file_name")))
    return f"🎵 {name or 'audio'}" if audio else f"📎 {name or 'file'}"


def missing_words(media: Raw, expired: bool, layer: int) -> str:
    """Why nothing of an attachment shows: it destroyed itself, or no layer of tobs' own knows it."""
    name = plain(media.get("_"))
    if expired or "ttl_seconds" in media:
        return f"self-destructed {kind_words(media).partition(' ')[2] or escape_one_line(name) or 'media'}"
    shown = escape_one_line(name) or "media"
    if name in ("MessageMediaUnsupported", "MessageMediaPhoto", "MessageMediaDocument"):
        return f"unsupported in layer {layer}: {shown}" if layer else f"unsupported: {shown}"
    return f"cannot be shown: {shown}"
