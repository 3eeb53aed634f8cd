"""The big chat: its bytes are Telethon's, and its messages depend on their ids alone."""

from bisect import bisect_left
from datetime import UTC, datetime
from typing import Any

import pytest
from telethon.extensions import BinaryReader
from telethon.tl import functions, types

from tobs.testing import Caller, big_account, big_private_account, methods, refs
from tobs.testing.big import BIG_ID, SPACING, START, BigHistory, BigPrivateHistory, line

KEY = refs.channel_key(BIG_ID)


async def page(account: Any, offset_id: int = 0, add_offset: int = 0, offset_date: int | None = None) -> bytes:
    chat = account.chats[KEY]
    peer = types.InputPeerChannel(chat.id, chat.access_hash)
    request = functions.messages.GetHistoryRequest(peer, offset_id, offset_date, add_offset, 100, 0, 0, 0)
    packed = await methods(account)[type(request)](Caller(2, 1, account.me.id), request)
    assert isinstance(packed, bytes)
    return packed


def test_packed_messages_are_what_telethon_would_write() -> None:
    history = BigHistory(BIG_ID, 1_000_000)
    for start in (0, 60_000, 999_000):
        for at in range(start, start + 1000):
            message = history.get(at + 1)
            assert history.packed(at, at + 1)[0] == bytes(message)


def test_messages_are_varied() -> None:
    history = BigHistory(BIG_ID, 5000)
    found: list[Any] = list(history.slice(0, 5000))
    lengths = sorted(len(m.message) for m in found)
    assert lengths[0] >= 20
    assert lengths[-1] <= 500
    assert 300 < sum(1 for m in found if m.reactions) < 600
    assert 700 < sum(1 for m in found if m.reply_to) < 1300
    assert any(m.edit_date for m in found)
    assert any(m.entities for m in found)
    assert len({m.from_id.user_id for m in found}) == 50


async def test_a_page_reads_back_as_the_same_bytes() -> None:
    account = big_account(1000)
    packed = await page(account, offset_id=301)
    found = BinaryReader(packed).tgread_object()
    assert bytes(found) == packed
    assert [m.id for m in found.messages] == list(range(300, 200, -1))
    assert (found.count, found.offset_id_offset) == (1000, 700)
    assert {m.from_id.user_id for m in found.messages} == {user.id for user in found.users}


async def test_both_ends_and_dates() -> None:
    account = big_account(250)
    oldest = BinaryReader(await page(account, offset_id=1, add_offset=-100)).tgread_object()
    assert [m.id for m in oldest.messages] == list(range(100, 0, -1))
    newest = BinaryReader(await page(account, offset_id=201, add_offset=-100)).tgread_object()
    assert [m.id for m in newest.messages] == list(range(250, 200, -1))
    dated = BinaryReader(await page(account, offset_date=START + 100 * SPACING)).tgread_object()
    assert dated.messages[0].id == 99
    assert dated.messages[0].date == datetime.fromtimestamp(line(99).date, UTC)


@pytest.mark.parametrize("count", [0, 1, 60, 100, 101, 1000])
async def test_a_private_chat_reads_back_as_the_same_bytes(count: int) -> None:
    account = big_private_account(count)
    (key,) = account.dialogs
    peer = types.InputPeerUser(key, account.users[key].access_hash)
    history = account.history(key)
    ids = list(history.ids(0, count))
    assert ids == sorted(set(ids))
    for offset_id, add_offset in ((0, 0), (1, -100), (ids[count // 2] if ids else 5, -150)):
        request = functions.messages.GetHistoryRequest(peer, offset_id, None, add_offset, 100, 0, 0, 0)
        packed = await methods(account)[type(request)](Caller(2, 1, account.me.id), request)
        found = BinaryReader(packed).tgread_object()
        assert bytes(found) == packed
        kind = types.messages.Messages if len(found.messages) == count else types.messages.MessagesSlice
        assert isinstance(found, kind)
        sent = reversed(history.slice(*places(ids, found.messages)))
        assert [bytes(message) for message in found.messages] == [bytes(message) for message in sent]


def places(ids: list[int], messages: Any) -> tuple[int, int]:
    """Where these messages, newest first, lie among all."""
    return (ids.index(messages[-1].id), ids.index(messages[0].id) + 1) if messages else (0, 0)


def test_ids_of_a_private_chat_are_found_by_number() -> None:
    history = BigPrivateHistory((1, 2), 1000)
    ids = list(history.ids(0, 1000))
    assert [history.before_id(n) for n in range(ids[-1] + 50)] == [bisect_left(ids, n) for n in range(ids[-1] + 50)]
    assert [n for n in range(ids[-1] + 50) if history.get(n)] == ids


def test_a_chat_that_grew_begins_as_it_was() -> None:
    small, large = BigHistory(BIG_ID, 100), BigHistory(BIG_ID, 100_000)
    assert small.packed(0, 100) == large.packed(0, 100)
    dates = [line(n).date for n in range(1, 3000)]
    assert dates == sorted(set(dates))
