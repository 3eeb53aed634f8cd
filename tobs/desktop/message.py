"""A message of Telegram Desktop's in the shape that Telegram's API gives it, so that the vault shows both alike.

What the export says stays with it, under ``desktop``: nothing of it is lost,
whatever this version makes of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import Any

from tobs.desktop.actions import ABOUT, read_action
from tobs.desktop.ids import MIGRATED, Fields, peer_of_chat, raw_peer, read_date
from tobs.desktop.media import read_media
from tobs.desktop.text import read_text
from tobs.model import Raw
from tobs.rawfields import listed, plain, whole

LARGEST_ID = 2**31 - 1  # message ids are 32 bit in the API


def read_message(message: Raw, chat: int, account: int, zone: tzinfo, before: int = 0) -> Fields | None:
    """The raw message, None if it has no id or no date. `chat` and `account` are marked ids, 0 for unknown.

    What Telegram Desktop did not understand has no date: it gets that of the message `before` it.
    """
    number, date = message_id(message.get("id")), read_date(message, "date", zone)
    if is_undated := is_unsupported(message) and not date:
        date = before
    if not number or not date:
        return None
    service = message.get("type") == "service"
    raw: Fields = {"_": "MessageService" if service else "Message", "id": number, "date": date}
    raw["peer_id"] = peer_of_chat(chat)
    if sender := raw_peer(message.get("actor_id" if service else "from_id")):
        raw["from_id"] = sender
        if is_own(sender, chat, account):
            raw["out"] = True
    if reply := _reply(message):
        raw["reply_to"] = reply
    if service:
        raw["action"] = read_action(message, number)
    else:
        raw.update(_content(message, number, zone))
    if reactions := [*_reactions(message)]:
        raw["reactions"] = {"_": "MessageReactions", "results": reactions}
    if is_undated:
        raw["inferred"] = ["date"]
    raw["desktop"] = message
    return raw


def is_unsupported(message: Raw) -> bool:
    """Whether Telegram Desktop did not understand it: no more than its id is written then."""
    return message.get("type") == "unsupported"


def message_id(value: Any) -> int:
    """A message's id; that of a migrated history as it was in the group. 0 if it is none."""
    if not isinstance(value, int) or isinstance(value, bool):
        return 0
    number = value + MIGRATED if value < 0 else value
    return number if 0 < number <= LARGEST_ID else 0


def is_own(sender: Raw, chat: int, account: int) -> bool:
    """Whether the account itself sent it; between two people it is whoever the chat is not with."""
    user = whole(sender, "user_id")
    if user == chat:  # what one kept in Saved Messages may be somebody else's
        return False
    return user == account if account or chat < 0 else bool(user) and user != chat


def _content(message: Raw, number: int, zone: tzinfo) -> Iterator[tuple[str, Any]]:
    text, entities = read_text(message)
    yield "message", text
    if entities:
        yield "entities", entities
    if media := read_media(message, number):
        yield "media", media
    if edited := read_date(message, "edited", zone):
        yield "edit_date", edited
    if forward := _forward(message):
        yield "fwd_from", forward
    bot = plain(message.get("via_bot"))
    if author := " ".join(filter(None, (plain(message.get("author")), f"via {bot}" if bot else ""))):
        yield "post_author", author
    if rows := [*_buttons(message)]:
        yield "reply_markup", {"_": "ReplyInlineMarkup", "rows": rows}


def _forward(message: Raw) -> Fields | None:
    if not message.keys() & {"forwarded_from", "forwarded_from_id", "saved_from"}:
        return None
    header: Fields = {"_": "MessageFwdHeader", "from_name": plain(message.get("forwarded_from"))}
    if source := raw_peer(message.get("forwarded_from_id")):
        header["from_id"] = source
    if not (header["from_name"] or source):
        header["from_name"] = plain(message.get("saved_from")) or "Deleted Account"
    return header


def _reply(message: Raw) -> Fields | None:
    answered = message_id(message.get("reply_to_message_id"))
    if not answered and message.get("type") == "service":
        answered = next(filter(None, (message_id(message.get(key)) for key in ABOUT)), 0)
    if not answered:
        return None
    header: Fields = {"_": "MessageReplyHeader", "reply_to_msg_id": answered}
    if peer := raw_peer(message.get("reply_to_peer_id")):
        header["reply_to_peer_id"] = peer
    return header


def _reactions(message: Raw) -> Iterator[Fields]:
    for each in listed(message, "reactions"):
        match plain(each.get("type")):
            case "paid":
                reaction: Fields = {"_": "ReactionPaid"}
            case "custom_emoji":
                reaction = {"_": "ReactionCustomEmoji", "document_id": 0}
            case _:
                reaction = {"_": "ReactionEmoji", "emoticon": plain(each.get("emoji"))}
        yield {"_": "ReactionCount", "reaction": reaction, "count": whole(each, "count")}


def _buttons(message: Raw) -> Iterator[Fields]:
    rows = message.get("inline_bot_buttons")
    for row in rows if isinstance(rows, list) else ():
        buttons = [_button(each) for each in row if isinstance(each, dict)] if isinstance(row, list) else []
        if buttons:
            yield {"_": "KeyboardButtonRow", "buttons": buttons}


def _button(button: Raw) -> Fields:
    text, data = plain(button.get("text")), plain(button.get("data"))
    kind, key = _BUTTONS.get(plain(button.get("type")), ("", ""))
    return {"_": f"KeyboardButton{kind}", "text": text, **({key: data} if key else {})}


# HistoryMessageMarkupButton::TypeToString(); what is not here says its text.
_BUTTONS: Mapping[str, tuple[str, str]] = {
    "url": ("Url", "url"), "auth": ("UrlAuth", "url"), "web_view": ("WebView", "url"),
    "simple_web_view": ("SimpleWebView", "url"), "callback": ("Callback", ""),
    "callback_with_password": ("Callback", ""), "switch_inline": ("SwitchInline", "query"),
    "switch_inline_same": ("SwitchInline", "query"), "copy_text": ("Copy", "copy_text"), "game": ("Game", ""),
    "buy": ("Buy", ""), "request_phone": ("RequestPhone", ""), "request_location": ("RequestGeoLocation", ""),
    "request_poll": ("RequestPoll", ""), "request_peer": ("RequestPeer", ""),
}  # fmt: skip


_NAMED = (
    ("from", "from_id"), ("actor", "actor_id"), ("forwarded_from", "forwarded_from_id"), ("to", "to_id"),
    ("peer_name", "peer_id"),
)  # fmt: skip


def names_in(message: Raw) -> Iterator[tuple[Fields, str]]:
    """The people and chats that a message names together with their ids."""
    for name, key in _NAMED:
        if peer := raw_peer(message.get(key)):
            yield peer, plain(message.get(name))
    for reaction in listed(message, "reactions"):
        for recent in listed(reaction, "recent"):
            if peer := raw_peer(recent.get("from_id")):
                yield peer, plain(recent.get("from"))
