"""Writes exports as Telegram Desktop does: one space of indentation, its order of keys, its folders."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.desktop_json import serialize

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
    who = {"actor": "Ann", "actor_id": "user42"} if action not in _NOBODY else {}
    who |= {"action": action} if action else {}
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
    (folder / "result.json").write_text(serialize(export), encoding="utf-8", errors="surrogatepass", newline="\n")
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
        message(15, invoice_information=serialize({"title": "Shoes", "description": "For \x0b hills", "amount": 4900,
                "currency": "EUR", "receipt_message_id": 16}, 3)),
        message(16, "answer", reply_to_message_id=3),
        message(17, "from afar", forwarded_from="Carol", forwarded_from_id="user44"),
        message(18, "edited", **dated("edited", START + 9999), author="Editor", via_bot="@gif"),
        message(19, "liked", reactions=[{"type": "emoji", "count": 2, "emoji": "❤"}, {"type": "paid", "count": 1},
                {"type": "custom_emoji", "count": 1, "document_id": NOT_INCLUDED}]),
        message(20, "buttons", inline_bot_buttons=[[{"type": "url", "text": "Open", "data": "https://example.org"},
                {"type": "callback", "text": "Press", "dataBase64": "eA", "data": ""}],
                [{"type": "copy_text", "text": "Copy", "data": "T-1"}, {"type": "web_view", "text": "App", "data": "x"},
                {"type": "switch_inline", "text": "Share", "data": "cats", "button_id": 1}, {"type": "buy"}]]),
        message(21, todo_list={"title": "To do", "answers": [{"text": "milk", "id": 1}, {"text": "bread", "id": 2}]}),
        message(22, "ghost", sender="user99", name=None),
        {"id": 23, "type": "unsupported"},
        message(24, file="round_video_messages/file_1.mp4", file_size=4, media_type="video_message",
                mime_type="video/mp4", duration_seconds=4),
        message(25, file="files/song.mp3", file_name="song.mp3", file_size=4, media_type="audio_file", title="Song",
                performer="Band", mime_type="audio/mpeg", duration_seconds=61),
        message(26, photo=UNAVAILABLE, width=1, height=1, self_destruct_period_seconds=10),
        message(27, giveaway_information={"quantity": 3, "months": 6, "until_date": "2024-05-05T09:06:40",
                "channels": [100], "countries": ["PT"], "additional_prize": "a hat", "stars": 0,
                "is_only_new_subscribers": True}),
        message(28, giveaway_results={"channel": 100, "winners": [42, 43], "additional_prize": "", "until_date":
                "2024-05-05T09:06:40", "launch_message_id": 27, "additional_peers_count": 0, "winners_count": 2,
                "unclaimed_count": 1, "months": 6, "stars": 0, "is_refunded": False, "is_only_new_subscribers": False}),
        message(29, paid_stars_amount=50),
        message(30, location_information=None),
        message(31, file=NOT_INCLUDED, file_name="trip.mp4", file_size=12, thumbnail="video_files/trip.mp4_thumb.jpg",
                thumbnail_file_size=5, media_type="video_file", mime_type="video/mp4", duration_seconds=9, width=64,
                height=48, media_spoiler=True),
        message(32, file="stickers/AnimatedSticker.tgs", file_name="AnimatedSticker.tgs", file_size=3,
                thumbnail="stickers/AnimatedSticker.tgs_thumb.jpg", thumbnail_file_size=6, media_type="sticker",
                sticker_emoji="🐈", mime_type="application/x-tgsticker", width=512, height=512),
        message(33, file="files/x (1).png", mime_type="image/png", width=10, height=10),
        message(34, "kept", forwarded_from="Carol", saved_from="Cats"),
        message(35, "bell \x07 and \u2028 lines\ttab"),
        message(36, "across", reply_to_message_id=7, reply_to_peer_id="channel100"),
    ]  # fmt: skip
    files = {
        picture["photo"]: b"photo", voice: b"opus", "video_files/clip.mp4": b"clip", "stickers/sticker.webp": b"webp",
        "files/Report (1).pdf": b"%PDF", "contacts/contact_1.vcard": b"BEGIN:VCARD\nFN:Trudi T\nEND:VCARD\n",
        "round_video_messages/file_1.mp4": b"disc", "files/song.mp3": b"song",
        "video_files/clip.mp4_thumb.jpg": b"frame", "video_files/trip.mp4_thumb.jpg": b"still",
        "stickers/AnimatedSticker.tgs": b"tgs", "stickers/AnimatedSticker.tgs_thumb.jpg": b"kitten",
        "files/x (1).png": b"png", NEW_PHOTO: b"new",
    }  # fmt: skip
    return messages, {str(name): data for name, data in files.items()}


NEW_PHOTO = "photos/photo_9@03-05-2024_08-48-40.jpg"
# Each with its fields, and what a note says of it.
SERVICES: list[tuple[str, dict[str, Any], str]] = [
    ("create_group", {"title": "Cats", "members": ["Ann", "Bob", None]}, "created the group “Cats” with Ann, Bob"),
    ("edit_group_title", {"title": "Dogs"}, "Ann renamed the chat to “Dogs”"),
    ("edit_group_photo", {"photo": NEW_PHOTO, "photo_file_size": 3, "width": 1, "height": 1}, "the chat's photo"),
    ("delete_group_photo", {}, "Ann removed the chat's photo"),
    ("invite_members", {"members": ["Carol"]}, "Ann added Carol"),
    ("remove_members", {"members": ["Carol"]}, "Ann removed Carol"),
    ("join_group_by_link", {"inviter": "Ann"}, "Ann joined by a link of Ann"),
    ("create_channel", {"title": "News"}, "Ann created “News”"),
    ("migrate_to_supergroup", {}, "The group became a supergroup"),
    ("migrate_from_group", {"title": "Cats"}, "The group “Cats” became this supergroup"),
    ("pin_message", {"message_id": 1}, "Ann pinned [[Ann messages#^m1|Ann: “plain”]]"),
    ("clear_history", {}, "The history was cleared"),
    ("score_in_game", {"game_message_id": 14, "score": 12}, "Ann scored 12 · ↩ [[Ann messages#^m14|"),
    ("send_payment", {"amount": 500, "currency": "EUR", "invoice_message_id": 15, "recurring": "init"},
     "5.00 EUR, which begins a subscription · ↩ [[Ann messages#^m15|"),
    ("phone_call", {"duration_seconds": 61, "discard_reason": "hangup"}, "Ann: call (1:01)"),
    ("phone_call", {"discard_reason": "missed"}, "Ann: missed call"),
    ("take_screenshot", {}, "Ann took a screenshot"),
    ("allow_sending_messages", {"reason_domain": "example.org"}, "by logging in to example.org"),
    ("allow_sending_messages", {"reason_app_id": 5, "reason_app_name": "Tiny"}, "from the bot through Tiny"),
    ("attach_menu_bot_allowed", {}, "by adding it to the menu"),
    ("web_app_bot_allowed", {}, "on its request"),
    ("send_passport_values", {"values": ["passport", "address_information"]}, "Telegram Passport: passport, address"),
    ("joined_telegram", {}, "Ann joined Telegram"),
    ("proximity_reached", {"from": "Ann", "from_id": "user42", "to": "Bob", "to_id": "user43", "distance": 10},
     "Ann came within 10 m of Bob"),
    ("requested_phone_number", {}, "Ann shared the phone number"),
    ("group_call", {"duration": 60}, "Ann ended the video chat (1:00)"),
    ("invite_to_group_call", {"members": ["Bob"]}, "Ann invited Bob to the video chat"),
    ("set_messages_ttl", {"period": 86400}, "Ann set messages to delete themselves after 1 d"),
    ("group_call_scheduled", {"schedule_date": START}, "Ann planned a video chat"),
    ("edit_chat_theme", {"emoticon": "🐥"}, "Ann changed the chat's theme 🐥"),
    ("join_group_by_request", {}, "Ann was let in on request"),
    ("send_webview_data", {"text\0": "Send"}, "sent data from “Send”"),
    ("send_premium_gift", {"cost": "5 EUR", "months": 3}, "Ann gave Premium for 3 months (5 EUR)"),
    ("topic_created", {"title": "Ideas"}, "Ann created the topic “Ideas”"),
    ("topic_edit", {"new_title": "Plans", "new_icon_emoji_id": 5}, "Ann renamed a topic to “Plans”"),
    ("suggest_profile_photo", {"photo": NOT_INCLUDED, "photo_file_size": 0}, "Ann suggested a profile photo"),
    ("requested_peer", {"button_id": 1, "peers": f"[\n {43},\n {(2 << 48) + 100}\n]"}, "Ann shared Bob"),
    ("gift_code_prize", {"gift_code": "x", "boost_peer_id": "channel100", "months": 6, "unclaimed": False,
     "via_giveaway": True}, "Premium for 6 months, by a code"),
    ("giveaway_launch", {}, "began a giveaway"),
    ("giveaway_results", {"winners": 4, "unclaimed": 1, "stars": False}, "ended with 4 winners, 1 prizes unclaimed"),
    ("set_chat_wallpaper", {"message_id": 1}, "Ann changed the chat's wallpaper"),
    ("set_same_chat_wallpaper", {"message_id": 1}, "Ann set the same wallpaper"),
    ("boost_apply", {"boosts": 3}, "Ann boosted the group 3 times"),
    ("refunded_payment", {"amount": 500, "currency": "EUR", "peer_name": "Bob", "peer_id": "user43", "charge_id": "x"},
     "gave back 5.00 EUR to Bob"),
    ("send_stars_gift", {"cost": "2 EUR", "stars": 100}, "Ann gave ⭐ 100 (2 EUR)"),
    ("stars_prize", {"boost_peer_id": "channel100", "boost_peer_name": "Cats", "stars": 7, "is_unclaimed": False,
     "giveaway_msg_id": 27, "transaction_id": "x"}, "Ann won ⭐ 7 in a giveaway of Cats · ↩ [[Ann messages#^m27|"),
    ("send_star_gift", {"gift_id": 5, "stars": 50, "is_limited": True, "is_anonymous": False, "gift_text":
     ["for ", {"type": "bold", "text": "you"}]}, "Ann sent a gift (⭐ 50) for you"),
    ("", {"information_text": "What somebody else's bot says"}, "What somebody else's bot says"),
    ("something_of_next_year", {"title": "New [[x]]", "amount": 1}, "something of next year (title New"),
]  # fmt: skip
# These say nothing of who did it.
_NOBODY = {"send_payment", "allow_sending_messages", "attach_menu_bot_allowed", "web_app_bot_allowed",
           "send_passport_values", "proximity_reached", "send_webview_data", "gift_code_prize", "giveaway_launch",
           "giveaway_results", "refunded_payment"}  # fmt: skip


def every_service(first: int) -> list[dict[str, Any]]:
    """A service message of each kind."""
    return [service(number, action, **more) for number, (action, more, _) in enumerate(SERVICES, first)]
