"""Custom emoji: which of them messages use, their pictures once a vault, and what notes show of them."""

from __future__ import annotations

import re
import sqlite3
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from telethon.tl import types

import tobs
from tests.loopback import EPOCH, add_channel, open_loopback, small_account
from tests.markdown import Char, check_inert, read
from tests.snapshots import archive, assert_same, notes
from tests.test_hostile import INLINE, examples, texts, units, visible
from tests.test_sharing import export
from tests.test_watch import watching
from tobs.archive.reads import Reads
from tobs.archive.store import open_archive
from tobs.config import ExportConfig, MediaConfig, SyncConfig
from tobs.errors import TobsError
from tobs.model import Entity, Message, Reaction
from tobs.pictures import Pictures
from tobs.progress import Failure
from tobs.rawemoji import emoji_ids, emoji_picture
from tobs.share import render_redacted
from tobs.shutdown import Shutdown
from tobs.testing.account import Account
from tobs.testing.faults import Fail, Faults
from tobs.testing.files import Bytes, StoredFile
from tobs.testing.rpc import RpcError
from tobs.transfers import PictureCount
from tobs.vault.context import MemoryContext, Target
from tobs.vault.emoji import is_emoji
from tobs.vault.message import render_message
from tobs.vault.text import render_text
from tobs.verify.refetch import refetch_files

ON = MediaConfig(custom_emoji=True)
SMILE, SUN, HEART, GONE = 1001, 1002, 1003, 1004
PICTURE = "Telegram/Pictures/emoji_{}.webp"

# In a text

CONTEXT = MemoryContext(
    emoji_pictures={7: "emoji_7.webp"},
    peers={9: Target("Alice")},
    urls={"https://t.me/cats/5": Target("Cat Chat", "m5")},
)


def shown(text: str, *marks: tuple[str, str], emoji: str = "🙂", **fields: Any) -> str:
    """The text with a custom emoji where `emoji` stands, and entities where the parts of `marks` do."""
    entities = []
    for kind, part in (*marks, ("CustomEmoji", emoji)):
        own = {"document_id": 7} if kind == "CustomEmoji" else fields
        entities.append(Entity(kind, units(text[: text.index(part)]), units(part), **own))
    return render_text(text, entities, links=CONTEXT)


EMBED = "![[emoji_7.webp|🙂|20]]"


@pytest.mark.parametrize(
    ("text", "marks", "fields", "markdown"),
    [
        ("so 🙂 it is", (), {}, f"so {EMBED} it is"),
        ("🙂", (("Bold", "🙂"),), {}, f"**{EMBED}**"),
        ("a b 🙂 c", (("Bold", "b 🙂"), ("Italic", "🙂")), {}, "a **b <i>🙂</i>** c"),
        ("a\n> 🙂", (("Blockquote", "> 🙂"),), {}, f"a\n> \\> {EMBED}"),
        ("see 🙂!", (("Spoiler", "🙂"),), {}, 'see <span class="tg-spoiler" tabindex="0">🙂</span>!'),
        ("see 🙂!", (("Underline", "see 🙂"),), {}, "<u>see 🙂</u>!"),
        ("see 🙂!", (("TextUrl", "see 🙂"),), {"url": "https://a.b"}, "[see 🙂](<https://a.b>)!"),
        ("see 🙂!", (("TextUrl", "see 🙂"),), {"url": "https://t.me/cats/5"}, "[see 🙂](<Cat Chat#^m5>)!"),
        ("see 🙂!", (("MentionName", "see 🙂"),), {"user_id": 9}, "[see 🙂](<Alice>)!"),
        ("see 🙂!", (("MentionName", "see 🙂"),), {"user_id": 8}, f"see {EMBED}!"),
        ("see 🙂!", (("Code", "see 🙂"),), {}, "`see 🙂`!"),
        ("see 🙂!", (("Pre", "see 🙂"),), {}, "```\nsee 🙂\n```\n\\!".replace("\\!", "!")),
        ("#a🙂", (("Hashtag", "#a🙂"),), {}, "#tg/a🙂"),
    ],
)  # fmt: skip
def test_where_it_stands(text: str, marks: tuple[tuple[str, str], ...], fields: dict[str, Any], markdown: str) -> None:
    assert shown(text, *marks, **fields) == markdown


@pytest.mark.parametrize(
    "emoji", ["🙂", "👍🏽", "❤️", "☀", "1️⃣", "👨‍👩‍👧‍👦", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🇺🇦", "🏳️‍🌈", "ℹ️", "©️", "‼️", "🫠"]
)  # fmt: skip
def test_every_emoji_can_have_a_picture(emoji: str) -> None:
    assert is_emoji(emoji)
    assert shown(f"a {emoji} b", emoji=emoji) == f"a ![[emoji_7.webp|{emoji}|20]] b"


@pytest.mark.parametrize(
    "text", ["ab", "重", "#️⃣", "*️⃣", "|", "]]", "🙂]]", "🙂 🙂", "🙂\n", "\u202e🙂", "🙂" * 17, "%%", "1", "::"]
)  # fmt: skip
def test_words_that_are_marked_as_an_emoji_stay_words(text: str) -> None:
    assert "emoji_7" not in shown(f"a {text}b", emoji=text)
    footer = render_message(
        Message(1, 2, 3, 4, "x", reactions=(Reaction(text, 2, 7),)), attrs.evolve(CONTEXT, names={4: "Bob"})
    )
    assert "> ![[emoji_7.webp|20]] 2" in footer


def test_it_is_whole_or_a_sign() -> None:
    """Half of a family is not marked as a family."""
    family = "👨‍👩‍👧"
    entities = [Entity("CustomEmoji", 0, units(family), document_id=7), Entity("Bold", 0, 2)]
    assert render_text(family, entities, links=CONTEXT).count("emoji_7") <= 1
    assert read(render_text(family, entities, links=MemoryContext()))


MOJI = ("🙂", "👍🏽", "❤️", "1️⃣", "👨‍👩‍👧", "🇺🇦", "word", "[[x]]")


@st.composite
def sprinkled(draw: st.DrawFn) -> tuple[str, list[Entity]]:
    """Hostile texts with custom emoji between them, and other entities anywhere."""
    text, entities, ends = "", [], [0]
    for piece in draw(st.lists(texts | st.sampled_from(MOJI), min_size=1, max_size=5)):
        if piece in MOJI:
            entities.append(Entity("CustomEmoji", units(text), units(piece), document_id=7))
        else:
            ends += range(len(text), len(text) + len(piece))
        text += piece
        ends.append(len(text))
    for _ in range(draw(st.integers(0, 4))):
        low, high = sorted((draw(st.sampled_from(ends)), draw(st.sampled_from(ends))))
        kind = draw(st.sampled_from((*INLINE, "Blockquote", "Pre", "CustomEmoji")))
        more = {"document_id": 7} if kind == "CustomEmoji" else {"url": "https://a.b/c"}
        entities.append(Entity(kind, units(text[:low]), units(text[low:high]), **more))  # type: ignore[arg-type]
    return text, entities


EMBEDDED = re.compile(r"!\[\[emoji_7\.webp\|([^|\]\n]+)\|20\]\]")
STAND_IN = "¡"  # flanks as an embed does, and is no sign of Markdown


@examples(150)
@given(sprinkled())
def test_with_pictures_a_text_says_the_same(sent: tuple[str, list[Entity]]) -> None:
    text, entities = sent
    text = text.replace(STAND_IN, "")
    pictured = render_text(text, entities, links=CONTEXT)
    plain = render_text(text, entities, links=attrs.evolve(CONTEXT, emoji_pictures={}))
    emoji = "".join(EMBEDDED.findall(pictured))
    standing = EMBEDDED.sub(lambda match: STAND_IN * len(match[1]), pictured)
    check_inert(standing, tags=True)
    seen, said = (visible(read(markdown)) for markdown in (standing, plain))
    there = zip(seen, said, strict=True)
    shown = [Char(STAND_IN, char.marks) if mark.char == STAND_IN else char for mark, char in there]
    assert seen == shown
    assert emoji == "".join(char.char for mark, char in zip(seen, said, strict=True) if mark.char == STAND_IN)


# Which ones


def test_emoji_are_found_wherever_they_are() -> None:
    raw = {
        "entities": [{"_": "MessageEntityCustomEmoji", "document_id": 1}, {"_": "MessageEntityBold"}],
        "reactions": {"results": [{"reaction": {"_": "ReactionCustomEmoji", "document_id": -2}}]},
        "media": {"poll": {"question": {"entities": [{"_": "MessageEntityCustomEmoji", "document_id": 3}]}}},
        "rich_message": {"blocks": [{"text": {"texts": [{"_": "TextCustomEmoji", "document_id": 4, "alt": "🙂"}]}}]},
        "desktop": {"_": "MessageEntityCustomEmoji", "document_id": 0},
        "other": {"_": "MessageEntityCustomEmoji", "document_id": "5"},
    }
    assert emoji_ids(raw) == {1, -2, 3, 4}


@pytest.mark.parametrize(
    ("mime", "thumbs", "colour", "extension", "thumb"),
    [
        ("image/webp", False, False, ".webp", ""),
        ("application/x-tgsticker", True, False, ".webp", "m"),
        ("video/webm", True, False, ".webp", "m"),
        ("video/webm", False, False, None, None),
        ("text/html", False, False, None, None),
        ("image/webp", False, True, None, None),
    ],
)
def test_what_is_shown(mime: str, thumbs: bool, colour: bool, extension: str | None, thumb: str | None) -> None:
    custom = {"_": "DocumentAttributeCustomEmoji", "alt": "🙂", "text_color": colour}
    sizes = [{"_": "PhotoPathSize", "type": "j", "bytes": "AA=="}, {"_": "PhotoSize", "type": "m", "w": 128, "h": 128}]
    raw = {"_": "Document", "id": 1, "mime_type": mime, "attributes": [custom], "thumbs": sizes if thumbs else []}
    found = emoji_picture(raw)
    assert (found and found.extension, found and found.thumb) == (extension, thumb)


# In a vault


def emoji(account: Account, number: int, mime: str = "image/webp", *, size: int = 400, still: int = 0) -> None:
    """A custom emoji of so many bytes, with a still picture of it if it moves."""
    parts = {"": Bytes(bytes([number % 251]) * size)}
    if still:
        parts["m"] = Bytes(bytes([number % 241]) * still)
    account.files.add(StoredFile(number, 77, 1 + number % 3, mime, parts))
    stands_for = types.DocumentAttributeCustomEmoji("🙂", types.InputStickerSetEmpty())
    look = [types.DocumentAttributeImageSize(100, 100), stands_for]
    thumbs = [types.PhotoSize("m", 100, 100, still)] if still else None
    account.custom_emoji[number] = types.Document(
        number, 77, b"", EPOCH, mime, size, 1 + number % 3, look, thumbs=thumbs
    )


def saying(*numbers: int, message_id: int = 0, **fields: Any) -> types.Message:
    """A message from Bob of custom emoji."""
    entities = [types.MessageEntityCustomEmoji(2 * at, 2, number) for at, number in enumerate(numbers)]
    words = {"from_id": types.PeerUser(7002), "date": EPOCH, "entities": entities, **fields}
    return types.Message(message_id, None, message="🙂" * len(numbers), **words)


def reacted(number: int, count: int = 1) -> types.MessageReactions:
    return types.MessageReactions([types.ReactionCount(types.ReactionCustomEmoji(number), count)])


def smiling() -> Account:
    """Cats uses a still, an animated and a moving emoji; Dogs the first, and one that is gone; Birds has none."""
    account = small_account()
    emoji(account, SMILE)
    emoji(account, SUN, "application/x-tgsticker", still=300)
    emoji(account, HEART, "video/webm", still=200)
    cats, dogs = add_channel(account, 501, "Cats"), add_channel(account, 502, "Dogs")
    account.add_message(cats, saying(SMILE, SUN))
    account.add_message(cats, saying(SMILE, reactions=reacted(HEART)))
    account.add_message(dogs, saying(SMILE, GONE))
    add_channel(account, 503, "Birds", 3)
    return account


CHATS = ("Cats", "Dogs", "Birds")


def note(vault: Path, chat: str) -> str:
    return notes(vault)[f"Telegram/Chats/{chat}/{chat} messages.md"].decode()


def pictures(vault: Path) -> set[str]:
    return {name for name in notes(vault) if name.startswith("Telegram/Pictures/")}


def problems(vault: Path) -> set[str]:
    return {group.kind.name for group in tobs.verify_vault(ExportConfig(vault=vault)).findings}


async def test_each_comes_once_and_is_shown(tmp_path: Path) -> None:
    vault, account = tmp_path / "vault", smiling()
    report, calls = await export(tmp_path, vault, account, *CHATS, media=ON)
    assert calls["upload.getFile"] == 3
    assert {name: len(notes(vault)[name]) for name in pictures(vault)} == {
        PICTURE.format(SMILE): 400,
        PICTURE.format(SUN): 300,
        PICTURE.format(HEART): 200,
    }
    assert "> ![[emoji_1001.webp|🙂|20]]![[emoji_1002.webp|🙂|20]]\n" in note(vault, "Cats")
    assert "> ![[emoji_1003.webp|🙂|20]] 1\n" in note(vault, "Cats")
    assert "> ![[emoji_1001.webp|🙂|20]]🙂\n" in note(vault, "Dogs")
    assert [(one.what, one.reason) for one in report.failures] == [
        ("emoji_1004.webp", "Telegram does not have this emoji any more.")
    ]
    assert (report.pictures, report.pictures_failed) == (3, 1)
    assert not problems(vault)
    before = notes(vault)
    again, calls = await export(tmp_path, vault, account, *CHATS, media=ON)
    assert (calls["upload.getFile"], calls["messages.getCustomEmojiDocuments"]) == (0, 0)
    assert (notes(vault), again.failures, sum(chat.notes for chat in again.chats)) == (before, (), 0)


async def test_the_option_changes_the_notes_that_have_some_and_no_others(tmp_path: Path) -> None:
    vault, account = tmp_path / "vault", smiling()
    await export(tmp_path, vault, account, *CHATS, media=MediaConfig())
    without = notes(vault)
    assert "emoji_" not in note(vault, "Cats")
    report, _ = await export(tmp_path, vault, account, *CHATS, media=ON)
    assert {chat.title: chat.notes for chat in report.chats} == {"Cats": 1, "Dogs": 1, "Birds": 0}
    await export(tmp_path, tmp_path / "other", account, *CHATS, media=ON)
    assert_same(vault, tmp_path / "other")
    await export(tmp_path, vault, account, *CHATS, media=MediaConfig())
    assert {name: data for name, data in notes(vault).items() if name not in pictures(vault)} == without
    assert not problems(vault)
    _, calls = await export(tmp_path, vault, account, *CHATS, media=ON)
    assert calls["upload.getFile"] == 0, "they are here"
    assert notes(vault) == notes(tmp_path / "other")


async def test_an_archive_of_before_learns_what_its_messages_use(tmp_path: Path) -> None:
    vault, account = tmp_path / "vault", smiling()
    await export(tmp_path, vault, account, *CHATS, media=MediaConfig())
    account.edit(-1_000_000_000_502, 1, entities=None, message="no more")
    await export(tmp_path, vault, account, *CHATS, media=MediaConfig())
    uses = archive(vault)["emoji"]
    db = sqlite3.connect(vault / ".tobs" / "archive.sqlite3")
    with db:
        db.executescript("DELETE FROM emoji; UPDATE meta SET value = CAST('2' AS BLOB) WHERE key = 'files';")
    db.close()
    await export(tmp_path, vault, account, *CHATS, media=ON)
    assert archive(vault)["emoji"] == uses
    assert "emoji_1001" in note(vault, "Cats")


async def test_more_than_one_question_can_hold(tmp_path: Path) -> None:
    vault, account = tmp_path / "vault", small_account()
    cats = add_channel(account, 501, "Cats")
    numbers = range(2001, 2251)
    for number in numbers:
        emoji(account, number)
    for start in range(0, 250, 50):
        account.add_message(cats, saying(*numbers[start : start + 50]))
    account.files.uses_per_reference = 1  # each is good for one part
    account.files.expire()
    report, calls = await export(tmp_path, vault, account, "Cats", media=ON)
    assert not report.failures
    assert (len(pictures(vault)), calls["messages.getCustomEmojiDocuments"]) == (250, 2)


async def test_references_that_wear_out_are_learnt_anew(tmp_path: Path) -> None:
    vault, account = tmp_path / "vault", small_account()
    cats = add_channel(account, 501, "Cats")
    for number in range(2001, 2021):
        emoji(account, number, size=600_000)  # two parts
    account.add_message(cats, saying(*range(2001, 2021)))
    account.files.uses_per_reference = 1
    report, calls = await export(tmp_path, vault, account, "Cats", media=ON)
    assert not report.failures
    assert len(pictures(vault)) == 20
    assert 1 < calls["messages.getCustomEmojiDocuments"] <= 61  # each lasted for one part, or its hashes


async def test_what_nobody_uses_any_more_goes(tmp_path: Path) -> None:
    vault, account = tmp_path / "vault", smiling()
    await export(tmp_path, vault, account, *CHATS, media=ON)
    account.react(-1_000_000_000_501, 2, None)
    await sync(tmp_path, vault, account, media=ON)
    assert pictures(vault) == {PICTURE.format(SMILE), PICTURE.format(SUN)}
    account.edit(-1_000_000_000_501, 1, entities=None, message="plain", edit_date=EPOCH)
    await sync(tmp_path, vault, account, media=ON)
    assert pictures(vault) == {PICTURE.format(SMILE), PICTURE.format(SUN)}, "an earlier version shows it"
    assert not problems(vault)


async def sync(folder: Path, vault: Path, account: Account, **fields: Any) -> None:
    config = ExportConfig(vault=vault, chats=("Cats", "Dogs"), timezone="UTC", sync=SyncConfig(days=0), **fields)
    folder = Path(tempfile.mkdtemp(dir=folder))
    async with open_loopback(account, folder) as (_server, telegram), tobs.open_telegram(telegram) as source:
        await tobs.sync(source, config)


async def test_a_lost_picture_is_a_sign_until_it_is_fetched_again(tmp_path: Path) -> None:
    vault, account = tmp_path / "vault", smiling()
    await export(tmp_path, vault, account, *CHATS, media=ON)
    before = notes(vault)
    (vault / PICTURE.format(SMILE)).unlink()
    assert problems(vault) == {"FILE_GONE"}
    assert refetch_files(ExportConfig(vault=vault)) == 1
    await export(tmp_path, vault, account, *CHATS, media=ON)
    assert notes(vault) == before


async def test_a_run_that_fails_among_them_goes_on_with_the_next(tmp_path: Path) -> None:
    vault, account = tmp_path / "vault", smiling()
    await export(tmp_path, vault, account, *CHATS, media=MediaConfig())
    blocked = vault / "Telegram" / "Pictures"
    blocked.write_bytes(b"")
    with suppress(TobsError):
        await export(tmp_path, vault, account, *CHATS, media=ON)
    assert "emoji_" not in note(vault, "Cats")
    blocked.unlink()
    await export(tmp_path, vault, account, *CHATS, media=ON)
    await export(tmp_path, tmp_path / "other", account, *CHATS, media=ON)
    assert_same(vault, tmp_path / "other")


async def test_a_watch_brings_them(tmp_path: Path) -> None:
    async with watching(smiling(), tmp_path, *CHATS, media=ON) as watched:
        await watched.noted("![[emoji_1001.webp|🙂|20]]", "![[emoji_1003.webp|🙂|20]] 1")
    assert not problems(tmp_path / "vault")


async def test_what_cannot_be_asked_for_is_told_once_and_left_to_the_next_run(tmp_path: Path) -> None:
    vault, account, failures, count = tmp_path / "vault", smiling(), list[Failure](), PictureCount()
    config = ExportConfig(vault=vault, chats=("Cats",), timezone="UTC")
    faults = Faults(fails=(Fail("messages.getCustomEmojiDocuments", set(range(2, 50)), RpcError(400, "NOT_NOW")),))
    async with open_loopback(account, tmp_path, faults=faults) as (_server, telegram):
        async with tobs.open_telegram(telegram) as source:
            await tobs.export(source, config)
            with open_archive(vault) as archive:
                reads = Reads(archive.connection, archive.codec)
                pictures = Pictures(source, archive, reads, vault, ON, {}, count=count, failures=failures)
                for _ in range(2):
                    await pictures.bring((), Shutdown())
    (failure,) = failures
    assert failure.what == "3 custom emoji"
    assert "NOT_NOW" in failure.reason
    assert (count.total, count.done, count.failed) == (3, 0, 3)
    report, _ = await export(tmp_path, vault, account, "Cats", media=ON)
    assert (report.pictures, report.failures) == (3, ())


async def test_whoever_gets_a_redacted_copy_sees_signs(tmp_path: Path) -> None:
    vault, account = tmp_path / "vault", smiling()
    await export(tmp_path, vault, account, *CHATS, media=ON)
    render_redacted(ExportConfig(vault=vault, timezone="UTC", media=ON), tmp_path / "shared")
    found = "".join(path.read_text("utf-8") for path in (tmp_path / "shared").rglob("*.md"))
    assert "🙂🙂" in found
    assert "emoji_" not in found
