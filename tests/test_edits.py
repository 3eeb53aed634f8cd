"""What becomes of messages later: versions of those that were edited, and tombstones of those that were deleted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.snapshots import archive as snapshot
from tobs.archive.edits import completed, is_reworded, same
from tobs.archive.reads import Reads
from tobs.archive.rows import ArchivedChat, Committed, MediaRow, MessageRow, PreparedPage
from tobs.archive.store import Archive, open_archive
from tobs.model import Chat

CHAT = -1001500000000
json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def said(text: str, **more: Any) -> dict[str, Any]:
    return {"_": "Message", "id": 1, "message": text, **more}


def document(number: int, reference: str = "", **more: Any) -> dict[str, Any]:
    return {"_": "Document", "id": number, "file_reference": reference, "access_hash": 5, **more}


def with_document(number: int, reference: str = "", **more: Any) -> dict[str, Any]:
    return said("", media={"_": "MessageMediaDocument", "document": document(number, reference, **more)})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (said("a"), said("b")),
        (said("a"), said("a", entities=[{"_": "MessageEntityBold", "offset": 0, "length": 1}])),
        (with_document(1), with_document(2)),
        (with_document(1), said("")),
        (said("a", rich_message={"blocks": [1]}), said("a", rich_message={"blocks": [2]})),
    ],
)
def test_another_text_or_attachment_is_a_version(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert is_reworded(old, new)
    assert is_reworded(new, old)
    assert not is_reworded(new, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (said("a", views=1), said("a", views=2)),
        (said("a"), said("a", reactions={"results": [1]}, edit_date=7, edit_hide=True)),
        (said("a"), said("a", media={"_": "MessageMediaWebPage", "webpage": {"_": "WebPage", "id": 1}})),
        (with_document(1, "a"), with_document(1, "b", thumbs=[1])),
        (
            said("", media={"_": "MessageMediaPoll", "results": 1}),
            said("", media={"_": "MessageMediaPoll", "results": 2}),
        ),
    ],
)
def test_counters_previews_and_votes_are_none(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert not is_reworded(old, new)


def reactions(*counts: tuple[str, int, int | None], minimal: bool = False) -> dict[str, Any]:
    results = [
        {"_": "ReactionCount", "reaction": {"_": "ReactionEmoji", "emoticon": emoji}, "count": count}
        | ({} if chosen is None else {"chosen_order": chosen})
        for emoji, count, chosen in counts
    ]
    return {"_": "MessageReactions", "results": results} | ({"min": True} if minimal else {})


def poll(*votes: dict[str, Any], **more: Any) -> dict[str, Any]:
    results = {"_": "PollResults", "results": [*votes], **more}
    return {"_": "MessageMediaPoll", "poll": {"_": "Poll", "id": 5}, "results": results}


def test_an_answer_for_everybody_forgets_no_reaction_of_the_account() -> None:
    old = said("a", reactions=reactions(("👍", 1, 0), ("🔥", 2, None)))
    new = said("a", reactions=reactions(("👍", 4, None), ("🔥", 2, None), minimal=True))
    assert completed(old, new) == said("a", reactions=reactions(("👍", 4, 0), ("🔥", 2, None)))
    assert completed(new, new) == new
    assert completed(old, said("a")) == said("a")  # all reactions were taken back


def test_an_answer_for_everybody_forgets_no_vote_of_the_account() -> None:
    old = said("", media=poll({"option": "MA==", "voters": 1, "chosen": True, "correct": True}, solution="Because"))
    new = said("", media=poll({"option": "MA==", "voters": 9}, min=True))
    whole = poll({"option": "MA==", "voters": 9, "chosen": True, "correct": True}, solution="Because")
    assert completed(old, new) == said("", media=whole)
    other = said("", media={**poll({"option": "MA==", "voters": 9}, min=True), "poll": {"_": "Poll", "id": 6}})
    assert completed(old, other) == other


@given(json_like)
def test_everything_is_the_same_as_itself(value: Any) -> None:
    assert same(value, value)
    assert same({"x": value, "file_reference": 1}, {"x": value, "file_reference": 2})
    assert not same({"x": value}, {"x": [value]})


def row(archive: Archive, number: int, text: str, **more: Any) -> MessageRow:
    return MessageRow(
        number, 1_700_000_000 + number, 7, 0, 0, 1, archive.codec.encoder()(said(text, **more) | {"id": number})
    )


def page(archive: Archive, *rows: MessageRow, **more: Any) -> PreparedPage:
    return PreparedPage(CHAT, (rows[0].id, rows[-1].id), rows, (), (), 229, **more)


@pytest.fixture
def archive(tmp_path: Path):
    with open_archive(tmp_path) as opened:
        opened.register([ArchivedChat(Chat(CHAT, "supergroup", "Friends"), "Friends")])
        yield opened


def reads(archive: Archive) -> Reads:
    return Reads(archive.connection, archive.codec)


def test_each_wording_is_kept_in_order_and_the_newest_is_the_message(archive: Archive) -> None:
    for text in ("one", "two", "three"):
        archive.commit_page(page(archive, row(archive, 1, text)))
    kept = reads(archive).versions(CHAT, 1, 1)
    assert [(one.number, one.raw["message"]) for one in kept] == [(1, "one"), (2, "two")]
    assert [raw["message"] for raw in reads(archive).messages(CHAT, 1, 1)] == ["three"]


def test_counters_replace_without_a_version(archive: Archive) -> None:
    archive.commit_page(page(archive, row(archive, 1, "a", views=1)))
    assert archive.commit_page(page(archive, row(archive, 1, "a", views=2))) == Committed(updated=1)
    assert reads(archive).versions(CHAT, 1, 1) == []
    assert next(iter(reads(archive).messages(CHAT, 1, 1)))["views"] == 2


def test_what_is_read_again_unchanged_is_not_written(archive: Archive, tmp_path: Path) -> None:
    both = [row(archive, number, "text", media={"file_reference": "a"}) for number in (1, 2)]
    assert archive.commit_page(page(archive, *both)) == Committed(new=2)
    before = snapshot(tmp_path)
    again = [row(archive, number, "text", media={"file_reference": "b"}) for number in (1, 2)]
    assert archive.commit_page(page(archive, *again)) == Committed()
    assert snapshot(tmp_path) == before


def test_a_message_that_is_gone_keeps_its_last_form_and_may_come_back(archive: Archive) -> None:
    first, second = row(archive, 1, "one"), row(archive, 2, "two")
    file = MediaRow(CHAT, 2, 99, "photo", 2, 10, "", "a.jpg", "Friends/media/a.jpg")
    archive.commit_page(attrs.evolve(page(archive, first, second), media=(file,)))
    assert archive.commit_page(page(archive, first, gone=(2, 3), oldest=1)) == Committed(gone=1)
    (stone,) = reads(archive).tombstones(CHAT, 1, 9)
    assert (stone.id, stone.hidden) == (2, False)
    assert [raw["message"] for raw in reads(archive).messages(CHAT, 1, 2)] == ["one", "two"]
    assert archive.commit_page(page(archive, first, gone=(2,), oldest=1)) == Committed()
    archive.commit_page(attrs.evolve(page(archive, second), media=(file,)))
    assert reads(archive).tombstones(CHAT, 1, 9) == []


def test_what_is_older_than_all_that_is_shown_is_hidden(archive: Archive) -> None:
    archive.commit_page(page(archive, *(row(archive, number, "x") for number in (1, 2, 3))))
    archive.commit_page(page(archive, row(archive, 3, "x"), gone=(1, 2), oldest=3))
    assert [(one.id, one.hidden) for one in reads(archive).tombstones(CHAT, 1, 9)] == [(1, True), (2, True)]
    assert reads(archive).gone_counts() == {CHAT: 2}


def test_an_answer_for_everybody_is_no_news(archive: Archive, tmp_path: Path) -> None:
    archive.commit_page(page(archive, row(archive, 1, "a", reactions=reactions(("👍", 1, 0)))))
    before = snapshot(tmp_path)
    again = row(archive, 1, "a", reactions=reactions(("👍", 1, None), minimal=True))
    assert archive.commit_page(page(archive, again)) == Committed()
    assert snapshot(tmp_path) == before
