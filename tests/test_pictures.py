"""Pictures that belong to no message: thumbnails of files that were left out, and what chats and people look like."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import trio
from telethon.tl import types

import tobs
from tests.loopback import EPOCH, add_channel, open_loopback, small_account, text
from tests.snapshots import assert_same, notes
from tests.test_sharing import SIZE, export, send
from tests.watched import watching
from tobs.cli.demo import open_sample
from tobs.config import ExportConfig, MediaConfig
from tobs.errors import TobsError
from tobs.rawfiles import decode_small, original_name
from tobs.share import render_redacted
from tobs.testing.account import Account
from tobs.testing.files import Generated, StoredFile
from tobs.verify.refetch import refetch_files

SMALL = MediaConfig(max_size_mb=0.004, thumbnails=True)
PICTURE = "Telegram/Pictures/thumbnail_{}.jpg"


def film(account: Account, number: int, *, thumb: int = 700, size: int = SIZE) -> types.Document:
    """A video, with Telegram's pictures of it if `thumb` is not 0: one stripped, one of that many bytes."""
    parts = {"": Generated(size, number), "m": Generated(thumb, number + 1)}
    account.files.add(StoredFile(number, 77, 2, "video/mp4", parts))
    look = [types.DocumentAttributeVideo(3.0, 640, 360), types.DocumentAttributeFilename("sea.mp4")]
    thumbs = [types.PhotoStrippedSize("i", b"\1\2\3"), types.PhotoSize("m", 320, 180, thumb)] if thumb else None
    return types.Document(number, 77, b"", EPOCH, "video/mp4", size, 2, look, thumbs=thumbs)


def photo(account: Account, number: int) -> types.MessageMediaPhoto:
    sizes = {"m": 600, "x": 9000}
    account.files.add(StoredFile(number, 77, 2, "image/jpeg", {k: Generated(n, number) for k, n in sizes.items()}))
    shown = [types.PhotoSize("m", 320, 240, 600), types.PhotoSize("x", 800, 600, 9000)]
    return types.MessageMediaPhoto(photo=types.Photo(number, 77, b"", EPOCH, shown, 2))


def films() -> Account:
    """Cats has a film that Dogs has as well, and one without a picture."""
    account = small_account()
    cats, dogs = add_channel(account, 501, "Cats"), add_channel(account, 502, "Dogs")
    send(account, cats, 1, film(account, 1001))
    send(account, cats, 2, film(account, 1002, thumb=0))
    send(account, dogs, 1, film(account, 1001))
    return account


def note(vault: Path, chat: str) -> str:
    return notes(vault)[f"Telegram/Chats/{chat}/{chat} messages.md"].decode()


def problems(vault: Path) -> set[str]:
    return {group.kind.name for group in tobs.verify_vault(ExportConfig(vault=vault)).findings}


async def test_a_file_that_is_left_out_is_shown_small(tmp_path: Path) -> None:
    vault = tmp_path / "vault"
    report, calls = await export(tmp_path, vault, films(), media=SMALL)
    assert not report.failures
    assert calls["upload.getFile"] == 1, "once for both chats, and none for what has no picture"
    assert notes(vault)[PICTURE.format(1001)] == Generated(700, 1002).read(0, 700)
    for chat in ("Cats", "Dogs"):
        lines = note(vault, chat).splitlines()
        found = lines.index("> ![[thumbnail_1001.jpg|200]]")
        assert "sea.mp4" in lines[found + 1]
        assert "not downloaded: larger than 0.004 MB" in lines[found + 1]
    assert note(vault, "Cats").count("not downloaded") == 2
    assert not problems(vault)
    again, calls = await export(tmp_path, vault, films(), media=SMALL)
    assert (calls["upload.getFile"], sum(chat.notes for chat in again.chats)) == (0, 0)


async def test_the_file_takes_the_place_of_its_thumbnail(tmp_path: Path) -> None:
    vault = tmp_path / "vault"
    await export(tmp_path, vault, films(), media=SMALL)
    await export(tmp_path, vault, films(), media=MediaConfig())
    await export(tmp_path, tmp_path / "other", films(), media=MediaConfig())
    assert_same(vault, tmp_path / "other")
    assert not problems(vault)


async def test_thumbnails_come_when_they_are_wanted_later(tmp_path: Path) -> None:
    vault = tmp_path / "vault"
    await export(tmp_path, vault, films(), media=MediaConfig(max_size_mb=0.004))
    assert "thumbnail" not in note(vault, "Cats")
    await export(tmp_path, vault, films(), media=SMALL)
    await export(tmp_path, tmp_path / "other", films(), media=SMALL)
    assert_same(vault, tmp_path / "other")


async def test_of_photos_of_other_kinds_and_of_files_without_room(tmp_path: Path) -> None:
    account = films()
    add_channel(account, 503, "Birds")
    account.add_message(account.chats[-1_000_000_000_503], types.Message(
        0, types.PeerUser(7002), message="", date=EPOCH, media=photo(account, 1003)
    ))  # fmt: skip
    vault = tmp_path / "vault"
    media = MediaConfig(types=("video",), max_total_mb=0.003, thumbnails=True)
    await export(tmp_path, vault, account, media=media)
    assert "![[thumbnail_1003.jpg|200]]" in note(vault, "Birds")
    assert "photo files are not wanted" in note(vault, "Birds")
    assert "![[thumbnail_1001.jpg|200]]" in note(vault, "Dogs")
    assert "not downloaded yet: all files together may not be larger" in note(vault, "Dogs")
    assert len(notes(vault)[PICTURE.format(1003)]) == 600
    assert problems(vault) == {"FILE_PENDING"}


async def test_thumbnails_count_as_files_do(tmp_path: Path) -> None:
    vault = tmp_path / "vault"
    await export(tmp_path, vault, films(), media=MediaConfig(types=(), max_total_mb=0.0006, thumbnails=True))
    assert "thumbnail" not in note(vault, "Cats")
    await export(tmp_path, vault, films(), media=MediaConfig(enabled=False, thumbnails=True))
    assert "thumbnail" not in note(vault, "Cats")
    await export(tmp_path, vault, films(), media=MediaConfig(types=(), max_total_mb=0.0007, thumbnails=True))
    assert "thumbnail" in note(vault, "Cats")


async def test_a_refused_file_and_a_lost_picture(tmp_path: Path) -> None:
    account, vault = films(), tmp_path / "vault"
    account.files.add(StoredFile(1001, 77, 2, "video/mp4", {"m": Generated(700, 1)}))  # the film itself is gone
    await export(tmp_path, vault, account, media=MediaConfig(thumbnails=True))
    assert "![[thumbnail_1001.jpg|200]]" in note(vault, "Dogs")
    picture = vault / PICTURE.format(1001)
    picture.unlink()
    (picture.parent / "mine.jpg").write_bytes(b"")
    assert problems(vault) == {"FILE_GONE", "FILE_UNKNOWN"}
    assert refetch_files(ExportConfig(vault=vault)) == 1
    await export(tmp_path, vault, account, media=MediaConfig(thumbnails=True))
    assert picture.read_bytes() == Generated(700, 1).read(0, 700)


# Chats and people

AVATARS = MediaConfig(avatars=True)


def picture(account: Account, number: int, size: int = 900, dc: int = 3) -> types.Photo:
    """A photo that can be the picture of a chat or person."""
    parts = {"a": Generated(size, number), "c": Generated(3 * size, number)}
    account.files.add(StoredFile(number, 77, dc, "image/jpeg", parts))
    return types.Photo(number, 77, b"", EPOCH, [], dc)


def portrayed(account: Account, number: int = 5001) -> None:
    """Bob and Cats have pictures; Dogs has none, and of Birds there is one that is not exported."""
    for owner, photo_id in ((7002, number), (-1_000_000_000_501, number + 1), (-1_000_000_000_503, number + 2)):
        shown = picture(account, photo_id)
        account.details[owner].photo = shown
        short = types.UserProfilePhoto if owner > 0 else types.ChatPhoto
        account.entity(owner).photo = short(photo_id, 3)


def faces() -> Account:
    account = films()
    add_channel(account, 503, "Birds", 1)
    portrayed(account)
    return account


BOB, CATS = "Telegram/Pictures/avatar_7002_{}.jpg", "Telegram/Pictures/avatar_-1000000000501_{}.jpg"


def pictures(vault: Path) -> set[str]:
    return {name for name in notes(vault) if name.startswith("Telegram/Pictures/")}


async def test_chats_and_people_have_their_pictures(tmp_path: Path) -> None:
    vault, account = tmp_path / "vault", faces()
    report, _ = await export(tmp_path, vault, account, "Cats", "Dogs", media=AVATARS)
    assert not report.failures
    assert pictures(vault) == {BOB.format(5001), CATS.format(5002)}
    there = notes(vault)
    assert there[CATS.format(5002)] == Generated(900, 5002).read(0, 900)
    for name, shown in (("People/Bob Baker", "avatar_7002_5001"), ("Chats/Cats/Cats", "avatar_-1000000000501_5002")):
        text = there[f"Telegram/{name}.md"].decode()
        assert f'tg_photo: "[[{shown}.jpg]]"' in text
        assert f"\n![[{shown}.jpg|80]]\n" in text
    assert "tg_photo" not in there["Telegram/Chats/Dogs/Dogs.md"].decode()
    assert not problems(vault)
    again, calls = await export(tmp_path, vault, account, "Cats", "Dogs", media=AVATARS)
    assert (calls["upload.getFile"], sum(chat.notes for chat in again.chats)) == (0, 0)


async def test_a_new_picture_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    vault, account = tmp_path / "vault", faces()
    await export(tmp_path, vault, account, "Cats", media=AVATARS)
    portrayed(account, 5011)
    account.add_message(account.chats[-1_000_000_000_501], text(9))  # which shows Bob as he is now
    account.details[7002].photo = None  # the server does not give what it told of
    report, _ = await export(tmp_path, vault, account, "Cats", media=AVATARS)
    (failure,) = report.failures
    assert failure.what == "Bob Baker: avatar_7002_5011.jpg"
    assert failure.reason
    assert (report.pictures, report.pictures_failed) == (1, 1)
    assert pictures(vault) == {BOB.format(5001), CATS.format(5012)}, "the old one stays until the new one is there"
    (said,) = tobs.verify_vault(ExportConfig(vault=vault)).information
    assert (said.kind.name, said.count) == ("FILE_FAILED", 1)
    account.entity(7002).photo = None
    account.entity(-1_000_000_000_501).photo = types.ChatPhotoEmpty()
    account.add_message(account.chats[-1_000_000_000_501], text(10))
    await export(tmp_path, vault, account, "Cats", media=AVATARS)
    assert not pictures(vault)
    assert not problems(vault)
    await export(tmp_path, tmp_path / "other", account, "Cats", media=AVATARS)
    assert_same(vault, tmp_path / "other")


async def test_pictures_of_the_sample_account(tmp_path: Path) -> None:
    vault = tmp_path / "vault"
    config = ExportConfig(vault=vault, chats=("all",), timezone="UTC", media=AVATARS)
    with trio.fail_after(60):
        async with open_sample() as telegram, tobs.open_telegram(telegram) as source:
            report = await tobs.export(source, config)
    assert not report.failures
    there = pictures(vault)
    assert len(there) >= 3
    assert all(notes(vault)[name].startswith(b"\xff\xd8") for name in there)
    assert not problems(vault)
    render_redacted(config, tmp_path / "shared")
    assert not [path for path in (tmp_path / "shared").rglob("*") if "avatar_" in path.name]
    assert not [path for path in (tmp_path / "shared").rglob("*.md") if "tg_photo" in path.read_text("utf-8")]


async def test_a_watch_brings_pictures(tmp_path: Path) -> None:
    media = MediaConfig(max_size_mb=0.004, thumbnails=True, avatars=True)
    async with watching(faces(), tmp_path, "Cats", media=media) as watched:
        await watched.noted("![[thumbnail_1001.jpg|200]]", "![[avatar_7002_5001.jpg|80]]")
    assert not problems(tmp_path / "vault")


@pytest.mark.parametrize("failing", ["Telegram/Pictures", "Telegram/Chats/Cats/Cats messages.md"])
async def test_a_run_that_fails_among_pictures_goes_on_with_the_next(tmp_path: Path, failing: str) -> None:
    """What cannot be written ends a run with pictures that are listed, or there, and notes without them."""
    vault = tmp_path / "vault"
    media = MediaConfig(max_size_mb=0.004, thumbnails=True, avatars=True)
    await export(tmp_path, vault, faces(), "Cats", media=MediaConfig(max_size_mb=0.004))
    blocked = vault / failing
    kept = blocked.read_bytes() if blocked.exists() else b""
    blocked.unlink(missing_ok=True)
    if kept:
        blocked.mkdir()  # a folder where the note is to be
    else:
        blocked.write_bytes(b"")  # a file where the folder is to be
    with suppress(TobsError):
        await export(tmp_path, vault, faces(), "Cats", media=media)
    blocked.rmdir() if kept else blocked.unlink()
    await export(tmp_path, vault, faces(), "Cats", media=media)
    await export(tmp_path, tmp_path / "other", faces(), "Cats", media=media)
    assert_same(vault, tmp_path / "other")
    assert not problems(vault)


# Which one


@pytest.mark.parametrize(
    ("raw", "thumb"),
    [
        ({"_": "Photo", "id": 1, "sizes": [{"_": "PhotoSize", "type": "x", "w": 800, "h": 600, "size": 9}]}, None),
        ({"_": "Photo", "id": 1, "sizes": [{"_": "PhotoStrippedSize", "type": "i", "bytes": "AAAA"}]}, None),
        ({"_": "Document", "id": 1, "thumbs": [{"_": "PhotoSize", "type": "m", "w": 320, "h": 9, "size": 9}]}, "m"),
        ({"_": "Document", "id": 1}, None),
    ],
)
def test_which_picture_is_small(raw: dict[str, Any], thumb: str | None) -> None:
    found = decode_small(raw)
    assert (found.thumb if found else None) == thumb


def test_what_its_sender_called_it() -> None:
    named = {"_": "DocumentAttributeFilename", "file_name": "sea\x1b[31m.mp4"}
    raw = {"media": {"document": {"_": "Document", "id": 5, "attributes": [named]}}, "more": {"_": "Photo", "id": 6}}
    assert [original_name(raw, number) for number in (5, 6, 7)] == ["sea\x1b[31m.mp4", "", ""]
    assert original_name(None, 5) == ""


async def test_a_large_file_is_called_so_while_it_comes(tmp_path: Path) -> None:
    account, names = small_account(), set[str]()
    send(account, add_channel(account, 501, "Cats"), 1, film(account, 1001, size=12_000_000))
    config = ExportConfig(vault=tmp_path / "vault", chats=("Cats",))
    with trio.fail_after(60):
        async with open_loopback(account, tmp_path) as (_server, telegram), tobs.open_telegram(telegram) as source:
            async with trio.open_nursery() as nursery:
                progress: Any = await nursery.start(tobs.export, source, config)
                while progress.transfers.files == 0:
                    names |= {one.name for one in progress.transfers.large}
                    await trio.lowlevel.checkpoint()
    assert names == {"sea.mp4"}
