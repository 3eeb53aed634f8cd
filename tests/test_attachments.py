"""Every file of a message: which there are, in which order, and what they are called."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tobs.archive.codec import DICTIONARY, Codec
from tobs.config import MediaConfig
from tobs.model import Attachment, Chat, Message
from tobs.prepare import Preparation, media_rows
from tobs.raw import decode_message

CHAT = Chat(-1000000000005, "supergroup", "Cats")
Raw = dict[str, Any]


def photo(number: int, **more: Any) -> Raw:
    sizes = [{"_": "PhotoSize", "type": "x", "w": 800, "h": 600, "size": 5000 + number}]
    return {"_": "Photo", "id": number, "dc_id": 2, "sizes": sizes} | more


def document(number: int, mime: str, *attributes: Raw, **more: Any) -> Raw:
    return {"_": "Document", "id": number, "dc_id": 2, "size": 9000 + number, "mime_type": mime,
            "attributes": list(attributes)} | more  # fmt: skip


def attribute(name: str, **fields: Any) -> Raw:
    return {"_": f"DocumentAttribute{name}", **fields}


def of_photo(number: int, **more: Any) -> Raw:
    return {"_": "MessageMediaPhoto", "photo": photo(number), **more}


def of_document(raw: Raw, **more: Any) -> Raw:
    return {"_": "MessageMediaDocument", "document": raw, **more}


def bought(media: Raw) -> Raw:
    return {"_": "MessageExtendedMedia", "media": media}


VIDEO = document(20, "video/mp4", attribute("Video", duration=3.5, w=640, h=360))
MOVIE = document(21, "video/quicktime", attribute("Video", duration=2, w=640, h=480))
THUMBS = [
    {"_": "PhotoPathSize", "type": "j", "bytes": "AAAA"},
    {"_": "PhotoSize", "type": "s", "w": 64, "h": 64, "size": 900},
    {"_": "PhotoSize", "type": "m", "w": 128, "h": 128, "size": 3000},
]
TGS = document(30, "application/x-tgsticker", attribute("Sticker", alt="🦆"), thumbs=THUMBS)
TEXT = {"_": "TextWithEntities", "text": "Yes", "entities": []}
PAGE = {"_": "Page", "photos": [photo(1), photo(2)], "documents": [VIDEO], "blocks": []}
STORY = {"_": "StoryItem", "id": 1, "media": of_document(VIDEO)}


def message(**fields: Any) -> Message:
    return decode_message({"_": "Message", "id": 885, "date": 1714739525, **fields}, CHAT, 1)


def brief(found: Attachment) -> str:
    """``photo 1x`` or, where it does not stand with the text, ``photo 1x preview``."""
    role = "" if found.role == "shown" else f" {found.role}"
    return f"{found.kind} {found.file.id}{found.file.thumb}{role}"


MEDIA: dict[str, tuple[Raw, list[str]]] = {
    "photo": (of_photo(1), ["photo 1x"]),
    "live photo": (of_photo(1, live_photo=True, video=MOVIE), ["photo 1x", "video 21"]),
    "video": (of_document(VIDEO), ["video 20"]),
    "video with cover": (of_document(VIDEO, video_cover=photo(7)), ["video 20", "photo 7x cover"]),
    "transcodes": (of_document(VIDEO, alt_documents=[MOVIE]), ["video 20"]),
    "animated sticker": (of_document(TGS), ["sticker 30", "sticker 30m thumbnail"]),
    "paid": (
        {"_": "MessageMediaPaidMedia", "stars_amount": 5, "extended_media": [
            bought(of_photo(1)), {"_": "MessageExtendedMediaPreview", "w": 1, "h": 1},
            bought(of_document(VIDEO, video_cover=photo(7)))]},
        ["photo 1x", "video 20", "photo 7x cover"],
    ),
    "web page": (
        {"_": "MessageMediaWebPage", "webpage": {"_": "WebPage", "photo": photo(1), "document": VIDEO}},
        ["photo 1x preview", "video 20 preview"],
    ),
    "article": (
        {"_": "MessageMediaWebPage", "webpage": {"_": "WebPage", "photo": photo(1), "cached_page": PAGE}},
        ["photo 1x preview", "photo 2x article", "video 20 article"],
    ),
    "link to a story": (
        {"_": "MessageMediaWebPage", "webpage": {"_": "WebPage", "attributes": [
            {"_": "WebPageAttributeStory", "story": STORY}]}},
        ["video 20 preview"],
    ),
    "poll": (
        {"_": "MessageMediaPoll", "attached_media": of_photo(1),
         "poll": {"answers": [{"text": TEXT, "media": of_photo(2)}, {"text": TEXT}]},
         "results": {"solution_media": of_photo(3)}},
        ["photo 1x", "photo 2x", "photo 3x"],
    ),
    "game": ({"_": "MessageMediaGame", "game": {"photo": photo(1), "document": VIDEO}}, ["photo 1x", "video 20"]),
    "invoice": ({"_": "MessageMediaInvoice", "extended_media": bought(of_photo(1))}, ["photo 1x"]),
    "story": ({"_": "MessageMediaStory", "id": 1, "story": STORY}, ["video 20"]),
    "story that is gone": ({"_": "MessageMediaStory", "story": {"_": "StoryItemDeleted", "id": 1}}, []),
    "place": ({"_": "MessageMediaGeo", "geo": {"_": "GeoPoint"}}, []),
}  # fmt: skip


@pytest.mark.parametrize("name", MEDIA)
def test_files_of_attachments(name: str) -> None:
    raw, files = MEDIA[name]
    decoded = message(media=raw)
    assert [brief(each) for each in decoded.files] == files
    assert decoded.media is not None
    assert decoded.media.files == decoded.files
    assert decoded.media.file == (decoded.files[0].file if files else None)


MOVING = photo(4, video_sizes=[{"_": "VideoSize", "type": "u", "w": 640, "h": 640, "size": 77},
                               {"_": "VideoSizeEmojiMarkup", "emoji_id": 5}])  # fmt: skip
ACTIONS: dict[str, tuple[Raw, list[str]]] = {
    "new picture": ({"_": "MessageActionChatEditPhoto", "photo": photo(1)}, ["photo 1x"]),
    "moving picture": ({"_": "MessageActionSuggestProfilePhoto", "photo": MOVING}, ["photo 4x", "animation 4u"]),
    "no picture": ({"_": "MessageActionChatEditPhoto", "photo": {"_": "PhotoEmpty", "id": 1}}, []),
    "shared person": (
        {"_": "MessageActionRequestedPeerSentMe", "peers": [{"_": "RequestedPeerUser", "photo": photo(1)}]},
        ["photo 1x"],
    ),
    "wallpaper": (
        {"_": "MessageActionSetChatWallPaper", "wallpaper": {"document": document(5, "image/jpeg")}},
        ["document 5"],
    ),
    "gift": ({"_": "MessageActionStarGift", "gift": {"sticker": TGS}}, ["sticker 30", "sticker 30m thumbnail"]),
    "unique gift": (
        {"_": "MessageActionStarGiftUnique", "gift": {"attributes": [
            {"_": "StarGiftAttributePattern", "document": VIDEO}, {"_": "StarGiftAttributeModel", "document": TGS}]}},
        ["sticker 30", "sticker 30m thumbnail"],
    ),
    "answer": ({"_": "MessageActionPollAppendAnswer", "answer": {"text": TEXT, "media": of_photo(1)}}, ["photo 1x"]),
}  # fmt: skip


@pytest.mark.parametrize("name", ACTIONS)
def test_files_of_what_happened(name: str) -> None:
    raw, files = ACTIONS[name]
    assert [brief(each) for each in message(action=raw).files] == files


def test_files_of_rich_texts_follow_those_of_the_media() -> None:
    rich = {"_": "RichMessage", "photos": [photo(1), photo(2)], "documents": [TGS]}
    found = message(media=of_photo(1), rich_message=rich).files
    assert [brief(each) for each in found] == ["photo 1x", "photo 2x inline", "sticker 30 inline", "sticker 30m inline"]


def test_words_that_go_with_a_file() -> None:
    raw, _ = MEDIA["poll"]
    assert [each.label for each in message(media=raw).files] == ["", "Yes", "solution"]
    (song,) = message(media=of_document(
        document(1, "audio/mpeg", attribute("Audio", duration=225, title="T", performer="P"),
                 attribute("Filename", file_name="a.mp3"))
    )).files  # fmt: skip
    assert (song.file.title, song.file.performer, song.file.name, song.file.duration) == ("T", "P", "a.mp3", 225)
    sticker, picture = message(media=of_document(TGS, spoiler=True)).files
    assert (sticker.file.emoji, sticker.spoiler, picture.spoiler) == ("🦆", True, True)


@pytest.mark.parametrize(
    ("thumbs", "extension"),
    [
        (THUMBS, ".webp"),
        ([*THUMBS, {"_": "PhotoStrippedSize", "type": "i", "bytes": "AA=="}], ".jpg"),
        ([{"_": "PhotoSizeProgressive", "type": "m", "w": 128, "h": 128, "sizes": [100, 3000]}], ".jpg"),
    ],
)
def test_the_picture_of_a_sticker(thumbs: list[Raw], extension: str) -> None:
    _, picture = message(media=of_document(TGS | {"thumbs": thumbs})).files
    assert (picture.file.thumb, picture.file.extension, picture.file.size) == ("m", extension, 3000)


def rows_of(decoded: Message, config: MediaConfig | None = None) -> list[tuple[str, str, str]]:
    using = Preparation(CHAT, "Cats", 1, ZoneInfo("Europe/Berlin"), config or MediaConfig(), Codec(DICTIONARY))
    return [(row.name, row.kind, row.reason) for row in media_rows(decoded, using)]


def test_names_count_the_files_of_a_message() -> None:
    raw, _ = MEDIA["paid"]
    assert rows_of(message(media=raw)) == [
        ("20240503-143205_885.jpg", "photo", ""),
        ("20240503-143205_885-2.mp4", "video", ""),
        ("20240503-143205_885-3.jpg", "photo", ""),
    ]


def test_link_previews_can_be_left_out() -> None:
    raw, _ = MEDIA["article"]
    config = MediaConfig(types=("photo", "video"))
    assert rows_of(message(media=raw), config) == [
        ("20240503-143205_885.jpg", "webpage", "webpage files are not wanted"),
        ("20240503-143205_885-2.jpg", "webpage", "webpage files are not wanted"),
        ("20240503-143205_885-3.mp4", "webpage", "webpage files are not wanted"),
    ]


@pytest.mark.parametrize(
    ("name", "stored"),
    [("Notes.md", "885.md.txt"), ("x.CANVAS", "885.canvas.txt"), ("x.base", "885.base.txt"), ("x.mdx", "885.mdx")],
)
def test_no_file_becomes_a_note(name: str, stored: str) -> None:
    sent = of_document(document(1, "text/plain", attribute("Filename", file_name=name)))
    assert rows_of(message(media=sent)) == [(f"20240503-143205_{stored}", "document", "")]


JUNK = st.sampled_from([None, "", "x", 0, -1, 2.5, True, [], [None], ["x"], {}, {"_": 5}, [{"_": []}], {"_": "Photo"}])


def spoiled(draw: st.DrawFn, value: object) -> object:
    """The value with now and then something else in its place."""
    if draw(st.integers(0, 7)) == 0:
        return draw(JUNK)
    if isinstance(value, dict):
        return {key: part if key == "_" else spoiled(draw, part) for key, part in value.items()}
    if isinstance(value, list):
        return [spoiled(draw, part) for part in value]
    return value


@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_what_is_missing_or_of_another_type_is_no_file(data: st.DataObject) -> None:
    raw, _ = data.draw(st.sampled_from([*MEDIA.values(), *ACTIONS.values()]))
    broken = data.draw(st.composite(lambda draw: spoiled(draw, raw))())
    if isinstance(broken, dict) and isinstance(broken.get("_"), str):
        found = message(media=broken).files + message(action=broken).files
        assert all(each.file.id and isinstance(each.file.size, int) for each in found)
        names = [name for name, _, _ in rows_of(message(media=broken))]
        assert len(set(names)) == len(names)
