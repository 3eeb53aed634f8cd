"""``tobs verify`` on a vault that was really exported: clean, and with one thing spoiled at a time."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.processes import export, serving, tobs
from tobs import ExportConfig, Verification, verify_vault
from tobs.archive.store import open_archive
from tobs.cli.app import run
from tobs.errors import ArchiveError
from tobs.render import render_vault
from tobs.verify.findings import Finding

HIKERS = -1001500100200  # was a basic group
HIKERS_NOTE = "Telegram/Chats/Sunday Hikers 🥾/Sunday Hikers 🥾 messages.md"
NEWS = -1001500100400
NEWS_NOTE = "Telegram/Chats/Slow News/Slow News messages.md"
PICTURE = "Telegram/Chats/Slow News/attachments/2024-04/20240429-100312_2.jpg"


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported") / "vault"
    done = tobs("demo", "--vault", str(folder))
    assert done.code == 0, done.err
    return folder


@pytest.fixture
def vault(exported: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(exported, tmp_path / "vault"))


def verified(vault: Path, *, hashes: bool = True) -> Verification:
    return verify_vault(ExportConfig(vault=vault), hashes=hashes)


def kinds(found: Verification) -> dict[str, int]:
    """What there is to do something about."""
    return {group.kind.name: group.count for group in found.findings}


def told(found: Verification) -> dict[str, int]:
    """What is good to know."""
    return {group.kind.name: group.count for group in found.information}


def the_one(found: Verification, kind: str) -> Finding:
    """The only finding of the only kind."""
    assert kinds(found) == {kind: 1}
    (finding,) = found.findings[0].first
    return finding


def edit(vault: Path, path: str, change: Callable[[str], str]) -> None:
    note = vault / path
    before = note.read_text()
    note.write_text(change(before))
    assert note.read_text() != before


def sql(vault: Path, *statements: str) -> None:
    with closing(sqlite3.connect(vault / ".tobs" / "archive.sqlite3", isolation_level=None)) as db:
        for statement in statements:
            assert db.execute(statement).rowcount, statement
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def fingerprints(vault: Path) -> dict[str, tuple[bytes, int]]:
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in vault.rglob("*") if path.is_file()}


def test_a_clean_vault_is_clean(exported: Path) -> None:
    found = verified(exported)
    assert found.groups == ()
    assert found.clean
    assert found.chats > 10
    assert found.messages > 300
    assert found.notes > 30
    assert found.files > 70


@pytest.mark.parametrize(
    "looks",
    [
        {"layout": "day"},
        {"layout": "month", "style": "compact"},
        {"style": "compact", "hard_breaks": True, "repeat_names": False},
    ],
)
def test_a_vault_of_another_look_is_clean(vault: Path, looks: dict[str, Any]) -> None:
    render_vault(ExportConfig(vault=vault, timezone="Europe/Berlin", **looks), relayout=True)
    assert verified(vault).groups == ()


def test_it_changes_nothing(vault: Path) -> None:
    before = fingerprints(vault)
    verified(vault)
    (vault / ".tobs" / "lock").unlink()
    verified(vault)
    del before[str(vault / ".tobs" / "lock")]
    assert {path: data for path, (data, _) in fingerprints(vault).items()} == {
        p: data for p, (data, _) in before.items()
    }
    archive = str(vault / ".tobs" / "archive.sqlite3")
    assert fingerprints(vault)[archive] == before[archive]


# Files


def test_a_deleted_file(vault: Path) -> None:
    (vault / PICTURE).unlink()
    finding = the_one(verified(vault), "FILE_GONE")
    assert (finding.path, finding.chat_id, finding.message_id) == (PICTURE, NEWS, 2)
    assert PICTURE in finding.text
    assert "Slow News" in finding.text


def test_a_flipped_byte(vault: Path) -> None:
    data = bytearray((vault / PICTURE).read_bytes())
    data[len(data) // 2] ^= 1
    (vault / PICTURE).write_bytes(data)
    assert the_one(verified(vault), "FILE_CHANGED").path == PICTURE
    assert verified(vault, hashes=False).clean


def test_a_file_of_another_size(vault: Path) -> None:
    with (vault / PICTURE).open("ab") as file:
        file.write(b"more")
    assert "bytes" in the_one(verified(vault, hashes=False), "FILE_CHANGED").text


def test_a_folder_in_place_of_a_file(vault: Path) -> None:
    (vault / PICTURE).unlink()
    (vault / PICTURE).mkdir()
    assert the_one(verified(vault), "FILE_GONE").path == PICTURE


def test_a_file_that_is_gone_is_fetched_again(vault: Path, tmp_path: Path) -> None:
    whole = (vault / PICTURE).read_bytes()
    (vault / PICTURE).unlink()
    with serving(tmp_path, "--scenario", "sample"):
        options = ("--config", str(tmp_path / "config.toml"), "--vault", str(vault))
        marked = tobs("verify", "--refetch", *options)
        assert export(tmp_path, vault).code == 0
    assert [*groups_of(marked.out)] == ["file_pending"]
    assert (vault / PICTURE).read_bytes() == whole
    assert verified(vault).clean


@pytest.mark.parametrize("folder", ["Slow News", "Of no chat"])
def test_an_unknown_file(vault: Path, folder: str) -> None:
    path = f"Telegram/Chats/{folder}/attachments/2024-05/mine.jpg"
    (vault / path).parent.mkdir(parents=True, exist_ok=True)
    (vault / path).write_bytes(b"mine")
    (vault / path).with_name(".hidden").write_bytes(b"")
    assert the_one(verified(vault), "FILE_UNKNOWN").path == path


def test_files_that_are_not_there_yet_or_never_will_be(vault: Path) -> None:
    where = f"WHERE chat_id = {NEWS} AND message_id"
    sql(
        vault,
        f"UPDATE media SET state = 'pending', reason = 'lost the line' {where} = 2",
        f"UPDATE media SET state = 'failed', reason = 'Telegram no longer has it' {where} = 5",
        f"UPDATE media SET state = 'skipped', reason = 'larger than 1 MB' {where} = 6",
    )
    (vault / PICTURE).unlink()
    found = verified(vault)
    assert the_one(found, "FILE_PENDING").path == PICTURE
    assert told(found) == {"FILE_FAILED": 1, "FILE_SKIPPED": 1}
    assert "larger than 1 MB" in found.information[1].first[0].text


# Notes


def test_a_removed_note(vault: Path) -> None:
    """Its messages and the links to it are missing for that reason and are not told again."""
    (vault / HIKERS_NOTE).unlink()
    assert the_one(verified(vault), "NOTE_GONE").path == HIKERS_NOTE
    render_vault(ExportConfig(vault=vault, timezone="Europe/Berlin"))
    assert verified(vault).clean


@pytest.mark.parametrize("keep", [0.0, 0.1, 0.5, 0.99])
def test_a_truncated_note(vault: Path, keep: float) -> None:
    data = (vault / HIKERS_NOTE).read_bytes()
    (vault / HIKERS_NOTE).write_bytes(data[: int(len(data) * keep)])
    assert the_one(verified(vault), "NOTE_CUT").path == HIKERS_NOTE
    (vault / HIKERS_NOTE).unlink()
    render_vault(ExportConfig(vault=vault, timezone="Europe/Berlin"))
    assert verified(vault).clean


def test_a_note_of_bytes_that_are_no_text(vault: Path) -> None:
    (vault / HIKERS_NOTE).write_bytes(b"\xff\xfe\x00" * 100)
    assert the_one(verified(vault), "NOTE_CUT").path == HIKERS_NOTE


def test_an_old_note(vault: Path) -> None:
    old = (vault / HIKERS_NOTE).read_bytes()
    render_vault(ExportConfig(vault=vault, timezone="Europe/Berlin", counters=False))
    (vault / HIKERS_NOTE).write_bytes(old)
    assert the_one(verified(vault), "NOTE_OLD").path == HIKERS_NOTE


def test_what_a_person_wrote_is_theirs(vault: Path) -> None:
    def write(text: str) -> str:
        mine = "\nMy own [[nowhere]] and [this](<Nothing#^m5>)\n\n```\n^m3\n"
        return text.replace('tags: ["', 'mine: "[[no such note]]"\ntags: ["') + mine

    edit(vault, HIKERS_NOTE, write)
    (vault / "Telegram" / "My thoughts.md").write_text("[[nowhere]]\n\n^m3\n")
    (vault / "Elsewhere.md").write_text("[[nowhere]]")
    found = verified(vault)
    assert kinds(found) == {}
    assert told(found) == {"NOTE_EDITED": 1, "NOTE_UNKNOWN": 1}
    assert [group.first[0].path for group in found.information] == [HIKERS_NOTE, "Telegram/My thoughts.md"]


def test_a_note_changed_between_the_marks(vault: Path) -> None:
    edit(vault, HIKERS_NOTE, lambda text: text.replace("Platform 2!", "Platform 3!"))
    render_vault(ExportConfig(vault=vault, timezone="Europe/Berlin", counters=False))
    found = verified(vault)
    assert kinds(found) == {}
    assert told(found) == {"NOTE_EDITED": 1, "NOTE_UPDATE": 1}


def test_notes_with_the_line_ends_of_windows(vault: Path) -> None:
    data = (vault / HIKERS_NOTE).read_bytes()
    (vault / HIKERS_NOTE).write_bytes(b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n"))
    assert verified(vault).groups == ()


# Links


TEXT = "Platform 2!"  # of a message: a place for a link


@pytest.mark.parametrize(
    ("written", "instead", "named"),
    [
        ("[[Sunday Hikers 🥾 messages#^m3|", "[[Sunday Hikers 🥾 messages#^m999|", "Sunday Hikers 🥾 messages#^m999"),
        ("[[Sunday Hikers 🥾 messages#^m3|", "[[No such note#^m3|", "No such note#^m3"),
        (TEXT, "[[20240502-203212_4.pdf]]", "20240502-203212_4.pdf"),
        (TEXT, "[it](<Sunday%20Hikers#^m3>)", "Sunday Hikers#^m3"),
        (TEXT, "[[Sunday Hikers#^g3]]", "Sunday Hikers#^g3"),
        (TEXT, "[[Sunday Hikers 🥾 messages#No such day]]", "Sunday Hikers 🥾 messages#No such day"),
        ('["[[Maya Lindqvist (person)', '["[[Maya Lindqvist (nobody)', "Maya Lindqvist (nobody)"),
    ],
)
def test_a_broken_link(vault: Path, written: str, instead: str, named: str) -> None:
    edit(vault, HIKERS_NOTE, lambda text: text.replace(written, instead, 1))
    finding = the_one(verified(vault), "LINK_BROKEN")
    assert finding.path == HIKERS_NOTE
    assert f"[[{named}]]" in finding.text


@pytest.mark.parametrize(
    "instead",
    [
        "[[SUNDAY hikers 🥾 Messages#^M3]]",
        "[[Sunday Hikers 🥾/Sunday Hikers 🥾 messages#2024-05-18]]",
        "[it](<Telegram/Chats/Sunday%20Hikers%20🥾/Sunday Hikers 🥾 messages.md#^m3>)",
        "![[attachments/2024-02/20240212-203712_2016.jpg#page=3|400]]",
        "[[#^m3]]",
        "`[[nowhere]]` \\[[nowhere]]",
    ],
)
def test_other_ways_to_write_a_link(vault: Path, instead: str) -> None:
    edit(vault, HIKERS_NOTE, lambda text: text.replace(TEXT, instead, 1))
    assert kinds(verified(vault)) == {}


def test_a_note_of_the_same_name_elsewhere(vault: Path) -> None:
    (vault / "Mine").mkdir()
    (vault / "Mine" / "TOMÁS Rivera.md").write_text("another one")
    found = verified(vault)
    assert set(kinds(found)) == {"LINK_AMBIGUOUS"}
    assert "mine/tomás rivera.md" in found.findings[0].first[0].text


# Messages


def test_a_missing_message_row(vault: Path) -> None:
    sql(vault, f"DELETE FROM messages WHERE chat_id = {HIKERS} AND id = 12")
    found = verified(vault)
    finding = the_one(found, "NO_ROW")
    assert (finding.path, finding.chat_id, finding.message_id) == (HIKERS_NOTE, HIKERS, 12)
    assert "^m12" in finding.text
    assert told(found) == {"GAPS": 1}


def test_a_duplicate_anchor(vault: Path) -> None:
    edit(vault, HIKERS_NOTE, lambda text: text.replace("\n^m12\n", "\n^m12\n\nagain\n\n^m12\n"))
    finding = the_one(verified(vault), "TWO_ANCHORS")
    assert (finding.path, finding.message_id) == (HIKERS_NOTE, 12)


def test_an_anchor_at_the_end_of_a_paragraph(vault: Path) -> None:
    edit(vault, HIKERS_NOTE, lambda text: text.replace("\n^m12\n", "\n- **20:54 Tomás** ☀️ ^m12\n"))
    assert kinds(verified(vault)) == {}


@pytest.mark.parametrize("line", ["> ^m12", "`^m12`", "\\^m12", "```\n^m12\n```", "x^m12", "^m12 x"])
def test_a_message_that_stands_nowhere(vault: Path, line: str) -> None:
    edit(vault, HIKERS_NOTE, lambda text: text.replace("\n^m12\n", f"\n{line}\n"))
    finding = the_one(verified(vault), "NO_ANCHOR")
    assert (finding.chat_id, finding.message_id) == (HIKERS, 12)


def test_a_message_in_the_note_of_another_chat(vault: Path) -> None:
    edit(vault, NEWS_NOTE, lambda text: text.replace("\n^m1\n", "\n^m1\n\nastray\n\n^m38\n"))
    edit(vault, HIKERS_NOTE, lambda text: text.replace("\n^m38\n", "\n"))
    found = verified(vault)
    assert kinds(found) == {"NO_ANCHOR": 1, "WRONG_CHAT": 1}
    finding = found.findings[1].first[0]
    assert (finding.path, finding.chat_id, finding.message_id) == (NEWS_NOTE, HIKERS, 38)


def test_the_rest_of_an_album_has_no_anchor_of_its_own(vault: Path) -> None:
    edit(vault, HIKERS_NOTE, lambda text: text.replace("\n^m24\n", "\n^m25\n"))
    assert kinds(verified(vault)) == {"NO_ANCHOR": 1, "TWO_ANCHORS": 1}


def test_changes_that_are_not_in_the_notes(vault: Path) -> None:
    sql(vault, f"INSERT INTO unpublished VALUES ({HIKERS}, 12, 12)")
    edit(vault, HIKERS_NOTE, lambda text: text.replace("\n^m12\n", "\n"))
    assert "Sunday Hikers" in the_one(verified(vault), "UNPUBLISHED").text


# The archive


def newest(vault: Path, chat_id: int) -> int:
    with closing(sqlite3.connect(vault / ".tobs" / "archive.sqlite3")) as db:
        return int(db.execute("SELECT max(id) FROM messages WHERE chat_id = ?", (chat_id,)).fetchone()[0])


def test_a_span_that_was_not_read(vault: Path) -> None:
    here, there = newest(vault, HIKERS), newest(vault, NEWS)
    sql(vault, f"UPDATE chats SET top_message = {here + 12} WHERE id = {HIKERS}")
    sql(vault, f"UPDATE spans SET high = {there - 2} WHERE chat_id = {NEWS}")
    found = verified(vault)
    assert kinds(found) == {"UNPROVEN": 2, "UNREAD": 14}
    assert [finding.message_id for finding in found.findings[0].first] == [there - 1, there]
    assert {finding.chat_id: finding.text for finding in found.findings[1].first} == {
        HIKERS: f"“Sunday Hikers 🥾”: not read yet: messages {here + 1}–{here + 12}.",
        NEWS: f"“Slow News”: not read yet: messages {there - 1}–{there}.",
    }


def test_spans_that_contradict_each_other(vault: Path) -> None:
    sql(vault, f"INSERT INTO spans VALUES ({NEWS}, 5, 6)")
    assert the_one(verified(vault), "BAD_SPAN").chat_id == NEWS


@pytest.mark.parametrize("raw", ["x'00112233'", "'text'", "(SELECT raw FROM messages WHERE id = 3)"])
def test_a_message_that_cannot_be_read(vault: Path, raw: str) -> None:
    sql(vault, f"UPDATE messages SET raw = {raw} WHERE chat_id = {NEWS} AND id = 4")
    finding = the_one(verified(vault), "UNREADABLE")
    assert (finding.chat_id, finding.message_id) == (NEWS, 4)


def test_rows_of_nothing(vault: Path) -> None:
    sql(vault, f"DELETE FROM messages WHERE chat_id = {NEWS} AND id = 3", "INSERT INTO seen VALUES (99, 98)")
    found = verified(vault)
    strays = {finding.text for group in found.findings if group.kind.name == "STRAY_ROW" for finding in group.first}
    assert any("message_id 3" in text and "media" in text for text in strays)
    assert any("peer_id 98" in text and "peers" in text for text in strays)
    assert any("peer_id 98" in text and "chats" in text for text in strays)


@pytest.mark.parametrize("table", ["messages", "media", "notes", "chats"])
def test_a_damaged_archive(vault: Path, table: str) -> None:
    archive = vault / ".tobs" / "archive.sqlite3"
    with closing(sqlite3.connect(archive)) as db:
        (root,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
        (size,) = db.execute("PRAGMA page_size").fetchone()
    with archive.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xaa" * 500)
    group = verified(vault).groups[0]
    assert group.kind.name == "DAMAGED"
    assert "archive" in group.first[0].text


def test_no_archive_and_another_programs(tmp_path: Path, vault: Path) -> None:
    with pytest.raises(ArchiveError, match="no archive"):
        verified(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()
    (vault / ".tobs" / "archive.sqlite3").write_bytes(b"no database at all" * 100)
    with pytest.raises(ArchiveError, match="damaged or no archive"):
        verified(vault)


def test_while_another_tobs_is_at_work(vault: Path) -> None:
    with open_archive(vault):
        with pytest.raises(ArchiveError, match="another tobs is working"):
            verified(vault)


def test_after_a_run_that_was_killed(vault: Path, tmp_path: Path) -> None:
    """Its last pages are in the log beside the archive."""
    with open_archive(vault) as archive:
        archive.mark_unpublished(NEWS)
        killed = Path(shutil.copytree(vault, tmp_path / "killed"))
    before = fingerprints(killed)
    assert "Slow News" in the_one(verified(killed), "UNPUBLISHED").text
    after = fingerprints(killed)
    assert all(after[path][0] == data for path, (data, _) in before.items() if not path.endswith("-shm"))


# The command


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text("")
    path.chmod(0o600)
    return path


@pytest.fixture
def verify(config: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[..., tuple[int, str, str]]]:
    def command(vault: Path, *more: str) -> tuple[int, str, str]:
        code = run(["verify", "--config", str(config), "--vault", str(vault), *more])
        return (code, *capsys.readouterr())

    return command


def test_the_command(verify, exported: Path, vault: Path, tmp_path: Path) -> None:
    code, out, err = verify(exported)
    assert (code, err) == (0, "")
    assert {"event": "verified", "clean": True, "findings": []}.items() <= json.loads(out).items()
    (vault / PICTURE).unlink()
    code, out, err = verify(vault, "--no-hashes", "--json")
    assert (code, err) == (1, "")
    (group,) = json.loads(out)["findings"]
    assert (group["kind"], group["count"], group["first"][0]["path"]) == ("file_gone", 1, PICTURE)
    code, out, err = verify(tmp_path / "none")
    assert (code, out) == (2, "")
    assert "tobs export" in err


# Online


def groups_of(out: str) -> dict[str, dict]:
    said = json.loads(out)
    return {group["kind"]: group for group in (*said["findings"], *said["information"])}


def test_held_against_the_server(exported: Path, vault: Path, tmp_path: Path) -> None:
    """The sample account on a server, which is the one that was exported."""
    values = "70000002, 1, 0, 1, 0, 0, 1, 1, 1, raw"
    sql(
        vault,
        f"DELETE FROM spans WHERE chat_id = {NEWS}",
        f"DELETE FROM messages WHERE chat_id = {NEWS} AND id > 16",
        f"INSERT INTO spans VALUES ({NEWS}, 1, 16)",
        f"DELETE FROM messages WHERE chat_id = {HIKERS} AND id = 12",
        f"INSERT INTO messages SELECT {values} FROM messages WHERE chat_id = {NEWS} AND id = 1",
        "INSERT INTO chats (id, kind, title, raw, folder) VALUES (77777, 'private', 'Nobody', x'', 'Nobody')",
    )
    with serving(tmp_path, "--scenario", "sample"):
        command = ("verify", "--online", "--config", str(tmp_path / "config.toml"), "--vault")
        clean, spoiled = tobs(*command, str(exported)), tobs(*command, str(vault))
    assert (clean.code, clean.err) == (0, "")
    assert groups_of(clean.out) == {}
    assert spoiled.code == 1, spoiled.err
    said = groups_of(spoiled.out)
    assert "not read yet: messages 17–" in said["unread"]["first"][0]["text"]
    assert said["miscounted"]["first"][0]["chat_id"] == HIKERS
    assert said["gone_since"]["first"][0]["chat_id"] == 70000002
    assert "Nobody" in said["unreached"]["first"][0]["text"]


def test_online_needs_an_account(verify, exported: Path) -> None:
    code, out, err = verify(exported, "--online")
    assert (code, out) == (2, "")
    assert "my.telegram.org" in err


CARD = "Telegram/Chats/Maya Lindqvist/attachments/2024-05/20240516-103012_3045.vcf"


def test_an_address_card_that_is_gone_or_changed(vault: Path) -> None:
    (vault / CARD).write_text("mine")
    assert told(verified(vault))["NOTE_EDITED"] == 1
    (vault / CARD).unlink()
    assert the_one(verified(vault), "NOTE_GONE").path == CARD
    render_vault(ExportConfig(vault=vault, timezone="Europe/Berlin"))
    assert kinds(verified(vault)) == {}


def test_a_file_that_a_killed_run_did_not_move(vault: Path) -> None:
    """It stands in the notes and the archive where the next run brings it."""
    old = PICTURE.replace("_2.jpg", "_9.jpg")
    (vault / PICTURE).rename(vault / old)
    assert told(verified(vault)) == {}
    assert {*kinds(verified(vault))} == {"FILE_GONE", "FILE_UNKNOWN"}
    sql(vault, f"INSERT INTO moves (old, new) VALUES ('{old}', '{PICTURE}')")
    assert verified(vault).clean
