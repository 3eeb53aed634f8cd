"""Every file of every message, from the server over the socket into the vault and its notes."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from telethon.tl import types

from tests.obsidian import Vault, links
from tests.processes import tobs
from tobs.testing import refs, sample_account
from tobs.testing.account import Account

Key = tuple[int, int, int, str]  # chat, message, photo or document, size


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    run = tobs("demo", "--vault", str(folder))
    assert run.code == 0, run.err
    return folder


def sizes(media: Any) -> Iterator[str]:
    """What there is to keep of a photo or document: its largest size; itself, and the picture of what cannot show."""
    if isinstance(media, types.Photo):
        yield max(media.sizes, key=lambda size: size.w * size.h).type
    else:
        yield ""
        if media.mime_type == "application/x-tgsticker":
            yield from (thumb.type for thumb in media.thumbs)


def on_the_server(account: Account) -> dict[Key, bytes]:
    """The bytes of every photo and document that hangs on a message, wherever in it."""
    found = {}
    for chat_id, history in account.histories.items():
        for message in history.slice(0, len(history)):
            for media in refs.files(message):
                stored = account.files.get(media.id)
                assert stored is not None
                for size in sizes(media):
                    content = stored.parts[size]
                    found[chat_id, message.id, media.id, size] = content.read(0, content.size)
    return found


def in_the_vault(vault: Path) -> dict[Key, Path]:
    with closing(sqlite3.connect(vault / ".tobs" / "archive.sqlite3")) as db:
        rows = db.execute("SELECT chat_id, message_id, file_id, thumb, path FROM media").fetchall()
    return {(chat, message, file, thumb): vault / path for chat, message, file, thumb, path in rows}


def test_every_file_is_on_the_disk_as_the_server_has_it(vault: Path) -> None:
    wanted, there = on_the_server(sample_account()), in_the_vault(vault)
    assert there.keys() == wanted.keys()
    assert {key: path.read_bytes() for key, path in there.items()} == wanted
    assert max(Counter(key[:2] for key in wanted).values()) > 1
    attachments = [path for path in Vault(vault).files() if "attachments" in path.parts]
    files = [path for path in attachments if path.suffix != ".vcf"]
    assert sorted(files) == sorted({*there.values()}), "and none besides"
    assert len(files) == len({*wanted.values()}) < len(wanted), "each content once"
    assert len(attachments) == len(files) + 1, "and the address card that was shared"


def test_every_file_is_embedded_or_linked_in_its_message(vault: Path) -> None:
    notes = Vault(vault)
    used = Counter(link.target.rpartition("/")[2] for note in notes.notes() for link in links(note))
    assert [path for path in in_the_vault(vault).values() if path.name not in used] == []


def block(vault: Path, text: str) -> list[str]:
    """The lines of the message that says `text`, below its header."""
    blocks = [part for note in Vault(vault).notes() for part in note.read_text().split("\n\n") if text in part]
    return [line.removeprefix("> ") for line in blocks[0].split("\n")[1:]]


def test_what_notes_show_of_them(vault: Path) -> None:
    assert block(vault, "The lake, and it moves")[1:] == [
        "![[20240518-150612_24.jpg|400]]", "🎬 sea.mp4 · 34 KB · 0:03", "![[20240518-194212_3052.mp4|400]]",
    ]  # fmt: skip
    assert block(vault, "AnimatedSticker.tgs") == [
        "📎 [[20241227-123212_3062.tgs|AnimatedSticker.tgs]] (🦆, 285 B)", "![[20240303-113512_3019.webp|160]]",
    ]  # fmt: skip
    assert block(vault, "From the boat")[1:] == [
        "🎬 sea.mp4 · 34 KB · 0:03", "![[20240518-194212_3052.mp4|400]]",
        "📎 [[20240518-150612_25.jpg|cover]] (12 KB)",
    ]  # fmt: skip
    assert block(vault, "Slow News changed the chat's photo") == ["![[20240429-100312_2.jpg|320]]"]
    assert block(vault, "Seven plants that forgive you")[-1] == "> ![[20240211-094912_1015.jpg|400]]"
    found = [line for line in block(vault, "2 paid files") if line.startswith("![[")]
    assert found == ["![[20240518-125812_22.jpg|400]]", "![[20240518-194212_3052.mp4|400]]"]


def test_an_archive_of_an_older_tobs_gets_the_files_that_it_did_not_list(vault: Path, tmp_path: Path) -> None:
    old = Path(shutil.copytree(vault, tmp_path / "vault"))
    with closing(sqlite3.connect(old / ".tobs" / "archive.sqlite3", isolation_level=None)) as db:
        assert db.execute("DELETE FROM media WHERE own LIKE '%\\_%-%' ESCAPE '\\'").rowcount > 5
        db.execute("DELETE FROM meta WHERE key = 'files'")
        known = {old / path for (path,) in db.execute("SELECT path FROM media")}
    for path in {*in_the_vault(vault).values()}:
        if (copy := old / path.relative_to(vault)) not in known:
            copy.unlink()
    run = tobs("demo", "--vault", str(old))
    assert run.code == 0, run.err
    assert Vault(old).files() == [old / path.relative_to(vault) for path in Vault(vault).files()]
    assert in_the_vault(old).keys() == in_the_vault(vault).keys()
    for path in Vault(vault).files():
        assert (old / path.relative_to(vault)).read_bytes() == path.read_bytes(), path
