"""Pages of messages: Telegram's offsets against a model that counts on its fingers, and Telethon over a socket."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from telethon.tl import functions, types

from tests.loopback import add_channel, open_loopback, small_account
from tests.telethon_client import Telethon, open_telethon
from tobs.testing import Account, Caller, RpcError, methods
from tobs.testing.history import DEFAULT_PAGE, PAGE, ids_hash, of, window

EPOCH = datetime(2024, 5, 3, tzinfo=UTC)
ME = 7001


@attrs.frozen
class Request:
    """The part of messages.getHistory that says which page is meant."""

    offset_id: int = 0
    offset_date: int | None = None
    add_offset: int = 0
    limit: int = PAGE
    max_id: int = 0
    min_id: int = 0
    hash: int = 0


def message(number: int, minute: int) -> types.Message:
    return types.Message(number, types.PeerChannel(5), EPOCH + timedelta(minutes=minute), f"m{number}")


def model(numbered: dict[int, int], it: Request) -> list[int]:
    """The words of core.telegram.org/api/offsets, done one by one on a list."""
    newest_first = sorted(numbered, reverse=True)
    skipped = 0
    if it.offset_id > 0:
        skipped = len([n for n in newest_first if n >= it.offset_id])
    elif it.offset_date:
        skipped = len([n for n in newest_first if EPOCH.timestamp() + 60 * numbered[n] >= it.offset_date])
    limit = min(it.limit, PAGE) if it.limit > 0 else DEFAULT_PAGE
    wanted = range(skipped + it.add_offset, skipped + it.add_offset + limit)
    page = [n for place, n in enumerate(newest_first) if place in wanted]
    return [n for n in page if (not it.max_id or n < it.max_id) and (not it.min_id or n > it.min_id)]


ids = st.sets(st.integers(1, 60), max_size=40)
requests = st.builds(
    Request,
    offset_id=st.integers(0, 70),
    offset_date=st.none() | st.integers(-2, 70).map(lambda minute: int(EPOCH.timestamp()) + 60 * minute),
    add_offset=st.integers(-110, 60),
    limit=st.integers(0, 120),
    max_id=st.integers(0, 70),
    min_id=st.integers(0, 70),
)


@given(ids, requests)
def test_a_page_is_what_the_model_counts(numbers: set[int], request: Request) -> None:
    numbered = {number: number // 3 for number in numbers}  # three messages to a minute
    history = of(message(number, minute) for number, minute in numbered.items())
    page = window(history, request)
    found = [m.id for m in reversed(history.slice(page.start, page.stop))]
    assert found == model(numbered, request)
    if found:
        assert page.newer == sorted(numbers, reverse=True).index(found[0])


def test_the_hash_is_the_documented_one() -> None:
    assert ids_hash([]) == 0
    assert ids_hash([1]) == 1
    assert ids_hash([1, 2]) == (1 ^ 1 << 35 ^ 1 << 31) + 2
    assert -(1 << 63) <= ids_hash(range(1, 200)) < 1 << 63


@pytest.fixture
def account() -> Account:
    """A channel of 250 messages with holes, and Bob, with whom 230 were exchanged."""
    made = small_account()
    channel = add_channel(made, 100, "Holes", 270)
    made.delete(channel, 1, 2, 3, *range(100, 116), 270)
    for number in range(230):
        date = EPOCH + timedelta(minutes=number)
        made.add_message(7002, types.Message(0, None, date, f"p{number}", out=number % 2 == 0))
    return made


CALLER = Caller(2, 1, ME)


async def ask(account: Account, request: Any) -> Any:
    return await methods(account)[type(request)](CALLER, request)


def get_history(peer: Any, **fields: Any) -> Any:
    return functions.messages.GetHistoryRequest(peer, **attrs.asdict(attrs.evolve(Request(), **fields)))


HOLES = types.InputPeerChannel(100, 700)
BOB = types.InputPeerUser(7002, 22)


async def test_the_constructor_tells_what_kind_of_result_it_is(account: Account) -> None:
    page = await ask(account, get_history(HOLES, offset_id=200))
    assert isinstance(page, types.messages.ChannelMessages)
    assert (page.count, page.offset_id_offset, page.messages[0].id) == (250, 70, 199)
    assert [chat.id for chat in page.chats] == [100]
    assert [user.id for user in page.users] == [7002]
    slice_of_bob = await ask(account, get_history(BOB))
    assert isinstance(slice_of_bob, types.messages.MessagesSlice)
    assert slice_of_bob.count == 230
    account.delete(7002, *range(51, 231))
    assert isinstance(await ask(account, get_history(BOB)), types.messages.Messages)


async def test_an_unchanged_page_is_not_sent_again(account: Account) -> None:
    page = await ask(account, get_history(HOLES))
    hashed = ids_hash(m.id for m in page.messages)
    again = await ask(account, get_history(HOLES, hash=hashed))
    assert isinstance(again, types.messages.MessagesNotModified)
    account.add_message(types.PeerChannel(100), message(0, 300))
    assert isinstance(await ask(account, get_history(HOLES, hash=hashed)), types.messages.ChannelMessages)


@pytest.mark.parametrize(
    ("peer", "refusal"),
    [
        (types.InputPeerChannel(100, 1), "CHANNEL_INVALID"),
        (types.InputPeerChannel(101, 1), "CHANNEL_INVALID"),
        (types.InputPeerUser(7002, 1), "PEER_ID_INVALID"),
        (types.InputPeerChat(9), "CHAT_ID_INVALID"),
        (types.InputPeerEmpty(), "PEER_ID_INVALID"),
    ],
)
async def test_peers_that_are_not_ours_are_refused(account: Account, peer: Any, refusal: str) -> None:
    with pytest.raises(RpcError) as caught:
        await ask(account, get_history(peer))
    assert caught.value.message == refusal


async def test_a_chat_one_was_thrown_out_of_is_private(account: Account) -> None:
    account.forbidden.add(-1000000000100)
    with pytest.raises(RpcError, match="CHANNEL_PRIVATE"):
        await ask(account, get_history(HOLES))
    dialogs = await ask(account, functions.messages.GetDialogsRequest(None, 0, types.InputPeerEmpty(), 100, 0))
    assert [dialog.peer for dialog in dialogs.dialogs] == [types.PeerUser(7002)]


async def test_nobody_reads_without_signing_in(account: Account) -> None:
    with pytest.raises(RpcError, match="AUTH_KEY_UNREGISTERED"):
        await methods(account)[functions.messages.GetHistoryRequest](Caller(2, 1), get_history(HOLES))


async def test_messages_by_id(account: Account) -> None:
    found = await ask(account, functions.channels.GetMessagesRequest(types.InputChannel(100, 700), [99, 100, 4]))
    assert [m.id for m in found.messages] == [99, 100, 4]
    assert isinstance(found.messages[1], types.MessageEmpty)
    private = await ask(
        account, functions.messages.GetMessagesRequest([types.InputMessageID(5), types.InputMessageID(999)])
    )
    assert [type(m).__name__ for m in private.messages] == ["Message", "MessageEmpty"]


@pytest.fixture
async def telethon(account: Account, tmp_path: Path) -> AsyncIterator[Telethon]:
    async with open_loopback(account, tmp_path) as (server, config):
        session = str(config.sessions_dir / "tobs.session")
        async with open_telethon(server, session=session) as client:
            yield client


CASES: list[dict[str, Any]] = [
    {},
    {"limit": 7},
    {"limit": 100},
    {"limit": 101},
    {"min_id": 98},
    {"max_id": 117},
    {"min_id": 90, "max_id": 120},
    {"min_id": 119, "max_id": 120},
    {"offset_id": 116},
    {"offset_id": 4},
    {"offset_id": 269},
    {"offset_id": 500},
    {"offset_id": 50, "min_id": 20},
    {"offset_id": 50, "max_id": 220},
    {"offset_date": EPOCH + timedelta(minutes=120)},
    {"offset_date": EPOCH - timedelta(days=1)},
    {"offset_date": EPOCH + timedelta(days=9)},
    {"offset_date": EPOCH + timedelta(minutes=40, seconds=30), "limit": 150},
]


def expected(dates: dict[int, datetime], reverse: bool, case: dict[str, Any]) -> list[int]:
    """What Telethon's documentation of iter_messages promises."""
    offset, low, high = case.get("offset_id", 0), case.get("min_id", 0), case.get("max_id", 0)
    found = sorted(dates, reverse=not reverse)
    if reverse:
        found = [n for n in found if n > max(offset, low) and (not high or n < high)]
    else:
        top = max(offset, high)
        found = [n for n in found if n > low and (not top or n < top)]
    day = case.get("offset_date")
    if day is not None:
        found = [n for n in found if (dates[n] >= day if reverse else dates[n] < day)]
    return found[: case.get("limit", len(found))]


@pytest.mark.parametrize("reverse", [False, True], ids=["newest first", "oldest first"])
async def test_telethon_sees_every_message_once(account: Account, telethon: Telethon, reverse: bool) -> None:
    for peer, key in ((HOLES, types.PeerChannel(100)), (BOB, 7002)):
        history = account.history(key)
        dates = {m.id: m.date for m in history.slice(0, len(history))}
        for case in CASES:
            asked = {"limit": None} | case
            found = await telethon.call(telethon.client.get_messages, peer, reverse=reverse, wait_time=0, **asked)
            assert [m.id for m in found] == expected(dates, reverse, case), case


async def test_messages_that_come_while_reading_are_seen(account: Account, telethon: Telethon) -> None:
    first = await telethon.call(telethon.client.get_messages, HOLES, limit=200, reverse=True, wait_time=0)
    account.add_message(types.PeerChannel(100), message(0, 400))
    rest = await telethon.call(telethon.client.get_messages, HOLES, limit=None, reverse=True, min_id=first[-1].id)
    assert rest[-1].id == 271, "an id is not used twice, though 270 was deleted"
    assert len(first) + len(rest) == 251
