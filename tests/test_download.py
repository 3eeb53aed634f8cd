"""Files over real MTProto: whole, resumable, from the data centre that has them."""

import pytest
import trio
from telethon.tl import types

from tests.loopback import EPOCH, add_channel, open_loopback, small_account, text
from tobs.errors import FileUnavailable, SourceError
from tobs.model import RawMessage
from tobs.source import Wanted
from tobs.telegram.client import open_telegram
from tobs.telegram.files import FreshFiles
from tobs.telegram.partfile import PART, PartFile
from tobs.testing.faults import Damage, Drop, Fail, Faults, Flood
from tobs.testing.files import Generated, StoredFile
from tobs.testing.rpc import RpcError

SIZE = 3 * PART + 12345
CHANNEL = -1000000000500


def account_with_file(*, dc_id=2, size=SIZE, told=None, channel=True):
    """An account with one document, as message 1 of a channel or of the chat with Bob."""
    account = small_account()
    content = Generated(size)
    account.files.add(StoredFile(900, 77, dc_id, "application/zip", {"": content}))
    document = types.Document(
        900, 77, b"", EPOCH, "application/zip", size if told is None else told, dc_id,
        [types.DocumentAttributeFilename("a.zip")],
    )  # fmt: skip
    chat = add_channel(account, 500, "News", username="thenews") if channel else 7002
    account.add_message(chat, text(1, message_id=1, media=types.MessageMediaDocument(document=document)))
    return account, content.read(0, size)


def wanted(size=SIZE, dc_id=2, chat_id=CHANNEL):
    return Wanted(chat_id, 1, 900, dc_id, size)


@pytest.mark.parametrize("size", [0, 1, PART - 1, PART, PART + 1, SIZE])
async def test_a_file_arrives_whole(tmp_path, size):
    account, content = account_with_file(size=size)
    async with open_loopback(account, tmp_path) as (_server, config), open_telegram(config) as source:
        await source.find_chats(["@thenews"])
        await source.fetch_file(wanted(size), tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == content


@pytest.mark.parametrize("told", [True, False])
async def test_a_file_on_another_data_centre(tmp_path, told):
    account, content = account_with_file(dc_id=3)
    for document in account.history(CHANNEL).slice(0, 1):
        document.media.document.dc_id = 3 if told else 2
    async with open_loopback(account, tmp_path) as (server, config), open_telegram(config) as source:
        await source.find_chats(["@thenews"])
        await source.fetch_file(wanted(), tmp_path / "part")
        assert server.calls["auth.exportAuthorization"] == 1
    assert (tmp_path / "part").read_bytes() == content


async def test_a_file_of_a_person(tmp_path):
    account, content = account_with_file(channel=False)
    async with open_loopback(account, tmp_path) as (_server, config), open_telegram(config) as source:
        await source.fetch_file(wanted(chat_id=7002), tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == content


async def test_a_size_that_nobody_knows(tmp_path):
    account, content = account_with_file(size=2 * PART)
    async with open_loopback(account, tmp_path) as (_server, config), open_telegram(config) as source:
        await source.find_chats(["@thenews"])
        await source.fetch_file(wanted(-1), tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == content


@pytest.mark.parametrize("there", [0, 100, PART, PART + 5, SIZE])
async def test_it_goes_on_where_it_stopped(tmp_path, there):
    account, content = account_with_file()
    part = tmp_path / "part"
    part.write_bytes(content[:there])
    async with open_loopback(account, tmp_path) as (server, config), open_telegram(config) as source:
        await source.find_chats(["@thenews"])
        await source.fetch_file(wanted(), part)
        assert server.calls["upload.getFile"] == (0 if there == SIZE else 4 - there // PART)
    assert part.read_bytes() == content


@pytest.mark.parametrize(("size", "there"), [(SIZE, 0), (SIZE, PART + 5), (SIZE, SIZE), (100, 0), (0, 0)])
async def test_each_part_that_arrives_is_told(tmp_path, size, there):
    account, content = account_with_file(size=size)
    part, told = tmp_path / "part", []
    if there:
        part.write_bytes(content[:there])
    async with open_loopback(account, tmp_path) as (_server, config), open_telegram(config) as source:
        await source.find_chats(["@thenews"])
        source.watch_files(lambda *each: told.append(each))
        await source.fetch_file(wanted(size), part)
    assert {file for file, _, _ in told} == {wanted(size)}
    before = sum(count for _, count, before in told if before)
    assert before == (SIZE if there == SIZE else there // PART * PART)
    assert sum(count for _, count, _ in told) == size


async def test_cancelled_and_called_again(tmp_path):
    account, content = account_with_file(size=8 * PART)
    part, file = tmp_path / "part", wanted(8 * PART)
    hang = Faults(fails=(Fail("upload.getFile", {2, 7}, None),))
    async with open_loopback(account, tmp_path, faults=hang) as (server, config), open_telegram(config) as source:
        await source.find_chats(["@thenews"])
        async with trio.open_nursery() as nursery:
            nursery.start_soon(source.fetch_file, file, part)
            while server.calls["upload.getFile"] < 8 or len(missing(part, file.size)) > 4:  # noqa: ASYNC110
                await trio.sleep(0.01)
            nursery.cancel_scope.cancel()
        left = len(missing(part, file.size))
        server.faults = Faults()
        await source.fetch_file(file, part)
        assert server.calls["upload.getFile"] == 8 + left
    assert part.read_bytes() == content


def missing(part, size=SIZE):
    with PartFile(part, size) as file:
        return file.missing


async def test_references_that_wear_out(tmp_path):
    account, content = account_with_file()
    account.files.uses_per_reference = 1
    async with open_loopback(account, tmp_path) as (server, config), open_telegram(config) as source:
        await source.find_chats(["@thenews"])
        await source.fetch_file(wanted(), tmp_path / "part")
        assert server.calls["channels.getMessages"] == 4 + 2  # one for each part and each megabyte of hashes
    assert (tmp_path / "part").read_bytes() == content


async def test_a_reference_that_expires_in_the_middle_is_learnt_once_for_all_parts(tmp_path):
    account, content = account_with_file(size=20 * PART)
    account.files.uses_per_reference = 11
    async with open_loopback(account, tmp_path) as (server, config), open_telegram(config) as source:
        await source.find_chats(["@thenews"])
        await source.fetch_file(wanted(20 * PART), tmp_path / "part")
        assert server.calls["channels.getMessages"] == 3  # 20 parts and the hashes of 10 megabytes are 30 uses
    assert (tmp_path / "part").read_bytes() == content


async def test_references_of_many_files_are_asked_for_together(tmp_path):
    account = small_account()
    add_channel(account, 500, "News", username="thenews")
    for number in range(1, 151):
        account.files.add(StoredFile(number, 77, 2, "image/png", {"": Generated(10, seed=number)}))
        document = types.Document(number, 77, b"", EPOCH, "image/png", 10, 2, [])
        account.add_message(CHANNEL, text(number, media=types.MessageMediaDocument(document=document)))
    files = [Wanted(CHANNEL, number, number, 2, 10) for number in range(1, 151)]
    async with open_loopback(account, tmp_path) as (server, config), open_telegram(config) as source:
        await source.find_chats(["@thenews"])
        source.expect_files(files)
        async with trio.open_nursery() as nursery:
            for file in files:
                nursery.start_soon(source.fetch_file, file, tmp_path / str(file.file_id))
        assert server.calls["channels.getMessages"] == 2
    for file in files:
        assert (tmp_path / str(file.file_id)).read_bytes() == Generated(10, seed=file.file_id).read(0, 10)


async def test_a_page_just_read_saves_asking_for_the_message(tmp_path):
    account, _ = account_with_file()
    async with open_loopback(account, tmp_path) as (server, config), open_telegram(config) as source:
        (chat,) = await source.find_chats(["@thenews"])
        async with source.open_history(chat, []) as history:
            await history.next_page()
        await source.fetch_file(wanted(), tmp_path / "part")
        assert server.calls["channels.getMessages"] == 0


@pytest.mark.parametrize("short", [True, False])
async def test_another_length_than_promised_is_not_accepted(tmp_path, short):
    account, _ = account_with_file(size=PART + 10)
    part = tmp_path / "part"
    async with open_loopback(account, tmp_path) as (_server, config), open_telegram(config) as source:
        await source.find_chats(["@thenews"])
        with pytest.raises(FileUnavailable, match="bytes"):
            await source.fetch_file(wanted(PART + 20 if short else PART + 5), part)
    assert not part.exists()


async def test_files_that_are_gone(tmp_path):
    account, _ = account_with_file()
    async with open_loopback(account, tmp_path) as (server, config), open_telegram(config) as source:
        await source.find_chats(["@thenews"])
        server.faults = Faults(fails=(Fail("upload.getFile", {1}, RpcError(400, "LOCATION_INVALID")),))
        with pytest.raises(FileUnavailable):
            await source.fetch_file(wanted(), tmp_path / "part")
        with pytest.raises(FileUnavailable, match="no longer has"):
            await source.fetch_file(Wanted(CHANNEL, 1, 901, 2, SIZE), tmp_path / "part")
        account.delete(CHANNEL, 1)
        account.files.expire(900)
        with pytest.raises(FileUnavailable, match="deleted"):
            await source.fetch_file(wanted(), tmp_path / "part")


async def test_a_reference_that_is_refused_for_ever(tmp_path):
    account, _ = account_with_file()
    refusal = RpcError(400, "FILE_REFERENCE_EXPIRED")
    async with open_loopback(account, tmp_path) as (server, config), open_telegram(config) as source:
        await source.find_chats(["@thenews"])
        server.faults = Faults(fails=(Fail("upload.getFile", range(1000), refusal),))
        with pytest.raises(FileUnavailable, match="reference"):
            await source.fetch_file(wanted(), tmp_path / "part")


async def test_a_slow_account_waits_with_files_only(tmp_path, monkeypatch):
    account, content = account_with_file()
    waits = []
    faults = Faults(floods=(Flood("upload.getFile", calls=2, seconds=1),))
    async with open_loopback(account, tmp_path, faults=faults) as (_server, config), open_telegram(config) as source:
        source.watch_waits(lambda kind, seconds: waits.append((kind, seconds)))
        await source.find_chats(["@thenews"])
        await source.fetch_file(wanted(), tmp_path / "part")
    assert waits == [("files of data centre 2", 1.0)]
    assert (tmp_path / "part").read_bytes() == content


async def test_a_connection_that_dies_between_parts(tmp_path):
    account, content = account_with_file()
    async with open_loopback(account, tmp_path) as (server, config), open_telegram(config) as source:
        await source.find_chats(["@thenews"])
        server.faults = Faults(drop=Drop(after_frames=2, half_frame=True, times=2))
        await source.fetch_file(wanted(), tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == content


async def test_a_chat_that_was_never_found(tmp_path):
    account, _ = account_with_file()
    async with open_loopback(account, tmp_path) as (_server, config), open_telegram(config) as source:
        with pytest.raises(SourceError, match="not known"):
            await source.fetch_file(wanted(), tmp_path / "part")


PHOTO = {"_": "Photo", "id": 3, "access_hash": 4, "file_reference": "AAEC", "dc_id": 5}
DOCUMENT = {"_": "Document", "id": 6, "access_hash": 7, "file_reference": "AAED", "dc_id": 8}
MESSAGES = {
    "paid media": {"media": {"extended_media": [{"_": "MessageExtendedMedia", "media": {"photo": PHOTO}}]}},
    "web page": {"media": {"_": "MessageMediaWebPage", "webpage": {"_": "WebPage", "photo": PHOTO}}},
    "article": {"media": {"_": "MessageMediaWebPage", "webpage": {"cached_page": {"photos": [DOCUMENT, PHOTO]}}}},
    "rich text": {"rich_message": {"_": "RichMessage", "photos": [PHOTO], "documents": []}},
    "service message": {"action": {"_": "MessageActionChatEditPhoto", "photo": PHOTO}},
}


def learned(raw):
    fresh = FreshFiles()
    fresh.learn(1, [RawMessage(9, 0, raw)])
    return fresh


@pytest.mark.parametrize("name", MESSAGES)
def test_a_file_is_found_wherever_it_is(name):
    fresh = learned(MESSAGES[name])
    place = fresh.take(1, 9, 3, "y")
    assert place.dc_id == 5
    assert isinstance(place.location, types.InputPhotoFileLocation)
    assert (place.location.id, place.location.access_hash) == (3, 4)
    assert (place.location.file_reference, place.location.thumb_size) == (b"\0\1\2", "y")
    assert fresh.take(1, 9, 99, "y") is None
    assert fresh.take(1, 8, 3, "y") is None


def test_each_size_of_a_file_is_told_once():
    fresh = learned({"media": {"_": "MessageMediaDocument", "document": DOCUMENT}})
    for thumb in ("", "m"):
        place = fresh.take(1, 9, 6, thumb)
        assert isinstance(place.location, types.InputDocumentFileLocation)
        assert place.location.thumb_size == thumb
        assert fresh.take(1, 9, 6, thumb) is None


def test_blocks_may_lie_in_each_other_as_deep_as_their_author_likes():
    raw = PHOTO
    for _ in range(20_000):
        raw = {"_": "PageBlockDetails", "blocks": [raw]}
    assert learned({"rich_message": raw}).take(1, 9, 3, "x") is not None


def test_only_so_many_references_are_kept():
    fresh = FreshFiles()
    fresh.learn(1, [RawMessage(n, 0, {"media": {"photo": PHOTO}}) for n in range(10_000)])
    assert fresh.take(1, 9_999, 3, "x") is not None
    assert fresh.take(1, 9_999, 3, "x") is None
    assert fresh.take(1, 0, 3, "x") is None


@pytest.mark.parametrize("how", ["flip", "cut"])
@pytest.mark.parametrize("part_number", [1, 3, 4])
async def test_a_part_that_comes_damaged_is_fetched_again(tmp_path, how, part_number):
    account, content = account_with_file()
    faults = Faults(damage=(Damage({part_number}, how),))
    async with open_loopback(account, tmp_path, faults=faults) as (server, config), open_telegram(config) as source:
        await source.find_chats(["@thenews"])
        await source.fetch_file(wanted(), tmp_path / "part")
        assert server.calls["upload.getFile"] == 5
    assert (tmp_path / "part").read_bytes() == content


async def test_parts_that_always_come_damaged_are_a_failure_with_a_name(tmp_path):
    account, content = account_with_file()
    part = tmp_path / "part"
    async with open_loopback(account, tmp_path) as (server, config), open_telegram(config) as source:
        await source.find_chats(["@thenews"])
        server.faults = Faults(damage=(Damage(range(1, 1000), "flip"),))
        with pytest.raises(SourceError, match="hash"):
            await source.fetch_file(wanted(), part)
        server.faults = Faults(damage=(Damage(range(1, 1000), "cut"),))
        with pytest.raises(FileUnavailable, match="bytes"):
            await source.fetch_file(wanted(), part)
        server.faults = Faults()
        await source.fetch_file(wanted(), part)
    assert part.read_bytes() == content


async def test_a_small_file_is_held_against_its_hash_once_an_answer_was_wrong(tmp_path):
    account, content = account_with_file(size=50_000)
    faults = Faults(damage=(Damage({1}, "cut"), Damage({2}, "flip")))
    async with open_loopback(account, tmp_path, faults=faults) as (server, config), open_telegram(config) as source:
        await source.find_chats(["@thenews"])
        await source.fetch_file(wanted(50_000), tmp_path / "part")
        assert (server.calls["upload.getFile"], server.calls["upload.getFileHashes"]) == (3, 1)
        await source.fetch_file(wanted(50_000), tmp_path / "again")
        assert (server.calls["upload.getFile"], server.calls["upload.getFileHashes"]) == (4, 1)
    assert (tmp_path / "part").read_bytes() == (tmp_path / "again").read_bytes() == content


async def test_a_file_without_hashes_is_taken_as_it_comes(tmp_path):
    account, content = account_with_file()
    refusal = Fail("upload.getFileHashes", range(1000), RpcError(400, "LOCATION_INVALID"))
    async with open_loopback(account, tmp_path) as (server, config), open_telegram(config) as source:
        await source.find_chats(["@thenews"])
        server.faults = Faults(fails=(refusal,))
        await source.fetch_file(wanted(), tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == content


async def test_data_centres_that_send_the_request_to_each_other(tmp_path):
    account, _ = account_with_file()
    send_on = Fail("upload.getFile", range(1000), RpcError(303, "FILE_MIGRATE_3"))
    async with open_loopback(account, tmp_path) as (server, config), open_telegram(config) as source:
        await source.find_chats(["@thenews"])
        server.faults = Faults(fails=(send_on,))
        with pytest.raises(SourceError, match="each other"):
            await source.fetch_file(wanted(), tmp_path / "part")


async def test_a_size_that_no_file_has(tmp_path):
    account, _ = account_with_file()
    async with open_loopback(account, tmp_path) as (_server, config), open_telegram(config) as source:
        with pytest.raises(FileUnavailable, match="bytes"):
            await source.fetch_file(wanted(2**62), tmp_path / "part")
    assert not (tmp_path / "part").exists()
