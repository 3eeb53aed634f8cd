"""Which files are fetched: by kind, size and chat, and how much room they may take together."""

from __future__ import annotations

from pathlib import Path

import pytest
from telethon.tl import types

import tobs
from tests.loopback import EPOCH, add_channel, small_account
from tests.snapshots import notes
from tests.test_sharing import SIZE, document, export, send
from tobs.config import MEDIA_TYPES, ChatConfig, FileFilters, MediaConfig
from tobs.configfile import dump_config, load_config
from tobs.errors import ConfigError
from tobs.model import Chat
from tobs.selecting import files_for
from tobs.source import LARGEST_FILE
from tobs.telegram.scope import scope_of
from tobs.testing.account import Account
from tobs.testing.files import Generated, StoredFile


def video(account: Account, number: int, size: int) -> types.Document:
    account.files.add(StoredFile(number, 77, 2, "video/mp4", {"": Generated(size, number)}))
    look = [types.DocumentAttributeVideo(3.0, 640, 360)]
    return types.Document(number, 77, b"", EPOCH, "video/mp4", size, 2, look)


def mixed() -> Account:
    """Two chats with a document of 5 kB, and videos of 5 and 50 kB."""
    account = small_account()
    for chat, title in enumerate(("Cats", "Dogs"), 1):
        channel = add_channel(account, 500 + chat, title)
        send(account, channel, 1, document(account, 1000 * chat + 1))
        send(account, channel, 2, video(account, 1000 * chat + 2, SIZE))
        send(account, channel, 3, video(account, 1000 * chat + 3, 10 * SIZE))
    return account


def fetched(vault: Path, chat: str) -> list[str]:
    """The numbers of the messages of a chat whose files are here."""
    names = [Path(name).stem for name in notes(vault) if f"/{chat}/attachments/" in name]
    return sorted(name.rpartition("_")[2] for name in names)


def note(vault: Path, chat: str) -> str:
    return notes(vault)[f"Telegram/Chats/{chat}/{chat} messages.md"].decode()


async def test_sizes_by_kind(tmp_path: Path) -> None:
    media = MediaConfig(max_size_mb=0.001, size_limits=("video:0.01",))
    report, _ = await export(tmp_path, tmp_path / "vault", mixed(), "Cats", media=media)
    assert not report.failures
    assert fetched(tmp_path / "vault", "Cats") == ["2"]
    assert "larger than 0.001 MB" in note(tmp_path / "vault", "Cats")
    assert "larger than 0.01 MB" in note(tmp_path / "vault", "Cats")


async def test_extensions(tmp_path: Path) -> None:
    vault, videos = tmp_path / "vault", MediaConfig(extensions=("mp4",))
    report, _ = await export(tmp_path, vault, mixed(), "Cats", media=videos)
    assert not report.failures
    assert fetched(vault, "Cats") == ["2", "3"]
    assert "📎 a.zip · 4.9 KB *(not downloaded: zip files are not wanted)*" in note(vault, "Cats")
    _, calls = await export(tmp_path, vault, mixed(), "Cats", media=MediaConfig(extensions=("zip",)))
    assert calls["upload.getFile"] == 1
    assert fetched(vault, "Cats") == ["1", "2", "3"], "what is there stays"


async def test_a_chat_with_files_of_its_own(tmp_path: Path) -> None:
    vault = tmp_path / "vault"
    chats = (ChatConfig("Cats", media=FileFilters(types=("document",))), ChatConfig("Dogs"))
    await export(tmp_path, vault, mixed(), "Cats", "Dogs", chat=chats, media=MediaConfig(types=("video",)))
    assert (fetched(vault, "Cats"), fetched(vault, "Dogs")) == (["1"], ["2", "3"])
    assert note(vault, "Cats").count("video files are not wanted") == 2
    _, calls = await export(tmp_path, vault, mixed(), "Cats", "Dogs", chat=chats[:1], media=MediaConfig())
    assert calls["upload.getFile"] == 1
    assert (fetched(vault, "Cats"), fetched(vault, "Dogs")) == (["1"], ["1", "2", "3"])


async def test_all_files_together_stay_below_a_limit(tmp_path: Path) -> None:
    vault, limited = tmp_path / "vault", MediaConfig(max_total_mb=4 * SIZE / 1e6, workers=1)
    report, _ = await export(tmp_path, vault, mixed(), media=limited)
    assert not report.failures
    assert sum(len(data) for name, data in notes(vault).items() if "attachments" in name) == 4 * SIZE
    for chat in ("Cats", "Dogs"):
        assert fetched(vault, chat) == ["1", "2"]
        assert "*(not downloaded yet: all files together may not be larger)*" in note(vault, chat)
    again, calls = await export(tmp_path, vault, mixed(), media=limited)
    assert (calls["upload.getFile"], sum(chat.notes for chat in again.chats)) == (0, 0)
    await export(tmp_path, vault, mixed(), media=MediaConfig())
    assert "not downloaded" not in note(vault, "Cats")
    assert not tobs.verify_vault(tobs.ExportConfig(vault=vault)).findings


CONFIG = """
[media]
types = ["photo", "video"]
max_size_mb = 20
workers = 3

[[chat]]
name = "Cats"
last = 5
[chat.media]
types = ["voice"]
size_limits = ["voice:2.5"]

[[chat]]
name = "Dogs"
"""


def test_what_a_chat_does_not_say_is_as_for_all(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG)
    config = load_config(path, {})
    cats, dogs = config.export.chat
    assert cats.media == FileFilters(types=("voice",), max_size_mb=20, size_limits=("voice:2.5",))
    assert dogs.media is None
    path.write_text(dump_config(config))
    assert load_config(path, {}) == config
    old, new = Chat(-5, "group", "Old"), Chat(-1_000_000_000_009, "supergroup", "Cats", migrated_from=-5)
    chosen = files_for(config.export, [old, new, Chat(7, "private", "Dogs"), Chat(8, "private", "Ann")])
    assert chosen == {old.id: cats.media, new.id: cats.media, 7: config.export.media, 8: config.export.media}
    assert scope_of(config.export).largest_file == 20_000_000


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[chat.media]\nworkers = 3", "unknown key @ config.toml: chat[0].media.workers"),
        ("[chat.media]\ntypes = ['film']", "expected one of"),
        ("media = 5", "expected a table, not 5 @ config.toml: chat[0].media"),
        ("[chat.media]\nsize_limits = ['video']", "as video:50, not 'video' @ config.toml: chat[0].media.size_limits"),
        ("[media]\nsize_limits = ['film:5']", "as video:50, not 'film:5' @ config.toml: media.size_limits"),
        ("[media]\nmax_total_mb = -1", "must be at least 0, not -1.0 @ config.toml: media.max_total_mb"),
    ],
)
def test_mistakes(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f"[[chat]]\nname = 'Cats'\n{text}\n")
    with pytest.raises(ConfigError) as caught:
        load_config(path, {})
    (found,) = caught.value.problems
    assert problem in found


def test_a_takeout_is_begun_for_the_largest_of_them() -> None:
    config = tobs.ExportConfig(media=MediaConfig(max_size_mb=5))
    assert scope_of(config).largest_file == 5_000_000
    other = (ChatConfig("Cats", media=FileFilters(types=("video", "photo"), max_size_mb=1, size_limits=("video:9",))),)
    assert scope_of(tobs.ExportConfig(media=config.media, chat=other)).largest_file == 9_000_000
    everything = tobs.ExportConfig(media=MediaConfig(size_limits=("video:9",)), chat=())
    assert scope_of(everything).largest_file == LARGEST_FILE
    none = FileFilters(types=MEDIA_TYPES, enabled=False)
    assert (
        scope_of(tobs.ExportConfig(media=config.media, chat=(ChatConfig("Cats", media=none),))).largest_file
        == 5_000_000
    )
