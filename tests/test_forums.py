"""Topics of a forum that its list does not show: deleted ones, and those that were opened meanwhile."""

from __future__ import annotations

from pathlib import Path

import attrs
import trio
from hypothesis import given
from hypothesis import strategies as st
from telethon.tl import functions

import tobs
from tests.loopback import open_loopback
from tests.obsidian import properties
from tests.snapshots import notes
from tests.test_selection import a_forum
from tests.test_testing_account import ask, input_of
from tobs.config import ExportConfig, SyncConfig
from tobs.export import export
from tobs.forums import unclear_topics, with_earlier_topics, with_found_topics
from tobs.model import Chat, Topic
from tobs.telegram.client import open_telegram
from tobs.testing.account import Account
from tobs.testing.faults import Faults

FORUM = -1000000000600
BY_ID = "messages.getForumTopicsByID"
NOTE = "Telegram/Chats/Forum/Topics/Topic 3/Forum › Topic 3.md"


def delete_topic(account: Account, number: int) -> None:
    """As Telegram does: with all its messages."""
    history = account.history(FORUM)
    within = [m.id for m in history.slice(0, len(history)) if getattr(m.reply_to, "reply_to_msg_id", 0) == number]
    account.delete(FORUM, number, *within)
    del account.topics[FORUM][number]


async def test_the_server_names_a_hundred_topics_and_those_that_are_gone() -> None:
    account = a_forum(20)
    peer = input_of(account, FORUM)
    delete_topic(account, 3)
    answer = await ask(account, functions.messages.GetForumTopicsByIDRequest(peer, [4, 3, 2]))
    assert [(topic.id, type(topic).__name__) for topic in answer.topics] == [
        (4, "ForumTopic"), (3, "ForumTopicDeleted"), (2, "ForumTopic"),
    ]  # fmt: skip


async def test_topics_are_asked_for_by_number_a_hundred_at_once(tmp_path: Path) -> None:
    account = a_forum(20)
    async with open_loopback(account, tmp_path) as (server, config), open_telegram(config) as source:
        (chat,) = await source.find_chats(["@forum"])
        assert isinstance(chat, Chat)
        found = await source.find_topics(chat, [2, *range(1000, 1249)])
        assert [(topic.id, topic.title, topic.deleted) for topic in found[:2]] == [
            (2, "Topic 2", False), (1000, "", True),
        ]  # fmt: skip
        assert (len(found), server.calls[BY_ID]) == (250, 3)


async def test_a_deleted_topic_stays_with_its_title_and_says_so(tmp_path: Path) -> None:
    account = a_forum(60)
    account.topics[FORUM][3] = attrs.evolve(account.topics[FORUM][3], pinned=True)
    config = ExportConfig(vault=tmp_path / "vault", timezone="UTC", chats=("@forum",), sync=SyncConfig(days=0))
    async with open_loopback(account, tmp_path) as (server, telegram):
        async with open_telegram(telegram) as source:
            await export(source, config)
            assert server.calls[BY_ID] == 0
            delete_topic(account, 3)
        async with open_telegram(telegram) as source:
            await tobs.sync(source, config)
        assert server.calls[BY_ID] == 1
        note = (config.vault / NOTE).read_text("utf-8")
        assert properties(config.vault / NOTE)["tg_deleted"] is True
        assert "🗑 deleted · 19 messages" in note
        forum = (config.vault / "Telegram/Chats/Forum/Forum.md").read_text("utf-8")
        assert forum.index("🗑 [[Forum › Topic 3|Topic 3]]") > forum.index("[[Forum › Topic 4|Topic 4]]")
        before = notes(config.vault)
        async with open_telegram(telegram) as source:
            await export(source, config)
            await tobs.sync(source, config)
        assert notes(config.vault) == before
        assert server.calls[BY_ID] == 1


async def test_a_topic_that_was_never_listed_has_the_title_it_was_opened_with(tmp_path: Path) -> None:
    account = a_forum(60)
    del account.topics[FORUM][3]  # and its messages are still there
    config = ExportConfig(vault=tmp_path / "vault", timezone="UTC", chats=("@forum",))
    async with open_loopback(account, tmp_path) as (server, telegram), open_telegram(telegram) as source:
        await export(source, config)
        assert server.calls[BY_ID] == 1
    assert properties(config.vault / NOTE)["tg_deleted"] is True


async def test_a_topic_that_is_opened_while_the_forum_is_read_is_known_by_its_name(tmp_path: Path) -> None:
    account = a_forum(600)
    opened = account.topics[FORUM].pop(3)
    config = ExportConfig(vault=tmp_path / "vault", timezone="UTC", chats=("@forum",))

    async def open_it() -> None:
        while not server.calls["messages.getHistory"]:  # noqa: ASYNC110  # the server counts and tells nobody
            await trio.sleep(0.001)
        account.topics[FORUM][3] = attrs.evolve(opened, title="News from home", closed=True)

    async with open_loopback(account, tmp_path, faults=Faults(rtt=0.02)) as (server, telegram):
        async with open_telegram(telegram) as source, trio.open_nursery() as nursery:
            nursery.start_soon(open_it)
            await export(source, config)
        found = properties(config.vault / NOTE)
        assert (found["tg_closed"], found["aliases"][0]) == (True, "News from home")
        assert "tg_deleted" not in found


# The rules


TOPICS = st.builds(
    Topic,
    st.integers(1, 9),
    st.sampled_from("abc"),
    deleted=st.booleans(),
    listed=st.booleans(),
)


@given(st.lists(TOPICS, unique_by=lambda topic: topic.id), st.sets(st.integers(1, 9)), st.sets(st.integers(1, 9)))
def test_what_was_asked_once_is_clear_and_no_title_is_lost(before: list[Topic], used: set[int], gone: set[int]) -> None:
    known = Chat(FORUM, "forum", "Forum", topics=tuple(sorted(before, key=lambda topic: topic.id)))
    listed = tuple(Topic(number, "new") for number in range(1, 4))
    now = with_earlier_topics(known, attrs.evolve(known, topics=listed))
    assert {topic.id for topic in now.topics} == {1, 2, 3, *(topic.id for topic in before)}
    asked = unclear_topics(now, used)
    found = [Topic(n, "" if n in gone else "told", deleted=n in gone) for n in asked]
    after = with_found_topics(now, found, used)
    titles = {topic.id: topic.title for topic in known.topics}
    assert {*asked} & {1, 2, 3} == set()
    assert used <= {topic.id for topic in after.topics}
    for topic in after.topics:
        assert topic.title == (
            "new" if topic.id < 4 else "told" if topic.id in {*asked} - gone else titles.get(topic.id, "")
        )
        assert topic.id in used or not topic.deleted or topic.id not in asked
    assert [topic.id for topic in after.topics] == sorted({topic.id for topic in after.topics})
    assert unclear_topics(after, used) == [n for n in asked if n not in gone]
