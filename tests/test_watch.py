"""Watching: what happens on the server is in the archive and in the notes, once, whatever happens to the connection."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest
import trio
from telethon.tl import types

from tests.loopback import add_channel, text
from tests.processes import ended, serving, start_tobs
from tests.processes import tobs as tobs_command
from tests.snapshots import assert_same
from tests.watched import (
    BOB,
    GROUP,
    NEWS,
    Watched,
    coming_and_going,
    export,
    export_config,
    here,
    watched_by_a_process,
    watching,
    world,
)
from tobs.config import Filters
from tobs.errors import NotAuthorized
from tobs.health import Health
from tobs.shutdown import Shutdown
from tobs.testing.authkeys import AuthKeys
from tobs.testing.faults import Faults
from tobs.testing.folder import open_account


async def test_what_happens_is_in_the_notes(tmp_path):
    async with watching(world(), tmp_path) as watched:
        account = watched.account
        account.add_message(BOB, text(10, message_id=0))
        account.add_message(-600, text(11))
        account.add_message(account.key_of(types.PeerChannel(NEWS)), text(12))
        account.add_message(account.key_of(types.PeerChannel(GROUP)), text(13))
        await watched.noted("Message 10", "Message 11", "Message 12", "Message 13")
        await watched.is_whole()
        assert watched.health.new == 4


async def test_edits_deletions_reactions_and_pins(tmp_path):
    async with watching(world(), tmp_path) as watched:
        account, news, crowd = watched.account, types.PeerChannel(NEWS), types.PeerChannel(GROUP)
        account.edit(news, 1, message="Corrected news")
        account.edit(BOB, 1, message="Corrected by Bob")
        account.delete(crowd, 2)
        account.delete(-600, 2)
        reaction = types.ReactionCount(types.ReactionEmoji("🔥"), 7)
        account.react(crowd, 1, types.MessageReactions([reaction]))
        account.pin(crowd, 3)
        await watched.noted("Corrected news", "Corrected by Bob", "🔥 7", "📌")
        await watched.until(lambda: watched.health.deleted == 2)
        assert watched.rows("SELECT chat_id, id FROM tombstones ORDER BY 1") == [(account.key_of(crowd), 2), (-600, 2)]
        assert watched.rows("SELECT chat_id, id FROM versions ORDER BY 1") == [(account.key_of(news), 1), (BOB, 1)]


async def test_a_watched_vault_is_an_exported_one(tmp_path):
    folder = tmp_path / "watched"
    folder.mkdir()
    account, keys = world(), AuthKeys()
    async with watching(account, folder, keys=keys) as watched:
        for n in range(20, 60):
            account.add_message((BOB, -600, types.PeerChannel(NEWS), types.PeerChannel(GROUP))[n % 4], text(n))
            await trio.sleep(0.02)
        await watched.is_whole()
    report = await export(account, folder, export_config(folder / "vault"), keys)
    assert report.messages == 0
    await export(account, folder, export_config(tmp_path / "exported"), keys)
    assert_same(folder / "vault", tmp_path / "exported")


async def test_what_is_lost_on_the_way_is_asked_for(tmp_path):
    async with watching(world(), tmp_path) as watched:
        watched.server.faults = Faults(lost=set(range(1, 40, 2)))
        news = types.PeerChannel(NEWS)
        for n in range(20, 40):
            watched.account.add_message(news if n % 2 else BOB, text(n))
        watched.server.faults = Faults()
        watched.account.add_message(news, text(40))
        watched.account.add_message(BOB, text(41))
        await watched.is_whole()


async def test_what_happened_while_nobody_watched(tmp_path):
    account, keys, news = world(), AuthKeys(), types.PeerChannel(NEWS)
    async with watching(account, tmp_path, keys=keys):
        pass
    for n in range(100, 350):
        account.add_message(BOB, text(n))
        account.add_message(news, text(n))
    account.edit(BOB, 1, message="Corrected by Bob")
    account.edit(news, 1, message="Corrected news")
    account.delete(news, 2)
    async with watching(account, tmp_path, keys=keys) as watched:
        await watched.noted("Corrected by Bob", "Corrected news", "Message 349")
        gone = [(account.key_of(news), 2)]
        assert watched.ids == sorted([*here(account), *gone])
        assert watched.rows("SELECT chat_id, id FROM tombstones") == gone


async def test_a_difference_that_is_too_long_is_read(tmp_path):
    account, keys, news = world(), AuthKeys(), types.PeerChannel(NEWS)
    async with watching(account, tmp_path, keys=keys):
        pass
    for n in range(100, 120):
        account.add_message(BOB, text(n))
        account.add_message(news, text(n))
    account.events.boxes[0].forget()
    account.events.boxes[account.key_of(news)].forget()
    async with watching(account, tmp_path, keys=keys) as watched:
        await watched.is_whole()
        account.add_message(BOB, text(200))
        account.add_message(news, text(201))
        await watched.noted("Message 200", "Message 201")


async def test_a_broken_connection_comes_back(tmp_path):
    async with watching(world(), tmp_path) as watched:
        account = watched.account
        for n in range(20, 26):
            watched.server.cut()
            account.add_message(BOB, text(n))
            account.add_message(types.PeerChannel(GROUP), text(n + 10))
            await watched.noted(f"Message {n}\n", f"Message {n + 10}\n")
        await watched.is_whole()


async def test_a_server_that_is_away_is_waited_for(tmp_path):
    account = world()
    async with coming_and_going(account, tmp_path) as (watched, open_again):
        await watched.until(lambda: bool(watched.health.trouble))
        assert watched.health.state == "reconnecting"
        async with open_again():
            await watched.until(lambda: watched.health.state == "watching")
            await watched.is_whole()
            assert not watched.health.trouble
        account.add_message(BOB, text(20))
        await watched.until(lambda: watched.health.state == "reconnecting")
        account.add_message(types.PeerChannel(NEWS), text(21))
        async with open_again():
            account.add_message(types.PeerChannel(GROUP), text(22))
            await watched.noted("Message 20", "Message 21", "Message 22")
            await watched.is_whole()


async def test_a_session_that_is_revoked_ends_it(tmp_path):
    with pytest.RaisesGroup(pytest.RaisesExc(NotAuthorized, match="tobs login"), flatten_subgroups=True):
        await revoke(tmp_path, AuthKeys())


async def revoke(folder: Path, keys: AuthKeys) -> None:
    async with watching(world(), folder, keys=keys) as watched:
        for key in keys:
            keys.forget(key.dc_id, key.key_id)
        watched.server.cut()
        await trio.sleep_forever()


async def test_new_chats_are_met(tmp_path, monkeypatch):
    monkeypatch.setattr("tobs.watching.STRANGER_SECONDS", 0.1)
    async with watching(world(), tmp_path) as watched:
        account = watched.account
        add_channel(account, 5003, "Brand new", 2)
        account.add_user(types.User(7003, access_hash=33, first_name="Carol"))
        account.add_message(7003, text(30, from_id=types.PeerUser(7003)))
        await watched.noted("Message 30", "Carol")
        await watched.is_whole()
        account.add_message(types.PeerChannel(5003), text(31))
        await watched.noted("Message 31")


async def test_only_what_is_chosen(tmp_path):
    chosen = Filters(sender="@bobby")
    async with watching(world(), tmp_path, "Crowd", "Bob Baker", filters=chosen) as watched:
        account, crowd = watched.account, types.PeerChannel(GROUP)
        account.add_message(crowd, text(20, from_id=types.PeerUser(7001)))
        account.add_message(crowd, text(21))
        account.add_message(types.PeerChannel(NEWS), text(22))
        await watched.noted("Message 21")
        assert "Message 20" not in watched.notes
        assert "Message 22" not in watched.notes
        account.edit(crowd, 1, message="Corrected")
        await watched.noted("Corrected")
        assert {chat for chat, _ in watched.ids} == {account.key_of(crowd), BOB}


def test_the_command_stops_softly_and_tells_how_it_went(tmp_path):
    with serving(tmp_path):
        config = ("--config", str(tmp_path / "config.toml"))
        watch = start_tobs("watch", *config, "--json")
        assert watch.stdout is not None
        while (health := json.loads(watch.stdout.readline()))["state"] != "watching":
            pass
        assert health["chats"] > 5
        second = tobs_command("export", *config)
        assert second.code == 1
        assert "tobs watch" in second.err
        watch.send_signal(signal.SIGTERM)
        stopped = ended(watch)
        assert stopped.code == 0, stopped.err
        last = json.loads(stopped.out.splitlines()[-1])
        assert (last["state"], last["waiting"], last["lag_seconds"]) == ("stopping", 0, 0)
        assert tobs_command("verify", *config).code == 0


async def test_after_a_kill_nothing_is_lost_or_doubled(tmp_path):
    account = world()
    async with open_account(account, tmp_path) as serving:
        vault = Watched(account, serving.server, Health(), Shutdown(), tmp_path / "export")
        for start in (100, 200, 300):
            async with watched_by_a_process(serving) as process:
                for n in range(start, start + 30):
                    account.add_message((BOB, types.PeerChannel(NEWS))[n % 2], text(n))
                    await trio.sleep(0.01)
                account.edit(BOB, 1, message=f"Corrected {start}")
                await vault.until(lambda: len(vault.ids) > len(here(account)) - 25)
                process.kill()
        async with watched_by_a_process(serving) as process:
            await vault.noted("Message 329", "Corrected 300")
            await vault.is_whole()
            process.send_signal(signal.SIGINT)
            assert await trio.to_thread.run_sync(process.wait) == 0
    said = [line for line in vault.notes.splitlines() if line.startswith("> Message ")]
    assert len(said) == len(here(account)) - 1  # of Bob's first one, there is what it says now
