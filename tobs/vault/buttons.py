"""The buttons below a message, in words."""

from __future__ import annotations

from collections.abc import Iterator

from tobs.model import Button, Message
from tobs.rawfields import plain
from tobs.vault.context import Context
from tobs.vault.escape import escape_one_line
from tobs.vault.kinds import spoken
from tobs.vault.links import web_link
from tobs.vault.words import person

_LINKS = ("Url", "UrlAuth")
# What the press of a button does; nothing is said of those that only the bot hears of.
_DOES = {
    "Buy": "pay", "Game": "play", "WebView": "web app", "SimpleWebView": "web app", "Disabled": "disabled",
    "RequestPhone": "send the phone number", "RequestGeoLocation": "send the location", "RequestPeer": "choose a chat",
    "RequestPoll": "make a poll", "Callback": "", "": "",
}  # fmt: skip


def button_line(message: Message, context: Context) -> str:
    """``🔘 [Open](<https://…>) · 🔘 Buy (pay)`` below a text, ``⌨ Yes · No`` of keys to answer with; "" of none."""
    markup = message.raw.get("reply_markup") or {}
    if markup.get("_") in ("ReplyKeyboardMarkup", "ReplyKeyboardForceReply"):
        hint = escape_one_line(plain(markup.get("placeholder")))
        keys = [_button(button, context) for button in message.buttons]
        return f"⌨ {' · '.join([*keys, *([f'*{hint}*'] if hint else [])])}" if keys or hint else ""
    return " · ".join(f"🔘 {_button(button, context)}" for button in message.buttons)


def _button(button: Button, context: Context) -> str:
    text = escape_one_line(button.text) or "…"
    if button.kind in _LINKS:
        return web_link(text, "", button.target)
    does = "; ".join(_does(button, context))
    return f"{text} ({does})" if does else text


def _does(button: Button, context: Context) -> Iterator[str]:
    words = escape_one_line(button.target)
    if button.kind == "Copy":
        yield f"copies “{words}”"
    elif button.kind == "SwitchInline":
        yield f"asks the bot “{words}”" if words else "asks the bot"
    elif button.kind == "UserProfile":
        yield person(button.user_id, "", context)
    elif said := _DOES.get(button.kind, escape_one_line(spoken(button.kind))):
        yield said
