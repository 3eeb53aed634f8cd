import random
import re
import unicodedata
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tobs.archive.rows import ArchivedChat
from tobs.model import Chat, Peer
from tobs.root import Root
from tobs.vault.layout import note_path, post_path
from tobs.vault.names import UPDATE, attachment_path, chat_folders, key, people_names, safe_name
from tobs.vault.streams import Stream

# Names that people have, and names that meet what tobs adds.
SPECIAL = [
    *("Cats", "cats", "CATS ", "Cats 2024-05", "Cats 2024", "Cats 2024-W18", "Cats 2024-05-03 (2)", "Cats messages"),
    *("Cats messages (2)", "Cats (person)", "Cats (person 5)", "Cats (id 5)", "Cats (@cat)", "Cats (tobs update)"),
    *("Telegram", "con", "NUL.txt", "Ǆ", "ǆ", "ß", "SS", "..", ""),
]
TITLES = st.one_of(st.sampled_from(SPECIAL), st.text(max_size=60))


def chats(titles: list[str]) -> list[Chat]:
    return [Chat(number, "group", title) for number, title in enumerate(titles, 5)]


def folders(known: list[ArchivedChat], titles: list[str]) -> dict[int, str]:
    return {archived.chat.id: archived.folder for archived in chat_folders(known, chats(titles))}


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Cat Chat", "Cat Chat"),
        ("a/b\\c", "a-b-c"),
        ('what? <b> "x" |y*:', "what b x y"),
        ("[[x]]#y^z", "xyz"),
        ("50%% off", "50% off"),
        ("...hidden. . ", "hidden"),
        ("con", "_con"),
        ("Aux.txt", "_Aux.txt"),
        ("console", "console"),
        ("e\u0301", "é"),
        ("\u202eevil\u202c", "evil"),
        ("two\nlines\t x", "two lines x"),
        ("A$AP", "A＄AP"),
        ("👩‍👩‍👧", "👩‍👩‍👧"),
        ("", "Untitled"),
        ("###", "Untitled"),
        ("\ud800x", "x"),
    ],
)
def test_safe_name(title: str, name: str) -> None:
    assert safe_name(title) == name


@given(st.text(max_size=200))
def test_every_name_is_safe_on_every_disk_and_in_a_link(text: str) -> None:
    name = safe_name(text)
    assert name
    assert len(name.encode()) <= 120
    assert not set(name) & set('\\/?<>:*|"[]#^`$')
    assert "%%" not in name
    assert name == name.strip(" .") == unicodedata.normalize("NFC", name)
    assert not re.match(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", name, re.IGNORECASE)
    assert not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in name)
    assert not any(
        unicodedata.bidirectional(char) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI") for char in name
    )
    assert safe_name(name) == name


def test_a_long_name_is_cut_between_two_visible_characters() -> None:
    assert safe_name("x" * 119 + "é") == "x" * 119
    assert safe_name("x" * 119 + "a\u0323\u0324") == "x" * 119
    assert safe_name("x" * 110 + "👩‍👩‍👧") == "x" * 110


@given(st.lists(TITLES, max_size=8), st.lists(TITLES, max_size=4))
def test_no_two_notes_of_a_vault_meet(titles: list[str], names: list[str]) -> None:
    found = folders([], titles)
    people = [Peer(number, "private", name or "x", username="cat") for number, name in enumerate(names, 5)]
    taken = ["Telegram", *found.values(), *people_names(people, found.values()).values()]
    for folder in found.values():
        for period in ("2024-05-03", "2024-05", "2024", "2024-W18", "messages"):
            taken += [f"{folder} {period}", f"{folder} {period} (2)"]
    assert len({key(name) for name in taken}) == len(taken)
    assert not any(name.endswith(UPDATE) for name in taken)


# Titles that look like what tells accounts apart, and like what tobs makes of them.
SIGNS = st.sampled_from(["‹work›", "Cats ‹work›", "Cats ‹WORK› 2024-05", "x › Cats ‹work", "Telegram ‹work›", "‹", "›"])


@given(st.lists(TITLES | SIGNS, max_size=6), st.lists(TITLES | SIGNS, max_size=3), st.sampled_from(["work", "wörk-2"]))
def test_no_name_of_one_account_meets_one_of_another(titles: list[str], names: list[str], other: str) -> None:
    taken = []
    for root in (Root(), Root(other), Root("home")):
        named = chat_folders([], chats(titles), root)
        assert [chat_folders([one], [one.chat], root) for one in named] == [[one] for one in named]
        folders = [archived.folder for archived in named]
        people = [Peer(number, "private", name or "x") for number, name in enumerate(names, 5)]
        made = [root.start_page, root.chats_base, root.media_base, root.people_base]
        made += [f"{name}.md" for name in (*folders, *people_names(people, folders, root).values())]
        made.append(attachment_path("home", 1714720000, 885, "jpg", ZoneInfo("UTC"), root=root))
        for folder in folders:
            assert len(folder.encode()) <= 120
            stream = Stream(5, "", folder)
            made += [note_path(stream, "2024-05", 1), note_path(stream, "messages", 2)]
            made += [post_path(stream, "2024-05-03", 885, title) for title in (*titles, *names)]
        taken.append({key(path.rpartition("/")[2]) for path in made})
    assert sum(map(len, taken)) == len(set[str]().union(*taken))


@given(st.lists(TITLES, max_size=8), st.randoms())
def test_folders_do_not_depend_on_the_order_of_the_chats(titles: list[str], order: random.Random) -> None:
    mixed = chats(titles)
    order.shuffle(mixed)
    assert {a.chat.id: a.folder for a in chat_folders([], mixed)} == folders([], titles)


@given(st.lists(TITLES, max_size=6), st.lists(TITLES, max_size=6))
def test_a_folder_never_changes(first: list[str], then: list[str]) -> None:
    known = chat_folders([], chats(first))
    later = chats([*[f"renamed {n}" for n in range(len(first))], *then])
    after = chat_folders(known, later)
    assert [archived.folder for archived in after[: len(first)]] == [archived.folder for archived in known]
    assert len({key(archived.folder) for archived in after}) == len(after)


def test_a_renamed_chat_gains_an_alias_once() -> None:
    known = chat_folders([], [Chat(5, "group", "Cats?")])
    assert known[0].folder == "Cats"
    assert known[0].aliases == ("Cats?",)
    renamed = chat_folders(known, [Chat(5, "group", "Dogs")])
    again = chat_folders(renamed, [Chat(5, "group", "Dogs")])
    assert again[0].folder == "Cats"
    assert again[0].aliases == ("Cats?", "Dogs")


def test_chats_of_one_title_and_chats_that_would_meet_a_note() -> None:
    assert folders([], ["Cats", "cats", "Dogs"]) == {5: "Cats (id 5)", 6: "cats (id 6)", 7: "Dogs"}
    assert folders([], ["Cats", "Cats 2024-05", "Camp 2024"]) == {5: "Cats", 6: "Cats 2024-05 (id 6)", 7: "Camp 2024"}
    known = chat_folders([], [Chat(1, "group", "Cats 2024")])
    assert folders(known, ["Cats", "Telegram"]) == {5: "Cats (id 5)", 6: "Telegram (id 6)"}
    assert folders([], ["media.base", "Media"]) == {5: "media.base (id 5)", 6: "Media"}


def test_people_share_names_with_chats_and_with_each_other() -> None:
    people = [
        Peer(1, "private", "Ann"),
        Peer(2, "private", "Bob", "bobby"),
        Peer(3, "private", "bob"),
        Peer(4, "private", "Eve"),
        Peer(5, "private", "Max", "m"),
        Peer(6, "private", "Max", "m"),
    ]
    assert people_names(people, ["Ann"]) == {
        1: "Ann (person)",
        2: "Bob (@bobby)",
        3: "bob (person 3)",
        4: "Eve",
        5: "Max (person 5)",
        6: "Max (person 6)",
    }


def test_attachments_are_named_after_their_message() -> None:
    path = attachment_path("Telegram/Chats/Cats", 1_714_739_525, 885, ".JPG", ZoneInfo("Europe/Berlin"))
    assert path == "Telegram/Chats/Cats/attachments/2024-05/20240503-143205_885.jpg"
    assert attachment_path("Telegram/Chats/Cats", 0, 1, "../x", ZoneInfo("UTC")).endswith("/19700101-000000_1.x")
    assert attachment_path("Telegram/Chats/Cats", 0, 1, "", ZoneInfo("UTC")).endswith("_1.bin")
