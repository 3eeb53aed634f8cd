"""What happened in a chat, as Telegram Desktop says it, as a MessageAction.

Where the API names people by id the export has their names only; what would
lose them that way, and what is new, is told in words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from tobs.desktop.ids import Fields, raw_peer
from tobs.desktop.media import raw_photo
from tobs.desktop.text import join_parts
from tobs.model import Raw
from tobs.rawfields import plain, whole

DELETED = "Deleted Account"
_REASONS = {"missed": "Missed", "disconnect": "Disconnect", "hangup": "Hangup", "busy": "Busy"}
_APART = frozenset(
    ("id", "type", "date", "date_unixtime", "edited", "edited_unixtime", "actor", "actor_id", "action", "text",
     "text_entities", "reply_to_message_id", "reply_to_peer_id", "reactions", "photo", "photo_file_size", "width",
     "height")
)  # fmt: skip
# The message that it is about; `reply_to_message_id` is not written for these.
ABOUT = ("message_id", "game_message_id", "invoice_message_id", "giveaway_msg_id")


def read_action(message: Raw, number: int) -> Fields:
    """The MessageAction of the service message `number`."""
    name = plain(message.get("action"))
    make = _ACTIONS.get(name)
    action = make(message) if make else told(message)
    if "photo" in message:  # a new picture of a chat, or one that was suggested
        action["photo"] = raw_photo(message, number)
    return action


def told(message: Raw) -> Fields:
    """In words: what happened, and all that is said about it."""
    if words := plain(message.get("information_text")):  # somebody else's words, with no action
        return {"_": "MessageActionCustomAction", "message": words}
    what = plain(message.get("action")).replace("_", " ") or "something happened"
    facts = [f"{key.replace('_', ' ')} {_said(value)}" for key, value in message.items() if key not in _APART]
    who = _actor(message)
    words = f"{who}: {what}{' (' if facts else ''}{', '.join(facts)}{')' if facts else ''}"
    return {"_": "MessageActionCustomAction", "message": words}


_SENTENCES: Mapping[str, str] = {
    "create_group": "{actor} created the group “{title}” with {members}",
    "invite_members": "{actor} added {members}",
    "remove_members": "{actor} removed {members}",
    "join_group_by_link": "{actor} joined by a link of {inviter}",
    "migrate_to_supergroup": "The group became a supergroup",
    "invite_to_group_call": "{actor} invited {members} to the video chat",
    "send_premium_gift": "{actor} gave Premium for {months} months ({cost})",
    "requested_phone_number": "{actor} shared the phone number",
    "gift_code_prize": "Premium for {months} months, by a code",
    "stars_prize": "{actor} won ⭐ {stars} in a giveaway of {boost_peer_name}",
    "send_stars_gift": "{actor} gave ⭐ {stars} ({cost})",
    "send_star_gift": "{actor} sent a gift (⭐ {stars}) {gift_text}",
}


_ALONE = {"invite_members": "{actor} joined", "remove_members": "{actor} left"}


def _actor(message: Raw) -> str:
    return plain(message.get("actor")) or (DELETED if "actor_id" in message else "Somebody")


def _sentence(message: Raw) -> Fields:
    words = {key: _said(value) for key, value in message.items()}
    words["actor"] = _actor(message)
    action = plain(message.get("action"))
    alone = message.get("members") == [message.get("actor")] and message.get("actor")
    text = (_ALONE.get(action) if alone else None) or _SENTENCES[action]
    text = text.format_map(_Said(words))
    return {"_": "MessageActionCustomAction", "message": text}


class _Said(dict[str, str]):
    """What is not said in an export is left open in a sentence."""

    def __missing__(self, key: str) -> str:
        return "" if key == "gift_text" else "somebody" if key in ("inviter", "members") else "…"


def _said(value: object) -> str:
    if isinstance(value, list):
        if any(isinstance(part, dict) for part in value):  # a text with marks
            return join_parts(value)[0]
        return ", ".join(filter(None, map(_said, value)))
    return plain(value) if isinstance(value, dict | str) else DELETED if value is None else str(value)


def _plain(constructor: str) -> Callable[[Raw], Fields]:
    return lambda message: {"_": f"MessageAction{constructor}"}


def _titled(constructor: str) -> Callable[[Raw], Fields]:
    return lambda message: {"_": f"MessageAction{constructor}", "title": plain(message.get("title"))}


def _call(message: Raw) -> Fields:
    action: Fields = {"_": "MessageActionPhoneCall", "duration": _seconds(message)}
    if reason := _REASONS.get(plain(message.get("discard_reason"))):
        action["reason"] = {"_": f"PhoneCallDiscardReason{reason}"}
    return action


def _seconds(message: Raw) -> int:
    return whole(message, "duration_seconds") or whole(message, "duration")


def _topic_edit(message: Raw) -> Fields:
    # Which topic is not said: as an action it would be taken for one of General.
    title = plain(message.get("new_title"))
    what = f"renamed a topic to “{title}”" if title else "changed a topic"
    return {"_": "MessageActionCustomAction", "message": f"{_actor(message)} {what}"}


def _scheduled(message: Raw) -> Fields:
    return {"_": "MessageActionGroupCallScheduled", "schedule_date": whole(message, "schedule_date")}


def _theme(message: Raw) -> Fields:
    theme = {"_": "ChatTheme", "emoticon": plain(message.get("emoticon"))}
    return {"_": "MessageActionSetChatTheme", "theme": theme}


def _money(message: Raw) -> Fields:
    return {"currency": plain(message.get("currency")), "total_amount": whole(message, "amount")}


def _paid(message: Raw) -> Fields:
    recurring = plain(message.get("recurring"))
    more = {f"recurring_{recurring}": True} if recurring in ("init", "used") else {}
    return {"_": "MessageActionPaymentSent", **_money(message), **more}


def _refunded(message: Raw) -> Fields:
    return {"_": "MessageActionPaymentRefunded", **_money(message), "peer": raw_peer(message.get("peer_id"))}


def _allowed(message: Raw) -> Fields:
    action: Fields = {"_": "MessageActionBotAllowed", **_ALLOWED.get(plain(message.get("action")), {})}
    if domain := plain(message.get("reason_domain")):
        action["domain"] = domain
    if app := plain(message.get("reason_app_name")):
        action["app"] = {"_": "BotApp", "title": app}
    return action


_ALLOWED: Mapping[str, Fields] = {
    "attach_menu_bot_allowed": {"attach_menu": True},
    "web_app_bot_allowed": {"from_request": True},
}
_DOCUMENTS: Mapping[str, str] = {"address_information": "Address", "phone_number": "Phone"}


def _documents(message: Raw) -> Fields:
    values = message.get("values")
    kinds = [plain(value) for value in values] if isinstance(values, list) else []
    names = [_DOCUMENTS.get(kind) or kind.title().replace("_", "") for kind in kinds]
    return {"_": "MessageActionSecureValuesSent", "types": [{"_": f"SecureValueType{name}"} for name in names]}


def _near(message: Raw) -> Fields:
    who = {key: raw_peer(message.get(key)) for key in ("from_id", "to_id")}
    return {"_": "MessageActionGeoProximityReached", **who, "distance": whole(message, "distance")}


def _winners(message: Raw) -> Fields:
    counts = {"winners_count": whole(message, "winners"), "unclaimed_count": whole(message, "unclaimed")}
    return {"_": "MessageActionGiveawayResults", **counts, "stars": bool(message.get("stars"))}


def _web_view(message: Raw) -> Fields:
    return {"_": "MessageActionWebViewDataSent", "text": plain(message.get("button_text"))}


def _wallpaper(message: Raw) -> Fields:
    same = {"same": True} if plain(message.get("action")) == "set_same_chat_wallpaper" else {}
    return {"_": "MessageActionSetChatWallPaper", **same}


def _requested(message: Raw) -> Fields:
    listed = message.get("peers")  # a list within a string
    numbers: Any = re.findall(r"[0-9]{1,19}", listed) if isinstance(listed, str) else [message.get("peer_id")]
    found = [peer for peer in map(_peer_of_number, numbers) if peer]
    return {"_": "MessageActionRequestedPeer", "button_id": whole(message, "button_id"), "peers": found}


def _peer_of_number(value: Any) -> Fields | None:
    """A peer as Telegram Desktop numbers them all: the kind above 48 bits (data_peer_id.h)."""
    try:
        number = int(value)
    except (TypeError, ValueError):
        return None
    kind = {0: "user", 1: "chat", 2: "channel"}.get(number >> 48)
    return raw_peer(f"{kind}{number & (1 << 48) - 1}")


_ACTIONS: Mapping[str, Callable[[Raw], Fields]] = {
    "edit_group_title": _titled("ChatEditTitle"),
    "delete_group_photo": _plain("ChatDeletePhoto"),
    "create_channel": _titled("ChannelCreate"),
    "migrate_from_group": _titled("ChannelMigrateFrom"),
    "edit_group_photo": _plain("ChatEditPhoto"),
    "group_call_scheduled": _scheduled,
    **dict.fromkeys(_SENTENCES, _sentence),
    "pin_message": _plain("PinMessage"),
    "clear_history": _plain("HistoryClear"),
    "score_in_game": lambda message: {"_": "MessageActionGameScore", "score": whole(message, "score")},
    "send_payment": _paid,
    "phone_call": _call,
    "take_screenshot": _plain("ScreenshotTaken"),
    "joined_telegram": _plain("ContactSignUp"),
    "group_call": lambda message: {"_": "MessageActionGroupCall", "duration": _seconds(message)},
    "set_messages_ttl": lambda message: {"_": "MessageActionSetMessagesTTL", "period": whole(message, "period")},
    "edit_chat_theme": _theme,
    "join_group_by_request": _plain("ChatJoinedByRequest"),
    "send_webview_data": _web_view,
    "allow_sending_messages": _allowed,
    **dict.fromkeys(_ALLOWED, _allowed),
    "send_passport_values": _documents,
    "proximity_reached": _near,
    "giveaway_launch": _plain("GiveawayLaunch"),
    "giveaway_results": _winners,
    "refunded_payment": _refunded,
    "requested_peer": _requested,
    "suggest_profile_photo": _plain("SuggestProfilePhoto"),
    "set_chat_wallpaper": _wallpaper,
    "set_same_chat_wallpaper": _wallpaper,
    "topic_created": _titled("TopicCreate"),
    "topic_edit": _topic_edit,
    "boost_apply": lambda message: {"_": "MessageActionBoostApply", "boosts": whole(message, "boosts")},
}
