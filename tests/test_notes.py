"""The parts of a note: its properties, its seal, and the addresses that it may link to."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tobs.vault.addresses import Address, parse_address
from tobs.vault.frontmatter import Plain, frontmatter, merge_heads, split_head
from tobs.vault.seal import read_note, seal, update

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
HEAD = frontmatter([("tg_kind", "period"), ("tags", ["telegram/group"])])


def load(head: str) -> Any:
    assert head.startswith("---\n")
    assert head.endswith("\n---\n")
    return yaml.safe_load(head[4:-4])


@given(TEXTS, st.lists(TEXTS, min_size=1, max_size=4), st.integers())
def test_properties_come_back_as_they_were(text: str, texts: list[str], number: int) -> None:
    head = frontmatter([("tg_a", text), ("tg_b", texts), ("tg_c", number), ("tg_d", ""), ("tg_e", [])])
    assert load(head) == {"tg_a": text, "tg_b": texts, "tg_c": number}
    assert len(head.splitlines()) == 5  # nothing in a text ends a line


def test_dates_and_times_are_typed() -> None:
    found = load(frontmatter([("date", Plain("2024-05-03")), ("tg_from", Plain("2024-05-03T14:32:05"))]))
    assert {name: type(value).__name__ for name, value in found.items()} == {"date": "date", "tg_from": "datetime"}


def test_own_properties_are_brought_up_to_date_and_others_stay() -> None:
    theirs = '---\nmood: good\ntg_messages: 3\ntags:\n  - mine\n  - "telegram/group"\nparticipants:\n  - "[[A]]"\n---\n'
    ours = frontmatter([("tg_messages", 4), ("tg_new", "x"), ("tags", ["telegram/group"])])
    assert load(merge_heads(theirs, ours)) == {
        "mood": "good",
        "tg_messages": 4,
        "tags": ["mine", "telegram/group"],
        "tg_new": "x",
    }


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40))
def test_a_sealed_note_is_ours_until_it_is_changed(body: str) -> None:
    note = seal(HEAD, body)
    assert read_note(note).is_ours
    assert read_note(note.replace("\n", "\r\n")).is_ours
    new = seal(HEAD, body + "\n\nmore")
    assert update(read_note(note), new) == new
    begin = note.index("tobs:begin") + 14
    assert update(read_note(note[:begin] + "x" + note[begin:]), new) is None


@given(st.text("ab\n -#%", max_size=30), st.text("ab\n -#%", max_size=30))
def test_what_a_person_adds_around_it_stays(before: str, after: str) -> None:
    head, rest = split_head(seal(HEAD, "old"))
    before, after = before + "\n" if before else "", "\n" + after
    found = read_note(head + before + rest + after)
    new = update(found, seal(HEAD, "new"))
    assert new == head + before + split_head(seal(HEAD, "new"))[1] + after


def test_text_between_the_marks_cannot_look_like_a_mark() -> None:
    note = seal(HEAD, "> %% tobs:end %%\n\n> %% tobs:begin %%")
    assert read_note(note).is_ours


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://t.me/durov/12", Address(12, username="durov")),
        ("http://telegram.me/Durov/5/12?single", Address(12, username="durov")),
        ("t.me/s/durov/12", Address(12, username="durov")),
        ("https://t.me/c/1234/12", Address(12, chat_id=-1_000_000_001_234)),
        ("https://t.me/c/1234/5/12", Address(12, chat_id=-1_000_000_001_234)),
        ("tg://resolve?domain=durov&post=12", Address(12, username="durov")),
        ("tg://privatepost?channel=1234&post=12", Address(12, chat_id=-1_000_000_001_234)),
        ("https://t.me/durov", None),
        ("https://t.me/c/1234", None),
        ("https://t.me/c/x/12", None),
        ("https://t.me/+invite/12", None),
        ("https://example.com/durov/12", None),
        ("https://t.me.example.com/durov/12", None),
        ("https://[broken/1", None),
        ("tg://msg?text=hi", None),
        ("", None),
    ],
)
def test_addresses_of_messages(url: str, address: Address | None) -> None:
    assert parse_address(url) == address
