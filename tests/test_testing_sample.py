"""The demo account: whole, varied, the same every time; and its files are what they say."""

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from telethon.tl import types

from tobs.model import HIDDEN_AUTHOR
from tobs.testing import Account, refs, sample_account


@pytest.fixture(scope="module")
def sample() -> Account:
    return sample_account()


def everything(account: Account) -> Iterator[Any]:
    for history in account.histories.values():
        yield from history.slice(0, len(history))


def test_it_is_the_same_every_time(sample: Account) -> None:
    assert [bytes(m) for m in everything(sample)] == [bytes(m) for m in everything(sample_account())]


def test_there_is_something_of_every_common_kind(sample: Account) -> None:
    kinds = {type(found).__name__ for m in everything(sample) for found in refs.objects(m)}
    entities = {name for name in dir(types) if name.startswith("MessageEntity")}
    rare = {"Unknown", "DiffInsert", "DiffReplace", "DiffDelete"}
    assert entities - kinds <= {f"MessageEntity{name}" for name in rare}
    media = "Photo Document WebPage Poll Dice Geo GeoLive Venue Contact ToDo"
    assert {f"MessageMedia{name}" for name in media.split()} <= kinds
    actions = (
        "ChatCreate ChatAddUser ChatDeleteUser ChatJoinedByLink ChatEditTitle ChatEditPhoto PinMessage PhoneCall"
        " SetMessagesTTL TopicCreate TopicEdit ChatMigrateTo ChannelMigrateFrom ChannelCreate GroupCall ScreenshotTaken"
    )
    assert {f"MessageAction{name}" for name in actions.split()} <= kinds
    assert {"RichMessage", "Page", "PageBlockTable", "PageBlockDetails", "PageBlockPhoto", "TextMath"} <= kinds
    assert {"ReactionEmoji", "ReactionCustomEmoji", "ReactionPaid", "ReplyInlineMarkup"} <= kinds


def test_entities_lie_within_their_text(sample: Account) -> None:
    for message in everything(sample):
        length = len((getattr(message, "message", None) or "").encode("utf-16-le")) // 2
        for entity in getattr(message, "entities", None) or ():
            assert entity.offset >= 0, message.id
            assert entity.offset + entity.length <= length, message.id


def test_ids_and_dates_go_the_same_way(sample: Account) -> None:
    shared: list[int] = []
    for key, history in sample.histories.items():
        messages = history.slice(0, len(history))
        assert [m.date for m in messages] == sorted(m.date for m in messages)
        if not sample.is_channel(key):
            shared += history.ids(0, len(history))
    assert len(shared) == len(set(shared)), "private chats and basic groups share one sequence"


def test_replies_lead_to_messages(sample: Account) -> None:
    for key, history in sample.histories.items():
        for message in history.slice(0, len(history)):
            header = getattr(message, "reply_to", None)
            if header is None:
                continue
            target = history.get(header.reply_to_msg_id)
            assert target is not None, (key, message.id)
            assert target.id < message.id
            if header.quote_text:
                assert header.quote_text in target.message


def test_everybody_who_is_named_is_known(sample: Account) -> None:
    for message in everything(sample):
        for key in refs.mentioned(message) - {HIDDEN_AUTHOR}:
            assert sample.entity(key) is not None, (message.id, key)


MAGIC = {
    "image/jpeg": (0, b"\xff\xd8\xff"),
    "image/png": (0, b"\x89PNG"),
    "image/webp": (8, b"WEBP"),
    "audio/ogg": (28, b"OpusHead"),
    "audio/mpeg": (0, b"ID3"),
    "video/mp4": (4, b"ftyp"),
    "application/pdf": (0, b"%PDF-1"),
    "application/zip": (0, b"PK"),
    "application/x-tgsticker": (0, b"\x1f\x8b"),
}


def test_files_are_what_they_say(sample: Account) -> None:
    seen, dcs = set(), set()
    for media in {m.id: m for message in everything(sample) for m in refs.files(message)}.values():
        file = sample.files.get(media.id)
        assert file is not None
        dcs.add(media.dc_id)
        seen.add(file.mime_type)
        sizes = {s.type: s.size for s in (media.sizes if isinstance(media, types.Photo) else media.thumbs or ())}
        if isinstance(media, types.Document):
            sizes[""] = media.size
            at, magic = MAGIC[file.mime_type]
            assert file.parts[""].read(at, len(magic)) == magic
        assert {name: file.parts[name].size for name in sizes} == sizes
    assert seen == set(MAGIC)
    assert dcs == {1, 2}


def test_the_zip_opens(sample: Account) -> None:
    documents = [m for message in everything(sample) for m in refs.files(message) if isinstance(m, types.Document)]
    document = next(d for d in documents if d.mime_type == "application/zip")
    file = sample.files.get(document.id)
    assert file is not None
    with zipfile.ZipFile(io.BytesIO(file.parts[""].read(0, 1 << 20))) as archive:
        assert archive.testzip() is None
        assert "route/packing.csv" in archive.namelist()
