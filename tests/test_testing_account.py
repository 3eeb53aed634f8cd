"""The account's methods besides history: dialogs, names, threads, search, files, takeout."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import trio
from telethon.tl import TLObject, functions, types

from tests.loopback import add_channel, small_account, text
from tobs.testing import Account, Caller, RpcError, methods, refs, sample_account
from tobs.testing.files import Bytes, Generated, StoredFile
from tobs.testing.methods.files import check_part

EPOCH = datetime(2024, 5, 3, tzinfo=UTC)


async def ask(account: Account, request: Any, *, dc_id: int = 2, **wrapped: Any) -> Any:
    """`wrapped` is what the request came in: takeout_id and message_range."""
    caller = Caller(dc_id, 1, account.me.id, **wrapped)
    return await methods(account)[type(request)](caller, request)


async def refusal(account: Account, request: Any, **caller: Any) -> tuple[int, str]:
    with pytest.raises(RpcError) as caught:
        await ask(account, request, **caller)
    return caught.value.code, caught.value.message


@pytest.fixture
def sample() -> Account:
    return sample_account()


def input_of(account: Account, key: int) -> Any:
    entity = account.entity(key)
    if isinstance(entity, types.User):
        return types.InputPeerUser(entity.id, entity.access_hash)
    if isinstance(entity, types.Chat):
        return types.InputPeerChat(entity.id)
    assert entity is not None
    return types.InputPeerChannel(entity.id, entity.access_hash)


def named(account: Account, username: str) -> Any:
    key = account.by_username(username)
    assert key is not None
    return input_of(account, key)


def titled(account: Account, title: str) -> int:
    return next(key for key, chat in account.chats.items() if chat.title.startswith(title))


# Dialogs


def dialogs_request(**fields: Any) -> Any:
    values = {
        "offset_date": None,
        "offset_id": 0,
        "offset_peer": types.InputPeerEmpty(),
        "limit": 100,
        "hash": 0,
    } | fields
    return functions.messages.GetDialogsRequest(**values)


async def test_dialogs_come_pinned_first_then_newest_first(sample: Account) -> None:
    found = await ask(sample, dialogs_request())
    assert isinstance(found, types.messages.Dialogs)
    assert found.dialogs[0].peer == types.PeerUser(sample.me.id)
    assert found.dialogs[0].pinned
    tops = {(refs.peer_key(m.peer_id), m.id): m.date for m in found.messages}
    dates = [tops[refs.peer_key(d.peer), d.top_message] for d in found.dialogs[1:]]
    assert dates == sorted(dates, reverse=True)


@pytest.mark.parametrize("limit", [1, 3, 100])
async def test_pages_of_dialogs_join_up(sample: Account, limit: int) -> None:
    seen: list[int] = []
    request = dialogs_request(limit=limit)
    while (page := await ask(sample, request)).dialogs:
        seen += [refs.peer_key(dialog.peer) for dialog in page.dialogs]
        last = page.dialogs[-1]
        key = refs.peer_key(last.peer)
        top = sample.top(key)
        assert top is not None
        request = dialogs_request(
            limit=limit, offset_date=top.date, offset_id=top.id, offset_peer=input_of(sample, key), exclude_pinned=True
        )
        if last.pinned:
            request = dialogs_request(limit=limit, exclude_pinned=True)
    assert sorted(seen) == sorted(sample.dialogs)
    assert len(seen) == len(set(seen))


async def test_folders_divide_the_dialogs(sample: Account) -> None:
    archived = await ask(sample, dialogs_request(folder_id=1))
    assert [dialog.folder_id for dialog in archived.dialogs] == [1]
    main = await ask(sample, dialogs_request(folder_id=0))
    assert len(main.dialogs) + 1 == len(sample.dialogs)
    filters = await ask(sample, functions.messages.GetDialogFiltersRequest())
    assert [type(f).__name__ for f in filters.filters] == ["DialogFilterDefault", "DialogFilter"]


async def test_a_dialog_begins_with_the_first_private_message() -> None:
    account = small_account()
    assert not account.dialogs
    account.add_message(7002, types.Message(0, None, EPOCH, "hi"))
    assert list(account.dialogs) == [7002]


# Names


@pytest.mark.parametrize("name", ["alexwinter", "AlexWinter", "sundayhikers"])
async def test_names_are_found_without_regard_to_case(sample: Account, name: str) -> None:
    found = await ask(sample, functions.contacts.ResolveUsernameRequest(name))
    assert len(found.users) + len(found.chats) == 1


async def test_names_nobody_has(sample: Account) -> None:
    resolve = functions.contacts.ResolveUsernameRequest
    assert await refusal(sample, resolve("nobody_here")) == (400, "USERNAME_NOT_OCCUPIED")
    assert await refusal(sample, resolve("1")) == (400, "USERNAME_INVALID")


async def test_unknown_users_are_empty(sample: Account) -> None:
    found = await ask(sample, functions.users.GetUsersRequest([types.InputUserSelf(), types.InputUser(5, 5)]))
    assert [type(user).__name__ for user in found] == ["User", "UserEmpty"]


# Full chats


async def test_the_two_halves_of_a_migrated_group_name_each_other(sample: Account) -> None:
    peer = named(sample, "sundayhikers")
    full = (
        await ask(
            sample, functions.channels.GetFullChannelRequest(types.InputChannel(peer.channel_id, peer.access_hash))
        )
    ).full_chat
    old = sample.histories[refs.chat_key(full.migrated_from_chat_id)]
    assert full.migrated_from_max_id == old.ids(len(old) - 1, len(old))[0]
    chat = await ask(sample, functions.messages.GetFullChatRequest(full.migrated_from_chat_id))
    assert {type(c).__name__ for c in chat.chats} == {"Chat", "Channel"}
    assert chat.chats[1].migrated_to.channel_id == full.id or chat.chats[0].migrated_to.channel_id == full.id
    assert len(chat.full_chat.participants.participants) == 6


async def test_participants_are_paged(sample: Account) -> None:
    peer = named(sample, "sundayhikers")
    channel = types.InputChannel(peer.channel_id, peer.access_hash)
    everybody = types.ChannelParticipantsRecent()
    found = await ask(sample, functions.channels.GetParticipantsRequest(channel, everybody, 4, 100, 0))
    assert (found.count, len(found.participants)) == (6, 2)
    news = named(sample, "slow_news_demo")
    closed = types.InputChannel(news.channel_id, news.access_hash)
    assert await refusal(sample, functions.channels.GetParticipantsRequest(closed, everybody, 0, 9, 0)) == (
        400,
        "CHAT_ADMIN_REQUIRED",
    )


# Threads


async def replies(account: Account, peer: Any, root: int, **fields: Any) -> Any:
    values = {"offset_id": 0, "offset_date": None, "add_offset": 0, "limit": 100, "max_id": 0, "min_id": 0, "hash": 0}
    return await ask(account, functions.messages.GetRepliesRequest(peer, root, **(values | fields)))


async def test_comments_are_those_the_post_counts(sample: Account) -> None:
    peer = named(sample, "slow_news_demo")
    history = sample.history(types.PeerChannel(peer.channel_id))
    posts = [m for m in history.slice(0, len(history)) if getattr(m, "replies", None)]
    assert len(posts) > 10
    for post in posts:
        found = await replies(sample, peer, post.id)
        assert found.count == post.replies.replies
        assert all(comment.peer_id == types.PeerChannel(post.replies.channel_id) for comment in found.messages)
        root = await ask(sample, functions.messages.GetDiscussionMessageRequest(peer, post.id))
        assert root.messages[0].fwd_from.saved_from_msg_id == post.id
    assert await refusal(sample, functions.messages.GetRepliesRequest(peer, 9999, 0, None, 0, 10, 0, 0, 0)) == (
        400,
        "MSG_ID_INVALID",
    )


async def test_topics_divide_the_messages_of_a_forum(sample: Account) -> None:
    peer = named(sample, "tinytools_demo")
    topics = await ask(sample, functions.messages.GetForumTopicsRequest(peer, None, 0, 0, 100))
    assert topics.topics[0].title.startswith("Ideas")
    assert len(topics.topics) == topics.count == 4
    inside = [m.id for topic in topics.topics for m in (await replies(sample, peer, topic.id)).messages]
    assert len(inside) == len(set(inside))
    roots = {topic.id for topic in topics.topics if topic.id != 1}
    history = sample.history(types.PeerChannel(peer.channel_id))
    assert set(inside) | roots == set(history.ids(0, len(history)))
    by_id = await ask(sample, functions.messages.GetForumTopicsByIDRequest(peer, [1, 77777]))
    assert [type(t).__name__ for t in by_id.topics] == ["ForumTopic", "ForumTopicDeleted"]


async def test_topics_are_paged(sample: Account) -> None:
    peer = named(sample, "tinytools_demo")
    first = (await ask(sample, functions.messages.GetForumTopicsRequest(peer, None, 0, 0, 2))).topics
    top = sample.history(types.PeerChannel(peer.channel_id)).get(first[-1].top_message)
    assert top is not None
    rest = await ask(sample, functions.messages.GetForumTopicsRequest(peer, top.date, top.id, first[-1].id, 100))
    assert len({t.id for t in first} | {t.id for t in rest.topics}) == 4


# Search


def search_request(peer: Any, chosen: Any = None, **fields: Any) -> Any:
    values: dict[str, Any] = {
        "q": "", "filter": chosen or types.InputMessagesFilterEmpty(), "min_date": None, "max_date": None,
        "offset_id": 0, "add_offset": 0, "limit": 100, "max_id": 0, "min_id": 0, "hash": 0,
    }  # fmt: skip
    return functions.messages.SearchRequest(peer, **(values | fields))


async def test_counters_and_search_agree(sample: Account) -> None:
    peer = named(sample, "maya_lindqvist")
    filters = [
        types.InputMessagesFilterPhotos(),
        types.InputMessagesFilterVideo(),
        types.InputMessagesFilterRoundVoice(),
        types.InputMessagesFilterGeo(),
        types.InputMessagesFilterGif(),
        types.InputMessagesFilterContacts(),
        types.InputMessagesFilterPhoneCalls(missed=True),
    ]
    counters = await ask(sample, functions.messages.GetSearchCountersRequest(peer, filters))
    for counter in counters:
        found = await ask(sample, search_request(peer, counter.filter))
        assert len(found.messages) == counter.count > 0, counter
        assert (await ask(sample, search_request(peer, counter.filter, limit=0))).count == counter.count


async def test_words_senders_and_dates(sample: Account) -> None:
    peer = input_of(sample, titled(sample, "World Kitchen"))
    found = await ask(sample, search_request(peer, q="ONION"))
    assert len(found.messages) >= 2
    assert all("onion" in m.message.casefold() for m in found.messages)
    mine = await ask(sample, search_request(peer, from_id=types.InputPeerSelf()))
    assert mine.messages
    assert all(m.from_id.user_id == sample.me.id for m in mine.messages)
    late = await ask(sample, search_request(peer, min_date=datetime(2024, 8, 1, tzinfo=UTC)))
    early = await ask(sample, search_request(peer, max_date=datetime(2024, 8, 1, tzinfo=UTC)))
    assert len(late.messages) + len(early.messages) == 70
    assert await refusal(sample, search_request(peer, types.InputUserSelf())) == (400, "FILTER_NOT_SUPPORTED")


# Files


@pytest.mark.parametrize(
    ("offset", "limit", "precise", "refused"),
    [
        (0, 4096, False, None),
        (4096 * 255, 4096, False, None),
        (0, 1 << 20, False, None),
        (1 << 20, 1 << 19, False, None),
        (100, 4096, False, "OFFSET_INVALID"),
        (1024, 4096, False, "OFFSET_INVALID"),
        (0, 5000, False, "LIMIT_INVALID"),
        (0, 4096 * 3, False, "LIMIT_INVALID"),
        (0, 1 << 21, False, "LIMIT_INVALID"),
        (0, 0, False, "LIMIT_INVALID"),
        (4096, 1 << 20, False, "LIMIT_INVALID"),
        (1024, 4096, True, None),
        (0, 3072, True, None),
        (512, 4096, True, "OFFSET_INVALID"),
        (0, 1000, True, "LIMIT_INVALID"),
        ((1 << 20) - 1024, 2048, True, "LIMIT_INVALID"),
    ],
)
def test_parts_are_aligned(offset: int, limit: int, precise: bool, refused: str | None) -> None:
    if refused is None:
        check_part(offset, limit, precise)
    else:
        with pytest.raises(RpcError, match=refused):
            check_part(offset, limit, precise)


def stored(account: Account, content: Any, *, dc_id: int = 2) -> tuple[int, types.Document]:
    file = account.files.add(StoredFile(77, 88, dc_id, "text/plain", {"": content, "m": Bytes(b"small")}))
    document = types.Document(file.id, 88, b"", EPOCH, "text/plain", content.size, dc_id, [])
    channel = add_channel(account, 100, "Files")
    sent = account.add_message(
        channel, types.Message(0, None, EPOCH, "", media=types.MessageMediaDocument(document=document))
    )
    return sent.id, document


async def fetched(account: Account, message_id: int) -> Any:
    found = await ask(account, functions.channels.GetMessagesRequest(types.InputChannel(100, 700), [message_id]))
    document = found.messages[0].media.document
    return types.InputDocumentFileLocation(document.id, document.access_hash, document.file_reference, "")


async def test_a_file_comes_in_parts() -> None:
    account = small_account()
    content = Generated(300_001, seed=4)
    message_id, _ = stored(account, content)
    location = await fetched(account, message_id)
    parts = [
        await ask(account, functions.upload.GetFileRequest(location, at, 65536)) for at in range(0, 393_216, 65536)
    ]
    whole = b"".join(part.bytes for part in parts)
    assert whole == content.read(0, 1 << 20)
    assert len(whole) == 300_001
    hashes = await ask(account, functions.upload.GetFileHashesRequest(location, 0))
    assert [h.limit for h in hashes] == [131072, 131072, 37857]
    assert hashes[1].hash == hashlib.sha256(whole[131072:262144]).digest()
    location.thumb_size = "m"
    assert (await ask(account, functions.upload.GetFileRequest(location, 0, 4096))).bytes == b"small"


async def test_a_file_is_where_it_is() -> None:
    account = small_account()
    message_id, _ = stored(account, Bytes(b"x"), dc_id=4)
    get = functions.upload.GetFileRequest(await fetched(account, message_id), 0, 4096)
    assert await refusal(account, get) == (303, "FILE_MIGRATE_4")
    assert (await ask(account, get, dc_id=4)).bytes == b"x"


async def test_references_expire_until_the_message_is_fetched_again() -> None:
    account = small_account()
    message_id, _ = stored(account, Bytes(b"x"))
    location = await fetched(account, message_id)
    get = functions.upload.GetFileRequest(location, 0, 4096)
    assert (await ask(account, get)).bytes == b"x"
    account.files.expire()
    assert await refusal(account, get) == (400, "FILE_REFERENCE_EXPIRED")
    get.location = await fetched(account, message_id)
    assert (await ask(account, get)).bytes == b"x"
    get.location.file_reference = b""
    assert await refusal(account, get) == (400, "FILE_REFERENCE_EMPTY")
    get.location.file_reference = b"nonsense"
    assert await refusal(account, get) == (400, "FILE_REFERENCE_INVALID")
    get.location.access_hash = 1
    assert await refusal(account, get) == (400, "LOCATION_INVALID")


async def test_references_can_wear_out_in_the_middle_of_a_download() -> None:
    account = small_account()
    account.files.uses_per_reference = 2
    message_id, _ = stored(account, Generated(1 << 20))
    get = functions.upload.GetFileRequest(await fetched(account, message_id), 0, 65536)
    await ask(account, get)
    await ask(account, get)
    assert await refusal(account, get) == (400, "FILE_REFERENCE_EXPIRED")


@pytest.mark.parametrize(
    ("offset", "limit"), [(0, 1 << 20), (4096, 4096), (8192 + 1024, 3072), (98_304, 4096), (1 << 21, 4096)]
)
def test_generated_content_is_the_same_in_any_parts(offset: int, limit: int) -> None:
    content = Generated(100_000, seed=9)
    assert content.read(offset, limit) == content.read(0, 1 << 20)[offset : offset + limit]


# Changes


def test_an_edit_leaves_alone_what_was_sent() -> None:
    account = small_account()
    channel = add_channel(account, 100, "News", 3)
    before = account.history(channel).get(2)
    account.edit(channel, 2, message="new", edit_date=EPOCH + timedelta(days=1))
    after = account.history(channel).get(2)
    assert before is not None
    assert after is not None
    assert (before.message, after.message, after.edit_date) == ("Message 2", "new", EPOCH + timedelta(days=1))
    assert account.delete(channel, 2, 99) == 1
    assert account.history(channel).ids(0, 9) == [1, 3]


# Takeout


async def test_takeout_is_asked_for_first(sample: Account) -> None:
    start = functions.account.InitTakeoutSessionRequest(contacts=True)
    assert await refusal(sample, functions.channels.GetLeftChannelsRequest(0)) == (403, "TAKEOUT_REQUIRED")
    sample.takeouts.delay = 86400
    assert await refusal(sample, start) == (420, "TAKEOUT_INIT_DELAY_86400")
    sample.takeouts.confirm()
    takeout = await ask(sample, start)
    ranges = await ask(sample, functions.messages.GetSplitRangesRequest(), takeout_id=takeout.id)
    assert [(r.min_id, r.max_id) for r in ranges] == [(0, 0x7FFFFFFF)]
    assert await ask(sample, functions.account.FinishTakeoutSessionRequest(success=True), takeout_id=takeout.id)
    assert await refusal(sample, functions.messages.GetSplitRangesRequest(), takeout_id=takeout.id) == (
        400,
        "TAKEOUT_INVALID",
    )
    assert sample.takeouts.finished == [True]


async def test_a_takeout_may_begin_when_its_delay_is_over(sample: Account, autojump_clock: Any) -> None:
    start = functions.account.InitTakeoutSessionRequest(contacts=True)
    sample.takeouts.delay = 60
    assert await refusal(sample, start) == (420, "TAKEOUT_INIT_DELAY_60")
    await trio.sleep(45)
    assert await refusal(sample, start) == (420, "TAKEOUT_INIT_DELAY_15")
    await trio.sleep(15)
    assert await ask(sample, start)


async def test_another_takeout_ends_the_one_before(sample: Account) -> None:
    start = functions.account.InitTakeoutSessionRequest(message_users=True)
    first, second = (await ask(sample, start)).id, (await ask(sample, start)).id
    me = functions.users.GetUsersRequest([types.InputUserSelf()])
    assert await refusal(sample, me, takeout_id=first) == (400, "TAKEOUT_INVALID")
    assert await ask(sample, me, takeout_id=second)
    assert sample.takeouts.unwrapped == []
    await ask(sample, me)
    assert sample.takeouts.unwrapped == ["users.getUsers"]


async def test_a_takeout_gives_what_it_was_begun_for() -> None:
    account = small_account()
    channel = add_channel(account, 601, "News", 3)
    add_channel(account, 602, "Group", 3, broadcast=False, megagroup=True)
    start = functions.account.InitTakeoutSessionRequest(message_channels=True, files=True, file_max_size=10)
    takeout = (await ask(account, start)).id
    news, group = (types.InputPeerChannel(number, number * 7) for number in (601, 602))
    answer = await ask(account, history_of(news), takeout_id=takeout)
    assert len(answer.messages) == len(account.history(channel))
    assert await refusal(account, history_of(group), takeout_id=takeout) == (403, "TAKEOUT_REQUIRED")


async def test_message_ranges_split_what_is_not_a_channel() -> None:
    account = small_account()
    bob, news = types.PeerUser(7002), add_channel(account, 601, "News", 9)
    for n in range(1, 10):
        account.add_message(bob, text(n))
    account.takeouts.ranges = [(0, 4), (5, 6), (7, 0x7FFFFFFF)]
    start = functions.account.InitTakeoutSessionRequest(message_users=True, message_channels=True)
    takeout = (await ask(account, start)).id

    async def seen(request: Any, *span: int) -> list[int]:
        answer = await ask(account, request, takeout_id=takeout, message_range=span or None)
        return [message.id for message in answer.messages]

    peer = types.InputPeerUser(7002, 22)
    assert await seen(history_of(peer), 0, 4) == [4, 3, 2, 1]
    assert await seen(history_of(peer), 5, 6) == [6, 5]
    assert await seen(history_of(peer)) == [9, 8, 7]  # without one it is the newest
    answer = await ask(account, history_of(peer, limit=1), takeout_id=takeout, message_range=(0, 4))
    assert (answer.count, answer.offset_id_offset) == (4, 0)
    ids = [types.InputMessageID(number) for number in (4, 5)]
    answer = await ask(account, functions.messages.GetMessagesRequest(ids), takeout_id=takeout, message_range=(5, 6))
    assert [type(message).__name__ for message in answer.messages] == ["MessageEmpty", "Message"]
    assert len(await seen(history_of(types.InputPeerChannel(601, news.access_hash)), 7, 0x7FFFFFFF)) == 9
    dialogs = functions.messages.GetDialogsRequest(None, 0, types.InputPeerEmpty(), 100, 0)
    for span, top in (((0, 4), [4]), ((7, 0x7FFFFFFF), [9, 9])):
        listed = await ask(account, dialogs, takeout_id=takeout, message_range=span)
        assert sorted(dialog.top_message for dialog in listed.dialogs) == top


def history_of(peer: Any, limit: int = 100) -> Any:
    return functions.messages.GetHistoryRequest(peer, 0, None, 0, limit, 0, 0, 0)


async def test_every_answer_can_be_written(sample: Account) -> None:
    """What a client asks for by itself, and everything about every chat, serialises."""
    everything, nowhere = types.InputMessagesFilterEmpty(), types.InputPeerEmpty()
    channels = [types.InputChannel(c.id, c.access_hash) for c in sample.chats.values() if isinstance(c, types.Channel)]
    wanted: list[Any] = [
        functions.updates.GetStateRequest(),
        functions.updates.GetDifferenceRequest(1, None, 0),
        functions.contacts.GetContactsRequest(0),
        functions.messages.GetPinnedDialogsRequest(0),
        functions.messages.GetPeerDialogsRequest([types.InputDialogPeer(named(sample, "sundayhikers"))]),
        functions.messages.SearchGlobalRequest("the", everything, None, None, 0, nowhere, 0, 50),
        functions.photos.GetUserPhotosRequest(types.InputUserSelf(), 0, 0, 10),
        *(functions.users.GetFullUserRequest(types.InputUser(u.id, u.access_hash)) for u in sample.users.values()),
        *map(functions.channels.GetFullChannelRequest, channels),
    ]
    for request in wanted:
        answer = await ask(sample, request)
        assert isinstance(answer, TLObject)
        assert bytes(answer)
