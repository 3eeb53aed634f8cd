"""How an export stops: the examples to copy for tests of your own host application.

A `ScriptedSource` says what the server gives and when; ``autojump_clock``
makes waiting free and exact. What is asserted is what is on disk.
"""

import math
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

import tobs
from tests.snapshots import archive, assert_same, notes
from tobs.config import ExportConfig, PipelineConfig
from tobs.errors import AccessDenied, ConnectionLost, VaultError
from tobs.shutdown import Shutdown
from tobs.testing.scripted import ScriptedChat, ScriptedSource, channel

Undisturbed = Callable[..., Awaitable[Path]]


def config(vault: Path, **pipeline: object) -> ExportConfig:
    # By day: a note for each of a thousand posts says nothing more here, and each waits for the disk.
    return ExportConfig(vault=vault, chats=("all",), timezone="UTC", layout="day", pipeline=PipelineConfig(**pipeline))


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """The same chats, exported without any trouble: a vault to compare with, made once and never changed."""
    made: dict[tuple[tuple[str, int], ...], Path] = {}

    async def vault(*chats: ScriptedChat) -> Path:
        key = tuple((chat.chat.title, chat.count) for chat in chats)
        if key not in made:
            folder = tmp_path_factory.mktemp("undisturbed")
            calm = [channel(-chat.chat.id - 10**12, chat.chat.title, chat.count) for chat in chats]
            await tobs.export(ScriptedSource(calm), config(folder))
            made[key] = folder
        return made[key]

    return vault


def messages(vault: Path) -> int:
    return len(archive(vault)["messages"])


async def test_drain_writes_what_was_accepted(
    autojump_clock: MockClock, tmp_path: Path, undisturbed: Undisturbed
) -> None:
    cats, shutdown = channel(1, "Cats", 5000, lambda page: 10), Shutdown(grace_seconds=30)
    source = ScriptedSource([cats])
    async with trio.open_nursery() as nursery:
        await nursery.start(partial(tobs.export, source, config(tmp_path / "vault"), shutdown=shutdown))
        await trio.sleep(105)
        shutdown.drain()
    assert trio.current_time() == pytest.approx(105)
    assert messages(tmp_path / "vault") == 1000
    assert b"Message 1000" in b"".join(notes(tmp_path / "vault").values())
    await tobs.export(source, config(tmp_path / "vault"))
    assert_same(tmp_path / "vault", await undisturbed(cats))


async def test_nothing_is_read_twice_after_a_drain(autojump_clock: MockClock, tmp_path: Path) -> None:
    source, shutdown = ScriptedSource([channel(1, "Cats", 2000, lambda page: 10)]), Shutdown()
    async with trio.open_nursery() as nursery:
        await nursery.start(partial(tobs.export, source, config(tmp_path), shutdown=shutdown))
        await trio.sleep(55)
        shutdown.drain()
    await tobs.export(source, config(tmp_path))
    assert source.requests == [(low, low + 99) for low in range(1, 2000, 100)]


async def test_the_report_of_a_drained_run_says_so(autojump_clock: MockClock, tmp_path: Path) -> None:
    source, shutdown = ScriptedSource([channel(1, "Cats", 2000, lambda page: 10)]), Shutdown()
    reports: list[tobs.Report] = []

    async def run() -> None:
        reports.append(await tobs.export(source, config(tmp_path), shutdown=shutdown))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(run)
        await trio.sleep(55)
        shutdown.drain()
    assert reports[0].interrupted
    assert reports[0].messages == 500
    assert not reports[0].chats[0].complete


async def test_a_source_that_hangs_does_not_hold_up_a_drain(autojump_clock: MockClock, tmp_path: Path) -> None:
    cats = channel(1, "Cats", 500, lambda page: math.inf if page == 3 else 0)
    shutdown = Shutdown(grace_seconds=30)
    async with trio.open_nursery() as nursery:
        await nursery.start(partial(tobs.export, ScriptedSource([cats]), config(tmp_path), shutdown=shutdown))
        await trio.sleep(10)
        shutdown.drain()
    assert trio.current_time() == pytest.approx(10)
    assert messages(tmp_path) == 300


async def test_abort_is_immediate_and_the_next_run_completes(
    autojump_clock: MockClock, tmp_path: Path, undisturbed: Undisturbed
) -> None:
    cats, dogs = channel(1, "Cats", 3000, lambda page: 7), channel(2, "Dogs", 1000, lambda page: 11)
    source, shutdown = ScriptedSource([cats, dogs]), Shutdown()
    async with trio.open_nursery() as nursery:
        await nursery.start(partial(tobs.export, source, config(tmp_path / "vault"), shutdown=shutdown))
        await trio.sleep(50)
        shutdown.drain()
        shutdown.abort()
    assert trio.current_time() == pytest.approx(50)
    await tobs.export(source, config(tmp_path / "vault"))
    assert_same(tmp_path / "vault", await undisturbed(cats, dogs))


@pytest.mark.parametrize("moment", [0, 1, 25, 49, 50, 51, 99, 100, 101, 140])
async def test_host_cancellation_leaves_a_resumable_archive(
    autojump_clock: MockClock, tmp_path: Path, undisturbed: Undisturbed, moment: float
) -> None:
    cats, dogs = channel(1, "Cats", 1000, lambda page: 10), channel(2, "Dogs", 450, lambda page: 10)
    source = ScriptedSource([cats, dogs])
    with trio.move_on_after(moment):
        await tobs.export(source, config(tmp_path / "vault"))
    assert trio.current_time() <= moment
    await tobs.export(source, config(tmp_path / "vault"))
    assert_same(tmp_path / "vault", await undisturbed(cats, dogs))


async def test_a_lost_connection_publishes_what_was_read_and_is_raised(
    autojump_clock: MockClock, tmp_path: Path, undisturbed: Undisturbed
) -> None:
    cats = channel(1, "Cats", 1000, lambda page: ConnectionLost("gone") if page == 4 else 1)
    with pytest.raises(ConnectionLost, match="gone"):
        await tobs.export(ScriptedSource([cats]), config(tmp_path / "vault"))
    assert b"Message 400" in b"".join(notes(tmp_path / "vault").values())
    cats.delay = lambda page: 1
    await tobs.export(ScriptedSource([cats]), config(tmp_path / "vault"))
    assert_same(tmp_path / "vault", await undisturbed(cats))


async def test_one_bad_chat_never_stops_the_others(autojump_clock: MockClock, tmp_path: Path) -> None:
    cats, dogs = channel(1, "Cats", 300, lambda page: AccessDenied("private")), channel(2, "Dogs", 300)
    report = await tobs.export(ScriptedSource([cats, dogs]), config(tmp_path))
    assert [(failure.what, failure.reason) for failure in report.failures] == [("Cats", "private")]
    assert [(chat.title, chat.complete) for chat in report.chats] == [("Cats", False), ("Dogs", True)]
    assert messages(tmp_path) == 300


async def test_a_failing_write_ends_the_run_with_one_error(autojump_clock: MockClock, tmp_path: Path) -> None:
    (tmp_path / "Telegram").write_text("a file where a folder should be")
    with pytest.raises(VaultError):
        await tobs.export(ScriptedSource([channel(1, "Cats", 300)]), config(tmp_path))
    (tmp_path / "Telegram").unlink()
    await tobs.export(ScriptedSource([channel(1, "Cats", 300)]), config(tmp_path))
    assert messages(tmp_path) == 300


async def test_page_by_page_ends_in_the_same_bytes(
    autojump_clock: MockClock, tmp_path: Path, undisturbed: Undisturbed
) -> None:
    cats = channel(1, "Cats", 1000)
    await tobs.export(ScriptedSource([cats]), config(tmp_path / "pages", enabled=False))
    assert_same(tmp_path / "pages", await undisturbed(cats))


async def test_many_messages_pass_a_window_of_a_few_pages(autojump_clock: MockClock, tmp_path: Path) -> None:
    source = ScriptedSource([channel(1, "Cats", 20_000)])
    report = await tobs.export(source, config(tmp_path, fetch_queue_size=2, process_queue_size=3))
    peaks = {stage.name: stage.queue_peak for stage in report.stages}
    assert peaks["process"] <= 2
    assert peaks["write"] <= 3
    assert report.messages == 20_000
