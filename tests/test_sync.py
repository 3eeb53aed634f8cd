"""What has become of messages that are in the vault, found over the wire and held against what is on disk."""

from __future__ import annotations

import re
import shutil
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import attrs
import pytest
import trio
from telethon.tl import types

import tobs
from tests.desktop_export import chat as desktop_chat
from tests.desktop_export import message as desktop_message
from tests.desktop_export import write
from tests.loopback import EPOCH, add_channel, open_loopback, small_account, text
from tests.snapshots import archive, assert_same, notes
from tests.test_targets import channel_with_comments
from tobs.config import ExportConfig, Filters, SyncConfig
from tobs.imports import import_exports
from tobs.progress import ChatReport
from tobs.testing import open_account
from tobs.testing.account import Account
from tobs.testing.faults import Faults
from tobs.testing.scripted import ScriptedSource, channel
from tobs.verify.findings import Kind
from tobs.verify.online import verify_online

ALWAYS = SyncConfig(days=0)
NEWS = -1000000000500


@asynccontextmanager
async def exported(account: Account, folder: Path, **more: Any) -> AsyncIterator[tuple[Any, Any, ExportConfig]]:
    """The account's server, a source, and a configuration whose chats are in the vault."""
    values = {"chats": ("all",), "timezone": "UTC", "sync": ALWAYS} | more
    config = ExportConfig(vault=folder / "vault", **values)
    async with open_loopback(account, folder) as (server, telegram), tobs.open_telegram(telegram) as source:
        report = await tobs.export(source, config)
        assert not report.failures
        server.calls.clear()
        yield server, source, config


def counts(report: tobs.Report) -> dict[str, tuple[int, ...]]:
    def of(chat: ChatReport) -> tuple[int, ...]:
        return chat.messages, chat.edited, chat.updated, chat.deleted, chat.restored

    return {chat.title: of(chat) for chat in report.chats}


def note(vault: Path, chat: str) -> str:
    return "".join(path.read_text() for path in sorted((vault / "Telegram" / "Chats" / chat).rglob("* messages.md")))


def stamps(vault: Path) -> dict[str, tuple[int, int]]:
    """When each file outside of the archive's folder was written, and which one it is."""
    found = {}
    for path in vault.rglob("*"):
        if ".tobs" not in path.relative_to(vault).parts:
            stat = path.stat()
            found[str(path)] = (stat.st_mtime_ns, stat.st_ino)
    return found


def world() -> Account:
    """A channel, a private chat and a poll."""
    account = small_account()
    add_channel(account, 500, "News", 250)
    answers = [
        types.PollAnswer(types.TextWithEntities(name, []), bytes([number])) for number, name in enumerate(("Yes", "No"))
    ]
    poll = types.Poll(5, types.TextWithEntities("Well?", []), answers, hash=0)
    account.add_message(NEWS, text(251, media=types.MessageMediaPoll(poll, types.PollResults())))
    for n in range(1, 31):
        account.add_message(7002, text(n))
    return account


def happen(account: Account) -> None:
    """An edit, deletions, reactions and votes."""
    account.edit(NEWS, 10, message="Other words", edit_date=EPOCH + timedelta(days=2))
    account.delete(NEWS, 20, 21)
    account.delete(7002, 5)
    react(account)


def react(account: Account) -> None:
    results = [types.ReactionCount(types.ReactionEmoji("🔥"), 7, chosen_order=0)]
    account.edit(NEWS, 30, reactions=types.MessageReactions(results), edit_hide=True)
    media = account.history(NEWS).get(251).media
    votes = [
        types.PollAnswerVoters(b"\0", chosen=True, voters=3, recent_voters=[]),
        types.PollAnswerVoters(b"\1", voters=1, recent_voters=[]),
    ]
    account.edit(NEWS, 251, media=types.MessageMediaPoll(media.poll, types.PollResults(results=votes, total_voters=4)))


async def test_late_arrivals_are_found_and_shown(tmp_path):
    account = world()
    async with exported(account, tmp_path) as (server, source, config):
        happen(account)
        report = await tobs.sync(source, config)
        assert counts(report) == {"News": (0, 1, 2, 2, 0), "Bob Baker": (0, 0, 0, 1, 0)}
        assert report.checked == 250 + 1 + 30
        assert server.calls["messages.getHistory"] <= 3 + 1 + 2 + 2  # pages, the oldest of each, how long each is
        news, bob = note(config.vault, "News"), note(config.vault, "Bob Baker")
        assert re.search(r"> Other words\n> > \[!quote\]- Earlier version · [^\n]*\n> > Message 10\n", news)
        assert [*re.findall(r"🗑 deleted, seen until [^\n]*\n> (.*)", news)] == ["Message 20", "Message 21"]
        assert re.search(r"🗑 deleted, seen until [^\n]*\n> Message 5\n", bob)
        assert "🔥 7" in news
        assert "4 voters" in news


async def test_a_second_sync_changes_no_byte(tmp_path):
    account = world()
    async with exported(account, tmp_path) as (_server, source, config):
        happen(account)
        await tobs.sync(source, config)
        before = notes(config.vault), stamps(config.vault), full_archive(config.vault)
        report = await tobs.sync(source, config)
        assert (notes(config.vault), stamps(config.vault), full_archive(config.vault)) == before
        assert set(counts(report).values()) == {(0, 0, 0, 0, 0)}


def full_archive(vault: Path) -> list[str]:
    """All that the archive says, times of fetching and the pace included."""
    with sqlite3.connect(vault / ".tobs" / "archive.sqlite3") as db:
        return list(db.iterdump())


async def test_after_reactions_and_votes_the_vault_is_as_if_exported_now(tmp_path):
    account = world()
    async with exported(account, tmp_path) as (_server, source, config):
        react(account)
        await tobs.sync(source, config)
        fresh = attrs.evolve(config, vault=tmp_path / "fresh")
        await tobs.export(source, fresh)
        assert_same(config.vault, fresh.vault)


async def test_what_is_there_again_loses_its_mark(tmp_path):
    account = world()
    async with exported(account, tmp_path) as (_server, source, config):
        message = account.history(NEWS).get(20)
        account.delete(NEWS, 20)
        await tobs.sync(source, config)
        account.add_message(NEWS, message)
        assert counts(await tobs.sync(source, config))["News"] == (0, 0, 0, 0, 1)
        assert "🗑" not in note(config.vault, "News")


async def test_what_is_marked_is_no_difference_to_telegram(tmp_path):
    account = world()
    async with exported(account, tmp_path) as (_server, source, config):
        happen(account)
        (found,) = await verify_online(source, config)
        assert (found.kind, found.count) == (Kind.GONE_SINCE, 3)
        assert "tobs sync" in found.first[0].text
        await tobs.sync(source, config)
        assert await verify_online(source, config) == ()


async def test_only_the_window_is_asked_for(tmp_path, monkeypatch):
    account = world()
    async with exported(account, tmp_path, chats=(str(NEWS),)) as (server, source, config):
        account.edit(NEWS, 10, message="Other words")
        account.edit(NEWS, 240, message="Later words")
        # The window begins with message 231, twenty minutes before the newest.
        # Only for sync: with its clock turned back, the connection waits a minute for its first answer.
        clock = SimpleNamespace(time=lambda: (EPOCH + timedelta(days=1)).timestamp())
        monkeypatch.setattr(import_module("tobs.sync"), "time", clock)
        days = 1 - 230.5 / (24 * 60)
        report = await tobs.sync(source, attrs.evolve(config, sync=SyncConfig(days=days)))
        assert report.checked == 21
        assert counts(report) == {"News": (0, 1, 0, 0, 0)}
        assert server.calls["messages.getHistory"] == 2  # one page, and one for how long the chat is
        assert "Later words" in note(config.vault, "News")


async def test_what_came_since_is_left_to_an_export_but_comments_are_not(tmp_path):
    account = channel_with_comments()
    more = {"chats": ("@gazette",), "comments": True}
    async with exported(account, tmp_path, **more) as (_server, source, config):
        account.add_message(-1000000000540, text(9))
        reply = types.MessageReplyHeader(reply_to_msg_id=1)
        account.add_message(-1000000000541, text(7, reply_to=reply))
        replies = types.MessageReplies(replies=3, replies_pts=1, comments=True, channel_id=541)
        account.edit(-1000000000540, 1, replies=replies)
        report = await tobs.sync(source, config)
        assert counts(report) == {"Gazette": (0, 0, 1, 0, 0), "Gazette chat": (1, 0, 0, 0, 0)}
        gazette = note(config.vault, "Gazette")
        assert "3 comments" in gazette
        assert "Message 7" in gazette
        assert "Message 9" not in gazette


async def test_messages_that_filters_found_are_asked_for_alone(tmp_path):
    account = small_account()
    add_channel(account, 500, "News", 2000)
    filters = Filters(search="Message 77")
    async with exported(account, tmp_path, filters=filters) as (server, source, config):
        account.edit(NEWS, 77, message="Message 77, in other words")
        account.delete(NEWS, 770)
        report = await tobs.sync(source, config)
        assert report.checked == 38
        assert counts(report) == {"News": (0, 1, 0, 1, 0)}
        assert server.calls["channels.getMessages"] == 1
        assert server.calls["messages.getHistory"] == 1  # the oldest that is shown
        assert len(archive(config.vault)["messages"]) == 38


async def test_a_history_that_was_cleared_is_no_longer_visible(tmp_path):
    account = world()
    async with exported(account, tmp_path) as (_server, source, config):
        account.delete(7002, *range(1, 21))
        await tobs.sync(source, config)
        bob = note(config.vault, "Bob Baker")
        assert bob.count("🗑 no longer visible, seen until") == 20
        assert "deleted" not in bob
        account.delete(7002, *range(21, 31))
        await tobs.sync(source, config)
        assert note(config.vault, "Bob Baker").count("🗑 no longer visible, seen until") == 30


async def test_lost_access_is_no_deletion_and_does_not_stop_the_others(tmp_path):
    account = world()
    async with exported(account, tmp_path) as (_server, source, config):
        account.forbidden.add(NEWS)
        account.delete(7002, 5)
        before = notes(config.vault)
        report = await tobs.sync(source, attrs.evolve(config, chats=(str(NEWS), "@bobby")))
        assert [failure.what for failure in report.failures] == [str(NEWS)]
        assert counts(report) == {"Bob Baker": (0, 0, 0, 1, 0)}
        changed = {name for name, data in notes(config.vault).items() if before.get(name) != data}
        assert all("Bob Baker" in name or name.endswith("Telegram.md") for name in changed)


async def test_a_new_title_and_the_end_of_a_pin_arrive(tmp_path):
    account = world()
    account.edit(NEWS, 3, pinned=True)
    async with exported(account, tmp_path) as (_server, source, config):
        account.chats[NEWS].title = "Newer News"
        account.edit(NEWS, 3, pinned=False)
        await tobs.sync(source, config)
        assert "Newer News" in (config.vault / "Telegram/Chats/News/News.md").read_text()
        assert "📌" not in note(config.vault, "News")


async def test_chats_that_are_not_in_the_vault_are_named_and_left_alone(tmp_path):
    account = world()
    add_channel(account, 510, "Never read", 5)
    async with exported(account, tmp_path, chats=(str(NEWS),)) as (_server, source, config):
        report = await tobs.sync(source, attrs.evolve(config, chats=("all",)))
        assert [chat.title for chat in report.chats] == ["News"]
        (notice,) = report.notices
        assert "Never read" in notice
        assert "Bob Baker" in notice
        everything = await tobs.sync(source, attrs.evolve(config, chats=()))
        assert [chat.title for chat in everything.chats] == ["News"]
        assert not everything.notices
        before = archive(config.vault)
        with pytest.raises(tobs.ArchiveError, match="tobs export"):
            await tobs.sync(source, attrs.evolve(config, chats=("@bobby",)))
        assert archive(config.vault) == before


async def test_without_an_archive_nothing_is_made(tmp_path):
    async with open_loopback(world(), tmp_path) as (_server, telegram), tobs.open_telegram(telegram) as source:
        with pytest.raises(tobs.ArchiveError, match="tobs export"):
            await tobs.sync(source, ExportConfig(vault=tmp_path / "vault", chats=("all",)))
    assert not (tmp_path / "vault").exists()


async def test_a_source_that_cannot_look_again_says_so(tmp_path):
    with pytest.raises(tobs.SourceError, match="look at messages again"):
        await tobs.sync(ScriptedSource([channel(1, "Cats", 5)]), ExportConfig(vault=tmp_path))


@pytest.mark.parametrize("how", ["drain", "cancel"])
@pytest.mark.parametrize("pages", [1, 2, 4])
async def test_stopped_anywhere_the_next_run_ends_the_same(tmp_path, how, pages):
    account = world()
    async with exported(account, tmp_path) as (server, source, config):
        undisturbed = attrs.evolve(config, vault=tmp_path / "undisturbed")
        shutil.copytree(config.vault, undisturbed.vault)  # marks tell the minute in which a message was read
        happen(account)
        await tobs.sync(source, undisturbed)
        shutdown, server.faults = tobs.Shutdown(), Faults(rtt=0.02)
        server.calls.clear()
        one_by_one = attrs.evolve(config, pipeline=attrs.evolve(config.pipeline, enabled=False))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(partial(tobs.sync, source, one_by_one, shutdown=shutdown))
            await asked(server, pages)
            if how == "drain":
                shutdown.drain()
            else:
                nursery.cancel_scope.cancel()
        server.faults = Faults()
        await tobs.sync(source, config)
        assert_same(config.vault, undisturbed.vault)


async def asked(server: Any, pages: int) -> None:
    """Wait until the server was asked for so many pages."""
    while server.calls["messages.getHistory"] < pages:  # noqa: ASYNC110 - the server has no event for it
        await trio.sleep(0.005)


async def run_tobs(*arguments: str) -> Any:
    command = [sys.executable, "-m", "tobs", *arguments]
    return await trio.run_process(command, capture_stdout=True, capture_stderr=True, check=False)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
async def test_the_command_stopped_and_run_again(tmp_path, how):
    account = world()
    async with open_account(account, tmp_path) as serving:
        options = {vault: ("--config", str(serving.config), "--vault", str(tmp_path / vault)) for vault in ("a", "b")}
        assert (await run_tobs("export", *options["a"])).returncode == 0
        shutil.copytree(tmp_path / "a", tmp_path / "b")  # marks tell the minute in which a message was read
        happen(account)
        done = await run_tobs("sync", "--all", *options["b"])
        assert done.returncode == 0
        assert b'"edited": 1' in done.stdout
        serving.server.faults, before = Faults(rtt=0.3), serving.server.calls["messages.getHistory"]
        async with trio.open_nursery() as nursery:
            process = await nursery.start(partial(started, ("sync", "--all", *options["a"])))
            await asked(serving.server, before + 1)
            process.send_signal(how)
        assert process.returncode == (130 if how == signal.SIGINT else -signal.SIGKILL)
        serving.server.faults = Faults()
        assert (await run_tobs("sync", "--all", *options["a"])).returncode == 0
    assert_same(tmp_path / "a", tmp_path / "b")


async def started(arguments: tuple[str, ...], task_status: Any) -> None:
    run = partial(trio.run_process, check=False, capture_stdout=True, capture_stderr=True)
    await run([sys.executable, "-m", "tobs", *arguments], task_status=task_status)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [(("--all", "--days", "3"), "--days"), (("--days", "-1"), "--days"), (("--days", "soon"), "--days")],
)
async def test_wrong_options_are_told(tmp_path, options, sentence):
    async with open_account(world(), tmp_path) as serving:
        done = await run_tobs("sync", *options, "--config", str(serving.config), "--vault", str(tmp_path / "vault"))
    assert done.returncode == 2
    assert sentence in done.stderr.decode()
    assert not (tmp_path / "vault").exists()


def export_file(folder: Path, numbers: Collection[int]) -> Path:
    """What Telegram Desktop said of the channel once."""
    messages = [desktop_message(number, f"Message {number}", sender="user7002", name="Bob") for number in numbers]
    return write(folder / "ChatExport", desktop_chat(messages, "public_channel", 500, "News"))


async def test_what_only_an_export_file_has_is_not_told_as_deleted_just_now(tmp_path):
    account = small_account()
    add_channel(account, 500, "News", 30)
    account.delete(NEWS, 10, 11)
    config = ExportConfig(vault=tmp_path / "vault", chats=(str(NEWS),), timezone="UTC", sync=ALWAYS)
    await import_exports([export_file(tmp_path, range(1, 31))], config)
    before = re.search(r"\n> \[!tg[^^]*\^m10\n", note(config.vault, "News"))
    assert before
    async with open_loopback(account, tmp_path) as (_server, telegram), tobs.open_telegram(telegram) as source:
        await tobs.export(source, config)
        report = await tobs.sync(source, config)
        assert counts(report) == {"News": (0, 0, 0, 0, 0)}
        news = note(config.vault, "News")
        assert re.findall(r"🗑 deleted, known from an export file\n> (.*)", news) == ["Message 10", "Message 11"]
        assert "seen until" not in news
        found = full_archive(config.vault)
        assert counts(await tobs.sync(source, config)) == {"News": (0, 0, 0, 0, 0)}
        assert full_archive(config.vault) == found
        # Importing it once more brings nothing back.
        (tmp_path / "ChatExport" / "another").write_text("")
        await import_exports([tmp_path / "ChatExport"], config)
        assert note(config.vault, "News") == news


async def test_sync_completes_what_an_export_file_told(tmp_path):
    account = small_account()
    add_channel(account, 500, "News", 30)
    account.edit(NEWS, 3, message="Other words", edit_date=EPOCH + timedelta(days=2))
    config = ExportConfig(vault=tmp_path / "vault", chats=(str(NEWS),), timezone="UTC", sync=ALWAYS)
    await import_exports([export_file(tmp_path, range(1, 31))], config)
    async with open_loopback(account, tmp_path) as (_server, telegram), tobs.open_telegram(telegram) as source:
        assert counts(await tobs.sync(source, config)) == {"News": (0, 0, 30, 0, 0)}
        assert {row[7] > 0 for row in archive(config.vault)["messages"]} == {True}, "told by Telegram"
        fresh = attrs.evolve(config, vault=tmp_path / "fresh")
        await tobs.export(source, fresh)
        await tobs.export(source, config)
    assert "Earlier version" not in note(config.vault, "News")
    assert note(config.vault, "News") == note(fresh.vault, "News")
