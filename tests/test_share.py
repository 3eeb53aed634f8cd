"""Notes to share: the sample account, redacted, and searched for everybody in it."""

import json
import os
import re
import shutil
import sqlite3
from pathlib import Path

import attrs
import pytest

from tests.obsidian import Vault, anchors, broken, links, properties
from tests.processes import tobs
from tests.snapshots import archive, notes
from tobs.config import ExportConfig
from tobs.errors import ArchiveError, VaultError
from tobs.share import render_redacted
from tobs.testing import sample_account

ZONE = "Europe/Berlin"
TABLES = ("Media", "People", "Telegram")


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample account's vault, never written to."""
    folder = tmp_path_factory.mktemp("exported")
    run = tobs("demo", "--vault", str(folder))
    assert run.code == 0, run.err
    return folder


@attrs.frozen
class Shared:
    """A vault and what was redacted from it."""

    vault: Path
    folder: Path

    def render(self, folder: Path | None = None, **options: bool) -> Path:
        folder = folder or self.folder
        render_redacted(ExportConfig(vault=self.vault, timezone=ZONE), folder, **options)
        return folder


@pytest.fixture(scope="module")
def shared(exported: Path, tmp_path_factory: pytest.TempPathFactory) -> Shared:
    place = tmp_path_factory.mktemp("shared")
    shared = Shared(Path(shutil.copytree(exported, place / "vault")), place / "out")
    shared.render()
    return shared


@pytest.fixture
def own(exported: Path, tmp_path: Path) -> Shared:
    """A vault that a test may spoil."""
    return Shared(Path(shutil.copytree(exported, tmp_path / "vault")), tmp_path / "out")


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def texts(folder: Path) -> dict[str, str]:
    """What a reader could find: notes and the marker. Style and tables are the same for everybody."""
    return {
        name: data.decode("utf-8", "ignore").casefold()
        for name, data in everything(folder).items()
        if not name.endswith((".css", ".base"))
    }


def identities() -> set[str]:
    """What tells who is in the sample account: names, parts of names, usernames, numbers, titles, a contact."""
    account = sample_account()
    found = {"Priya", "O'Neil", "Trudi", "27 555 01 01", "Redaktion", "L. Keeper"}
    for user in account.users.values():
        name = " ".join(filter(None, (user.first_name, user.last_name)))
        found |= {name, user.first_name, user.last_name, user.username, user.phone}
    for chat in account.chats.values():
        found |= {chat.title, getattr(chat, "username", None)}
    return {identity for identity in found if identity}


def ids() -> set[str]:
    account = sample_account()
    marked = {*account.users, *account.chats}
    return {str(abs(number)) for number in marked} | {str(-number - 10**12) for number in marked if number < -(10**12)}


def found(folder: Path, what: str) -> list[str]:
    """The files that have these words, in any case, in them or in their name."""
    sought = re.escape(what.casefold())
    if what.isascii() and len(what) < 4:  # "Sam" is not in "same"
        sought = rf"(?<![a-z]){sought}(?![a-z])"
    return [
        name for name, text in texts(folder).items() if re.search(sought, text) or re.search(sought, name.casefold())
    ]


# Nobody is in it


@pytest.mark.parametrize("identity", sorted(identities()))
def test_nobody_of_the_sample_account_is_in_any_byte(shared: Shared, identity: str) -> None:
    assert found(shared.folder, identity) == []


def test_nearly_everybody_is_in_the_vault_itself(shared: Shared) -> None:
    there = [identity for identity in identities() if found(shared.vault / "Telegram", identity)]
    assert len(there) > 0.8 * len(identities())


def test_no_id_of_the_sample_account_is_in_any_byte(shared: Shared) -> None:
    def numbers(folder: Path) -> set[str]:
        return {number for name, text in texts(folder).items() for number in re.findall(r"\d+", name + " " + text)}

    assert not numbers(shared.folder) & ids()
    assert len(numbers(shared.vault / "Telegram") & ids()) >= 20


def test_there_are_notes_a_style_sheet_and_the_marker_and_nothing_else(shared: Shared) -> None:
    there = everything(shared.folder)
    offered = {name for name in there if not re.fullmatch(r"Telegram/.*\.md|\.tobs-redacted", name)}
    assert offered == {".obsidian/snippets/tobs.css", *(f"Telegram/{name}.base" for name in TABLES)}
    assert {name: there[name] for name in offered} == {name: (shared.vault / name).read_bytes() for name in offered}
    assert not (shared.folder / ".tobs").exists()


def test_no_file_of_a_message_is_named(shared: Shared) -> None:
    files = {path.name for path in (shared.vault / "Telegram").rglob("attachments/**/*") if path.is_file()}
    sent = {"chart.png", "song.mp3", "route.zip", "ridge walk.pdf", "plan.pdf"}
    for text in texts(shared.folder).values():
        assert not re.search(r"!\[\[(?!telegram/\w+\.base#)", text)
        assert not any(name.casefold() in text for name in files | sent)
    assert any("not downloaded: left out" in text for text in texts(shared.folder).values())


# It is the same life


def test_every_message_is_there(shared: Shared) -> None:
    def counted(folder: Path) -> list[tuple[int, int]]:
        notes = [(note, properties(note)) for note in Vault(folder).notes()]
        return sorted(
            (sum(anchors(note).values()), front["tg_messages"])  # type: ignore[misc]
            for note, front in notes
            if front.get("tg_kind") == "period"
        )

    assert counted(shared.folder) == counted(shared.vault)
    assert sum(messages for _, messages in counted(shared.folder)) == sum(map(len, sample_account().histories.values()))


def test_every_link_leads_to_one_place(shared: Shared) -> None:
    def messages(folder: Path) -> int:
        return sum(link.anchor.startswith("^") for note in Vault(folder).notes() for link in links(note))

    assert broken(Vault(shared.folder)) == []
    assert messages(shared.folder) == messages(shared.vault) > 50


def test_one_person_has_one_pseudonym_in_all_chats(shared: Shared) -> None:
    def senders(folder: Path) -> list[list[str]]:
        """Of each chat the senders in the order of their messages, notes in the order of their first message."""
        by_start = sorted(
            (str(front["tg_from"]), front["tg_first_id"], note)  # type: ignore[index]
            for note in Vault(folder).notes()
            if (front := properties(note)).get("tg_kind") == "period"
        )
        return [re.findall(r"^> \[!tg.*?\] (?:\*\*(.+?)\*\*)", note.read_text(), re.M) for _, _, note in by_start]

    real, redacted = senders(shared.vault), senders(shared.folder)
    assert [len(chat) for chat in real] == [len(chat) for chat in redacted]
    pairs = {pair for one, other in zip(real, redacted, strict=True) for pair in zip(one, other, strict=True)}
    assert len({name for name, _ in pairs}) == len({code for _, code in pairs}) == len(pairs) > 10


def test_a_second_run_and_another_folder_get_the_same_bytes(own: Shared) -> None:
    own.render()
    first = everything(own.folder)
    own.render()
    assert everything(own.folder) == first
    assert everything(own.render(own.folder.with_name("other"))) == first


def test_another_archive_of_the_same_account_has_other_pseudonyms(own: Shared, shared: Shared) -> None:
    own.render()
    assert {*everything(own.folder)} & {*everything(shared.folder)} == {
        ".obsidian/snippets/tobs.css",
        ".tobs-redacted",
        *(f"Telegram/{name}.base" for name in TABLES),
        "Telegram/Telegram.md",
        "Telegram/Chats/Saved Messages/Saved Messages.md",
        "Telegram/Chats/Saved Messages/Saved Messages messages.md",
    }


# The vault stays as it is


def test_the_vault_stays_as_it_is_but_for_the_key(own: Shared) -> None:
    before, rows = notes(own.vault), archive(own.vault)
    own.render()
    assert notes(own.vault) == before
    after = archive(own.vault)
    ((name, key),) = set(after.pop("meta")) - set(rows.pop("meta"))
    assert (name, len(key)) == ("redaction", 32)  # type: ignore[arg-type]
    assert after == rows
    whole = everything(own.vault)
    own.render()
    assert everything(own.vault) == whole


def test_nothing_is_left_behind_elsewhere(own: Shared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    own.render()
    assert everything(temporary) == {}


# Where it may go


def refused(own: Shared, folder: Path) -> str:
    before = everything(own.vault.parent)
    with pytest.raises(VaultError) as caught:
        own.render(folder)
    assert everything(own.vault.parent) == before
    return str(caught.value)


def test_not_the_vault_nor_in_it_nor_around_it(own: Shared) -> None:
    (own.vault.parent / "link").symlink_to(own.vault)
    for folder in (
        own.vault,
        own.vault / "shared",
        own.vault / ".." / own.vault.name / "Telegram",
        own.vault.parent,
        own.vault.parent / "link",
        own.vault.parent / "link" / "shared",
    ):
        assert "is the vault itself, in it or around it" in refused(own, folder)
        assert not (own.vault / "shared").exists()


def test_not_where_anything_else_is(own: Shared) -> None:
    own.folder.mkdir()
    (own.folder / "diary.md").write_text("Dear diary")
    assert "holds other files" in refused(own, own.folder)
    (own.folder / ".tobs-redacted").write_text("")  # somebody else's file of that name
    assert "holds other files" in refused(own, own.folder)
    assert "is a file" in refused(own, own.folder / "diary.md")


def test_not_where_somebody_exported_to_since(own: Shared) -> None:
    own.render()
    shutil.copytree(own.vault / ".tobs", own.folder / ".tobs")
    assert "holds other files" in refused(own, own.folder)


def test_what_a_killed_run_left_behind_goes(own: Shared) -> None:
    whole = everything(own.render())
    (own.folder / ".tobs").mkdir()
    (own.folder / ".tobs" / "note-7").write_text("half a no")
    assert everything(own.render()) == whole
    assert not (own.folder / ".tobs").exists()


def test_an_empty_folder_is_fine_and_so_is_one_in_a_folder_that_is_not_there(own: Shared) -> None:
    own.folder.mkdir()
    own.render()
    assert broken(Vault(own.render(own.folder.with_name("a") / "b"))) == []


def test_without_an_archive_nothing_happens(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="no archive"):
        render_redacted(ExportConfig(vault=tmp_path / "none"), tmp_path / "out")
    assert everything(tmp_path) == {}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_one_sentence(own: Shared) -> None:
    own.folder.mkdir(mode=0o500)
    with pytest.raises(VaultError, match="cannot write"):
        own.render()


# What comes of later runs


def test_what_is_no_longer_needed_goes_and_what_a_person_wrote_stays(own: Shared) -> None:
    own.render()
    groups = sorted((own.folder / "Telegram/Chats").glob("Group */Group *messages.md"))
    mine = own.folder / "Telegram" / "mine.md"
    mine.write_text("My own note")
    edited = groups[0].with_name(f"{groups[0].parent.name}.md")
    edited.write_text("Seen.\n" + edited.read_text())
    notices = render_redacted(ExportConfig(vault=own.vault, timezone=ZONE), own.folder, keep_titles=True).notices
    assert [note for note in groups if note.exists()] == []
    assert mine.read_text() == "My own note"
    assert [edited.name in notice for notice in notices] == [True]
    assert found(own.folder, "Sunday Hikers") != []
    assert found(own.folder, "sundayhikers") == []  # usernames go all the same


def test_titles_that_are_kept_name_nobody(own: Shared) -> None:
    with sqlite3.connect(own.vault / ".tobs" / "archive.sqlite3") as db:
        db.execute("UPDATE chats SET title = 'Maya Lindqvist & friends' WHERE title = 'Tiny Tools Forum'")
    own.render(keep_titles=True)
    assert found(own.folder, "Lindqvist") == []
    assert len(found(own.folder, "& friends")) > 1
    assert broken(Vault(own.folder)) == []


def test_another_layout_is_for_the_folder_alone(own: Shared, tmp_path: Path) -> None:
    before = archive(own.vault)["chats"]
    (tmp_path / "config.toml").write_text(f'[export]\nvault = "{own.vault}"\ntimezone = "{ZONE}"\n')
    (tmp_path / "config.toml").chmod(0o600)
    options = ["--config", str(tmp_path / "config.toml"), "--redact", "--to", str(own.folder), "--layout", "month"]
    run = tobs("render", *options)
    assert (run.code, run.err) == (0, "")
    told = json.loads(run.out)
    assert (told["event"], told["chats"], told["vault"]) == ("rendered", 11, str(own.folder))
    assert [*(own.folder / "Telegram").rglob("* 2024-05.md")] != []
    assert broken(Vault(own.folder)) == []
    assert archive(own.vault)["chats"] == before


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--redact"], "--redact needs a folder for the notes; add --to FOLDER"),
        (["--to", "x"], "--to is for notes to share; add --redact"),
        (["--keep-titles"], "--keep-titles is for notes to share; add --redact"),
    ],
)
def test_options_that_do_not_go_together(tmp_path: Path, options: list[str], sentence: str) -> None:
    run = tobs("render", "--config", str(tmp_path / "none.toml"), *options)
    assert run.code == 2
    assert sentence in run.err
