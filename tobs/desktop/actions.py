"""What happened in a chat, as Telegram Desktop says it, as a MessageAction.

Where the API names people by id the export has their names only; what would
lose them that way, and what is new, is told in words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tobs.desktop.ids import Fields
from tobs.model import Raw
from tobs.vault.raw import plain, whole

_REASONS = {"missed": "Missed", "disconnect": "Disconnect", "hangup": "Hangup", "busy": "Busy"}
_APART = frozenset(
    ("id", "type", "date", "date_unixtime", "edited", "edited_unixtime", "actor", "actor_id", "action", "text",
     "text_entities", "reply_to_message_id", "reply_to_peer_id", "reactions")
)  # fmt: skip


def read_action(message: Raw) -> Fields:
    """The MessageAction of a service message."""
    name = plain(message.get("action"))
    make = _ACTIONS.get(name)
    return make(message) if make else told(message)


def told(message: Raw) -> Fields:
    """In words: what happened, and all that is said about it."""
    what = plain(message.get("action")).replace("_", " ") or "something happened"
    facts = [f"{key.replace('_', ' ')} {_said(value)}" for key, value in message.items() if key not in _APART]
    who = plain(message.get("actor")) or "Somebody"
    words = f"{who}: {what}{' (' if facts else ''}{', '.join(facts)}{')' if facts else ''}"
    return {"_": "MessageActionCustomAction", "message": words}


_SENTENCES: Mapping[str, str] = {
    "create_group": "{actor} created the group “{title}” with {members}",
    "invite_members": "{actor} invited {members}",
    "remove_members": "{actor} removed {members}",
    "join_group_by_link": "{actor} joined by a link of {inviter}",
    "migrate_to_supergroup": "The group became a supergroup",
    "invite_to_group_call": "{actor} invited {members} to the video chat",
    "allow_sending_messages": "{actor} allowed messages from the bot",
    "send_premium_gift": "{actor} gave Premium for {months} months ({cost})",
    "suggest_profile_photo": "{actor} suggested a profile photo",
    "requested_phone_number": "{actor} shared the phone number",
    "set_chat_wallpaper": "{actor} changed the chat's wallpaper",
    "set_same_chat_wallpaper": "{actor} took over the chat's wallpaper",
    "proximity_reached": "{from} came within {distance} m of {to}",
    "send_passport_values": "{actor} sent documents: {values}",
    "gift_code_prize": "{actor} got Premium for {months} months",
    "giveaway_launch": "{actor} began a giveaway",
    "giveaway_results": "{winners} winners of the giveaway were drawn",
}


def _sentence(message: Raw) -> Fields:
    words = {key: _said(value) for key, value in message.items()}
    words["actor"] = plain(message.get("actor")) or "Somebody"
    text = _SENTENCES[plain(message.get("action"))].format_map(_Said(words))
    return {"_": "MessageActionCustomAction", "message": text}


class _Said(dict[str, str]):
    """What is not said in an export is left open in a sentence."""

    def __missing__(self, key: str) -> str:
        return "somebody" if key in ("inviter", "members", "from", "to") else "…"


def _said(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(filter(None, map(_said, value)))
    return plain(value) if isinstance(value, dict | str) else "unknown" if value is None else str(value)


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
    title = plain(message.get("new_title"))
    return {"_": "MessageActionTopicEdit", **({"title": title} if title else {})}


def _scheduled(message: Raw) -> Fields:
    return {"_": "MessageActionGroupCallScheduled", "schedule_date": whole(message, "schedule_date")}


def _theme(message: Raw) -> Fields:
    theme = {"_": "ChatTheme", "emoticon": plain(message.get("emoticon"))}
    return {"_": "MessageActionSetChatTheme", "theme": theme}


def _paid(message: Raw) -> Fields:
    amount = {"currency": plain(message.get("currency")), "total_amount": whole(message, "amount")}
    return {"_": "MessageActionPaymentSent", **amount}


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
    "web_view_data_sent": lambda message: {"_": "MessageActionWebViewDataSent", "text": plain(message.get("text"))},
    "topic_created": _titled("TopicCreate"),
    "topic_edit": _topic_edit,
    "boost_apply": lambda message: {"_": "MessageActionBoostApply", "boosts": whole(message, "boosts")},
}
