"""Texts of Telegram Desktop as text and entities, counted in UTF-16 units as Telegram counts them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tobs.desktop.ids import Fields
from tobs.model import Raw
from tobs.rawfields import plain, whole

# export_output_json.cpp; what is not here is text without a mark.
_KINDS: Mapping[str, str] = {
    "mention": "Mention", "hashtag": "Hashtag", "bot_command": "BotCommand", "link": "Url", "email": "Email",
    "bold": "Bold", "italic": "Italic", "code": "Code", "pre": "Pre", "text_link": "TextUrl",
    "mention_name": "MentionName", "phone": "Phone", "cashtag": "Cashtag", "underline": "Underline",
    "strikethrough": "Strike", "blockquote": "Blockquote", "bank_card": "BankCard", "spoiler": "Spoiler",
    "custom_emoji": "CustomEmoji",
}  # fmt: skip


def read_text(message: Raw) -> tuple[str, list[Fields]]:
    """The text of a message and its entities; exports from before 2022 have only `text`, a string or a list."""
    parts = message.get("text_entities")
    return join_parts(parts if isinstance(parts, list) and parts else message.get("text"))


def join_parts(value: Any) -> tuple[str, list[Fields]]:
    """A text in one of the forms that Telegram Desktop has written, and its entities."""
    text: list[str] = []
    entities: list[Fields] = []
    at = 0
    for part in value if isinstance(value, list) else [value]:
        words = part if isinstance(part, str) else plain(part)
        length = len(words.encode("utf-16-le", "surrogatepass")) // 2
        if isinstance(part, dict) and length:
            entities += _entity(part, at, length)
        text.append(words)
        at += length
    return "".join(text), entities


def _entity(part: Raw, offset: int, length: int) -> Iterator[Fields]:
    if not (kind := _KINDS.get(plain(part.get("type")))):
        return
    entity: Fields = {"_": f"MessageEntity{kind}", "offset": offset, "length": length}
    match kind:
        case "Pre":
            entity["language"] = plain(part.get("language"))
        case "TextUrl":
            entity["url"] = plain(part.get("href"))
        case "MentionName":
            entity["user_id"] = whole(part, "user_id")
        case "Blockquote" if part.get("collapsed"):
            entity["collapsed"] = True
        case "CustomEmoji":
            entity["document_id"] = 0  # the export has the path of its picture
    yield entity
