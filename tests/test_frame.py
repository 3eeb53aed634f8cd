"""The frame around messages: both styles, names that are not repeated, and line breaks."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from tests.markdown import read
from tests.obsidian import block_ids
from tests.test_message import AT, CONTEXT, PHOTO, message
from tobs.model import Entity, Forward, Media, Message, Reaction, Reply
from tobs.vault.context import Look
from tobs.vault.frame import continues, join_blocks
from tobs.vault.message import render_album, render_message
from tobs.vault.paragraphs import hard_breaks, is_paragraph
from tobs.vault.text import render_text

COMPACT = attrs.evolve(CONTEXT, look=Look("compact"))


def item(shown: Message, *, named: bool = True) -> str:
    block = render_message(shown, COMPACT, named=named)
    assert block_ids(block) == [f"m{shown.id}"]
    return block


# The compact style


def test_plain_lines_are_one_item_that_ends_with_its_id() -> None:
    assert item(message(text="Hi\n- you\n1. there")) == "- **14:32 Alice Doe** Hi\n  \\- you\n  1\\. there ^m9"


def test_a_whole_message_of_plain_lines() -> None:
    shown = message(
        1, "Look", out=True, edit_date=AT + 480, pinned=True, reply=Reply(881), media=Media("photo", PHOTO), views=1234,
        reactions=(Reaction("❤", 3),),
    )  # fmt: skip
    assert (
        item(shown)
        == """\
- ***14:32 Alice Doe*** (✎ 14:40 · 📌) ↩ [[Cat Chat 2024-05-02#^m881|Bob: “see you at the…”]]
  Look
  ![[20240503-143205_1.jpg|400]]
  ❤ 3 · 👁 1.2k ^m1"""
    )


@pytest.mark.parametrize(
    ("shown", "body"),
    [
        (message(text="One\n\nTwo"), "One\n\n  Two"),
        (message(text="a\nb", entities=(Entity("Pre", 0, 3),)), "```\n  a\n  b\n  ```"),
        (message(text="a\n\n\nb", entities=(Entity("Pre", 0, 5),)), "```\n  a\n\n\n  b\n  ```"),
        (message(text="a::b", entities=(Entity("Pre", 0, 4),)), "<pre>a&#58;&#58;b</pre>"),
        (message(text="yes", entities=(Entity("Blockquote", 0, 3),), views=5), "> yes\n\n  👁 5"),
        (message(text="No", reply=Reply(origin=Forward(name="X"), quote="a\nb")),
         "↩ **X**\n  > [!quote]\n  > a\n  > b\n\n  No"),
        (message(1, media=Media("photo", PHOTO, spoiler=True)),
         "> [!spoiler]- Spoiler\n  > ![[20240503-143205_1.jpg|400]]"),
    ],
)  # fmt: skip
def test_blocks_stand_below_a_line_with_the_id(shown: Message, body: str) -> None:
    assert item(shown) == f"- **14:32 Alice Doe** ^m{shown.id}\n\n  {body}"


def test_an_album_is_one_item() -> None:
    pictures = [message(number, media=Media("photo", PHOTO)) for number in (1, 2)]
    block = "- **14:32 Alice Doe**\n  ![[20240503-143205_1.jpg|400]]\n  ![[20240503-143206_2.jpg|400]] ^m1"
    assert render_album(pictures, COMPACT) == block


def test_what_happened_in_a_chat() -> None:
    joined = message(action={"_": "MessageActionChatJoinedByLink"}, reactions=(Reaction("❤", 3),))
    assert item(joined) == "- 14:32 *Alice Doe joined by a link of someone* ❤ 3 ^m9"
    assert item(attrs.evolve(joined, reactions=())) == "- 14:32 *Alice Doe joined by a link of someone* ^m9"


def test_items_stand_close_and_blocks_apart() -> None:
    look = Look("compact")
    texts = ["## 2024-05-03", "- a ^m1", "- b\n  c ^m2", "- d ^m3\n\n  > e", "- f ^m4"]
    note = join_blocks(texts, look)
    assert note == "## 2024-05-03\n\n- a ^m1\n- b\n  c ^m2\n\n- d ^m3\n\n  > e\n\n- f ^m4"
    assert block_ids(note) == ["m1", "m2", "m3", "m4"]


def test_an_id_is_found_in_the_first_paragraph_of_an_item_only() -> None:
    note = "- a ^m1\n\n  b ^m2\n  > c ^m3\n\n  - d ^m4\n\nx\n\n^m5\n\n> y ^m6\n\nz\\^m7 \\^m8"
    assert block_ids(note) == ["m1", "m4", "m5"]


# Names


def test_a_name_that_is_not_repeated_takes_what_belongs_to_it_along() -> None:
    shown = message(text="x", from_rank="admin", post_author="Eve", via_bot_id=3, edit_date=AT + 60)
    assert item(shown, named=False) == "- **14:32** (✎ 14:33 · via @gif) x ^m9"
    assert render_message(shown, CONTEXT, named=False) == "> [!tg] 14:32 · ✎ 14:33 · via @gif\n> x\n\n^m9"


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, True),
        ({"date": AT + 600}, True),
        ({"date": AT + 601}, False),
        ({"date": AT - 1}, False),
        ({"sender_id": 2}, False),
        ({"post_author": "Eve"}, False),
        ({"action": {"_": "MessageActionPinMessage"}}, False),
    ],
)
def test_who_goes_on_is_not_named_again(changes: dict[str, Any], same: bool) -> None:
    assert continues(message(text="x"), attrs.evolve(message(10, "y"), **changes)) is same


def test_what_happened_in_between_names_the_next_one() -> None:
    assert not continues(message(action={"_": "MessageActionPinMessage"}), message(10, "y"))


# Hashtags


def test_hashtags_may_stay_text() -> None:
    text, entities = "#cats and #2024", (Entity("Hashtag", 0, 5), Entity("Hashtag", 10, 5))
    assert render_text(text, entities, links=CONTEXT) == "#tg/cats and #tg/2024"
    plain = attrs.evolve(CONTEXT, look=Look(hashtags="text"))
    assert render_text(text, entities, links=plain) == "\\#cats and \\#2024"


def test_a_link_at_the_start_of_a_quote_is_no_callout() -> None:
    text = "!note"
    marks = (Entity("Blockquote", 0, 5), Entity("TextUrl", 0, 5, url="https://a.b"))
    assert render_text(text, marks) == "> [\\!note](<https://a.b>)"


# Line breaks


BLOCKS = [
    "> a", "- a", "1. a", "# a", "---", "***", "```", "<pre>a</pre>", "<details>", "| a |", "$$", "    a", "", "^m1",
    "[!note]",
]  # fmt: skip
LINES = [
    "text", "**a** b", "***a***", "*a*", "~~a~~", "<https://a.b>", "<b>a</b>", "<mailto:a@b>", "`a`", "![[a.jpg]]",
    "1\\. a", "$a$",
]  # fmt: skip


@pytest.mark.parametrize("line", BLOCKS)
def test_a_line_of_a_block_is_none_of_a_paragraph(line: str) -> None:
    assert not is_paragraph(f"text\n{line}")
    assert hard_breaks(f"text\n{line}\ntext") == f"text\n{line}\ntext"


@pytest.mark.parametrize("line", LINES)
def test_a_line_of_text_is_one_of_a_paragraph(line: str) -> None:
    assert is_paragraph(f"{line}\n{line}")
    assert hard_breaks(f"{line}\n{line}") == f"{line}  \n{line}"


@pytest.mark.parametrize(
    ("plain", "hard"),
    [
        ("> [!tg] A\n> a\n> b\n\n^m1", "> [!tg] A\n> a  \n> b\n\n^m1"),
        ("> a\n>\n> b\n> > c\n> > d\n>\n> e", "> a\n>\n> b\n> > c  \n> > d\n>\n> e"),
        ("- a\n  b ^m1\n- c ^m2", "- a  \n  b ^m1\n- c ^m2"),
        ("> - a\n> - b\n>   c", "> - a\n> - b  \n>   c"),
        ("> ```\n> a\n> b\n> ```\n> c\n> d", "> ```\n> a\n> b\n> ```\n> c  \n> d"),
        ("````\n```\na\nb\n````\na\nb", "````\n```\na\nb\n````\na  \nb"),
    ],
)
def test_breaks_stand_between_lines_of_one_paragraph(plain: str, hard: str) -> None:
    assert hard_breaks(plain) == hard
    lists = ("bullet_list_open", "list_item_open", "list_item_close", "bullet_list_close")
    read(hard.replace("> [!tg] A\n", ""), *lists, strict=True)
