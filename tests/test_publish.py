import errno
import os
import random
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest
import yaml

from tests.snapshots import notes as files
from tobs.archive.reads import Reads
from tobs.archive.store import Archive, open_archive
from tobs.config import ExportConfig, PipelineConfig
from tobs.errors import VaultError
from tobs.model import Chat, Page, Peer, RawMessage
from tobs.prepare import Preparation, prepare_page
from tobs.vault.names import chat_folders, homes
from tobs.vault.publish import Publisher

ME = Peer(1, "private", "Me Myself")
ANN = Peer(42, "private", "Ann", "ann")
CATS = Chat(-1_000_000_000_007, "supergroup", "Cats", username="catchat", description="All about *cats*")
DOGS = Chat(-1_000_000_000_008, "supergroup", "Dogs")
START = 1_714_720_000
SINGLE = "Telegram/Chats/Cats/Cats messages.md"


@attrs.define(eq=False)
class Vault:
    """A vault with an open archive, and what a test does to it."""

    path: Path
    archive: Archive
    config: ExportConfig
    reads: Reads = attrs.field(init=False)
    publisher: Publisher = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.reads = Reads(self.archive.connection, self.archive.codec)
        self.publisher = Publisher(self.archive, self.reads, self.config, ME)

    def register(self, *chats: Chat) -> None:
        self.archive.register(chat_folders(self.reads.chats(), chats))

    def add(self, chat: Chat, raws: Sequence[dict[str, Any]], peers: Sequence[Peer] = (ANN,)) -> None:
        """A page of messages."""
        archived = self.reads.chat(chat.id)
        assert archived is not None
        home = homes(self.reads.chats())[chat.id]
        using = Preparation(chat, home, ME.id, self.publisher.zone, self.config.media, self.archive.codec)
        messages = tuple(RawMessage(raw["id"], raw["date"], raw) for raw in raws)
        page = Page(chat.id, messages[0].id, messages[-1].id, messages, tuple(peers))
        self.archive.commit_page(prepare_page(page, using))

    def publish(self, *, complete: bool = True) -> list[str]:
        """The paths of the notes that were written."""
        written = []
        for archived in self.reads.chats():
            written += [note.path for note in self.publisher.publish_chat(archived.chat.id, complete=complete)]
        return written + [note.path for note in self.publisher.publish_overview()]

    def text(self, path: str) -> str:
        return (self.path / path).read_text("utf-8")

    def write(self, path: str, text: str) -> None:
        (self.path / path).write_text(text, "utf-8")

    def layout(self, chat: Chat) -> str:
        archived = self.reads.chat(chat.id)
        assert archived is not None
        return archived.layout


@contextmanager
def opened(path: Path, **more: Any) -> Iterator[Vault]:
    with open_archive(path) as archive:
        yield Vault(path, archive, ExportConfig(vault=path, timezone="Europe/Berlin", **more))


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with opened(tmp_path) as vault:
        vault.register(CATS, DOGS)
        yield vault


def raw(number: int, text: str = "", *, every: int = 60, **more: Any) -> dict[str, Any]:
    return {
        "_": "Message",
        "id": number,
        "date": START + every * number,
        "message": text or f"message {number}",
        "from_id": {"_": "PeerUser", "user_id": 42},
        "peer_id": {"_": "PeerChannel", "channel_id": 7},
        **more,
    }


def raws(low: int, high: int, **more: Any) -> list[dict[str, Any]]:
    return [raw(number, **more) for number in range(low, high + 1)]


def photo(number: int) -> dict[str, Any]:
    sizes = [{"_": "PhotoSize", "type": "y", "w": 800, "h": 600, "size": 1000}]
    media = {
        "_": "MessageMediaPhoto",
        "photo": {"_": "Photo", "id": 9, "access_hash": 1, "file_reference": "", "date": 1, "sizes": sizes, "dc_id": 2},
    }
    return raw(number, media=media, grouped_id=77)


def anchors(path: Path) -> list[str]:
    found = []
    for name, data in files(path).items():
        if name.endswith(".md"):
            found += [f"{Path(name).stem}#{anchor}" for anchor in re.findall(r"^\^(\w+)$", data.decode(), re.M)]
    return found


def links(path: Path) -> set[str]:
    texts = [data.decode() for name, data in files(path).items() if name.endswith(".md")]
    return {link for text in texts for link in re.findall(r"(?<!!)\[\[([^\]|]+)", text)}


def properties(text: str) -> dict[str, Any]:
    return dict(yaml.safe_load(text.split("---\n")[1]))


def assert_links_resolve(path: Path) -> None:
    stems = {Path(name).stem for name in files(path) if name.endswith(".md")}
    stems |= {name for name in files(path) if name.endswith(".base")}
    places = stems | {f"{where.replace('#', '#^')}" for where in anchors(path)}
    assert links(path) <= places


# What is written


def test_new_messages_touch_three_notes(vault: Vault) -> None:
    """The one they are in, that of their chat, and the start page: not those of the people who wrote them."""
    bob = Peer(43, "private", "Bob")
    for low in range(1, 5_001, 100):
        vault.add(CATS, raws(low, low + 99, text="long " * 100), [ANN, bob])
    vault.publish()
    inodes = {path: path.stat().st_ino for path in vault.path.rglob("*.md")}
    assert len(inodes) > 8
    more = [raw(number, from_id={"_": "PeerUser", "user_id": 42 + number % 2}) for number in range(5_001, 5_011)]
    vault.add(CATS, more)
    written = vault.publish()
    changed = [path for path in vault.path.rglob("*.md") if inodes.get(path) != path.stat().st_ino]
    assert len(changed) == len(written) <= 3
    assert vault.publish() == []


def test_a_chat_becomes_notes(vault: Vault) -> None:
    vault.add(CATS, raws(1, 20))
    written = vault.publish()
    assert SINGLE in written
    assert sorted(name for name in files(vault.path) if name.endswith(".md")) == sorted(
        [
            SINGLE,
            "Telegram/Chats/Cats/Cats.md",
            "Telegram/Chats/Dogs/Dogs.md",
            "Telegram/People/Ann.md",
            "Telegram/Telegram.md",
        ]
    )
    assert vault.layout(CATS) == "single"
    assert vault.layout(DOGS) == ""  # nothing to keep in place yet
    assert_links_resolve(vault.path)
    assert vault.publish() == []


def test_properties_are_typed(vault: Vault) -> None:
    vault.add(CATS, raws(1, 400))
    vault.publish()
    day = properties(vault.text("Telegram/Chats/Cats/2024/Cats 2024-05-03.md"))
    assert str(day["date"]) == "2024-05-03"
    assert day["tg_from"].isoformat() == "2024-05-03T09:07:40"
    assert (day["tg_messages"], day["tg_first_id"], day["tg_last_id"], day["tg_chat_id"]) == (400, 1, 400, CATS.id)
    assert (day["participants"], day["tags"], day["tg_chat"]) == (["[[Ann]]"], ["telegram/supergroup"], "[[Cats]]")
    chat = properties(vault.text("Telegram/Chats/Cats/Cats.md"))
    assert (chat["tg_messages"], chat["aliases"], chat["tg_username"]) == (400, ["@catchat"], "@catchat")
    assert "All about \\*cats\\*" in vault.text("Telegram/Chats/Cats/Cats.md")
    person = properties(vault.text("Telegram/People/Ann.md"))
    assert (person["aliases"], person["tg_chats"]) == (["@ann"], ["[[Cats]]"])


def test_every_message_is_in_exactly_one_note(vault: Vault) -> None:
    vault.add(CATS, raws(1, 900, every=10_000))
    vault.publish()
    assert sorted(anchors(vault.path)) == sorted(set(anchors(vault.path)))
    assert len(anchors(vault.path)) == 900
    (bars,) = re.findall(r"bar \[([\d, ]+)\]", vault.text("Telegram/Telegram.md"))
    assert sum(int(bar) for bar in bars.split(", ")) == 900


def test_an_album_is_one_block_that_every_link_leads_to(vault: Vault) -> None:
    reply = {"_": "MessageReplyHeader", "reply_to_msg_id": 3}
    vault.add(CATS, [raw(1), photo(2), photo(3), raw(4, reply_to=reply)])
    vault.publish()
    assert anchors(vault.path) == ["Cats messages#m1", "Cats messages#m2", "Cats messages#m4"]
    assert "[[Cats messages#^m2|" in vault.text(SINGLE)
    assert vault.text(SINGLE).count("![[20240503") == 2


def test_pinned_messages_are_linked_to_the_newest_first(vault: Vault) -> None:
    vault.add(CATS, [raw(1, "old", pinned=True), photo(2) | {"pinned": True}, photo(3) | {"pinned": True}, raw(4)])
    vault.publish()
    note = vault.text("Telegram/Chats/Cats/Cats.md")
    pins = note.partition("## Pinned\n\n")[2].partition("\n\n")[0].splitlines()
    assert pins == ["- [[Cats messages#^m2|Ann: “message 2”]]", "- [[Cats messages#^m1|Ann: “old”]]"]
    assert "## 2 pictures\n\n![[Telegram/Media.base#Pictures here]]" in note


CARD = "Telegram/Chats/Cats/attachments/2024-05/20240503-090740_1.vcf"


def contact(number: int, **more: Any) -> dict[str, Any]:
    media = {"_": "MessageMediaContact", "phone_number": "4930", "first_name": "Trudi", "last_name": "", **more}
    return raw(number, "her", media={"vcard": "", "user_id": 0, **media})


def test_an_address_is_a_file_as_well(vault: Vault) -> None:
    vault.add(CATS, [contact(1)])
    vault.publish()
    assert vault.text(CARD).splitlines() == [
        "BEGIN:VCARD", "VERSION:3.0", "N:;Trudi;;;", "FN:Trudi", "TEL;TYPE=CELL:4930", "END:VCARD",
    ]  # fmt: skip
    assert f"> 📇 [[{CARD}|Trudi.vcf]]\n" in vault.text(SINGLE)
    vault.add(CATS, [contact(1, first_name="Gertrud")])
    vault.publish()
    assert "FN:Gertrud" in vault.text(CARD)
    (vault.path / CARD).unlink()
    vault.publish()
    assert "FN:Gertrud" in vault.text(CARD)
    vault.add(CATS, [raw(1, "no card any more")])
    vault.publish()
    assert not (vault.path / CARD).exists()


def test_an_address_that_a_person_changed_stays(vault: Vault) -> None:
    vault.add(CATS, [contact(1)])
    vault.publish()
    vault.write(CARD, "mine")
    vault.add(CATS, [contact(1, first_name="Gertrud")])
    vault.publish()
    assert vault.text(CARD) == "mine"
    assert [notice for notice in vault.publisher.notices if CARD in notice] == [
        f"{CARD} was changed by hand; it stays as it is."
    ]
    vault.add(CATS, [raw(1, "no card any more")])
    vault.publish()
    assert vault.text(CARD) == "mine"
    assert sorted(path.name for path in (vault.path / CARD).parent.iterdir()) == [Path(CARD).name]


@pytest.mark.parametrize("field", ["phone_number", "first_name", "last_name", "vcard"])
@pytest.mark.parametrize("value", ["]]\n![[x", "\x00\u202e", "a" * 200_000, 7, None, ["x"], "BEGIN:VCARD\nEND:VCARD"])
def test_a_hostile_address_is_a_file_all_the_same(vault: Vault, field: str, value: object) -> None:
    vault.add(CATS, [contact(1, **{field: value})])
    vault.publish()
    assert vault.text(SINGLE).count("[[") == vault.text(SINGLE).count("]]") <= 5
    for path in vault.path.rglob("*.vcf"):
        assert path.stat().st_size < 450_000


@pytest.mark.parametrize(
    "title", ["---\ntg_kind: x", 'a"b\\', "{{x}} <% x %>", "%%a%%", "\u2028x\ufffe", "- a: [b", "#x ^y |z"]
)
def test_hostile_titles_stay_text(tmp_path: Path, title: str) -> None:
    with opened(tmp_path) as vault:
        chat = attrs.evolve(CATS, title=title, description=title, username="")
        vault.register(chat)
        vault.add(chat, raws(1, 3), [attrs.evolve(ANN, name=title, username="")])
        vault.publish()
        for name, data in files(tmp_path).items():
            if name.endswith(".md"):
                found = properties(data.decode())
                assert found["tg_kind"] in ("period", "chat", "person", "start")
        assert_links_resolve(tmp_path)


def test_the_same_bytes_whatever_the_order_of_pages_and_publications(tmp_path: Path) -> None:
    link = {"_": "MessageEntityUrl", "offset": 0, "length": 24}
    pages = [(chat, raws(n, n + 99)) for chat in (CATS, DOGS) for n in range(1, 800, 100)]
    pages[8][1][3] |= {"message": "https://t.me/catchat/350", "entities": [link]}
    pages[2][1][7] |= {"reply_to": {"_": "MessageReplyHeader", "reply_to_msg_id": 5}}
    results = []
    for seed in range(4):
        with opened(tmp_path / str(seed)) as vault:
            vault.register(CATS, DOGS)
            order = random.Random(seed)
            shuffled = order.sample(pages, len(pages)) if seed else pages
            for chat, messages in shuffled:
                vault.add(chat, messages, [ANN, attrs.evolve(ANN, id=43, username="")][: 1 + (chat is DOGS)])
                if order.random() < 0.5:
                    list(vault.publisher.publish_chat(chat.id, complete=False))
            if seed == 2:
                vault.publish(complete=False)
            vault.publish()
            assert vault.reads.dirty() == {}
        results.append(files(tmp_path / str(seed)))
        assert_links_resolve(tmp_path / str(seed))
    assert results[1:] == results[:1] * 3
    assert any(b"Cats 2024-05-03#^m350" in data for data in results[0].values())


# What is written again


def test_only_notes_that_changed_are_written(vault: Vault) -> None:
    vault.add(CATS, raws(1, 1000, every=100))
    vault.publish()
    before = {path: (vault.path / path).stat().st_mtime_ns for path in files(vault.path)}
    vault.add(CATS, raws(1001, 1002, every=100))
    written = vault.publish()
    assert written == [
        "Telegram/Chats/Cats/2024/Cats 2024-05-04.md",
        "Telegram/Chats/Cats/Cats.md",
        "Telegram/Telegram.md",
    ]
    touched = {path for path, when in before.items() if (vault.path / path).stat().st_mtime_ns != when}
    assert touched == set(written)


def test_a_changed_message_changes_the_labels_of_its_replies(vault: Vault) -> None:
    vault.add(CATS, [*raws(1, 600), raw(601, reply_to={"_": "MessageReplyHeader", "reply_to_msg_id": 5})])
    vault.publish()
    vault.add(CATS, [raw(5, "something else")])
    written = vault.publish()
    assert written == [f"Telegram/Chats/Cats/2024/Cats 2024-05-03{part}.md" for part in ("", " (2)")]
    assert "[[Cats 2024-05-03#^m5|Ann: “something else”]]" in vault.text(written[1])


def test_a_chat_that_is_exported_later_is_linked_to(vault: Vault) -> None:
    text = "https://t.me/dogpark/7"
    vault.add(CATS, [raw(1, text, entities=[{"_": "MessageEntityUrl", "offset": 0, "length": len(text)}])])
    vault.publish()
    assert "<https://t.me/dogpark/7>" in vault.text(SINGLE)
    vault.register(attrs.evolve(DOGS, username="DogPark"))
    vault.publish()
    assert "<https://t.me/dogpark/7>" in vault.text(SINGLE)
    vault.add(DOGS, raws(1, 10))
    vault.publish()
    assert "(<Dogs messages#^m7>)" in vault.text(SINGLE)


def test_a_second_person_of_a_name_moves_the_first(vault: Vault) -> None:
    vault.add(CATS, raws(1, 5))
    vault.publish()
    vault.add(DOGS, raws(1, 5), [attrs.evolve(ANN, id=43, username="")])
    vault.publish()
    people = sorted(Path(name).name for name in files(vault.path) if "/People/" in name)
    assert people == ["Ann (@ann).md", "Ann (person 43).md"]
    assert '"[[Ann (@ann)|Ann]]"' in vault.text(SINGLE)


def test_a_note_that_was_deleted_comes_back(vault: Vault) -> None:
    vault.add(CATS, raws(1, 5))
    vault.publish()
    before = files(vault.path)
    for path in (SINGLE, "Telegram/Telegram.md", "Telegram/People/Ann.md"):
        (vault.path / path).unlink()
    assert sorted(vault.publish()) == sorted([SINGLE, "Telegram/Telegram.md", "Telegram/People/Ann.md"])
    assert files(vault.path) == before


def test_another_time_zone_or_style_renders_everything_again(tmp_path: Path) -> None:
    with opened(tmp_path) as vault:
        vault.register(CATS)
        vault.add(CATS, [raw(1, views=7)])
        vault.publish()
        assert "09:07" in vault.text(SINGLE)
        assert "👁" in vault.text(SINGLE)
    with opened(tmp_path, counters=False) as vault:
        vault.publish()
        assert "👁" not in vault.text(SINGLE)
    with open_archive(tmp_path) as archive:
        Vault(tmp_path, archive, ExportConfig(vault=tmp_path, timezone="Asia/Tokyo")).publish()
    assert "16:07" in (tmp_path / SINGLE).read_text()


LOOKS: list[dict[str, Any]] = [
    {"style": "compact"},
    {"repeat_names": False},
    {"hashtags": "text"},
    {"hard_breaks": True},
]


@pytest.mark.parametrize("look", LOOKS)
def test_another_look_renders_everything_again_and_back(tmp_path: Path, look: dict[str, Any]) -> None:
    tag = [{"_": "MessageEntityHashtag", "offset": 0, "length": 5}]
    with opened(tmp_path) as vault:
        vault.register(CATS)
        vault.add(CATS, [raw(1, "#tabs\nand more", entities=tag), raw(2)])
        vault.publish()
        before = files(tmp_path)
    with opened(tmp_path, **look) as vault:
        assert SINGLE in vault.publish()
        assert files(tmp_path) != before
        assert vault.publish() == []
    with opened(tmp_path) as vault:
        vault.publish()
    assert files(tmp_path) == before


def test_hashtags_that_stay_text_are_no_tags_of_a_post(tmp_path: Path) -> None:
    entities = [{"_": "MessageEntityHashtag", "offset": 0, "length": 5}]
    tags = []
    for hashtags in ("tag", "text"):
        with opened(tmp_path, layout="message", hashtags=hashtags) as vault:
            vault.register(CATS)
            vault.add(CATS, [raw(1, "#tabs", entities=entities)])
            note = next(path for path in (*vault.publish(), "") if "/2024/" in path)
            tags.append(properties(vault.text(note))["tags"])
    assert tags == [["telegram/supergroup", "tg/tabs"], ["telegram/supergroup"]]


def test_every_line_break_is_a_hard_one(tmp_path: Path) -> None:
    with opened(tmp_path, hard_breaks=True) as vault:
        vault.register(attrs.evolve(CATS, description="About\ncats"))
        vault.add(CATS, [raw(1, "One\ntwo\n\nthree")])
        vault.publish()
        assert "> One  \n> two\n>\n> three\n\n" in vault.text(SINGLE)
        assert "> About  \n> cats\n" in vault.text("Telegram/Chats/Cats/Cats.md")


def names(text: str) -> list[str]:
    return [line.removeprefix("> [!tg] ") for line in text.split("\n") if line.startswith(("> [!tg]", "## "))]


def test_names_are_not_repeated_within_a_run(tmp_path: Path) -> None:
    """A run ends with ten minutes of silence, another sender, a service message, the day and the note."""
    midnight = 1_714_773_600  # 2024-05-04 00:00 in Berlin
    bob = {"from_id": {"_": "PeerUser", "user_id": 43}}
    pin = {"_": "MessageService", "action": {"_": "MessageActionPinMessage"}, "message": ""}
    with opened(tmp_path, repeat_names=False) as vault:
        vault.register(CATS)
        said = [(-60, {}), (-59, {}), (-49, {}), (-38, {}), (-37, bob), (-36, bob), (-35, pin), (-34, bob), (-1, {})]
        said += [(0, {}), (1, {})]
        raws = [raw(at, **more) | {"date": midnight + 60 * minute} for at, (minute, more) in enumerate(said, 1)]
        vault.add(CATS, raws, (ANN, attrs.evolve(ANN, id=43, name="Bob")))
        vault.publish()
        assert names(vault.text(SINGLE)) == [
            "## 2024-05-03", "**Ann** · 23:00", "23:01", "23:11", "**Ann** · 23:22", "**Bob** · 23:23", "23:24",
            "**Bob** · 23:26", "**Ann** · 23:59", "## 2024-05-04", "**Ann** · 00:00", "00:01",
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("layout", "headings"),
    [
        ("single", [["2024-05-03", "2024-05-31", "2024-06-01"]]),
        ("day", [[], [], []]),
        ("week", [["2024-05-03"], ["2024-05-31", "2024-06-01"]]),
        ("month", [["2024-05-03", "2024-05-31"], ["2024-06-01"]]),
        ("year", [["2024-05-03", "2024-05-31", "2024-06-01"]]),
    ],
)
@pytest.mark.parametrize("style", ["callout", "compact"])
def test_days_have_headings_in_notes_of_more_than_a_day(
    tmp_path: Path, layout: str, style: str, headings: list[list[str]]
) -> None:
    with opened(tmp_path, layout=layout, style=style) as vault:
        vault.register(CATS)
        days = (0, 0, 28, 29, 29)
        vault.add(CATS, [raw(1 + at) | {"date": START + 86400 * day + at} for at, day in enumerate(days)])
        notes = sorted(path for path in vault.publish() if "/Cats " in path)
        assert [re.findall(r"^## (.+)$", vault.text(path), re.M) for path in notes] == headings


# Layouts


def test_a_layout_is_provisional_until_the_history_is_complete(vault: Vault) -> None:
    vault.add(CATS, raws(1, 200))
    vault.publish(complete=False)
    assert (vault.path / SINGLE).exists()
    assert vault.layout(CATS) == ""
    vault.add(CATS, raws(201, 400))
    vault.publish()
    assert vault.layout(CATS) == "day"
    assert not (vault.path / SINGLE).exists()
    assert len(anchors(vault.path)) == 400


def test_a_settled_layout_stays_until_it_is_changed_on_purpose(tmp_path: Path) -> None:
    with opened(tmp_path) as vault:
        vault.register(CATS)
        vault.add(CATS, raws(1, 200))
        vault.publish()
        vault.add(CATS, raws(201, 1200))
        vault.publish()
        assert vault.layout(CATS) == "single"
        assert (tmp_path / "Telegram/Chats/Cats/Cats messages (3).md").exists()
    with opened(tmp_path, layout="month") as vault:
        assert vault.publish() == []
        vault.publisher.relayout(CATS.id)
        vault.publish()
        assert sorted(path.name for path in (tmp_path / "Telegram/Chats/Cats").rglob("*.md")) == [
            "Cats 2024-05 (2).md",
            "Cats 2024-05 (3).md",
            "Cats 2024-05.md",
            "Cats.md",
        ]
        assert_links_resolve(tmp_path)


# A person's edits


def test_text_around_the_marks_and_own_properties_stay(vault: Vault) -> None:
    vault.add(CATS, raws(1, 5))
    vault.publish()
    edited = vault.text(SINGLE).replace("tags: [", 'mood: "happy"\ntags: ["mine", ') + "\nMy thoughts.\n"
    edited = edited.replace("---\n%%", "---\nAbove.\n%%")
    vault.write(SINGLE, edited)
    vault.add(CATS, raws(6, 8))
    vault.publish()
    text = vault.text(SINGLE)
    assert text.endswith("%% tobs:end %%\n\nMy thoughts.\n")
    assert "Above.\n%% tobs:begin" in text
    found = properties(text)
    assert (found["mood"], found["tags"], found["tg_messages"]) == ("happy", ["mine", "telegram/supergroup"], 8)
    assert "^m8" in text
    assert vault.publisher.notices == []


def test_changed_messages_are_not_overwritten(vault: Vault) -> None:
    vault.add(CATS, raws(1, 5))
    vault.publish()
    original = vault.text(SINGLE)
    edited = original.replace("message 3", "my own words")
    vault.write(SINGLE, edited)
    assert vault.publish() == []
    vault.add(CATS, raws(6, 8))
    vault.publish()
    assert vault.text(SINGLE) == edited
    beside = "Telegram/Chats/Cats/Cats messages (tobs update).md"
    assert "^m8" in vault.text(beside)
    assert len(vault.publisher.notices) == 1
    vault.write(SINGLE, original)  # the person thinks again
    vault.add(CATS, raws(9, 9))
    vault.publish()
    assert "^m9" in vault.text(SINGLE)
    assert not (vault.path / beside).exists()


def test_an_edited_note_of_an_old_layout_stays(vault: Vault) -> None:
    vault.add(CATS, raws(1, 200))
    vault.publish(complete=False)
    vault.write(SINGLE, vault.text(SINGLE) + "mine\n")
    vault.add(CATS, raws(201, 400))
    vault.publish()
    assert vault.text(SINGLE).endswith("mine\n")
    assert "edited by hand" in vault.publisher.notices[0]


@pytest.mark.parametrize("content", [b"\xff\xfe", b"", b"%% tobs:end %%\n%% tobs:begin %%\n", b"my note"])
def test_a_file_that_tobs_did_not_write_stays(vault: Vault, content: bytes) -> None:
    target = vault.path / SINGLE
    target.parent.mkdir(parents=True)
    target.write_bytes(content)
    vault.add(CATS, raws(1, 5))
    vault.publish()
    assert target.read_bytes() == content
    assert len(vault.publisher.notices) == 1


def test_the_style_sheet_is_offered_and_then_theirs(vault: Vault) -> None:
    vault.publish()
    css = ".obsidian/snippets/tobs.css"
    assert "callout" in vault.text(css)
    vault.write(css, "mine")
    vault.publish()
    assert vault.text(css) == "mine"
    (vault.path / css).unlink()
    vault.publish()
    assert "callout" in vault.text(css)
    assert not (vault.path / ".obsidian/appearance.json").exists()


# What goes wrong


def test_stopped_between_any_two_notes_it_ends_in_the_same_bytes(tmp_path: Path) -> None:
    def fill(path: Path, stop: int) -> dict[str, bytes]:
        with opened(path) as vault:
            vault.register(CATS)
            vault.add(CATS, raws(1, 3000, every=600))
            steps = vault.publisher.publish_chat(CATS.id, complete=True)
            for _ in range(stop):
                next(steps, None)
            steps.close()
        with opened(path) as vault:
            vault.add(CATS, raws(3001, 3003, every=600))
            vault.publish()
            assert vault.publisher.notices == []
        return files(path)

    whole = fill(tmp_path / "whole", 0)
    for stop in (1, 5, 16, 17):
        assert fill(tmp_path / str(stop), stop) == whole


def test_a_note_that_was_written_but_not_recorded_is_ours(vault: Vault) -> None:
    vault.add(CATS, raws(1, 5))
    vault.publish()
    vault.add(CATS, raws(6, 6))
    vault.archive.connection.execute("CREATE TRIGGER t BEFORE INSERT ON notes BEGIN SELECT raise(FAIL, 'kill'); END")
    with pytest.raises(Exception, match="kill"):
        vault.publish()
    vault.archive.connection.execute("DROP TRIGGER t")
    vault.add(CATS, raws(7, 7))
    vault.publish()
    assert vault.publisher.notices == []
    assert properties(vault.text(SINGLE))["tg_messages"] == 7


def test_a_lost_archive_finds_its_notes_again(tmp_path: Path) -> None:
    for count in (5, 9):
        for path in (tmp_path / ".tobs").glob("archive*"):
            path.unlink()
        with opened(tmp_path) as vault:
            vault.register(CATS)
            vault.add(CATS, raws(1, count))
            vault.publish()
            assert vault.publisher.notices == []
    assert "^m9" in (tmp_path / SINGLE).read_text()


def test_links_out_of_the_vault_are_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    with opened(tmp_path / "vault") as vault:
        vault.register(CATS)
        vault.add(CATS, raws(1, 5))
        (tmp_path / "vault/Telegram").symlink_to(outside)
        with pytest.raises(VaultError, match="leads out of the vault"):
            vault.publish()
    assert not any(outside.iterdir())


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_a_disk_that_fails_is_one_sentence_and_leaves_no_rest(
    vault: Vault, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def fail(fd: int) -> None:
        raise OSError(code, os.strerror(code))

    vault.add(CATS, raws(1, 5))
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(VaultError, match=re.escape(os.strerror(code))):
            vault.publish()
    assert [path for path in files(vault.path) if path.endswith(".md")] == []
    assert not list((vault.path / ".tobs").glob("note-*"))
    vault.publish()
    assert len(anchors(vault.path)) == 5


def test_several_writers_give_the_same_notes(tmp_path: Path) -> None:
    results = []
    for workers in (1, 4):
        with opened(tmp_path / str(workers), pipeline=PipelineConfig(write_workers=workers)) as vault:
            vault.register(CATS)
            vault.add(CATS, raws(1, 1500, every=500))
            vault.publish()
        results.append(files(tmp_path / str(workers)))
    assert results[0] == results[1]


def test_a_chat_keeps_its_name_beside_the_person_in_it(tmp_path: Path) -> None:
    private = Chat(ANN.id, "private", "Ann", "ann")
    with opened(tmp_path) as vault:
        vault.register(private)
        vault.add(private, raws(1, 3), [ANN, ME])
        vault.publish()
        assert "[[Ann (person)|Ann]]" in vault.text("Telegram/Chats/Ann/Ann messages.md")
        assert "Chat: [[Ann]]" in vault.text("Telegram/People/Ann (person).md")


def test_phone_numbers_are_shown_only_on_wish(tmp_path: Path) -> None:
    for wish in (False, True):
        with opened(tmp_path, phone_numbers=wish) as vault:
            vault.register(CATS)
            vault.add(CATS, raws(1, 3), [attrs.evolve(ANN, phone="491701234567")])
            vault.publish()
            assert ("491701234567" in vault.text("Telegram/People/Ann.md")) == wish


def test_files_of_one_name_in_two_chats_are_embedded_by_their_path(vault: Vault) -> None:
    vault.add(CATS, [photo(1)])
    vault.publish()
    assert "![[20240503-090740_1.jpg" in vault.text(SINGLE)
    other = photo(1)
    other["media"]["photo"]["id"] = 10
    vault.add(DOGS, [other])
    vault.publish()
    assert "![[Telegram/Chats/Cats/attachments/2024-05/20240503-090740_1.jpg" in vault.text(SINGLE)
    assert "![[Telegram/Chats/Dogs/attachments/2024-05/20240503-090740_1.jpg" in vault.text(
        SINGLE.replace("Cats", "Dogs")
    )


def test_a_group_that_became_a_supergroup_has_other_anchors(vault: Vault) -> None:
    old = Chat(-5, "group", "Cats of old")
    vault.register(old)
    vault.add(old, raws(1, 3))
    vault.publish()
    vault.register(attrs.evolve(CATS, migrated_from=-5))
    vault.add(CATS, raws(1, 3))
    vault.publish()
    assert {"Cats of old messages#g1", "Cats messages#m1"} <= set(anchors(vault.path))
    assert "Earlier messages are in [[Cats of old]]" in vault.text("Telegram/Chats/Cats/Cats.md")


def test_no_name_is_a_link_in_a_property(vault: Vault) -> None:
    guest = Peer(-1_000_000_000_099, "channel", "[[Elsewhere]]")  # has no note
    vault.register(attrs.evolve(CATS, title="[[Nowhere]]"))
    sender = {"_": "PeerChannel", "channel_id": 99}
    vault.add(CATS, [raw(1), raw(2, from_id=sender)], [Peer(42, "private", "[[Nobody]]"), guest])
    vault.publish()
    heads = "".join(data.decode().split("---\n")[1] for name, data in files(vault.path).items() if name.endswith(".md"))
    assert "［［Elsewhere" in heads
    assert "[[Elsewhere" not in heads
    assert not re.search(r"aliases: .*\[\[", heads)
