"""Filters: what is left out is not asked for, what is written down is true, and the rest comes later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from telethon.tl import types

from tests.loopback import EPOCH, ME, add_channel, open_loopback, small_account, text
from tests.snapshots import archive as rows
from tests.snapshots import notes
from tobs.archive.spans import merge, missing, worth_leaving_out
from tobs.config import ChatConfig, ExportConfig, Filters, MediaConfig
from tobs.errors import ConfigError
from tobs.export import export
from tobs.model import Chat
from tobs.plan import plan
from tobs.selecting import check_filters, filters_for, moment, selections
from tobs.source import Selection
from tobs.telegram.client import open_telegram
from tobs.testing.account import Topic
from tobs.verify.verification import verify_vault

BERLIN = ZoneInfo("Europe/Berlin")
BIG = 5000
GROUP = -1000000000500
EVERY = 50  # each 50th message is my own, has a picture and says "needle"


def crowd(count=BIG, number=500, step=1):
    """A supergroup with a message a minute, some of them of special interest."""
    account = small_account()
    group = add_channel(account, number, "Crowd", broadcast=False, megagroup=True, username="crowd")
    for n in range(step, count * step + 1, step):
        special = n % EVERY == 0
        account.add_message(group, text(n, message_id=n, **(special_fields(n) if special else {})))
    return account


def special_fields(n):
    geo = types.MessageMediaGeo(types.GeoPoint(long=13.4, lat=52.5, access_hash=0))
    return {"from_id": types.PeerUser(ME), "media": geo}


async def chosen(source, selection, have=(), name="@crowd"):
    """The ids that a selection reads, in the order they come."""
    (chat,) = await source.find_chats([name])
    async with source.open_selection(chat, have, selection) as history:
        ids = []
        while page := await history.next_page():
            ids += [message.id for message in page.messages]
    return ids


def at(n):
    """When message n was sent."""
    return int((EPOCH + timedelta(minutes=n)).timestamp())


CASES = [
    (Selection(since=at(4801)), range(4801, 5001)),
    (Selection(until=at(151)), range(1, 151)),
    (Selection(since=at(2000), until=at(2250)), range(2000, 2250)),
    (Selection(last=250), range(4751, 5001)),
    (Selection(until=at(1001), last=30), range(971, 1001)),
    (Selection(min_id=100, max_id=199), range(100, 200)),
    (Selection(min_id=4999), range(4999, 5001)),
    (Selection(since=at(6000)), ()),
    (Selection(until=at(1)), ()),
    (Selection(last=99_999), range(1, 5001)),
    (Selection(sender="me"), range(50, 5001, 50)),
    (Selection(sender="@bobby", min_id=1, max_id=120), [n for n in range(1, 121) if n % 50]),
    (Selection(only=("location",)), range(50, 5001, 50)),
    (Selection(only=("location", "photo"), since=at(4000)), range(4000, 5001, 50)),
    (Selection(search="Message 4321"), [4321]),
    (Selection(sender="me", last=3), [4900, 4950, 5000]),
    (Selection(search="nothing of the kind"), ()),
]


@pytest.fixture(scope="module")
def big():
    return crowd()


@pytest.mark.parametrize(("selection", "expected"), CASES, ids=str)
async def test_what_is_selected_is_read_and_costs_what_it_is(big, tmp_path, selection, expected):
    async with open_loopback(big, tmp_path) as (server, config), open_telegram(config) as source:
        await source.find_chats(["@crowd"])
        server.calls.clear()
        assert await chosen(source, selection) == list(expected)
        asked = server.calls["messages.getHistory"] + server.calls["messages.search"]
        assert asked <= len(expected) / 100 * 1.1 + 6, server.calls


async def test_a_part_of_a_private_chat(tmp_path):
    account = small_account()
    for n in range(3, 9000, 3):
        account.add_message(7002, text(n, message_id=n, from_id=None))
    async with open_loopback(account, tmp_path) as (server, config), open_telegram(config) as source:
        await source.find_chats(["@bobby"])
        server.calls.clear()
        assert await chosen(source, Selection(last=150), name="@bobby") == list(range(8550, 9000, 3))[-150:]
        assert server.calls["messages.getHistory"] <= 6
        assert await chosen(source, Selection(since=at(8000)), [(8100, 8999)], "@bobby") == list(range(8001, 8100, 3))


async def test_who_wrote_in_a_private_chat(tmp_path):
    account = small_account()
    for n in range(3, 900, 3):
        account.add_message(7002, text(n, message_id=n, from_id=None, out=n % 2 == 0))
    async with open_loopback(account, tmp_path) as (_server, config), open_telegram(config) as source:
        assert await chosen(source, Selection(sender="me"), name="@bobby") == list(range(6, 900, 6))
        assert await chosen(source, Selection(sender="@bobby"), name="@bobby") == list(range(3, 900, 6))


def a_forum(count=900):
    """Three topics that take turns, beside General."""
    account = small_account()
    forum = add_channel(account, 600, "Forum", broadcast=False, megagroup=True, forum=True, username="forum")
    key = -1000000000600
    account.topics[key] = {}
    for number in (2, 3, 4):
        action = types.MessageActionTopicCreate(f"Topic {number}", 0)
        account.add_message(
            key,
            types.MessageService(
                number, peer_id=types.PeerChannel(600), date=EPOCH, action=action, from_id=types.PeerUser(ME)
            ),
        )
        account.topics[key][number] = topic(number)
    for n in range(5, count):
        header = types.MessageReplyHeader(reply_to_msg_id=2 + n % 3, forum_topic=True)
        account.add_message(forum, text(n, message_id=n, reply_to=header))
    return account


def topic(number):
    return Topic(number, f"Topic {number}", EPOCH, ME)


async def test_topics_by_title_and_number(tmp_path):
    async with open_loopback(a_forum(), tmp_path) as (server, config), open_telegram(config) as source:
        await source.find_chats(["@forum"])
        server.calls.clear()
        third = [3, *(n for n in range(5, 900) if n % 3 == 1)]
        assert await chosen(source, Selection(topics=("topic 3",)), name="@forum") == third
        assert server.calls["messages.getReplies"] <= 4
        fourth = [4, *(n for n in range(5, 900) if n % 3 == 2)]
        assert await chosen(source, Selection(topics=("4", "Topic 3")), name="@forum") == fourth + third
        assert await chosen(source, Selection(topics=("4",), last=5), name="@forum") == fourth[-5:]
        assert await chosen(source, Selection(topics=("4",), last=5000), name="@forum") == fourth
        latest = Selection(topics=("4",), min_id=850, last=5)
        assert await chosen(source, latest, name="@forum") == fourth[-5:]


async def test_a_forum_of_more_topics_than_a_page(tmp_path):
    account = a_forum()
    topics = account.topics[-1000000000600]
    for number in range(5, 255):
        topics[number] = topic(number)
    topics[1] = attrs.evolve(topic(1), title="General", hidden=True)
    topics[77] = attrs.evolve(topics[77], pinned=True)
    async with open_loopback(account, tmp_path) as (server, config), open_telegram(config) as source:
        (chat,) = await source.find_chats(["@forum"])
        assert server.calls["messages.getForumTopics"] == 3
        assert [each.id for each in chat.topics] == list(range(1, 255))
        assert [each.id for each in chat.topics if each.hidden] == [1]
        assert [each.id for each in chat.topics if each.pinned] == [77]


async def test_topics_and_senders_there_are_not(tmp_path):
    async with open_loopback(a_forum(20), tmp_path) as (_server, config), open_telegram(config) as source:
        for filters, reason in ((Filters(topics=("Nope",)), "no topic"), (Filters(sender="@nobody_here"), "no sender")):
            chats = ExportConfig(vault=tmp_path / "vault", chats=("@forum",), filters=filters)
            report = await export(source, chats)
            assert [failure.what for failure in report.failures] == ["Forum"]
            assert reason in report.failures[0].reason


IMPOSSIBLE = [
    ({"since": "2024-07-01", "until": "2024-06-30"}, "no message can be since 2024-07-01 and until 2024-06-30"),
    ({"since": "2024-07-01 10:00", "until": "2024-07-01 09:59"}, "no message can be since"),
    ({"min_id": 5, "max_id": 4}, "no message can have a number from 5 on and up to 4"),
]


@pytest.mark.parametrize(("filters", "reason"), IMPOSSIBLE)
async def test_filters_that_nothing_can_pass_change_nothing(tmp_path, filters, reason):
    chat = ChatConfig("@crowd", Filters(**filters))
    config = ExportConfig(vault=tmp_path / "vault", chats=("@crowd",), chat=(chat,), timezone="UTC")
    async with open_loopback(crowd(10), tmp_path) as (server, telegram), open_telegram(telegram) as source:
        server.calls.clear()
        with pytest.raises(ConfigError, match=f"{reason}.* @ chat.0.") as refused:
            await export(source, config)
        assert len(refused.value.problems) == 1
        with pytest.raises(ConfigError):
            await plan(source, config)
        assert not server.calls
    assert not config.vault.exists()
    check_filters(ExportConfig(filters=Filters(since="2024-07-01", until="2024-07-01", min_id=4, max_id=4)), BERLIN)


# In the archive


PARTS = [
    Filters(last=130),
    Filters(since="2024-05-03 05:00", until="2024-05-03 06:30", sender="me"),
    Filters(only=("location",)),
    Filters(min_id=300, max_id=420),
    Filters(search="Message 77"),
]


@pytest.mark.parametrize("step", [1, 7], ids=["dense", "sparse"])
async def test_a_later_export_fetches_the_rest_and_doubles_nothing(tmp_path, step):
    account = crowd(800, step=step)
    base = ExportConfig(vault=tmp_path / "parts", chats=("@crowd",), timezone="UTC", media=MediaConfig(enabled=False))
    async with open_loopback(account, tmp_path) as (server, config), open_telegram(config) as source:
        for filters in PARTS:
            await export(source, attrs.evolve(base, filters=filters))
            # Whatever was selected, nothing is said to be known that is not.
            found = verify_vault(base)
            assert {group.kind.name for group in found.findings} <= {"UNREAD"}
            assert verify_vault(attrs.evolve(base, filters=filters)).clean
        server.calls.clear()
        report = await export(source, base)
        assert server.calls["messages.getHistory"] <= 12
        assert report.chats[0].complete
        assert verify_vault(base).clean
        await export(source, attrs.evolve(base, vault=tmp_path / "whole"))
    assert notes(tmp_path / "parts") == notes(tmp_path / "whole")
    parts, whole = rows(tmp_path / "parts"), rows(tmp_path / "whole")
    for table in ("messages", "spans", "media", "layouts", "chats"):
        assert parts[table] == whole[table], table


async def test_a_search_says_nothing_of_what_lies_between(tmp_path):
    account = crowd(300)
    base = ExportConfig(vault=tmp_path / "vault", chats=("@crowd",), filters=Filters(only=("location",)))
    async with open_loopback(account, tmp_path) as (_server, config), open_telegram(config) as source:
        report = await export(source, base)
        assert report.messages == 6
        assert [span[1:] for span in rows(base.vault)["spans"]] == [(n, n) for n in (100, 150, 200, 250, 300, 50)]
        assert rows(base.vault)["layouts"] == []
        again = await export(source, base)
        assert again.messages == 0  # found once more, and known


def ids(spans):
    return sum(high - low + 1 for low, high in spans)


@given(st.lists(st.tuples(st.integers(1, 500), st.integers(0, 120)), max_size=12))
def test_spans_that_are_not_worth_going_around(lengths):
    spans = merge((low, low + length) for low, length in lengths)
    kept = worth_leaving_out(spans)
    assert set(kept) <= set(spans)
    assert ids(missing(kept, 1, 700)) <= ids(missing(spans, 1, 700)) + 50 * len(spans)
    assert not spans or spans[-1] in kept  # news behind what is there cost one page, and nothing if there are none


# Which filters are meant


CROWD = Chat(GROUP, "supergroup", "Crowd", "crowd", count=100, migrated_from=-77)
OLD = Chat(-77, "group", "Crowd", count=40)


@pytest.mark.parametrize("name", ["@crowd", "CROWD", "t.me/crowd", "-1000000000500", "500", "type:group", "all"])
def test_a_chat_is_meant_by_any_of_its_names(name):
    config = ExportConfig(chat=(ChatConfig("@other", Filters(last=1)), ChatConfig(name, Filters(last=2))))
    assert filters_for(config, CROWD).last == 2


@pytest.mark.parametrize(
    ("filters", "old"),
    [
        (Filters(), Selection()),
        (Filters(last=100), None),
        (Filters(last=120), Selection(last=20)),
        (Filters(min_id=5), None),
        (Filters(sender="me"), Selection(sender="me")),
    ],
)
def test_the_group_that_a_supergroup_was(filters, old):
    assert selections(ExportConfig(filters=filters), [OLD, CROWD], BERLIN)[-77] == old


@pytest.mark.parametrize("comments", [True, False])
def test_numbers_are_the_channels_and_not_those_of_its_comments(comments):
    channel = Chat(-1, "channel", "News", linked_chat=-2)
    group = Chat(-2, "supergroup", "News: comments", linked_chat=-1)
    config = ExportConfig(filters=Filters(min_id=5, max_id=12, search="tea"), comments=comments)
    found = selections(config, [channel, group], BERLIN)
    assert found[-1] == Selection(min_id=5, max_id=12, search="tea")
    assert found[-2] == (Selection(search="tea") if comments else found[-1])
    named = attrs.evolve(config, chat=(ChatConfig("News: comments", Filters(min_id=7)),))
    assert selections(named, [channel, group], BERLIN)[-2] == Selection(min_id=7)


@pytest.mark.parametrize(
    ("written", "end", "expected"),
    [
        ("2024-05-03", False, datetime(2024, 5, 2, 22, tzinfo=UTC)),
        ("2024-05-03", True, datetime(2024, 5, 3, 22, tzinfo=UTC)),
        ("2024-03-31", True, datetime(2024, 3, 31, 22, tzinfo=UTC)),  # a day of 23 hours
        ("2024-05-03 14:30", False, datetime(2024, 5, 3, 12, 30, tzinfo=UTC)),
        ("2024-05-03T14:30:00Z", True, datetime(2024, 5, 3, 14, 30, 1, tzinfo=UTC)),
    ],
)
def test_dates_are_those_of_the_zone(written, end, expected):
    assert moment(written, BERLIN, end=end) == expected.timestamp()
    assert moment("", BERLIN, end=end) == 0
