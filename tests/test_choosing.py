"""Choosing from a list, without a screen; and what becomes of a choice in the configuration."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tobs.cli.choice import Offer, choice_words, write_choice
from tobs.cli.choosing import Choosing, Row
from tobs.cli.settings import ConfigFile
from tobs.configfile import load_config
from tobs.model import Chat, Topic
from tobs.telegram.listing import ChatLine

ROWS = (
    Row("1", "Sunday Hikers", "forum"),
    Row("1/1", "General", "topic", "1"),
    Row("1/2", "Routes", "topic", "1"),
    Row("2", "Slow News", "channel"),
    Row("3", "Straße", "private"),
)


def keys(choosing: Choosing) -> list[str]:
    return [row.key for row in choosing.shown]


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("", ["1", "1/1", "1/2", "2", "3"]), ("hik", ["1", "1/1", "1/2"]), ("ROUT", ["1/2"]), ("slownews", ["2"]),
     ("channel", ["2"]), ("strasse", ["3"]), ("xyz", [])],
)  # fmt: skip
def test_searching(typed, shown):
    choosing = Choosing(ROWS, cursor=3)
    for character in typed:
        choosing.type(character)
    assert keys(choosing) == shown
    assert choosing.current == next((row for row in ROWS if row.key in shown), None) or not typed
    for _ in typed:
        choosing.erase()
    assert len(choosing.shown) == len(ROWS)


def test_a_whole_and_its_parts():
    choosing = Choosing(ROWS, {"2"})
    choosing.move(1)
    choosing.toggle()
    choosing.move(1)
    choosing.toggle()
    assert choosing.marked == {"1/1", "1/2", "2"}
    choosing.move(-2)
    choosing.toggle()
    assert choosing.marked == {"1", "2"}
    choosing.move(1)
    choosing.toggle()
    assert choosing.marked == {"1/1", "2"}
    choosing.toggle()
    assert choosing.marked == {"2"}


STEPS = st.lists(st.sampled_from(["up", "down", "far", "mark", "back"]) | st.sampled_from("hsgx"), max_size=30)


@settings(max_examples=100, deadline=None)
@given(STEPS, st.integers(1, 8))
def test_whatever_is_pressed_the_cursor_is_on_the_screen_and_no_part_is_marked_twice(steps, height):
    choosing = Choosing(ROWS)
    for step in steps:
        match step:
            case "up" | "down" | "far":
                choosing.move({"up": -1, "down": 1, "far": 10}[step])
            case "mark":
                choosing.toggle()
            case "back":
                choosing.erase()
            case _:
                choosing.type(step)
        visible = choosing.visible(height)
        assert len(visible) == min(height, len(choosing.shown))
        assert [row for row, here in visible if here] == ([choosing.current] if choosing.current else [])
        assert not ("1" in choosing.marked and choosing.marked & {"1/1", "1/2"})


# What becomes of it

FORUM = Chat(-100, "forum", "Club\n[media]\nenabled = false", topics=(Topic(1, "General"), Topic(7, "Routes")))
LINES = (
    ChatLine(Chat(5, "saved", "Saved Messages"), 1714000000),
    ChatLine(FORUM, 1714000000, ("Work",)),
    ChatLine(Chat(-200, "channel", "News", username="news"), archived=True),
    ChatLine(Chat(-300, "channel", "Closed"), readable=False),
)
TEXT = """\
[export]
chats = [
    "https://t.me/+invite",  # by link
    "type:bot",
    "folder:work",
    "@news",
]

[[chat]]
name = "me"
last = 5  # not more
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(TEXT)
    return ConfigFile(path)


def offer(file: ConfigFile) -> Offer:
    return Offer(LINES, load_config(file.path, {}))


def test_what_the_configuration_means_is_marked(file):
    rows = [row.key for row in offer(file).rows()]
    assert rows == ["all", "archived", "folder:Work", "5", "-100", "-100/1", "-100/7", "-200"]
    assert offer(file).marked() == {"folder:Work", "-200", "5"}


@pytest.mark.parametrize(
    ("marked", "words"),
    [
        ({"all"}, "all"),
        ({"5"}, "1 chat"),
        ({"5", "-100"}, "2 chats"),
        ({"folder:a/b", "all", "-200", "-100/1", "-100/7"}, "all, folder:a/b, 1 chat and 2 topics"),
    ],
)
def test_what_was_marked_is_said(marked, words):
    assert choice_words(marked) == words


def test_a_choice_and_the_next_one(file, capsys):
    write_choice(offer(file), {"-100/7", "-200"}, file)
    export = load_config(file.path, {}).export
    assert export.chats == ("https://t.me/+invite", "type:bot", "-200", "me", "-100")
    assert [(chat.name, chat.filters.topics, chat.filters.last) for chat in export.chat] == [
        ("me", (), 5),
        ("-100", ("7",), 0),
    ]
    assert export.media.enabled  # whatever the title of a chat says
    assert "Saved Messages has a table [[chat]] of its own and stays" in capsys.readouterr().err
    text = file.path.read_text()
    assert "last = 5  # not more" in text
    assert '"-200", # News' in text
    assert offer(file).marked() == {"5", "-100/7", "-200"}
    write_choice(offer(file), {"5", "-100"}, file)
    export = load_config(file.path, {}).export
    assert export.chats == ("https://t.me/+invite", "type:bot", "5", "-100", "me")
    assert all(chat.filters.topics == () for chat in export.chat)
    assert offer(file).marked() == {"5", "-100"}


def test_nothing_is_chosen(file):
    write_choice(attrs.evolve(offer(file)), set(), file)
    assert load_config(file.path, {}).export.chats == ("https://t.me/+invite", "type:bot", "me")
