"""The sample account as Telegram Desktop would export it: from the same objects that its server sends.

Written by the rules of export_output_json.cpp and export_data_types.cpp: the order of keys, what is left out, entities
that are flat, names instead of ids, and files in folders by their kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import attrs
from telethon.tl import types
from telethon.utils import get_peer_id

from tests.desktop_export import UNAVAILABLE, write
from tobs.testing.account import Account

ZONE = "%Y-%m-%dT%H:%M:%S"
_FOLDERS = {
    "sticker": "stickers", "video_message": "round_video_messages", "voice_message": "voice_messages",
    "animation": "animations", "video_file": "video_files", "audio_file": "files", "": "files",
}  # fmt: skip
_KINDS = {
    "Mention": "mention", "Hashtag": "hashtag", "BotCommand": "bot_command", "Url": "link", "Email": "email",
    "Bold": "bold", "Italic": "italic", "Code": "code", "Pre": "pre", "TextUrl": "text_link",
    "MentionName": "mention_name", "Phone": "phone", "Cashtag": "cashtag", "Underline": "underline",
    "Strike": "strikethrough", "Blockquote": "blockquote", "BankCard": "bank_card", "Spoiler": "spoiler",
    "CustomEmoji": "custom_emoji",
}  # fmt: skip


def export_account(account: Account, folder: Path) -> Path:
    """All of it, as a DataExport with full chats."""
    return Writer(account).write(folder)


@attrs.define(eq=False)
class Writer:
    account: Account
    files: dict[str, bytes] = attrs.field(factory=dict)
    home: str = ""

    def write(self, folder: Path) -> Path:
        me = self.account.me
        before = {
            -detail.migrated_from_chat_id for detail in self.account.details.values() if detail.migrated_from_chat_id
        }
        keys = sorted(key for key, history in self.account.histories.items() if len(history) and key not in before)
        chats = [self.chat(key, number) for number, key in enumerate(keys, 1)]
        about = {
            "about": "Here is the data you requested.",
            "personal_information": {
                "user_id": me.id, "first_name": me.first_name, "last_name": me.last_name or "",
                "phone_number": f"+{me.phone}", **({"username": f"@{me.username}"} if me.username else {}),
            },
            "chats": {"about": "", "list": chats},
        }  # fmt: skip
        return write(folder, about, self.files)

    def chat(self, key: int, number: int) -> dict[str, Any]:
        entity, history = self.account.entity(key), self.account.histories[key]
        kind = self.kind(key, entity)
        self.home = f"chats/chat_{number:03}/"
        named = {} if kind == "saved_messages" else {"name": name_of(entity)}
        old = -(self.account.details[key].migrated_from_chat_id or 0)
        messages = [*self.old(old)] if old else []
        messages += [self.message(each, key) for each in history.slice(0, len(history))]
        return {**named, "type": kind, "id": entity.id, "messages": messages}

    def old(self, key: int) -> Iterator[dict[str, Any]]:
        """The history of the group that a supergroup was, its ids below zero."""
        history = self.account.histories[key]
        for each in history.slice(0, len(history)):
            said = self.message(each, key)
            for label in ("id", "reply_to_message_id", "message_id"):
                if label in said:
                    said[label] -= 1_000_000_000
            yield said

    def kind(self, key: int, entity: Any) -> str:
        if key == self.account.me.id:
            return "saved_messages"
        if isinstance(entity, types.User):
            return "bot_chat" if entity.bot else "personal_chat"
        if isinstance(entity, types.Chat):
            return "private_group"
        return ("public_" if entity.username else "private_") + ("supergroup" if entity.megagroup else "channel")

    def message(self, message: Any, key: int) -> dict[str, Any]:
        if not isinstance(message, types.MessageService) and is_unsupported(message):
            return {"id": message.id, "type": "unsupported"}
        service = isinstance(message, types.MessageService)
        said: dict[str, Any] = {"id": message.id, "type": "service" if service else "message", **dated(message.date)}
        if not service and message.edit_date and not message.edit_hide:
            said |= dated(message.edit_date, "edited")
        said |= self.action(message, key) if service else self.written(message, key)
        text = [] if service else [*self.parts(message)]
        plain = all(part["type"] == "plain" for part in text)
        said["text"] = "".join(part["text"] for part in text) if plain else [
            part["text"] if part["type"] == "plain" else part for part in text
        ]  # fmt: skip
        said["text_entities"] = text
        if not service and message.reactions:
            said["reactions"] = [*map(self.reaction, message.reactions.results)]
        if not service and message.reply_markup:
            said["inline_bot_buttons"] = [[*map(button, row.buttons)] for row in message.reply_markup.rows]
        return said

    def peer(self, label: str, peer: Any) -> dict[str, Any]:
        key = get_peer_id(peer)
        entity = self.account.entity(key)
        kind = {"PeerUser": "user", "PeerChat": "chat", "PeerChannel": "channel"}[type(peer).__name__]
        return {label: name_of(entity) if entity else None, f"{label}_id": f"{kind}{bare(peer)}"}

    def sender(self, message: Any, key: int) -> Any:
        """Telegram Desktop takes the other one for the sender of what is not out, and the channel for that of posts."""
        if message.from_id:
            return message.from_id
        if key > 0:
            return types.PeerUser(self.account.me.id if message.out or key == self.account.me.id else key)
        return message.peer_id

    def written(self, message: Any, key: int) -> Iterator[tuple[str, Any]] | dict[str, Any]:
        said = self.peer("from", self.sender(message, key))
        if message.post_author:
            said["author"] = message.post_author
        if forward := message.fwd_from:
            said["forwarded_from"] = self.peer("x", forward.from_id)["x"] if forward.from_id else forward.from_name
            if forward.saved_from_peer:
                said["saved_from"] = self.peer("x", forward.saved_from_peer)["x"]
        said |= self.reply(message)
        if message.via_bot_id:
            said["via_bot"] = f"@{self.account.users[message.via_bot_id].username}"
        return said | (self.media(message) if message.media else {})

    def reply(self, message: Any, label: str = "reply_to_message_id") -> dict[str, Any]:
        header = message.reply_to
        if not header or not header.reply_to_msg_id:
            return {}
        peer = {"reply_to_peer_id": self.peer("x", header.reply_to_peer_id)["x_id"]} if header.reply_to_peer_id else {}
        return {label: header.reply_to_msg_id, **peer}

    def reaction(self, result: Any) -> dict[str, Any]:
        match result.reaction:
            case types.ReactionEmoji(emoticon=emoji):
                return {"type": "emoji", "count": result.count, "emoji": emoji}
            case types.ReactionCustomEmoji():
                return {"type": "custom_emoji", "count": result.count, "document_id": "stickers/x.webp"}
        return {"type": "paid", "count": result.count}

    def parts(self, message: Any) -> Iterator[dict[str, Any]]:
        """The text in pieces one behind the other: entities that begin within another one are skipped."""
        data = message.message.encode("utf-16-le")
        at = 0
        for entity in message.entities or ():
            if entity.offset < at:
                continue
            if entity.offset > at:
                yield {"type": "plain", "text": cut(data, at, entity.offset)}
            at = entity.offset + entity.length
            yield self.part(entity, cut(data, entity.offset, at))
        if at < len(data) // 2:
            yield {"type": "plain", "text": cut(data, at, len(data) // 2)}

    def part(self, entity: Any, text: str) -> dict[str, Any]:
        kind = type(entity).__name__.removeprefix("MessageEntity")
        said: dict[str, Any] = {"type": _KINDS.get(kind, "unknown"), "text": text}
        match entity:
            case types.MessageEntityPre():
                said["language"] = entity.language
            case types.MessageEntityTextUrl():
                said["href"] = entity.url
            case types.MessageEntityMentionName():
                said["user_id"] = entity.user_id
            case types.MessageEntityCustomEmoji():
                said["document_id"] = "stickers/emoji.webp"
            case types.MessageEntityBlockquote() if entity.collapsed:
                said["collapsed"] = True
        return said

    def action(self, message: Any, key: int) -> dict[str, Any]:
        action, who = message.action, self.peer("actor", self.sender(message, key))
        name = type(action).__name__.removeprefix("MessageAction")
        match action:
            case types.MessageActionChatEditTitle() | types.MessageActionChannelCreate():
                words = "edit_group_title" if name == "ChatEditTitle" else "create_channel"
                return {**who, "action": words, "title": action.title}
            case types.MessageActionChatCreate():
                return {**who, "action": "create_group", "title": action.title, "members": self.names(action.users)}
            case types.MessageActionChatAddUser():
                return {**who, "action": "invite_members", "members": self.names(action.users)}
            case types.MessageActionChatDeleteUser():
                return {**who, "action": "remove_members", "members": self.names([action.user_id])}
            case types.MessageActionChatJoinedByLink():
                return {**who, "action": "join_group_by_link", "inviter": self.names([action.inviter_id])[0]}
            case types.MessageActionChatEditPhoto():
                return {**who, "action": "edit_group_photo", **self.photo(action.photo, message)}
            case types.MessageActionChatMigrateTo():
                return {**who, "action": "migrate_to_supergroup"}
            case types.MessageActionChannelMigrateFrom():
                return {**who, "action": "migrate_from_group", "title": action.title}
            case types.MessageActionPinMessage():
                return {**who, "action": "pin_message", **self.reply(message, "message_id")}
            case types.MessageActionPhoneCall():
                reason = type(action.reason).__name__.removeprefix("PhoneCallDiscardReason").lower()
                length = {"duration_seconds": action.duration} if action.duration else {}
                return {**who, "action": "phone_call", **length, "discard_reason": reason}
            case types.MessageActionContactSignUp():
                return {**who, "action": "joined_telegram"}
            case types.MessageActionScreenshotTaken():
                return {**who, "action": "take_screenshot"}
            case types.MessageActionSetMessagesTTL():
                return {**who, "action": "set_messages_ttl", "period": action.period}
            case types.MessageActionBotAllowed():
                assert action.attach_menu
                return {"action": "attach_menu_bot_allowed"}
            case types.MessageActionGroupCallScheduled():
                return {**who, "action": "group_call_scheduled", "schedule_date": int(action.schedule_date.timestamp())}
            case types.MessageActionGroupCall():
                return {**who, "action": "group_call", **({"duration": action.duration} if action.duration else {})}
            case types.MessageActionSetChatTheme():
                return {**who, "action": "edit_chat_theme", "emoticon": action.theme.emoticon}
            case types.MessageActionTopicCreate():
                return {**who, "action": "topic_created", "title": action.title}
            case types.MessageActionTopicEdit():
                return {**who, "action": "topic_edit", **({"new_title": action.title} if action.title else {})}
            case types.MessageActionBoostApply():
                return {**who, "action": "boost_apply", "boosts": action.boosts}
        raise NotImplementedError(f"the sample account has a {name} now: say how Telegram Desktop writes it")

    def names(self, users: list[int]) -> list[str | None]:
        return [name_of(self.account.users[user]) if user in self.account.users else None for user in users]

    def media(self, message: Any) -> dict[str, Any]:
        media = message.media
        spoiler = {"media_spoiler": True} if getattr(media, "spoiler", False) else {}
        match media:
            case types.MessageMediaPhoto():
                return {**self.photo(media.photo, message), **spoiler}
            case types.MessageMediaDocument():
                return {**self.document(media.document, message), **spoiler}
            case types.MessageMediaContact():
                said = {key: getattr(media, key) for key in ("first_name", "last_name", "phone_number")}
                return {"contact_information": said, **self.card(media.vcard, message)}
            case types.MessageMediaVenue():
                return {"place_name": media.title, "address": media.address, **location(media.geo)}
            case types.MessageMediaGeo():
                return location(media.geo)
            case types.MessageMediaGeoLive():
                return {**location(media.geo), "live_location_period_seconds": media.period}
            case types.MessageMediaPoll():
                return {"poll": poll(media)}
            case types.MessageMediaToDo():
                items = [{"text": item.title.text, "id": item.id} for item in media.todo.list]
                return {"todo_list": {"title": media.todo.title.text, "others_can_append": False,
                                      "others_can_complete": False, "answers": items}}  # fmt: skip
            case types.MessageMediaPaidMedia():
                return {"paid_stars_amount": media.stars_amount}
        return {}  # web pages, dice

    def card(self, card: str, message: Any) -> dict[str, Any]:
        return {"contact_vcard": self.keep("contacts", f"contact_{message.id}.vcard", card.encode())} if card else {}

    def keep(self, folder: str, name: str, data: bytes) -> str:
        stem, dot, ending = name.partition(".")
        names = (
            f"{self.home}{folder}/{each}" for each in (name, *(f"{stem} ({n}){dot}{ending}" for n in range(1, 99)))
        )
        path = next(each for each in names if each not in self.files)
        self.files[path] = data
        return path

    def photo(self, photo: Any, message: Any) -> dict[str, Any]:
        if photo is None:  # it deleted itself
            return {
                "photo": UNAVAILABLE,
                "photo_file_size": 0,
                "self_destruct_period_seconds": message.media.ttl_seconds,
            }
        size = max((each for each in photo.sizes if hasattr(each, "w")), key=lambda each: each.w * each.h)
        data = self.bytes_of(photo.id, size.type)
        path = self.keep("photos", f"photo_{message.id}@{message.date:%d-%m-%Y_%H-%M-%S}.jpg", data)
        return {"photo": path, "photo_file_size": len(data), "width": size.w, "height": size.h}

    def bytes_of(self, number: int, part: str = "") -> bytes:
        stored = self.account.files.get(number)
        assert stored is not None
        content = stored.parts[part]
        return content.read(0, content.size)

    def document(self, document: Any, message: Any) -> dict[str, Any]:
        found = {type(each).__name__.removeprefix("DocumentAttribute"): each for each in document.attributes}
        kind, more = described(found)
        named = found["Filename"].file_name if "Filename" in found else ""
        name = named or f"file_{message.id}.{document.mime_type.rpartition('/')[2]}"
        data = self.bytes_of(document.id)
        path = self.keep(_FOLDERS[kind], "".join("_" if sign in '?"*/:<>|' else sign for sign in name), data)
        said: dict[str, Any] = {"file": path, **({"file_name": named} if named else {}), "file_size": len(data)}
        if kind:
            said["media_type"] = kind
        look = found.get("Video") or found.get("ImageSize")
        size = {"width": look.w, "height": look.h} if look and look.w and look.h else {}
        return said | more | {"mime_type": document.mime_type} | length(found) | size


def button(made: Any) -> dict[str, Any]:
    match made.type:
        case types.InlineButtonTypeUrl(url=url):
            return {"type": "url", "text": made.text, "data": url}
        case types.InlineButtonTypeCallback():
            return {"type": "callback", "text": made.text, "dataBase64": "Zm9yZWNhc3Q", "data": ""}
    raise NotImplementedError(f"say how Telegram Desktop writes {made}")


def described(found: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The `media_type` of a document by its attributes, and what else is said of that kind."""
    if "Sticker" in found:
        return "sticker", {"sticker_emoji": found["Sticker"].alt}
    if "Animated" in found:
        return "animation", {}
    if "Video" in found:
        return "video_message" if found["Video"].round_message else "video_file", {}
    if "Audio" not in found:
        return "", {}
    audio = found["Audio"]
    more = {"performer": audio.performer, "title": audio.title}
    return ("voice_message", {}) if audio.voice else ("audio_file", {key: each for key, each in more.items() if each})


def length(found: dict[str, Any]) -> dict[str, Any]:
    timed = found.get("Video") or found.get("Audio")
    return {"duration_seconds": int(timed.duration)} if timed and int(timed.duration) else {}


def location(point: Any) -> dict[str, Any]:
    return {"location_information": {"latitude": float(point.lat), "longitude": float(point.long)}}


def poll(media: Any) -> dict[str, Any]:
    voters = {each.option: each for each in media.results.results or ()}
    answers = [
        {"text": each.text.text, "voters": getattr(voters.get(each.option), "voters", 0) or 0,
         "chosen": bool(getattr(voters.get(each.option), "chosen", False))}
        for each in media.poll.answers
    ]  # fmt: skip
    total = media.results.total_voters or 0
    return {"question": media.poll.question.text, "closed": bool(media.poll.closed), "total_voters": total,
            "answers": answers}  # fmt: skip


def is_unsupported(message: Any) -> bool:
    """Of stories and of texts with headings and tables there is no more than an id."""
    return message.rich_message is not None or isinstance(
        message.media, types.MessageMediaUnsupported | types.MessageMediaStory
    )


def dated(when: datetime, key: str = "date") -> dict[str, str]:
    return {key: when.strftime(ZONE), f"{key}_unixtime": str(int(when.timestamp()))}


def cut(data: bytes, begin: int, end: int) -> str:
    return data[2 * begin : 2 * end].decode("utf-16-le", "surrogatepass")


def bare(peer: Any) -> int:
    return int(getattr(peer, "user_id", 0) or getattr(peer, "chat_id", 0) or getattr(peer, "channel_id", 0))


def name_of(entity: Any) -> str | None:
    if isinstance(entity, types.User):
        return f"{entity.first_name or ''} {entity.last_name or ''}".strip() or None
    return str(entity.title)
