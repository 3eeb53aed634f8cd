"""What an export would fetch: counted on a loopback server, and held against what an export then fetches."""

from __future__ import annotations

import json
from pathlib import Path

import attrs
import pytest
import trio
from trio.testing import MockClock

from tests.loopback import add_channel, open_loopback, small_account
from tests.processes import serving, tobs
from tests.snapshots import archive, notes
from tests.test_custom_emoji import emoji, saying
from tests.test_pictures import faces
from tobs.archive.pace import Pace
from tobs.config import ExportConfig, Filters, MediaConfig
from tobs.export import export
from tobs.model import Chat
from tobs.plan import Counts, Known, plan, plan_chat
from tobs.planpictures import ComingFiles, KnownPictures, plan_pictures
from tobs.progress import Progress
from tobs.telegram.client import open_telegram
from tobs.testing.faults import Fail, Faults
from tobs.testing.rpc import RpcError

NEWS = Chat(-1000000000500, "channel", "News")


def planned(known=Known(), media=MediaConfig(), files=None, count=250):  # noqa: B008 - frozen
    known = attrs.evolve(known, sizes={"photo": 200_000, "video": 3_000_000})
    counts = Counts(count, count, count, files or {"photo": 10, "video": 2})
    return plan_chat(NEWS, counts, known, media, Pace(1.0, 1_000_000))


def test_a_chat_that_was_never_read():
    found = planned()
    assert (found.messages, found.new_messages) == (250, 250)
    assert found.new_files == {"photo": 10, "video": 2}
    assert found.bytes == 8_000_000
    assert found.requests == 3 + 10 + 2 * 6
    assert found.seconds == 8.0  # files and messages come side by side, and the files take longer


def test_only_what_is_missing_is_planned():
    found = planned(Known(messages=200, spans=[(1, 200)], files={"photo": 10}))
    assert (found.messages, found.new_messages) == (250, 50)
    assert found.files == {"photo": 10, "video": 2}
    assert found.new_files == {"photo": 0, "video": 2}
    assert planned(Known(messages=250, spans=[(1, 250)])).new_messages == 0


def test_more_is_archived_than_telegram_still_has():
    assert planned(Known(messages=300, spans=[(1, 249)])).new_messages == 1


@pytest.mark.parametrize(
    ("media", "new_files", "size"),
    [
        (MediaConfig(enabled=False), {}, 0),
        (MediaConfig(types=("photo",)), {"photo": 10}, 2_000_000),
        (MediaConfig(max_size_mb=1), {"photo": 10, "video": 2}, 4_000_000),
    ],
)
def test_files_that_are_not_wanted_cost_nothing(media, new_files, size):
    found = planned(media=media)
    assert found.new_files == new_files
    assert found.bytes == size


async def test_a_plan_holds_what_an_export_then_fetches(tmp_path: Path):
    account = small_account()
    add_channel(account, 500, "News", 2100, username="thenews")
    config = ExportConfig(vault=tmp_path / "vault", chats=("@thenews", "@nobody_here"))
    async with open_loopback(account, tmp_path) as (server, telegram), open_telegram(telegram) as source:
        before = await plan(source, config)
        assert [(chat.title, chat.messages, chat.new_messages) for chat in before.chats] == [("News", 2100, 2100)]
        assert [failure.what for failure in before.failures] == ["@nobody_here"]
        assert not before.measured
        assert not config.vault.exists()
        server.calls.clear()
        report = await export(source, config)
        assert report.messages == 2100
        assert before.chats[0].requests == 21
        assert 21 <= server.calls["messages.getHistory"] <= 23
        written = notes(config.vault), archive(config.vault)
        server.calls.clear()
        after = await plan(source, config)
        assert after.chats[0].new_messages == 0
        assert after.chats[0].requests == 0
        assert after.measured
        assert after.pace.pages > 0
        assert server.calls["messages.getHistory"] == 1
        assert (notes(config.vault), archive(config.vault)) == written


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(last=150), 150),
        (Filters(min_id=101, max_id=350), 250),
        (Filters(since="2024-05-03 00:10", until="2024-05-03 00:29"), 20),
        (Filters(sender="@bobby"), 700),
        (Filters(search="Message 77"), 7),  # and 177, 277 …
        (Filters(since="2030-01-01"), 0),
    ],
    ids=str,
)
async def test_filters_are_planned_as_they_are_exported(tmp_path: Path, filters, expected):
    account = small_account()
    add_channel(account, 500, "News", 700, username="thenews")
    config = ExportConfig(vault=tmp_path / "vault", chats=("@thenews",), filters=filters, timezone="UTC")
    async with open_loopback(account, tmp_path) as (_server, telegram), open_telegram(telegram) as source:
        (found,) = (await plan(source, config)).chats
        assert (found.messages, found.new_messages) == (700, expected)
        assert (await export(source, config)).messages == expected


def test_files_of_a_part_are_its_share():
    part = Counts(250, 250, 50, {"photo": 10, "video": 2})
    assert part.wanted_files == {"photo": 2, "video": 0}
    assert attrs.evolve(part, only=("video",)).wanted_files == {"video": 2}


PICTURES = MediaConfig(types=("photo",), thumbnails=True, avatars=True, custom_emoji=True)


async def test_pictures_are_planned_as_far_as_anybody_knows(tmp_path: Path):
    """Telegram tells of chats and counts films; who wrote and with what emoji shows in what was read."""
    account = faces()
    emoji(account, 1)
    account.add_message(account.chats[-1_000_000_000_501], saying(1))
    config = ExportConfig(vault=tmp_path / "vault", chats=("Cats", "Dogs"), media=MediaConfig(types=("photo",)))
    wishing = attrs.evolve(config, media=PICTURES)
    counted = []
    async with open_loopback(account, tmp_path) as (_server, telegram), open_telegram(telegram) as source:
        counted.append((await plan(source, wishing)).pictures)
        assert (await plan(source, config)).pictures == ()
        await export(source, config)
        counted.append((await plan(source, wishing)).pictures)
        report = await export(source, wishing)
        counted.append((await plan(source, wishing)).pictures)
    assert [{one.kind: one.count for one in pictures} for pictures in counted] == [
        {"avatar": 1, "thumbnail": 3, "emoji": 0},  # Cats, and its two films and that of Dogs
        {"avatar": 2, "thumbnail": 3, "emoji": 1},  # Bob
        {"avatar": 0, "thumbnail": 0, "emoji": 0},
    ]
    assert report.pictures == 2 + 1 + 1, "both chats have one film, and the other one has no picture"
    assert sum(one.bytes for one in counted[1]) > 0


def test_films_that_are_usually_too_large_show_their_pictures():
    def thumbnails(megabytes: float) -> int:
        filters = MediaConfig(thumbnails=True, max_size_mb=megabytes)
        coming = ComingFiles(NEWS, filters, {"video": 7, "photo": 9, "voice": 3}, {"video": 12e6, "photo": 2e5})
        (found,) = plan_pictures(filters, [coming], KnownPictures(files={NEWS.id: 2}))
        return found.count

    assert [thumbnails(megabytes) for megabytes in (0, 20, 10, 0.1)] == [2, 2, 9, 18]


def test_the_command(tmp_path: Path):
    with serving(tmp_path, "--scenario", "sample"):
        run = tobs("plan", "all", "--config", str(tmp_path / "config.toml"), "--vault", str(tmp_path / "vault"))
        assert run.code == 0, run.err
        found = json.loads(run.out)
    assert not (tmp_path / "vault").exists()
    assert found["event"] == "plan"
    assert found["total_messages"] == sum(chat["messages"] for chat in found["chats"]) > 100
    assert found["total_bytes"] > 0
    assert any(chat["files"].get("photo") for chat in found["chats"])


@pytest.fixture
def mock_clock():
    """A wait of twenty seconds takes one."""
    return MockClock(rate=20)


async def test_a_pause_that_telegram_asked_for_is_not_taken_for_slowness(tmp_path: Path, mock_clock):
    account = small_account()
    add_channel(account, 500, "News", 3000, username="thenews")
    config = ExportConfig(vault=tmp_path / "vault", chats=("@thenews",))
    long = Faults(fails=(Fail("messages.getHistory", {12}, RpcError(420, "FLOOD_WAIT_20")),))
    async with open_loopback(account, tmp_path, faults=long) as (_server, telegram), open_telegram(telegram) as source:
        report = await export(source, config)
        assert (report.flood_waits, report.flood_seconds) == (1, 20)
        assert (await plan(source, config)).pace.pages >= 1.2 * 30 / report.seconds


async def test_pauses_of_a_kind_that_overlap_are_counted_once(autojump_clock):
    progress = Progress()
    progress.waiting("messages", 10)
    progress.waiting("files", 50)
    await trio.sleep(4)
    assert progress.paused("messages") == pytest.approx(4)
    progress.waiting("messages", 8)
    progress.waiting("messages", 3)
    await trio.sleep(20)
    progress.waiting("messages", 5)
    await trio.sleep(100)
    assert progress.paused("messages") == pytest.approx(12 + 5)
    assert progress.paused("names") == 0
