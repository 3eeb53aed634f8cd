"""A file that several messages have: one download, one file, one place, whatever came first."""

from __future__ import annotations

import hashlib
import random
import sqlite3
import tempfile
from collections.abc import Sequence
from importlib.resources import files as package
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from telethon.tl import types

import tobs
from tests.loopback import EPOCH, add_channel, open_loopback, small_account, text
from tests.snapshots import assert_same, notes
from tobs.archive.codec import DICTIONARY
from tobs.archive.filing import current, judge_file, moves, share_files
from tobs.archive.migrations import APPLICATION_ID, STEPS
from tobs.archive.rows import ArchivedChat, MediaRow, MessageRow, PreparedPage
from tobs.archive.store import Archive, open_archive
from tobs.archive.waiting import pending_files
from tobs.config import ExportConfig, MediaConfig
from tobs.files import move_files
from tobs.model import Chat
from tobs.testing.account import Account
from tobs.testing.files import Generated, StoredFile
from tobs.verify.refetch import refetch_files

CHATS = (-1_000_000_000_001, -1_000_000_000_002, 42)
SIZE = 5000

# The rule, in any order


@attrs.frozen
class Sent:
    """A message of a chat, and the file it has. Files 7 and 8 have the same content."""

    chat: int
    message: int
    date: int
    file: int
    dc: int = 2
    skipped: bool = False

    @property
    def row(self) -> MediaRow:
        name = f"{self.date}_{self.message}.jpg"
        path = f"Telegram/Chats/{self.chat}/attachments/{name}"
        row = MediaRow(self.chat, self.message, self.file, "photo", self.dc, SIZE, "y", name, path)
        return attrs.evolve(row, state="skipped", reason="not wanted") if self.skipped else row


def content(file: int) -> bytes:
    return bytes([min(file, 7)]) * SIZE


def commit(archive: Archive, sent: Sequence[Sent]) -> None:
    """A page with these messages, all of one chat."""
    raws = [archive.codec.encoder()({"_": "Message", "id": one.message}) for one in sent]
    rows = [MessageRow(one.message, one.date, 1, 0, 0, 1, raw) for one, raw in zip(sent, raws, strict=True)]
    span = sent[0].message, sent[-1].message
    archive.commit_page(
        PreparedPage(sent[0].chat, span, tuple(rows), tuple(one.row for one in sent), (), 1, found=True)
    )


def fetch(archive: Archive, vault: Path, row: MediaRow) -> None:
    """What a run does with a file, without a network."""
    now = current(archive, row)
    if now is None or now.state != "pending":
        return
    data, target = content(now.file_id), vault / now.path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    archive.record_media(attrs.evolve(now, state="done", size=len(data), sha256=digest))


worlds = st.lists(
    st.builds(
        Sent,
        st.sampled_from(CHATS),
        st.integers(1, 9),
        st.integers(100, 104),
        st.sampled_from((5, 6, 7, 8)),
        st.sampled_from((2, 2, 2, -1)),  # -1: from an export file, where ids mean nothing in other chats
        st.sampled_from((False, False, False, True)),
    ),
    max_size=14,
    unique_by=lambda one: (one.chat, one.message),
)


def register(archive: Archive) -> None:
    archive.register([ArchivedChat(Chat(chat, "channel", str(chat)), str(chat)) for chat in CHATS])


def finish(archive: Archive, vault: Path) -> tuple[list[tuple[Any, ...]], dict[str, bytes]]:
    """Fetch what is left; all rows, and the files of the vault."""
    for chat in CHATS:
        for row in pending_files(archive, chat, "oldest"):
            fetch(archive, vault, row)
    move_files(archive, vault)
    query = "SELECT chat_id, message_id, file_id, state, path, name, sha256 FROM media ORDER BY 1, 2"
    return archive.connection.execute(query).fetchall(), notes(vault)


@settings(max_examples=150, deadline=None)
@given(worlds, st.integers(0, 2**32))
def test_one_file_at_the_place_of_its_earliest_message(sent: list[Sent], seed: int) -> None:
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        vault = Path(name)
        with open_archive(vault) as archive:
            register(archive)
        for _ in range(3):
            with open_archive(vault) as archive:
                wild(archive, vault, sent, dice)
        with open_archive(vault) as archive:
            for one in sent:
                commit(archive, [one])
                if dice.random() < 0.5:
                    judge(archive, one, wanted=True)
            rows, files = finish(archive, vault)
        assert rows == expected(sent, {row[:2] for row in rows if row[3] == "skipped"})
        assert files == {row[4]: content(row[2]) for row in rows if row[3] == "done"}


def wild(archive: Archive, vault: Path, sent: list[Sent], dice: random.Random) -> None:
    """Pages come, files are fetched, moved, wanted and not wanted, in any order."""
    for _ in range(dice.randint(0, 12) if sent else 0):
        one = dice.choice(sent)
        match dice.randint(0, 3):
            case 0 | 1:
                commit(archive, [one])
            case 2:
                fetch(archive, vault, one.row)
                if dice.random() < 0.5:  # else a run was killed here
                    move_files(archive, vault)
            case 3:
                judge(archive, one, wanted=dice.random() < 0.5)


def judge(archive: Archive, one: Sent, *, wanted: bool) -> None:
    """Another configuration."""
    row = current(archive, one.row)
    if row is not None and row.state in ("pending", "skipped"):
        state, reason = ("pending", "") if wanted else ("skipped", "not wanted")
        judge_file(archive, attrs.evolve(row, state=state, reason=reason))


def expected(sent: list[Sent], skipped: set[tuple[int, int]]) -> list[tuple[Any, ...]]:
    """By the rule: content decides, and of those who want it the earliest."""
    rows = []
    for one in sorted(sent, key=lambda one: (one.chat, one.message)):
        if (one.chat, one.message) in skipped:
            rows.append((one.chat, one.message, one.file, "skipped", one.row.path, one.row.name, ""))
            continue
        wanting = [each for each in sent if (each.chat, each.message) not in skipped]
        same = [each for each in wanting if content(each.file) == content(one.file)]
        first = min(same, key=lambda each: (each.date, -each.chat, each.message)).row
        digest = hashlib.sha256(content(one.file)).hexdigest()
        rows.append((one.chat, one.message, one.file, "done", first.path, first.name, digest))
    return rows


def test_an_archive_of_before_keeps_one_of_its_copies(tmp_path: Path) -> None:
    """A file that was fetched once for each message."""
    (tmp_path / ".tobs").mkdir()
    old = sqlite3.connect(tmp_path / ".tobs" / "archive.sqlite3", isolation_level=None)
    for step in STEPS[:4]:
        old.executescript(package("tobs.archive").joinpath(step).read_text("utf-8"))
    old.executescript(f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 4;")
    old.execute("INSERT INTO meta VALUES ('dictionary', ?)", (DICTIONARY,))
    sent = [Sent(CHATS[0], 1, 103, 5), Sent(CHATS[1], 1, 101, 5), Sent(CHATS[2], 1, 102, 5), Sent(42, 2, 100, 6)]
    for chat in CHATS:
        old.execute(
            "INSERT INTO chats (id, kind, title, raw, folder) VALUES (?, 'group', 'C', x'', ?)", (chat, str(chat))
        )
    for one in sent:
        message = (one.chat, one.message, one.date, 0, 0, 0, 0, 0, 0, b"")
        old.execute("INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", message)
        row = (
            one.row
            if one is sent[2]
            else attrs.evolve(one.row, state="done", sha256=hashlib.sha256(content(one.file)).hexdigest())
        )
        old.execute(f"INSERT INTO media VALUES ({','.join('?' * 12)})", attrs.astuple(row)[:12])
        if row.state == "done":
            (tmp_path / row.path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / row.path).write_bytes(content(one.file))
    old.close()
    with open_archive(tmp_path) as archive:
        share_files(archive)
        move_files(archive, tmp_path)
        assert finish(archive, tmp_path)[0] == expected(sent, set())
        assert sorted(notes(tmp_path)) == sorted([sent[1].row.path, sent[3].row.path])
        share_files(archive)
        assert moves(archive) == []


# Over the wire


def document(account: Account, number: int, content: int = 0, size: int = SIZE) -> types.Document:
    """A file of an account; those of one `content` have the same bytes."""
    account.files.add(StoredFile(number, 77, 2, "application/zip", {"": Generated(size, content or number)}))
    named = [types.DocumentAttributeFilename("a.zip")]
    return types.Document(number, 77, b"", EPOCH, "application/zip", size, 2, named)


def send(account: Account, chat: Any, number: int, document: types.Document) -> None:
    account.add_message(chat, text(number, media=types.MessageMediaDocument(document=document)))


async def test_a_sticker_lies_in_the_vault_once(tmp_path: Path) -> None:
    """The animation and its picture, however many messages in however many chats show them."""
    account = small_account()
    parts = {"": Generated(SIZE, 1), "m": Generated(700, 2)}
    account.files.add(StoredFile(900, 77, 2, "application/x-tgsticker", parts))
    look = [types.DocumentAttributeSticker("🦆", types.InputStickerSetEmpty())]
    thumbs = [types.PhotoSize("m", 128, 128, 700)]
    duck = types.Document(900, 77, b"", EPOCH, "application/x-tgsticker", SIZE, 2, look, thumbs=thumbs)
    titles = ("Cats", "Dogs", "News")
    for number, title in enumerate(titles):
        chat = add_channel(account, 501 + number, title)
        for message in range(1, 4):
            send(account, chat, message, duck)
    vault = tmp_path / "vault"
    _, calls = await export(tmp_path, vault, account)
    assert calls["upload.getFile"] == 2
    sent = sorted(Path(name).name for name in notes(vault) if "/attachments/" in name)
    assert [name.rpartition(".")[2] for name in sent] == ["webp", "tgs"]
    for title in titles:
        note = notes(vault)[f"Telegram/Chats/{title}/{title} messages.md"].decode()
        assert note.count(f"![[{sent[0]}|128]]") == 3
        assert note.count(f"[[{sent[1]}]]") == 3


def two_chats() -> Account:
    """Cats and News have a file in common, of which News had it first; Dogs has its bytes under another number."""
    account = small_account()
    cats, dogs, news = (add_channel(account, 500 + n, title, 2) for n, title in enumerate(("Cats", "Dogs", "News"), 1))
    shared = document(account, 900)
    send(account, cats, 30, shared)
    send(account, cats, 31, shared)
    send(account, cats, 32, document(account, 901))
    send(account, dogs, 10, document(account, 902, content=900))
    send(account, news, 20, shared)
    return account


async def export(folder: Path, vault: Path, account: Account, *chats: str, **more: Any) -> tuple[tobs.Report, Any]:
    folder = Path(tempfile.mkdtemp(dir=folder))  # each time another server, which knows another session
    config = ExportConfig(vault=vault, chats=chats or ("all",), timezone="UTC", **more)
    with trio.fail_after(60):
        async with open_loopback(account, folder) as (server, telegram):
            async with tobs.open_telegram(telegram) as source:
                return await tobs.export(source, config), server.calls


def files(vault: Path) -> dict[str, bytes]:
    return {name: data for name, data in notes(vault).items() if name.endswith(".zip")}


def links_to(vault: Path, name: str) -> list[str]:
    return sorted(Path(note).stem for note, data in notes(vault).items() if f"[[{name}|".encode() in data)


async def test_one_download_and_one_file_for_all_messages_that_have_it(tmp_path: Path) -> None:
    report, calls = await export(tmp_path, tmp_path / "vault", two_chats())
    assert not report.failures
    assert calls["upload.getFile"] == 3, "each number once"
    there = files(tmp_path / "vault")
    first = "20240503-001000_3.zip"  # in Dogs, which has it under another number
    assert sorted(Path(name).name for name in there) == [first, "20240503-003200_5.zip"]
    assert there[f"Telegram/Chats/Dogs/attachments/2024-05/{first}"] == Generated(SIZE, 900).read(0, SIZE)
    assert links_to(tmp_path / "vault", first) == ["Cats messages", "Dogs messages", "News messages"]
    found = tobs.verify_vault(ExportConfig(vault=tmp_path / "vault"))
    assert not found.findings
    again, calls = await export(tmp_path, tmp_path / "vault", two_chats())
    assert (calls["upload.getFile"], sum(chat.notes for chat in again.chats)) == (0, 0)


@pytest.mark.parametrize("order", [("Cats", "News", "Dogs"), ("News", "Cats", "Dogs"), ("Dogs", "News", "Cats")])
async def test_chats_that_come_later_move_the_file_and_the_notes_follow(tmp_path: Path, order: tuple[str, ...]) -> None:
    await export(tmp_path, tmp_path / "at once", two_chats())
    vault = tmp_path / "vault"
    for count in range(1, 4):
        await export(tmp_path, vault, two_chats(), *order[:count])
        assert not tobs.verify_vault(ExportConfig(vault=vault)).findings
        assert len(files(vault)) == len({hashlib.sha256(data).digest() for data in files(vault).values()})
    await export(tmp_path, vault, two_chats())
    assert files(vault) == files(tmp_path / "at once")
    assert_same(vault, tmp_path / "at once")


async def test_a_file_comes_through_another_message_when_the_first_is_gone(tmp_path: Path) -> None:
    account, vault = two_chats(), tmp_path / "vault"
    await export(tmp_path, vault, account, media=MediaConfig(enabled=False))
    account.delete(-1000000000503, 3)
    report, _ = await export(tmp_path, vault, account, "Cats", "News")
    assert not report.failures
    assert b"not downloaded" not in notes(vault)["Telegram/Chats/News/News messages.md"]


async def test_what_is_wanted_later_is_there_already(tmp_path: Path) -> None:
    vault, name = tmp_path / "vault", "20240503-003000_3.zip"
    await export(tmp_path, vault, two_chats(), "Cats")
    none = MediaConfig(max_size_mb=0.001)
    await export(tmp_path, vault, two_chats(), "News", media=none)
    assert links_to(vault, name) == ["Cats messages"], "a chat that wants no file changes nothing of the others"
    assert b"larger than" in notes(vault)["Telegram/Chats/News/News messages.md"]
    _, calls = await export(tmp_path, vault, two_chats(), "News")
    assert calls["upload.getFile"] == 0
    assert links_to(vault, "20240503-002000_3.zip") == ["Cats messages", "News messages"]
    assert not tobs.verify_vault(ExportConfig(vault=vault)).findings


async def test_a_shared_file_that_is_gone_is_fetched_again_once(tmp_path: Path) -> None:
    vault = tmp_path / "vault"
    await export(tmp_path, vault, two_chats())
    before = files(vault)
    for name in before:
        (vault / name).unlink()
    assert refetch_files(ExportConfig(vault=vault)) == len(before) == 2
    _, calls = await export(tmp_path, vault, two_chats())
    assert calls["upload.getFile"] == 3
    assert files(vault) == before
    assert not tobs.verify_vault(ExportConfig(vault=vault)).findings
