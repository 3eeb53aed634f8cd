"""Stories that messages name without their content: what they are, their files, and what is not to be had."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio
from telethon.tl import types

import tobs
from tests.loopback import EPOCH, add_channel, open_loopback, small_account, text
from tests.processes import ended, start_tobs
from tests.snapshots import archive, assert_same, notes
from tests.test_sharing import document, export
from tests.watched import watching
from tobs.config import ExportConfig, MediaConfig, SyncConfig
from tobs.telegram.references import STORY_GONE
from tobs.testing.account import Account
from tobs.testing.authkeys import AuthKeys
from tobs.testing.faults import Fail, Faults
from tobs.testing.files import Bytes, StoredFile
from tobs.testing.rpc import RpcError

BOB, NEWS = 7002, 601
ASKED = "stories.getStoriesByID"
NOTE = "Telegram/Chats/Cats/Cats messages.md"
PHOTO = b"\xff\xd8\xff" + b"a picture " * 500


def photo(account: Account, number: int = 910, data: bytes = PHOTO) -> types.MessageMediaPhoto:
    account.files.add(StoredFile(number, 78, 2, "image/jpeg", {"y": Bytes(data)}))
    sizes = [types.PhotoSize("y", 1080, 1920, len(data))]
    return types.MessageMediaPhoto(photo=types.Photo(number, 78, b"", EPOCH, sizes, 2))


def item(number: int, media: Any, caption: str = "", **fields: Any) -> types.StoryItem:
    date = EPOCH + timedelta(hours=1)
    return types.StoryItem(number, date, date + timedelta(days=1), media, caption=caption or None, **fields)


def name_story(account: Account, chat: Any, n: int, number: int, peer: Any = None, **fields: Any) -> Any:
    """The nth message of a chat, which names a story and says nothing of what it is."""
    media = types.MessageMediaStory(peer or types.PeerUser(BOB), number, **fields)
    return account.add_message(chat, text(n, media=media))


def account_with_stories() -> tuple[Account, Any]:
    """Cats names a picture and a film of Bob's, one that he deleted, and one that is told no more."""
    account = small_account()
    cats = add_channel(account, 501, "Cats", 2, megagroup=True, broadcast=False)
    account.add_story(BOB, item(1, photo(account), "Look at *this*"))
    film = document(account, 911)
    film.mime_type, film.attributes = "video/mp4", [types.DocumentAttributeVideo(3, 720, 1280)]
    account.add_story(BOB, item(2, types.MessageMediaDocument(document=film)))
    account.add_story(BOB, types.StoryItemDeleted(3))
    for n, number in enumerate((1, 2, 3, 4), 10):
        name_story(account, cats, n, number)
    return account, cats


def rows(vault: Path, query: str) -> list[tuple[Any, ...]]:
    db = sqlite3.connect(vault / ".tobs" / "archive.sqlite3")
    try:
        return db.execute(query).fetchall()
    finally:
        db.close()


def change(vault: Path, statement: str) -> None:
    with sqlite3.connect(vault / ".tobs" / "archive.sqlite3") as db:
        db.execute(statement)
    db.close()


def block(note: str, number: int) -> str:
    """What a note shows of the message that names a story."""
    return next(part for part in note.split("\n\n> [!") if f"story {number} of" in part)


def named(vault: Path, suffix: str) -> list[str]:
    return [name for name in notes(vault) if name.endswith(suffix)]


async def test_a_story_is_shown_with_its_file_and_asked_for_once(tmp_path: Path) -> None:
    account, cats = account_with_stories()
    name_story(account, cats, 20, 1)  # once more
    vault = tmp_path / "vault"
    report, calls = await export(tmp_path, vault, account)
    assert not report.failures
    assert calls[ASKED] == 1, "all of them at once"
    assert calls["channels.getMessages"] == 0, "the answer told where the files lie"
    assert calls["upload.getFile"] == 2
    note = notes(vault)[NOTE].decode()
    (picture,), (film,) = named(vault, ".jpg"), named(vault, ".mp4")
    assert notes(vault)[picture] == PHOTO
    assert note.count(f"![[{Path(picture).name}") == 2, "in both messages"
    assert note.count(f"![[{Path(film).name}") == 1
    assert "story 1 of **Bob Baker** · 01:00 · 🖼 photo" in note
    assert "Look at \\*this\\*" in note
    assert "story 3 of **Bob Baker** · *(deleted or expired)*" in note
    assert "story 4 of **Bob Baker** · *(deleted or expired)*" in note
    assert not tobs.verify_vault(ExportConfig(vault=vault)).findings
    before, was = notes(vault), archive(vault)
    again, calls = await export(tmp_path, vault, account)
    assert (calls[ASKED], calls["upload.getFile"], sum(chat.notes for chat in again.chats)) == (0, 0, 0)
    assert notes(vault) == before
    assert archive(vault) == was


async def test_messages_that_are_read_again_keep_their_stories(tmp_path: Path) -> None:
    """Also one that came along with its message and is gone now."""
    account, cats = account_with_stories()
    told = item(9, photo(account, 912, PHOTO[::-1]), "It came along")
    name_story(account, cats, 30, 9, story=told)
    vault = tmp_path / "vault"
    await export(tmp_path, vault, account)
    before, was = notes(vault), archive(vault)
    assert len(named(vault, ".jpg")) == 2
    account.edit(cats, 7, media=types.MessageMediaStory(types.PeerUser(BOB), 9, story=types.StoryItemDeleted(9)))
    config = ExportConfig(vault=vault, chats=("all",), timezone="UTC", sync=SyncConfig(days=0))
    for folder in (tmp_path / "first", tmp_path / "second"):
        folder.mkdir()
        async with open_loopback(account, folder) as (server, telegram):
            async with tobs.open_telegram(telegram) as source:
                report = await tobs.sync(source, config)
        assert not report.failures
        assert (server.calls[ASKED], server.calls["upload.getFile"]) == (0, 0)
        assert notes(vault) == before
        assert archive(vault) == was


@pytest.mark.parametrize(
    ("error", "reason"),
    [("CHANNEL_PRIVATE", "this account may not see it"), ("PEER_ID_INVALID", "nothing tells how to ask for it")],
)
async def test_what_is_hidden_is_asked_for_again_ever_later(tmp_path: Path, error: str, reason: str) -> None:
    account, _cats = account_with_stories()
    vault = tmp_path / "vault"
    faults = Faults(fails=(Fail(ASKED, range(1, 100), RpcError(400, error)),))

    async def run(**more: Any) -> int:
        config, folder = ExportConfig(vault=vault, chats=("all",), timezone="UTC"), tmp_path / f"{time.monotonic_ns()}"
        folder.mkdir()
        async with open_loopback(account, folder, **more) as (server, telegram):
            async with tobs.open_telegram(telegram) as source:
                assert not (await tobs.export(source, config)).failures
        return server.calls[ASKED]

    assert await run(faults=faults) == 1
    assert notes(vault)[NOTE].decode().count(f"*({reason})*") == 4
    assert await run(faults=faults) == 0, "not before a day has passed"
    change(vault, "UPDATE stories SET next_try = 1")
    assert await run(faults=faults) == 1
    ((tries, next_try),) = set(rows(vault, "SELECT tries, next_try FROM stories"))
    assert tries == 2
    assert next_try > time.time() + 6 * 86_400
    change(vault, "UPDATE stories SET next_try = 1")
    assert await run() == 1, "now it is told"
    assert "Look at" in notes(vault)[NOTE].decode()
    assert len(named(vault, ".jpg")) == 1


async def test_owners_who_never_had_a_story_and_channels(tmp_path: Path) -> None:
    account = small_account()
    cats = add_channel(account, 501, "Cats", 1, megagroup=True, broadcast=False)
    news = add_channel(account, NEWS, "News")
    account.dialogs.pop(account.key_of(news))
    account.add_story(news, item(5, photo(account), "Headlines"))
    name_story(account, cats, 10, 5, types.PeerChannel(NEWS))
    name_story(account, cats, 11, 1)
    vault = tmp_path / "vault"
    report, calls = await export(tmp_path, vault, account)
    assert not report.failures
    assert calls[ASKED] == 2
    note = notes(vault)[NOTE].decode()
    assert "Headlines" in note
    assert "story 1 of **Bob Baker** · *(deleted or expired)*" in note


async def test_more_than_a_hundred_stories_of_one_owner(tmp_path: Path) -> None:
    account = small_account()
    cats = add_channel(account, 501, "Cats", 1)
    shared = photo(account)
    for number in range(1, 251):
        account.add_story(BOB, item(number, shared, f"Story {number}"))
        name_story(account, cats, number + 5, number)
    _report, calls = await export(tmp_path, tmp_path / "vault", account)
    assert calls[ASKED] == 3
    assert calls["upload.getFile"] == 1
    assert rows(tmp_path / "vault", "SELECT count(*) FROM stories WHERE state = 'done'") == [(250,)]


async def test_references_that_expire_are_learnt_from_the_stories(tmp_path: Path) -> None:
    """Before the first part, and in the middle of a file."""
    account, _cats = account_with_stories()
    account.files.add(attrs.evolve(account.files.get(911), parts={"": Bytes(bytes(range(256)) * 8000)}))
    account.stories[BOB][2].media.document.size = 256 * 8000
    account.files.uses_per_reference = 2
    vault = tmp_path / "vault"
    report, calls = await export(tmp_path, vault, account)
    assert not report.failures
    assert calls[ASKED] > 2
    (film,) = named(vault, ".mp4")
    assert notes(vault)[film] == bytes(range(256)) * 8000
    assert notes(vault)[named(vault, ".jpg")[0]] == PHOTO


async def test_a_story_that_goes_before_its_file_came(tmp_path: Path) -> None:
    """A run that was stopped knew where the file lies; the next one asks for the story, and hears that it is gone."""
    account, _cats = account_with_stories()
    vault = tmp_path / "vault"
    await export(tmp_path, vault, account, media=MediaConfig(enabled=False))
    assert not named(vault, ".jpg")
    account.add_story(BOB, types.StoryItemDeleted(1))
    report, calls = await export(tmp_path, vault, account)
    assert [failure.reason for failure in report.failures] == [STORY_GONE]
    assert calls[ASKED] == 1
    assert len(named(vault, ".mp4")) == 1
    report, calls = await export(tmp_path, vault, account)
    assert (calls[ASKED], report.failures) == (0, ())
    assert "Look at" in notes(vault)[NOTE].decode(), "what it said stays"


async def test_an_archive_of_before_gets_the_stories_that_its_messages_name(tmp_path: Path) -> None:
    account, _cats = account_with_stories()
    vault, fresh = tmp_path / "vault", tmp_path / "fresh"
    await export(tmp_path, vault, account, media=MediaConfig(enabled=False))
    for statement in (
        "DELETE FROM stories", "DELETE FROM story_uses", "DELETE FROM media",
        "UPDATE meta SET value = x'33' WHERE key = 'files'",
    ):  # fmt: skip
        change(vault, statement)
    await export(tmp_path, vault, account)
    await export(tmp_path, fresh, account)
    assert_same(vault, fresh)


async def test_whoever_is_only_known_through_the_message_is_asked_for_by_it(tmp_path: Path) -> None:
    """In large groups Telegram tells of people without what it takes to ask for them."""
    account = small_account()
    cats = add_channel(account, 501, "Cats", 1, megagroup=True, broadcast=False)
    account.add_user(types.User(7009, min=True, first_name="Mia"))
    account.add_story(7009, item(1, photo(account), "Hello"))
    name_story(account, cats, 10, 1, types.PeerUser(7009))
    vault = tmp_path / "vault"
    account.files.uses_per_reference = 1
    _report, calls = await export(tmp_path, vault, account)
    assert calls[ASKED] == 1
    assert "Hello" in notes(vault)[NOTE].decode()
    assert len(named(vault, ".jpg")) == 1
    account.add_message(7002, text(20, media=types.MessageMediaStory(types.PeerUser(7009), 2)))
    _report, calls = await export(tmp_path, vault, account)
    assert calls[ASKED] == 0
    told = "".join(data.decode() for name, data in notes(vault).items() if name.endswith("Bob Baker messages.md"))
    assert "*(nothing tells how to ask for it)*" in told


async def test_killed_anywhere_it_goes_on(tmp_path: Path) -> None:
    """Whole processes, kill -9: while the answer is awaited, and while the files of the stories come."""
    account, _cats = account_with_stories()
    account.files.add(attrs.evolve(account.files.get(911), parts={"": Bytes(bytes(range(256)) * 8000)}))
    account.stories[BOB][2].media.document.size = 256 * 8000
    vault, undisturbed = tmp_path / "vault", tmp_path / "undisturbed"
    await export(tmp_path, undisturbed, account)
    keys = AuthKeys()
    async with open_loopback(account, tmp_path, keys=keys) as (server, telegram):
        config = tmp_path / "config.toml"
        config.write_text(CONFIG.format(sessions=telegram.sessions_dir, server=telegram.server, vault=vault))
        config.chmod(0o600)
        server.faults = Faults(fails=(Fail(ASKED, error=None),))
        await kill_once(config, lambda: server.calls[ASKED] == 1)
        assert rows(vault, "SELECT count(*) FROM stories") == [(0,)]
        server.faults = Faults(bandwidth=500_000)
        await kill_once(config, lambda: server.calls["upload.getFile"] > 3)
        assert rows(vault, "SELECT count(*) FROM stories") == [(4,)]
        asked, server.faults = server.calls[ASKED], Faults()
        with start_tobs("export", "--config", str(config)) as process:
            run = await trio.to_thread.run_sync(ended, process)
        assert run.code == 0, run.err
        assert server.calls[ASKED] - asked <= 1, "only where the file lies"
    assert notes(vault) == notes(undisturbed)
    assert_same(vault, undisturbed)


CONFIG = """
[telegram]
api_id = 1
api_hash = "00000000000000000000000000000000"
phone = "+9996620001"
sessions_dir = "{sessions}"
[telegram.server]
dc_id = {server.dc_id}
host = "{server.host}"
port = {server.port}
public_key = "{server.public_key}"
[export]
vault = "{vault}"
chats = ["all"]
timezone = "UTC"
"""


async def kill_once(config: Path, condition: Callable[[], bool]) -> None:
    """Kill an export as soon as something is so."""
    with start_tobs("export", "--config", str(config)) as process:
        with trio.fail_after(30):
            while not condition():  # noqa: ASYNC110  # in the server, which does not tell
                await trio.sleep(0.01)
        process.kill()
        await trio.to_thread.run_sync(ended, process)


@pytest.mark.parametrize("moment", ["before its files were listed", "before it was told"])
async def test_stopped_between_two_writings(tmp_path: Path, moment: str) -> None:
    account, _cats = account_with_stories()
    vault, undisturbed = tmp_path / "vault", tmp_path / "undisturbed"
    await export(tmp_path, undisturbed, account)
    await export(tmp_path, vault, account, media=MediaConfig(enabled=False))
    change(vault, "DELETE FROM media")
    change(vault, "UPDATE story_uses SET listed = 0")
    if moment == "before it was told":
        change(vault, "DELETE FROM stories")
    await export(tmp_path, vault, account)
    assert_same(vault, undisturbed)


async def test_a_watch_brings_the_story_of_a_message(tmp_path: Path) -> None:
    account, _cats = account_with_stories()
    async with watching(account, tmp_path) as watched:
        await watched.noted("Look at \\*this\\*")
        await watched.until(lambda: len(named(watched.vault, ".jpg")) == 1)


async def test_whom_only_a_story_tells_of_is_called_by_their_name(tmp_path: Path) -> None:
    """Also by a later one."""
    account, cats = account_with_stories()
    eve = account.add_user(types.User(7010, access_hash=33, first_name="Eve"))
    account.stories[BOB][1].fwd_from = types.StoryFwdHeader(from_=types.PeerUser(7010), story_id=4)
    vault = tmp_path / "vault"
    await export(tmp_path, vault, account)
    assert "↪ from **Eve**" in notes(vault)[NOTE].decode()
    account.describe(eve, first_name="Eva")
    account.add_message(cats, text(30, from_id=types.PeerUser(7010)))
    await export(tmp_path, vault, account)
    assert "↪ from **Eva**" in notes(vault)[NOTE].decode()
