"""While a watch is connected, chats follow their names and looks, and files come that did not come before."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from telethon.tl import types

from tests.loopback import EPOCH, text
from tests.snapshots import notes
from tests.test_pictures import film, photo, picture
from tests.watched import BOB, GROUP, NEWS, Watched, export, export_config, watching, world
from tobs.config import MediaConfig
from tobs.testing.account import Topic
from tobs.testing.authkeys import AuthKeys
from tobs.testing.faults import Fail, Faults
from tobs.testing.rpc import RpcError

FAMILY = -600


def served(watched: Watched, method: str) -> int:
    return watched.server.calls[method]


def titles(watched: Watched) -> set[str]:
    return {title for (title,) in watched.rows("SELECT title FROM chats")}


async def test_a_chat_that_is_renamed_is_called_so_within_seconds(tmp_path: Path) -> None:
    account, keys = world(), AuthKeys()
    async with watching(account, tmp_path, keys=keys) as watched:
        account.describe(types.PeerChannel(NEWS), title="Better news")
        account.describe(FAMILY, title="Relatives")
        account.describe(BOB, first_name="Robert")
        await watched.until(lambda: {"Better news", "Relatives", "Robert Baker"} <= titles(watched))
        await watched.noted("Better news", "Relatives", "Robert Baker")
    watched_notes = notes(tmp_path / "vault")
    await export(account, tmp_path, export_config(tmp_path / "vault"), keys)
    assert notes(tmp_path / "vault") == watched_notes, "what an export would write is written"


async def test_a_change_that_nobody_told_of_is_seen_at_the_next_look(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("tobs.watching.STRANGER_SECONDS", 0.05)
    monkeypatch.setattr("tobs.watching.LOOK_SECONDS", 0.1)
    account = world()
    async with watching(account, tmp_path) as watched:
        account.chats[account.key_of(types.PeerChannel(NEWS))].title = "Quiet news"
        await watched.until(lambda: "Quiet news" in titles(watched))
        asked = served(watched, "channels.getFullChannel")
        looked = served(watched, "messages.getDialogs")
        await watched.until(lambda: served(watched, "messages.getDialogs") > looked + 3)
        assert served(watched, "channels.getFullChannel") == asked, "what did not change is not asked for"


async def test_a_title_in_a_service_message_is_enough(tmp_path: Path) -> None:
    account = world()
    async with watching(account, tmp_path) as watched:
        account.chats[account.key_of(types.PeerChannel(GROUP))].title = "Multitude"
        action = types.MessageActionChatEditTitle("Multitude")
        account.add_message(types.PeerChannel(GROUP), types.MessageService(0, None, EPOCH, action=action))
        await watched.until(lambda: "Multitude" in titles(watched))


async def test_a_new_topic_has_its_note(tmp_path: Path) -> None:
    account = world()
    key = account.key_of(types.PeerChannel(GROUP))
    account.chats[key].forum = True
    account.topics[key] = {1: Topic(1, "General", EPOCH, BOB)}
    async with watching(account, tmp_path) as watched:
        action = types.MessageActionTopicCreate("Cooking", 0x6FB9F0)
        opened = account.add_message(
            key, types.MessageService(0, None, EPOCH, action=action, from_id=types.PeerUser(BOB))
        )
        account.topics[key][opened.id] = Topic(opened.id, "Cooking", EPOCH, BOB)
        reply = types.MessageReplyHeader(reply_to_msg_id=opened.id, forum_topic=True)
        account.add_message(key, text(9, reply_to=reply))
        await watched.until(lambda: any("Cooking" in path.name for path in watched.vault.rglob("*.md")))
        account.topics[key][opened.id] = Topic(opened.id, "Baking", EPOCH, BOB)
        action = types.MessageActionTopicEdit(title="Baking")
        account.add_message(key, types.MessageService(0, None, EPOCH, action=action, reply_to=reply))
        await watched.noted("Baking")


async def test_a_new_picture_of_a_chat_comes(tmp_path: Path) -> None:
    account = world()
    media = MediaConfig(avatars=True)
    async with watching(account, tmp_path, media=media) as watched:
        account.details[account.key_of(types.PeerChannel(NEWS))].photo = picture(account, 4001)
        account.describe(types.PeerChannel(NEWS), photo=types.ChatPhoto(4001, 3))
        place = watched.vault / "Telegram" / "Pictures"
        await watched.until(lambda: any("_4001" in path.name for path in place.glob("*")))


async def test_thumbnails_of_new_files_come_while_connected(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("tobs.watchfiles.PICTURES_SECONDS", 0.1)
    monkeypatch.setattr("tobs.watchfiles.PICTURES_SHARE", 0)
    account = world()
    async with watching(account, tmp_path, media=MediaConfig(max_size_mb=0.004, thumbnails=True)) as watched:
        media = types.MessageMediaDocument(document=film(account, 1001))
        account.add_message(BOB, text(30, media=media))
        await watched.until(lambda: (watched.vault / "Telegram/Pictures/thumbnail_1001.jpg").exists())


async def test_a_file_that_failed_is_tried_again_while_connected(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("tobs.watchfiles.FILES_SECONDS", 0.3)
    account = world()
    async with watching(account, tmp_path) as watched:
        refused = RpcError(400, "FILE_ID_INVALID")
        watched.server.faults = Faults(fails=(Fail("upload.getFile", on=range(1, 100), error=refused),))
        account.add_message(BOB, text(30, media=photo(account, 3001)))
        await watched.until(lambda: watched.rows("SELECT state FROM media") == [("failed",)])
        watched.server.faults = Faults()
        asked = served(watched, "upload.getFile")
        await watched.until(lambda: watched.rows("SELECT tries FROM media WHERE next_try > 0") == [(1,)])
        with closing(sqlite3.connect(watched.vault / ".tobs" / "archive.sqlite3", timeout=5)) as db, db:
            db.execute("UPDATE media SET next_try = 1")  # the day is over
        await watched.until(lambda: watched.rows("SELECT state FROM media") == [("done",)])
        assert served(watched, "upload.getFile") > asked
        await watched.noted("![[")
        assert watched.health.connections == 1
