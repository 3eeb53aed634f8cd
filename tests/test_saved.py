"""Saved Messages by origin: as the server tells, and in the note of the chat."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st
from telethon.tl import functions, types

from tests.loopback import ME, add_channel, open_loopback, small_account, text
from tests.snapshots import notes
from tests.test_testing_account import ask, input_of, refusal
from tobs.archive.migrations import STEPS
from tobs.archive.store import open_archive
from tobs.config import ExportConfig
from tobs.export import export
from tobs.model import HIDDEN_AUTHOR, Forward, Message
from tobs.telegram.client import open_telegram
from tobs.testing.account import Account
from tobs.vault.saved import origin_of, origin_tallies, origins

BOB, NEWS = 7002, -1000000000500
NOTE = "Telegram/Chats/Saved Messages/Saved Messages.md"


def kept_account() -> Account:
    """Six messages: of my own, from Bob, from somebody hidden, and from a channel, which is pinned."""
    account = small_account()
    add_channel(account, 500, "News", 3)
    peers = [types.PeerUser(ME), types.PeerUser(BOB), types.PeerUser(HIDDEN_AUTHOR), types.PeerChannel(500)]
    for n, peer in enumerate((peers[0], peers[1], peers[3], peers[2], peers[1], peers[0]), 1):
        account.add_message(ME, text(n, from_id=None, saved_peer_id=peer))
    account.saved_pins.append(NEWS)
    return account


def dialogs(**fields: Any) -> Any:
    values = {"offset_date": None, "offset_id": 0, "offset_peer": types.InputPeerEmpty(), "limit": 100, "hash": 0}
    return functions.messages.GetSavedDialogsRequest(**(values | fields))


def ids(answer: Any) -> list[int]:
    return [dialog.top_message for dialog in answer.dialogs]


def history(peer: Any, limit: int = 100) -> Any:
    return functions.messages.GetSavedHistoryRequest(peer, 0, None, 0, limit, 0, 0, 0)


# The server


async def test_origins_are_listed_pinned_first_then_by_their_newest_message() -> None:
    account = kept_account()
    whole = await ask(account, dialogs())
    assert isinstance(whole, types.messages.SavedDialogs)
    assert ids(whole) == [message.id for message in whole.messages] == [3, 6, 5, 4]
    assert [dialog.pinned for dialog in whole.dialogs] == [True, None, None, None]
    assert ids(await ask(account, functions.messages.GetPinnedSavedDialogsRequest())) == [3]
    assert ids(await ask(account, dialogs(exclude_pinned=True))) == [6, 5, 4]


async def test_origins_are_paged() -> None:
    account = kept_account()
    first = await ask(account, dialogs(limit=2))
    assert (first.count, ids(first)) == (4, [3, 6])
    last = first.messages[-1]
    rest = await ask(account, dialogs(offset_date=last.date, offset_id=last.id, offset_peer=types.InputPeerSelf()))
    assert ids(rest) == [5, 4]


async def test_what_was_kept_from_one_origin() -> None:
    account = kept_account()
    hidden = types.InputPeerUser(HIDDEN_AUTHOR, 0)
    for peer, expected in ((types.InputPeerSelf(), [6, 1]), (input_of(account, BOB), [5, 2]), (hidden, [4])):
        assert [one.id for one in (await ask(account, history(peer))).messages] == expected
    page = await ask(account, history(input_of(account, BOB), 1))
    assert (page.count, [one.id for one in page.messages]) == (2, [5])
    strange = types.InputPeerChannel(777, 1)
    assert await refusal(account, history(strange)) == (400, "CHANNEL_INVALID")


# The note


def saved_from(vault: Path) -> list[str]:
    return (vault / NOTE).read_text("utf-8").partition("## Saved from\n\n")[2].partition("\n\n")[0].splitlines()


async def test_the_note_lists_whom_messages_were_kept_from(tmp_path: Path) -> None:
    account, vault = kept_account(), tmp_path / "vault"
    async with open_loopback(account, tmp_path) as (server, config):
        async with open_telegram(config) as source:
            await export(source, ExportConfig(vault=vault, timezone="UTC", chats=("me", "News")))
        note = "Saved Messages messages"
        assert saved_from(vault) == [
            f"- 📌 [[News]] · 1 message · [[{note}#^m3|2024-05-03]]",
            f"- My Notes · 2 messages · [[{note}#^m1|2024-05-03]] – [[{note}#^m6|2024-05-03]]",
            f"- [[Bob Baker]] · 2 messages · [[{note}#^m2|2024-05-03]] – [[{note}#^m5|2024-05-03]]",
            f"- Author Hidden · 1 message · [[{note}#^m4|2024-05-03]]",
        ]
        assert server.calls["messages.getPinnedSavedDialogs"] == 1
        before = notes(vault)
        async with open_telegram(config) as source:
            await export(source, ExportConfig(vault=vault, timezone="UTC", chats=("type:saved",)))
        assert notes(vault) == before
        account.saved_pins[:] = [HIDDEN_AUTHOR, BOB]
        account.add_message(ME, text(9, from_id=None, saved_peer_id=types.PeerChannel(500)))
        async with open_telegram(config) as source:
            await export(source, ExportConfig(vault=vault, timezone="UTC", chats=("me",)))
        assert [line.split(" · ")[0] for line in saved_from(vault)] == [
            "- 📌 Author Hidden", "- 📌 [[Bob Baker]]", "- [[News]]", "- My Notes",
        ]  # fmt: skip


async def test_a_message_with_a_note_of_its_own_has_its_origin_as_a_property(tmp_path: Path) -> None:
    vault = tmp_path / "vault"
    async with open_loopback(kept_account(), tmp_path) as (_server, config), open_telegram(config) as source:
        await export(source, ExportConfig(vault=vault, timezone="UTC", chats=("me",), layout="message"))
    lines = [
        line
        for data in notes(vault).values()
        for line in data.decode().splitlines()
        if line.startswith("tg_saved_from")
    ]
    assert sorted(lines) == [
        'tg_saved_from: "Author Hidden"',
        'tg_saved_from: "My Notes"',
        'tg_saved_from: "My Notes"',
        'tg_saved_from: "News"',
        'tg_saved_from: "[[Bob Baker]]"',
        'tg_saved_from: "[[Bob Baker]]"',
    ]


async def test_an_archive_of_before_learns_of_origins_without_reading_again(tmp_path: Path) -> None:
    vault = tmp_path / "vault"
    async with open_loopback(kept_account(), tmp_path) as (_server, config):
        async with open_telegram(config) as source:
            await export(source, ExportConfig(vault=vault, timezone="UTC", chats=("me",)))
        expected = notes(vault)
        db = sqlite3.connect(vault / ".tobs" / "archive.sqlite3", isolation_level=None)
        db.executescript(
            "DROP TABLE emoji; DROP TABLE stories; DROP TABLE story_uses;"
            "DROP TABLE pictures; ALTER TABLE chats DROP COLUMN pinned_origins;"
            "DELETE FROM tallies WHERE kind = 'origin';"
            f"PRAGMA user_version = {STEPS.index('v7.sql')};"
        )
        style = orjson.loads(db.execute("SELECT value FROM meta WHERE key = 'style'").fetchone()[0])
        db.execute("UPDATE meta SET value = ? WHERE key = 'style'", (orjson.dumps([9, *style[1:]]),))
        db.close()
        with open_archive(vault) as archive:
            assert archive.spans(ME)
        async with open_telegram(config) as source:
            report = await export(source, ExportConfig(vault=vault, timezone="UTC", chats=("me",)))
        assert report.messages == 0
        assert notes(vault) == expected


# The rules


def message(number: int, **fields: Any) -> Message:
    return Message(number, ME, 1_700_000_000 + number, ME, **fields)


def test_where_telegram_does_not_say_it_the_origin_follows_from_the_forward() -> None:
    assert origin_of(message(1)) == ME
    assert origin_of(message(1, raw={"saved_peer_id": {"_": "PeerUser", "user_id": 5}}, forward=Forward(9))) == 5
    assert origin_of(message(1, forward=Forward(from_id=9))) == 9
    assert origin_of(message(1, forward=Forward(from_id=9, saved_from_id=NEWS))) == NEWS
    assert origin_of(message(1, forward=Forward(name="A. Hidden"))) == HIDDEN_AUTHOR


@given(st.lists(st.integers(1, 6), min_size=1, max_size=60), st.integers(1, 10), st.permutations(range(1, 7)))
def test_origins_do_not_depend_on_how_messages_are_divided(kept: list[int], size: int, pins: list[int]) -> None:
    messages = [message(n, forward=Forward(from_id=peer)) for n, peer in enumerate(kept, 1)]

    def found(part: int) -> Any:
        tallies = [
            (key, count)
            for low in range(0, len(messages), part)
            for _, key, count in origin_tallies(messages[low : low + part])
        ]
        return origins([(bytes(key), count) for key, count in tallies if isinstance(key, bytes)], pins[:3])

    whole = found(len(messages))
    assert found(size) == whole
    assert {one.peer_id: one.messages for one in whole} == {peer: kept.count(peer) for peer in kept}
    assert all(
        (one.first[0], one.last[0]) == (min(at), max(at)) for one in whole for at in [positions(kept, one.peer_id)]
    )
    order = [one.peer_id for one in whole]
    pinned = [peer for peer in pins[:3] if peer in kept]
    assert order[: len(pinned)] == pinned
    assert order[len(pinned) :] == sorted({*kept} - {*pinned}, key=lambda peer: -max(positions(kept, peer)))


def positions(kept: list[int], peer: int) -> list[int]:
    return [n for n, each in enumerate(kept, 1) if each == peer]
