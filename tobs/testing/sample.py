"""The sample account: a small life on Telegram, the same at every run. It is the demo."""

from __future__ import annotations

from telethon.tl import types

from tobs.testing.account import Account
from tobs.testing.scenes import channel, forum, hikers, kitchen, private, saved
from tobs.testing.scenes.library import Library
from tobs.testing.scenes.people import BORN, people, user_photo
from tobs.testing.scenes.scene import Stage, plain


def sample_account(dcs: tuple[int, ...] = (2, 1)) -> Account:
    """A new account with Saved Messages, private chats, groups, a channel with comments and a forum.

    Its files are spread over the data centres `dcs`.
    """
    known = people()
    account = Account(known["me"], phone=f"+{known['me'].phone}")
    stage = Stage(account, Library(account, BORN, dcs), known)
    for name, person in known.items():
        if name != "me":
            account.add_user(person)
    account.contacts.extend(person.id for person in known.values() if person.contact and not person.is_self)
    account.details[known["maya"].id].about = "Mountains, coffee, Biscuit the cat."
    shown = {"smile": ("emoji-smile.webp", "🙂"), "sun": ("emoji-sun.tgs", "☀️"), "heart": ("emoji-heart.webm", "❤️")}
    stage.emoji = {name: stage.library.custom_emoji(*one) for name, one in shown.items()}
    _portraits(stage)
    account.open_dialog(account.me.id, pinned=True)
    for chat in (private, saved, channel, hikers, kitchen, forum):  # a forward comes after its original
        chat.write(stage)
    saved.keep(stage)
    _arrange(account)
    return account


def _portraits(stage: Stage) -> None:
    for name, picture in (("maya", "moon"), ("me", "bicycle"), ("yuki", "cat-grey")):
        photo = stage.library.picture(picture)
        stage.people[name].photo = user_photo(photo)
        stage.account.details[stage.people[name].id].photo = photo


def _arrange(account: Account) -> None:
    """The archive, and one folder."""
    weather = account.by_username("WeatherDemoBot")
    assert weather is not None
    account.dialogs[weather].folder_id = 1
    account.filters.append(
        types.DialogFilter(
            id=2,
            title=plain("Outdoors"),
            pinned_peers=[],
            include_peers=[],
            exclude_peers=[],
            groups=True,
            emoticon="⛰",
        )
    )
