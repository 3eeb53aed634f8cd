"""Writes exports as Telegram Desktop does: one space of indentation, its order of keys, its folders."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

START = 1_714_720_000
NOT_INCLUDED = "(File not included. Change data exporting settings to download.)"
TOO_LARGE = "(File exceeds maximum size. Change data exporting settings to download.)"
UNAVAILABLE = "(File unavailable, please try again later)"


def message(number: int, *parts: Any, sender: str = "user42", name: str | None = "Ann", **more: Any) -> dict[str, Any]:
    """A message with the fields that all have; `parts` of its text are strings and entities."""
    when = START + 60 * abs(number) if number > 0 else START
    entities = [part if isinstance(part, dict) else {"type": "plain", "text": part} for part in parts]
    text: Any = "".join(parts) if all(isinstance(part, str) for part in parts) else list(parts)
    return {
        "id": number,
        "type": "message",
        **dated("date", when),
        "from": name,
        "from_id": sender,
        **more,
        "text": text,
        "text_entities": entities,
    }


def service(number: int, action: str, **more: Any) -> dict[str, Any]:
    """Something that happened."""
    when = START + 60 * abs(number)
    who = {"actor": "Ann", "actor_id": "user42", "action": action}
    return {"id": number, "type": "service", **dated("date", when), **who, **more, "text": "", "text_entities": []}


def dated(key: str, when: int) -> dict[str, str]:
    """A date as Telegram Desktop writes it, twice."""
    return {key: datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%dT%H:%M:%S"), f"{key}_unixtime": str(when)}


def entity(kind: str, text: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "text": text, **more}


def chat(
    messages: list[dict[str, Any]], kind: str = "personal_chat", number: int = 42, name: str | None = "Ann"
) -> Any:
    """A chat; `name` is null for deleted accounts and missing for one's own."""
    named = {} if kind == "saved_messages" else {"name": name}
    return {**named, "type": kind, "id": number, "messages": messages}


def account(chats: list[Any], left: list[Any] = [], user: int = 7) -> dict[str, Any]:  # noqa: B006 - never changed
    """An export of all data."""
    me = {
        "user_id": user,
        "first_name": "Me",
        "last_name": "Myself",
        "phone_number": "+1",
        "username": "@me",
        "bio": "",
    }
    return {
        "about": "Here is the data you requested.",
        "personal_information": me,
        "contacts": {"about": "", "list": [{"user_id": 42, "first_name": "Ann", "messages": [{"id": 1}]}]},
        "chats": {"about": "", "list": chats},
        "left_chats": {"about": "", "list": left},
    }


def write(folder: Path, export: Any, files: dict[str, bytes] | None = None) -> Path:
    """The export as a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "result.json").write_text(json.dumps(export, indent=1, ensure_ascii=False), encoding="utf-8")
    for name, data in (files or {}).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def every_kind() -> tuple[list[dict[str, Any]], dict[str, bytes]]:
    """A message of each kind that the format has, and the files that belong to them."""
    picture = {"photo": "photos/photo_1@03-05-2024_07-06-40.jpg", "photo_file_size": 5, "width": 800, "height": 600}
    voice = "voice_messages/audio_1@03-05-2024_07-09-40.ogg"
    messages = [
        message(1, "plain"),
        message(
            2, "🎉 ", entity("bold", "bold"), " ", entity("text_link", "site", href="https://example.org/"), " ",
            entity("mention_name", "Bob", user_id=43), entity("pre", "x = 1", language="python"),
            entity("custom_emoji", "👍", document_id=NOT_INCLUDED), entity("blockquote", "said", collapsed=True),
            entity("unknown", "?"), entity("spoiler", "hidden"), entity("strikethrough", "gone"),
        ),
        message(3, "look", **picture),
        message(4, photo=NOT_INCLUDED, photo_file_size=99, width=1, height=1, media_spoiler=True),
        message(5, file=voice, file_size=4, media_type="voice_message", mime_type="audio/ogg", duration_seconds=3),
        message(6, file="video_files/clip.mp4", file_name="clip.mp4", file_size=4, media_type="video_file",
                mime_type="video/mp4", duration_seconds=7, width=640, height=480,
                thumbnail="video_files/clip.mp4_thumb.jpg"),
        message(7, file=TOO_LARGE, file_name="film.mkv", file_size=9_000_000_000, media_type="video_file",
                mime_type="video/x-matroska", duration_seconds=7000),
        message(8, file="stickers/sticker.webp", file_name="sticker.webp", file_size=4, media_type="sticker",
                sticker_emoji="🦆", width=512, height=512, mime_type="image/webp"),
        message(9, file="files/Report (1).pdf", file_name="Report.pdf", file_size=4, mime_type="application/pdf"),
        message(10, contact_information={"first_name": "Trudi", "last_name": "", "phone_number": "4930"},
                contact_vcard="contacts/contact_1.vcard"),
        message(11, location_information={"latitude": 52.52, "longitude": 13.4}, place_name="Café", address="Street 1"),
        message(12, location_information={"latitude": 52.52, "longitude": 13.4}, live_location_period_seconds=900),
        message(13, poll={"question": "Tea?", "closed": True, "total_voters": 3, "answers": [
            {"text": "yes", "voters": 2, "chosen": True}, {"text": "no", "voters": 1, "chosen": False}]}),
        message(14, game_title="Chess", game_description="A game", game_link="https://t.me/x"),
        message(15, invoice_information='{"title": "Shoes"'),
        message(16, "answer", reply_to_message_id=3),
        message(17, "from afar", forwarded_from="Carol", forwarded_from_id="user44"),
        message(18, "edited", **dated("edited", START + 9999), author="Editor", via_bot="@gif"),
        message(19, "liked", reactions=[{"type": "emoji", "count": 2, "emoji": "❤"}, {"type": "paid", "count": 1},
                {"type": "custom_emoji", "count": 1, "document_id": NOT_INCLUDED}]),
        message(20, "buttons", inline_bot_buttons=[[{"type": "url", "text": "Open", "data": "https://example.org"},
                {"type": "callback", "text": "Press", "dataBase64": "eA=="}]]),
        message(21, todo_list={"title": "To do", "answers": [{"text": "milk", "id": 1}, {"text": "bread", "id": 2}]}),
        message(22, "ghost", sender="user99", name=None),
        {"id": 23, "type": "unsupported", **dated("date", START + 23 * 60), "text": "", "text_entities": []},
        message(24, file="round_video_messages/file_1.mp4", file_size=4, media_type="video_message",
                mime_type="video/mp4", duration_seconds=4),
        message(25, file="files/song.mp3", file_name="song.mp3", file_size=4, media_type="audio_file", title="Song",
                performer="Band", mime_type="audio/mpeg", duration_seconds=61),
        message(26, photo=UNAVAILABLE, width=1, height=1, self_destruct_period_seconds=10),
        message(27, giveaway_information={"quantity": 3, "months": 6, "until_date": START}),
    ]  # fmt: skip
    files = {
        picture["photo"]: b"photo", voice: b"opus", "video_files/clip.mp4": b"clip", "stickers/sticker.webp": b"webp",
        "files/Report (1).pdf": b"%PDF", "contacts/contact_1.vcard": b"BEGIN:VCARD\nFN:Trudi T\nEND:VCARD\n",
        "round_video_messages/file_1.mp4": b"disc", "files/song.mp3": b"song",
    }  # fmt: skip
    return messages, {str(name): data for name, data in files.items()}


SERVICES = [
    ("create_group", {"title": "Cats", "members": ["Ann", "Bob", None]}),
    ("edit_group_title", {"title": "Dogs"}),
    ("edit_group_photo", {"photo": NOT_INCLUDED, "width": 1, "height": 1}),
    ("delete_group_photo", {}),
    ("invite_members", {"members": ["Carol"]}),
    ("remove_members", {"members": ["Carol"]}),
    ("join_group_by_link", {"inviter": "Ann"}),
    ("create_channel", {"title": "News"}),
    ("migrate_to_supergroup", {}),
    ("migrate_from_group", {"title": "Cats"}),
    ("pin_message", {"message_id": 1}),
    ("clear_history", {}),
    ("score_in_game", {"game_message_id": 1, "score": 12}),
    ("send_payment", {"amount": 500, "currency": "EUR", "invoice_message_id": 1}),
    ("phone_call", {"duration_seconds": 61, "discard_reason": "hangup"}),
    ("take_screenshot", {}),
    ("allow_sending_messages", {"reason_domain": "example.org"}),
    ("send_passport_values", {"values": ["passport"]}),
    ("joined_telegram", {}),
    ("proximity_reached", {"from": "Ann", "from_id": "user42", "to": "Bob", "to_id": "user43", "distance": 10}),
    ("group_call", {"duration": 60}),
    ("invite_to_group_call", {"members": ["Bob"]}),
    ("set_messages_ttl", {"period": 86400}),
    ("group_call_scheduled", {"schedule_date": START}),
    ("edit_chat_theme", {"emoticon": "🐥"}),
    ("join_group_by_request", {}),
    ("web_view_data_sent", {"text": "Send"}),
    ("send_premium_gift", {"cost": "5 EUR", "months": 3}),
    ("topic_created", {"title": "Ideas"}),
    ("topic_edit", {"new_title": "Plans"}),
    ("suggest_profile_photo", {"photo": NOT_INCLUDED}),
    ("requested_phone_number", {"button_id": 1}),
    ("boost_apply", {"boosts": 3}),
    ("set_chat_wallpaper", {"message_id": 1}),
    ("something_of_next_year", {"title": "New [[x]]", "amount": 1}),
]


def every_service(first: int) -> list[dict[str, Any]]:
    """A service message of each kind."""
    return [service(number, action, **more) for number, (action, more) in enumerate(SERVICES, first)]
