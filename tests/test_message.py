"""Messages, albums, attachments and service messages as blocks."""

from __future__ import annotations

import inspect
from typing import Any, get_args
from zoneinfo import ZoneInfo

import attrs
import pytest
from telethon.tl import types

from tests.markdown import check_inert, read
from tobs.model import Attachment, Button, Entity, File, Forward, Media, MediaKind, Message, Reaction, Reply
from tobs.vault.actions import TEMPLATES
from tobs.vault.cards import CARDS
from tobs.vault.context import MediaFile, MemoryContext, Target
from tobs.vault.links import message_url
from tobs.vault.media import named_files
from tobs.vault.message import render_album, render_message, reply_label

CHAT = -1001234567890
AT = 1714739525  # 2024-05-03 14:32:05 in Berlin
CONTEXT = MemoryContext(
    names={1: "Alice Doe", 2: "Bob *B*", 3: "@gif", CHAT: "Cat Chat"},
    links={(CHAT, 881): Target("Cat Chat 2024-05-02", "m881")},
    snippets={(CHAT, 881): "Bob: “see you at the…”"},
    files={
        (CHAT, 1, 1, ""): MediaFile("20240503-143205_1.jpg"),
        (CHAT, 2, 1, ""): MediaFile("20240503-143206_2.jpg", "done"),
        (CHAT, 3, 1, ""): MediaFile("x.zip", "skipped", "over limit"),
        (CHAT, 4, 1, ""): MediaFile("report_4.pdf"),
        (CHAT, 5, 1, ""): MediaFile("voice_5.ogg"),
    },
    layers={(CHAT, 6): 214},
    zone=ZoneInfo("Europe/Berlin"),
)
PHOTO = File(1, 2, 300_000, "image/jpeg", ".jpg")


def message(number: int = 9, text: str = "", **fields: Any) -> Message:
    return Message(number, CHAT, AT, fields.pop("sender_id", 1), text, **fields)


def body(shown: Message, context: MemoryContext = CONTEXT) -> list[str]:
    """The lines between the header and the anchor, without their prefix."""
    block = render_message(shown, context)
    quoted, _, anchor = block.rpartition("\n\n^")
    assert anchor == f"m{shown.id}"
    return [line.removeprefix(">").removeprefix(" ") for line in quoted.split("\n")[1:]]


def test_a_whole_message() -> None:
    shown = message(
        1, "Text with bold and\n\n- a link", entities=(Entity("Bold", 10, 4),), out=True, edit_date=AT + 480,
        reply=Reply(881), media=Media("photo", PHOTO), views=1234,
        reactions=(Reaction("❤", 3), Reaction("", 1, document_id=7)), forwards=2_500_000, replies=12,
    )  # fmt: skip
    assert (
        render_message(shown, CONTEXT)
        == """\
> [!tg|out] **Alice Doe** · 14:32 · ✎ 14:40
> ↩ [[Cat Chat 2024-05-02#^m881|Bob: “see you at the…”]]
> Text with **bold** and
>
> \\- a link
> ![[20240503-143205_1.jpg|400]]
> ❤ 3 · ◌ 1 · 👁 1.2k · ↗ 2.5M · 💬 12

^m1"""
    )
    assert "👁" not in render_message(shown, attrs.evolve(CONTEXT, counters=False))


def test_the_header() -> None:
    shown = message(sender_id=2, text="x", post_author="Eve", from_rank="ad|min", via_bot_id=3, pinned=True,
                    silent=True, ttl=86400, edit_date=AT + 86400)  # fmt: skip
    header = render_message(shown, CONTEXT).split("\n")[0]
    assert header == r"> [!tg] **Bob \*B\*** · 14:32 · ✎ 2024-05-04 14:32 · ad\|min · ✍ Eve · via @gif · 📌 🔕 ⏳ 1 d"


def test_migrated_history_has_anchors_of_its_own() -> None:
    block = render_message(message(text="x"), attrs.evolve(CONTEXT, migrated=frozenset({CHAT})))
    assert block.endswith("\n\n^g9")


def test_addresses_of_old_channels_have_no_zeros() -> None:
    assert message_url(-1_000_000_000_007, 5) == "https://t.me/c/7/5"
    assert [message_url(other, 5) for other in (-1_000_000_000_000, -1001, 7)] == ["", "", ""]


def test_answers_lead_to_the_archive_or_the_web_and_never_to_phantoms() -> None:
    assert body(message(text="x", reply=Reply(77)))[0] == "↩ [message 77](<https://t.me/c/1234567890/77>)"
    assert body(message(text="x", reply=Reply(77, chat_id=2)))[0] == "↩ message 77"
    assert body(message(text="x", reply=Reply(5, forum_topic=True))) == ["x"]
    assert body(message(text="x", reply=Reply(77, top_id=5, forum_topic=True)))[0].startswith("↩")
    assert body(message(text="x", reply=Reply(story_id=4, chat_id=2)))[0] == r"↩ story 4 of **Bob \*B\***"
    assert body(message(text="x", reply=Reply(origin=Forward(name="X"), quote="a\nb"))) == [
        "↩ **X**", "> [!quote]", "> a", "> b", "", "x",
    ]  # fmt: skip


def test_forwards() -> None:
    assert body(message(text="x", forward=Forward(name="H*", date=AT - 86400)))[0] == (
        r"↪ forwarded from **H\*** · 2024-05-02 14:32"
    )
    assert body(message(text="x", forward=Forward(CHAT, message_id=881, author="Eve")))[0] == (
        "↪ forwarded from **Cat Chat** · ✍ Eve · [[Cat Chat 2024-05-02#^m881|Bob: “see you at the…”]]"
    )


def test_a_quote_at_the_end_does_not_take_in_what_follows() -> None:
    shown = message(1, "yes", entities=(Entity("Blockquote", 0, 3),), views=5)
    assert body(shown) == ["> yes", "", "👁 5"]


def test_an_album_is_one_block() -> None:
    pictures = [message(number, text, media=Media("photo", PHOTO)) for number, text in ((1, ""), (2, "Two cats"))]
    assert (
        render_album(pictures, CONTEXT)
        == """\
> [!tg] **Alice Doe** · 14:32
> Two cats
> ![[20240503-143205_1.jpg|400]]
> ![[20240503-143206_2.jpg|400]]

^m1"""
    )


def test_messages_without_anything() -> None:
    assert body(message(empty=True)) == ["*(deleted or not accessible)*"]
    assert body(message(text=" \n ")) == ["*(empty)*"]


def test_buttons() -> None:
    shown = message(text="x", buttons=(Button("O[pen]", "Url", "https://a.b"), Button("Bad", "Url", "javascript:1")))
    assert body(shown)[1] == r"🔘 [O\[pen\]](<https://a.b>) · 🔘 Bad (`javascript:1`)"


@pytest.mark.parametrize(
    ("number", "media", "line"),
    [
        (1, Media("photo", PHOTO, spoiler=True), "> [!spoiler]- Spoiler\n> ![[20240503-143205_1.jpg|400]]"),
        (2, Media("document", attrs.evolve(PHOTO, name="a.jpg")), "📎 a.jpg · 293 KB\n![[20240503-143206_2.jpg|400]]"),
        (3, Media("document", File(1, 2, 1288490188, "application/zip", ".zip", name="x_y.zip")),
         r"📎 x\_y.zip · 1.2 GB *(not downloaded: over limit)*"),
        (4, Media("document", File(1, 2, 12_000_000, "application/pdf", ".pdf")), "📎 [[report_4.pdf]] (11 MB)"),
        (5, Media("voice", File(1, 2, 900, "audio/ogg", ".ogg", duration=42.3)), "🎤 0:42\n![[voice_5.ogg]]"),
        (6, Media("video", File(1, 2, -1, "video/mp4", ".mp4")), "📎 video.mp4 *(not downloaded)*"),
        (6, Media("expired", raw={"_": "MessageMediaPhoto", "ttl_seconds": 5}), "*(self-destructed photo)*"),
        (6, Media("unsupported", raw={"_": "MessageMediaUnsupported"}),
         "*(unsupported in layer 214: MessageMediaUnsupported)*"),
        (6, Media("other", raw={"_": "MessageMediaHologram"}), "*(cannot be shown: MessageMediaHologram)*"),
    ],
)  # fmt: skip
def test_files(number: int, media: Media, line: str) -> None:
    assert "\n".join(body(message(number, media=media))) == line


SONG = File(1, 2, 4_800_000, "audio/mpeg", ".mp3", name="a.mp3", duration=225, title="Paper *Boats", performer="The L")
FILES: dict[str, tuple[Attachment, str]] = {
    "narrow photo": (Attachment("photo", attrs.evolve(PHOTO, width=90)), "![[a_1.jpg|90]]"),
    "video": (
        Attachment("video", File(1, 2, 33_800, "video/mp4", ".mp4", name="s*a.mp4", duration=12, width=1280)),
        "🎬 s\\*a.mp4 · 33 KB · 0:12\n![[a_1.mp4|400]]",
    ),
    "music": (Attachment("audio", SONG), "🎵 **Paper \\*Boats** — The L · 3:45\n![[a_1.mp3]]"),
    "untitled music": (
        Attachment("audio", attrs.evolve(SONG, title="", performer="")), "🎵 a.mp3 · 4.6 MB · 3:45\n![[a_1.mp3]]",
    ),
    "music that cannot play": (
        Attachment("audio", attrs.evolve(SONG, extension=".opus", name="a.opus")),
        "📎 [[a_1.opus|a.opus]] (**Paper \\*Boats** — The L · 3:45, 4.6 MB)",
    ),
    "picture that cannot show": (
        Attachment("document", File(1, 2, 2_000_000, "image/heic", ".heic", name="I|M]].heic")),
        "📎 [[a_1.heic|I｜M］］.heic]] (1.9 MB)",
    ),
    "cover": (Attachment("photo", PHOTO, "cover"), "📎 [[a_1.jpg|cover]] (293 KB)"),
    "animated sticker": (
        Attachment("sticker", File(1, 2, 900, "application/x-tgsticker", ".tgs", name="duck.tgs", emoji="🦆")),
        "📎 [[a_1.tgs|duck.tgs]] (🦆, 900 B)",
    ),
    "its picture": (
        Attachment("sticker", File(1, 2, 900, "image/webp", ".webp", thumb="m", width=128), "thumbnail"),
        "![[a_1.webp|128]]",
    ),
    "answer": (Attachment("photo", PHOTO, label="1. *Yes*"), "🖼 1. \\*Yes\\*\n![[a_1.jpg|400]]"),
    "hidden video": (
        Attachment("video", File(1, 2, -1, "video/mp4", ".mp4", duration=3), spoiler=True),
        "> [!spoiler]- Spoiler\n> 🎬 0:03\n> ![[a_1.mp4|400]]",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_embedded_or_linked(name: str) -> None:
    attachment, lines = FILES[name]
    file = attachment.file
    context = MemoryContext(files={(CHAT, 9, file.id, file.thumb): MediaFile(f"a_1{file.extension}")})
    shown = message(media=Media("paid", raw={"stars_amount": 1}, files=(attachment,)))
    assert "\n".join(body(shown, context)[1:]) == lines
    happened = message(action={"_": "MessageActionChatEditPhoto"}, files=(attachment,))
    block = render_message(happened, context)
    below = "\n".join(f"> {line}" for line in lines.split("\n"))
    assert block.partition("\n")[2] == f"{below}\n\n^m9"


def test_what_people_called_their_files_is_a_property() -> None:
    def sent(number: int, kind: MediaKind, name: str, **more: Any) -> Message:
        attachment = Attachment(kind, File(number, 2, 900, "", ".bin", name=name), **more)
        return message(number, files=(attachment,))

    here = {(CHAT, number, number, ""): MediaFile(f"a_{number}.bin") for number in range(1, 9)}
    context = MemoryContext(files={**here, (CHAT, 9, 9, ""): MediaFile("a_9.bin", "failed", "gone")})
    told = [
        sent(1, "document", "Ridge walk.pdf"),
        sent(1, "document", "Ridge walk.pdf"),
        sent(2, "video", "]] [[Evil|x\n# y\u202e.mp4"),
        sent(3, "audio", "<% tp %> a::b.mp3"),
        sent(4, "sticker", "sticker.webp"),
        sent(5, "animation", "mp4.mp4"),
        sent(6, "document", "page.pdf", role="preview"),
        sent(7, "document", " "),
        sent(9, "document", "[[lost]] 1_2.zip"),
    ]
    assert named_files(told, context) == [
        "[[a_1.bin|Ridge walk.pdf]]",
        "[[a_2.bin|］］ ［［Evil｜x ＃ y.mp4]]",
        "[[a_3.bin|＜% tp %> a：：b.mp3]]",
        "［［lost］］ 1_2.zip",
    ]


def test_the_picture_of_a_link_preview_stands_in_it() -> None:
    raw = {"webpage": {"title": "T", "url": "https://a.b"}}
    files = (Attachment("photo", PHOTO, "preview"), Attachment("photo", attrs.evolve(PHOTO, id=2), "article"))
    context = MemoryContext(files={(CHAT, 9, 1, ""): MediaFile("a.jpg"), (CHAT, 9, 2, ""): MediaFile("a-2.jpg")})
    shown = message(9, text="x", media=Media("webpage", raw=raw, files=files), views=5)
    preview = ["x", "> [!tg-link]- T", "> 🔗 <https://a.b>", "> ![[a.jpg|400]]"]
    assert body(shown, context) == [*preview, "> ![[a-2.jpg|400]]", "", "👁 5"]
    with_article = attrs.evolve(context, companions={(CHAT, 9): Target("An article")})
    assert [line for line in body(shown, with_article) if "Article" not in line] == [*preview, "", "👁 5"]
    alone = message(9, media=Media("webpage", raw={}, files=files[:1]))
    assert body(alone, context) == ["![[a.jpg|400]]"]


def test_what_destroyed_itself_is_named() -> None:
    for flag, words in (("voice", "voice message"), ("round", "video message"), ("video", "video"), ("_", "file")):
        raw = {flag: True, "_": "MessageMediaDocument", "ttl_seconds": 1}
        assert body(message(media=Media("expired", raw=raw))) == [f"*(self-destructed {words})*"]


TEXT = {"_": "TextWithEntities", "text": "1. [x] #a", "entities": []}
RAW: dict[MediaKind, dict[str, Any]] = {
    "poll": {
        "poll": {"question": TEXT, "answers": [{"text": TEXT, "option": "MQ=="}, {"text": TEXT, "option": "Mg=="}],
                 "quiz": True, "closed": True},
        "results": {"total_voters": 4000, "solution": "b*c",
                    "results": [{"option": "MQ==", "voters": 3000, "chosen": True, "correct": True}]},
    },
    "geo": {"geo": {"_": "GeoPoint", "lat": 52.5, "long": 13.4}},
    "geolive": {"geo": {"_": "GeoPoint", "lat": 52.5, "long": 13.4}, "period": 900, "heading": 90},
    "venue": {"geo": {"_": "GeoPoint", "lat": 52.5, "long": 13.4}, "title": "C*afé", "address": "Main St"},
    "contact": {"first_name": "Eve", "last_name": "", "phone_number": "+1 555"},
    "dice": {"emoticon": "🎯", "value": 6},
    "webpage": {"webpage": {"url": "https://a.b/c", "site_name": "A", "title": "T|", "description": "d\ne"}},
    "game": {"game": {"title": "Chess", "description": "play"}},
    "invoice": {"title": "Tea", "description": "hot", "currency": "USD", "total_amount": 1250},
    "todo": {"todo": {"title": TEXT, "list": [{"id": 1, "title": TEXT}, {"id": 2, "title": TEXT}]},
             "completions": [{"id": 2, "completed_by": {"_": "PeerUser", "user_id": 2}}]},
    "story": {"peer": {"_": "PeerUser", "user_id": 2}, "id": 4},
    "stream": {"call": {"_": "InputGroupCall", "id": 1}},
    "giveaway": {"channels": [1234567890], "quantity": 3, "until_date": AT, "months": 3},
    "giveaway_results": {"winners": [2], "winners_count": 1, "stars": 50},
    "paid": {"stars_amount": 50, "extended_media": [{"_": "MessageExtendedMediaPreview"}]},
}  # fmt: skip
SHOWN: dict[MediaKind, str] = {
    "poll": "> [!question] 1\\. \\[x\\] \\#a (quiz, closed)\n> - 1\\. \\[x\\] \\#a — 3,000 (75 %) ✓ ●\n"
            "> - 1\\. \\[x\\] \\#a\n>\n> 4,000 voters\n>\n> 💡 b\\*c",
    "geo": "📍 [52.5, 13.4](<https://www.openstreetmap.org/?mlat=52.5&mlon=13.4>)",
    "geolive": "📡 [52.5, 13.4](<https://www.openstreetmap.org/?mlat=52.5&mlon=13.4>) · for 15 min · heading 90°",
    "venue": "📍 **C\\*afé** · Main St · [52.5, 13.4](<https://www.openstreetmap.org/?mlat=52.5&mlon=13.4>)",
    "contact": "👤 **Eve** · +1 555",
    "dice": "🎯 6",
    "webpage": "> [!tg-link]- A · T\\|\n> d\n> e\n> 🔗 <https://a.b/c>",
    "game": "🎮 **Chess** — play",
    "invoice": "🧾 **Tea** · 12.50 USD\nhot",
    "todo": "> [!todo] 1\\. \\[x\\] \\#a\n> ☐ 1\\. \\[x\\] \\#a\n> ☑ 1\\. \\[x\\] \\#a — Bob \\*B\\*",
    "story": "📖 story 4 of **Bob \\*B\\***",
    "giveaway": "> [!gift] Giveaway: Premium, 3 months\n> 3 winners, until 2024-05-03 14:32\n> for members of Cat Chat",
    "giveaway_results": "> [!gift] Giveaway results: ⭐ 50\n> 1 winner\n> 🏆 Bob \\*B\\*",
    "stream": "📺 live stream",
    "paid": "🔒 ⭐ 50 · 1 paid file: preview of a photo or video",
}  # fmt: skip


@pytest.mark.parametrize("kind", CARDS)
def test_cards(kind: MediaKind) -> None:
    assert "\n".join(body(message(media=Media(kind, raw=RAW[kind])))) == SHOWN[kind]


@pytest.mark.parametrize("kind", get_args(MediaKind))
def test_every_kind_shows_even_without_its_fields(kind: MediaKind) -> None:
    lines = body(message(media=Media(kind, raw={"_": "MessageMediaStrange"})))
    assert lines
    assert all(line.strip() for line in lines)


def fields(name: str, value: object) -> dict[str, object]:
    """A raw action with this value in every field that Telegram's layer gives it."""
    action = getattr(types, name, None)
    return {**dict.fromkeys(inspect.signature(action).parameters if action else (), value), "_": name}


ACTIONS = sorted(name for name in dir(types) if name.startswith("MessageAction"))


def test_every_action_of_the_layer_has_a_sentence() -> None:
    assert sorted(TEMPLATES) == ACTIONS


@pytest.mark.parametrize("name", [*ACTIONS, "MessageActionOfTomorrow", "MessageActionChat*[[Evil]]"])
def test_every_action_is_one_line_whatever_it_holds(name: str) -> None:
    hostile = "*x*\n[[y]] %%z%% #t k:: v ` `"
    values: list[object] = [
        hostile,
        5,
        True,
        [],
        [7],
        {"_": "X", "text": hostile, "title": hostile},
        [{"title": hostile}],
    ]
    for action in [{"_": name}, *(fields(name, value) for value in values)]:
        block = render_message(message(action=action, sender_id=2), CONTEXT)
        head, _, anchor = block.partition("\n\n")
        assert (anchor, "\n" in head) == ("^m9", False)
        check_inert(head)
        shown = read(head)
        assert {char.marks for char in shown if char.char.isalpha()} <= {
            frozenset({"Blockquote"}), frozenset({"Blockquote", "Italic"}), frozenset({"Blockquote", "Italic", "Link"}),
        }  # fmt: skip
        assert any("Italic" in char.marks for char in shown)


@pytest.mark.parametrize(
    ("action", "line"),
    [
        ({"_": "MessageActionChatCreate", "title": "C*", "users": [2]}, r"created the group “C\*” with Bob \*B\*"),
        ({"_": "MessageActionPinMessage"}, "pinned [[Cat Chat 2024-05-02#^m881|Bob: “see you at the…”]]"),
        ({"_": "MessageActionSetMessagesTTL", "period": 86400}, "set messages to delete themselves after 1 d"),
        ({"_": "MessageActionSetMessagesTTL"}, "turned off auto-delete"),
        ({"_": "MessageActionTopicEdit", "title": "New"}, "renamed the topic to “New”"),
        ({"_": "MessageActionTopicEdit", "closed": False, "hidden": True}, "reopened the topic and hid it"),
        ({"_": "MessageActionOfTomorrow"}, ": of tomorrow"),
    ],
)  # fmt: skip
def test_what_happened(action: dict[str, Any], line: str) -> None:
    reply = Reply(881) if action["_"] == "MessageActionPinMessage" else None
    block = render_message(message(action=action, reply=reply), CONTEXT)
    separator = "" if line.startswith(":") else " "
    assert block == f"> [!tg-service] 14:32 · *Alice Doe{separator}{line}*\n\n^m9"


def test_calls() -> None:
    called = {"_": "MessageActionPhoneCall"}
    assert "*Bob:\\: call*" in render_message(message(action=called), attrs.evolve(CONTEXT, names={1: "Bob:"}))
    missed = {"_": "MessageActionPhoneCall", "video": True, "reason": {"_": "PhoneCallDiscardReasonMissed"}}
    assert "*Alice Doe: missed video call*" in render_message(message(action=missed), CONTEXT)
    took = {"_": "MessageActionPhoneCall", "duration": 62}
    assert "*Alice Doe: call (1:02)*" in render_message(message(action=took), CONTEXT)


def test_labels_for_links() -> None:
    assert reply_label("Bob", message(text="see\nyou")) == "Bob: “see you”"
    assert reply_label("Bob", message(text="x" * 50)) == f"Bob: “{'x' * 39}…”"
    assert reply_label("Bob", message(media=Media("photo"))) == "Bob: photo"
    assert reply_label("Bob", message(action={"_": "MessageActionEmpty"})) == "Bob: service message"
