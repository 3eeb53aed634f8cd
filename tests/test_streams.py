"""Forum topics, comments, groups that became supergroups, and notes of single messages."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.obsidian import Vault as Obsidian
from tests.obsidian import broken, properties
from tests.snapshots import notes as files
from tests.test_publish import CATS, START, Vault, opened, raw, raws
from tobs.archive.store import open_archive
from tobs.model import Chat, Topic
from tobs.vault.names import key
from tobs.vault.streams import topic_places

FORUM = Chat(-1_000_000_000_050, "forum", "Tools", topics=(Topic(1, "General"), Topic(5, "Ideas"), Topic(9, "Help")))
NEWS = Chat(-1_000_000_000_060, "channel", "News", linked_chat=-1_000_000_000_061)
TALK = Chat(-1_000_000_000_061, "supergroup", "News talk", linked_chat=NEWS.id)
OLD = Chat(-70, "group", "Hikers")
NEW = Chat(-1_000_000_000_070, "supergroup", "Hikers", migrated_from=OLD.id)


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with opened(tmp_path) as vault:
        yield vault


def created(number: int, title: str) -> dict[str, Any]:
    return acted(number, {"_": "MessageActionTopicCreate", "title": title, "icon_color": 1})


def acted(number: int, action: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**raw(number), "_": "MessageService", "action": action, **more}


def within(topic: int, answered: int = 0) -> dict[str, Any]:
    header: dict[str, Any] = {"_": "MessageReplyHeader", "forum_topic": True, "reply_to_msg_id": answered or topic}
    return {**header, "reply_to_top_id": topic} if answered else header


def forum_messages() -> list[dict[str, Any]]:
    renamed = acted(14, {"_": "MessageActionTopicEdit", "title": "Help!"}, reply_to=within(9))
    return [
        *raws(1, 4),
        created(5, "Ideas"),
        raw(6, "an idea", reply_to=within(5)),
        raw(7, "general again"),
        raw(8, "better idea", reply_to=within(5, 6)),
        created(9, "Help"),
        raw(10, "help me", reply_to=within(9)),
        raw(11, "general answers help", reply_to={"_": "MessageReplyHeader", "reply_to_msg_id": 10}),
        raw(13, "a topic that is deleted", reply_to=within(12)),
        renamed,
    ]


def lines_of(vault: Vault, name: str) -> str:
    return next(text.decode() for path, text in files(vault.path).items() if Path(path).stem == name)


def check_links(vault: Vault) -> None:
    assert broken(Obsidian(vault.path)) == []


def test_a_forum_has_a_folder_and_notes_a_topic(vault: Vault) -> None:
    vault.register(FORUM)
    vault.add(FORUM, forum_messages())
    vault.publish()
    base = "Telegram/Chats/Tools/Topics"
    assert {path for path in files(vault.path) if path.startswith(base)} == {
        f"{base}/{topic}/Tools › {topic}{what}.md"
        for topic in ("General", "Ideas", "Help", "Topic 12")
        for what in ("", " messages")
    }
    assert "an idea" in lines_of(vault, "Tools › Ideas messages")
    assert "[[Tools › Help messages#^m10|Ann: “help me”]]" in lines_of(vault, "Tools › General messages")
    ideas = properties(vault.path / f"{base}/Ideas/Tools › Ideas messages.md")
    assert (ideas["tg_topic"], ideas["tg_topic_id"], ideas["tg_messages"]) == ("[[Tools › Ideas]]", 5, 3)
    check_links(vault)
    assert vault.publish() == []


def test_a_renamed_topic_keeps_its_folder_and_tells_its_names(vault: Vault) -> None:
    vault.register(FORUM)
    vault.add(FORUM, forum_messages())
    vault.publish()
    now = attrs.evolve(FORUM, topics=(*FORUM.topics[:2], Topic(9, "Help!", closed=True)))
    vault.register(now)
    vault.publish()
    note = lines_of(vault, "Tools › Help")
    assert "Help!" in note
    assert "Help!" in lines_of(vault, "Tools")


def test_a_new_message_in_a_topic_writes_one_note_of_messages(vault: Vault) -> None:
    vault.register(FORUM)
    vault.add(FORUM, forum_messages())
    vault.publish()
    vault.add(FORUM, [raw(20, "one more idea", reply_to=within(5))])
    written = [path for path in vault.publish() if path.endswith(" messages.md")]
    assert written == ["Telegram/Chats/Tools/Topics/Ideas/Tools › Ideas messages.md"]


def test_a_group_that_becomes_a_forum_has_its_past_in_general(vault: Vault) -> None:
    before = attrs.evolve(FORUM, kind="supergroup", topics=())
    vault.register(before)
    vault.add(before, raws(1, 4))
    vault.publish()
    vault.register(FORUM)
    vault.add(FORUM, forum_messages()[4:])
    vault.publish()
    assert "message 3" in lines_of(vault, "Tools › General messages")
    assert not (vault.path / "Telegram/Chats/Tools/Tools messages.md").exists()
    check_links(vault)


def copied(number: int, post: int) -> dict[str, Any]:
    channel = {"_": "PeerChannel", "channel_id": 60}
    forward = {"_": "MessageFwdHeader", "date": START, "from_id": channel, "channel_post": post}
    return raw(number, fwd_from={**forward, "saved_from_peer": channel, "saved_from_msg_id": post})


def comment(number: int, root: int, text: str, answered: int = 0) -> dict[str, Any]:
    header: dict[str, Any] = {"_": "MessageReplyHeader", "reply_to_msg_id": answered or root}
    return raw(number, text, reply_to={**header, "reply_to_top_id": root} if answered else header)


def discussion() -> list[dict[str, Any]]:
    return [
        copied(1, 7),
        comment(2, 1, "*first* comment"),
        raw(3, "not a comment"),
        comment(4, 1, "answers a comment", 2),
    ]


@pytest.mark.parametrize("order", [(NEWS, TALK), (TALK, NEWS)])
def test_comments_are_listed_under_their_post_and_stand_in_the_discussion(vault: Vault, order: Sequence[Chat]) -> None:
    vault.register(NEWS, TALK)
    for chat in order:
        vault.add(chat, raws(6, 8) if chat is NEWS else discussion())
        vault.publish()
    post = lines_of(vault, "News messages").partition("message 7")[2].partition("^m7")[0]
    assert "> > [!quote]- 2 comments\n" in post
    assert "> > - [[News talk messages#^m2|Ann]] · 09:08 · \\*first\\* comment\n" in post
    assert "answers a comment" in post
    assert "not a comment" not in post
    check_links(vault)
    vault.add(TALK, [comment(5, 1, "late")])
    written = vault.publish()
    assert {path for path in written if path.endswith(" messages.md")} == {
        "Telegram/Chats/News/News messages.md",
        "Telegram/Chats/News talk/News talk messages.md",
    }
    assert "3 comments" in lines_of(vault, "News messages")


def test_a_post_lists_its_first_comments_and_says_how_many_more_there_are(vault: Vault) -> None:
    vault.register(NEWS, TALK)
    vault.add(NEWS, raws(7, 7))
    vault.add(TALK, [copied(1, 7), *(comment(number, 1, f"no {number}") for number in range(2, 62))])
    vault.publish()
    post = lines_of(vault, "News messages")
    assert post.count("> > - [[News talk messages#") == 50
    assert "> > - … and 10 more in [[News talk|News talk]]" in post


def test_the_history_before_a_supergroup_lies_within_it(vault: Vault) -> None:
    vault.register(OLD, NEW)
    vault.add(OLD, raws(100, 103))
    answer = raw(
        9,
        reply_to={
            "_": "MessageReplyHeader",
            "reply_to_msg_id": 101,
            "reply_to_peer_id": {"_": "PeerChat", "chat_id": 70},
        },
    )
    vault.add(NEW, [*raws(1, 4), answer])
    vault.publish()
    old = "Telegram/Chats/Hikers/Hikers › basic group"
    assert (vault.path / old / "Hikers › basic group messages.md").exists()
    assert "^g101" in lines_of(vault, "Hikers › basic group messages")
    assert "[[Hikers › basic group messages#^g101|" in lines_of(vault, "Hikers messages")
    assert "[[Hikers › basic group]]" in lines_of(vault, "Hikers")
    check_links(vault)


def test_a_group_that_was_archived_before_it_became_a_supergroup_moves_into_it(vault: Vault) -> None:
    vault.register(OLD)
    vault.add(OLD, raws(100, 103))
    vault.publish()
    vault.register(OLD, NEW)
    vault.add(NEW, raws(1, 4))
    vault.publish()
    folder = next(chat.folder for chat in vault.reads.chats() if chat.chat.id == NEW.id)
    assert (vault.path / f"Telegram/Chats/{folder}/Hikers/Hikers messages.md").exists()
    assert not (vault.path / "Telegram/Chats/Hikers/Hikers messages.md").exists()
    check_links(vault)


def test_posts_have_notes_of_their_own(tmp_path: Path) -> None:
    with opened(tmp_path, layout="post") as vault:
        vault.register(CATS)
        tag = {"_": "MessageEntityHashtag", "offset": 6, "length": 5}
        place = {"_": "MessageMediaGeo", "geo": {"_": "GeoPoint", "lat": 52.5, "long": 13.4}}
        link = {"_": "MessageEntityTextUrl", "offset": 0, "length": 4, "url": "https://t.me/catchat/1"}
        vault.add(CATS, [
            raw(1, "Hello #idea: [[x]]\nsecond line", entities=[tag], media=place),
            raw(2, "Hello #idea: [[x]]"),
            raw(3, "back", entities=[link]),
        ])  # fmt: skip
        vault.publish()
        first = "Telegram/Chats/Cats/2024/Hello idea x › Cats 1.md"
        found = properties(tmp_path / first)
        assert (found["tg_kind"], found["aliases"], found["tg_sender"]) == (
            "message", ["Hello idea x"], "[[Ann]]",
        )  # fmt: skip
        assert (found["coordinates"], found["tags"]) == (["52.5", "13.4"], ["telegram/supergroup", "tg/idea"])
        assert (tmp_path / "Telegram/Chats/Cats/2024/Hello idea x › Cats 2.md").exists()
        assert "[[Hello idea x › Cats 1#^m1|back]]" in lines_of(vault, "back › Cats 3")
        check_links(vault)
        vault.add(CATS, [raw(2, "Changed")])
        assert "Telegram/Chats/Cats/2024/Changed › Cats 2.md" in vault.publish()
        assert not (tmp_path / "Telegram/Chats/Cats/2024/Hello idea x › Cats 2.md").exists()


def test_chosen_messages_get_a_note_beside_the_one_they_stand_in(tmp_path: Path) -> None:
    promote = ("pinned", "hashtag:idea", "reaction:⭐")
    star = {"_": "MessageReactions", "results": [
        {"_": "ReactionCount", "reaction": {"_": "ReactionEmoji", "emoticon": "⭐"}, "count": 1}
    ]}  # fmt: skip
    tag = {"_": "MessageEntityHashtag", "offset": 0, "length": 5}
    with opened(tmp_path, promote=promote) as vault:
        vault.register(CATS)
        vault.add(CATS, [
            raw(1), raw(2, "pinned one", pinned=True), raw(3, "#Idea of mine", entities=[tag]), raw(4, reactions=star),
        ])  # fmt: skip
        vault.publish()
        folder = tmp_path / "Telegram/Chats/Cats/Promoted"
        assert {path.name for path in folder.iterdir()} == {
            "pinned one › Cats 2.md", "Idea of mine › Cats 3.md", "message 4 › Cats 4.md",
        }  # fmt: skip
        note = (folder / "pinned one › Cats 2.md").read_text()
        assert "![[Cats messages#^m2]]" in note
        assert properties(folder / "pinned one › Cats 2.md")["tg_kind"] == "promoted"
        check_links(vault)
        vault.add(CATS, [raw(2, "pinned one")])
        vault.publish()
        assert not (folder / "pinned one › Cats 2.md").exists()
        (folder / "Idea of mine › Cats 3.md").unlink()
        vault.publish()
        assert (folder / "Idea of mine › Cats 3.md").exists()
    with opened(tmp_path) as vault:
        vault.publish()
        assert not folder.exists()


TITLES = st.sampled_from(
    ["Food", "food", "Food 2024-05", "Food messages", "Food (6)", "General", "basic group", "///", "x" * 300]
)


@given(st.lists(TITLES, max_size=6), st.lists(TITLES, max_size=4))
def test_topics_never_share_a_note_and_later_ones_change_no_name(first: list[str], later: list[str]) -> None:
    def names(titles: list[str]) -> list[str]:
        made = dict(enumerate(titles, 2))
        return [place.name for place in topic_places("Cats", "home", [Topic(1, "General")], made, {})]

    before, after = names(first), names(first + later)
    assert after[: len(before)] == before
    notes = [f"{name}{period}" for name in after for period in ("", " 2024-05", " messages", " 2024-05 (6)")]
    assert len({key(note) for note in notes}) == len(notes)
    assert all(len(note.encode()) < 250 for note in notes)


def test_archives_of_the_first_schema_are_brought_up_to_date(tmp_path: Path) -> None:
    with opened(tmp_path) as vault:
        vault.register(FORUM, CATS)
        vault.add(FORUM, forum_messages())
        vault.add(CATS, raws(1, 3))
        db = vault.archive.connection
        db.executescript(
            "DROP INDEX messages_by_topic; DROP TABLE layouts; DROP TABLE threads; "
            "DROP TABLE versions; DROP TABLE tombstones; DROP TABLE moves; DROP TABLE marks; "
            "DROP INDEX media_by_file; DROP INDEX media_by_content; ALTER TABLE media DROP COLUMN own; "
            "ALTER TABLE media DROP COLUMN date; ALTER TABLE media DROP COLUMN tries; "
            "ALTER TABLE media DROP COLUMN next_try; "
            "ALTER TABLE chats DROP COLUMN pinned_origins; DROP TABLE pictures; DROP TABLE emoji; "
            "DROP TABLE stories; DROP TABLE story_uses; "
            "ALTER TABLE notes DROP COLUMN topic_id; PRAGMA user_version = 1;"
        )
    with open_archive(tmp_path) as archive:
        assert archive.spans(FORUM.id) == []  # to be read again
        assert archive.spans(CATS.id) == [(1, 3)]
    with opened(tmp_path) as vault:
        vault.publish()
        check_links(vault)
