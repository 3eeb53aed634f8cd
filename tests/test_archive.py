import shutil
import sqlite3
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import attrs
import pytest

from tobs.archive.codec import DICTIONARY
from tobs.archive.migrations import APPLICATION_ID, STEPS
from tobs.archive.owner import keep_owner
from tobs.archive.published import Published, finish_chat, record
from tobs.archive.reads import Reads
from tobs.archive.rows import ArchivedChat, MediaRow, MessageRow, Note, PreparedPage
from tobs.archive.store import Archive, open_archive
from tobs.archive.waiting import pending_files
from tobs.config import MediaOrder
from tobs.errors import ArchiveError, VaultError
from tobs.model import Chat, Peer

CHAT = -1_000_000_000_007


def message(archive: Archive, number: int, text: str = "hello") -> MessageRow:
    raw = archive.codec.encoder()({"_": "Message", "id": number, "message": text})
    return MessageRow(number, 1_700_000_000 + number, 42, 0, 0, 100, raw)


def page(archive: Archive, low: int, high: int, *, text: str = "hello", peers: tuple[Peer, ...] = ()) -> PreparedPage:
    messages = tuple(message(archive, number, text) for number in range(low, high + 1))
    return PreparedPage(CHAT, (low, high), messages, (), peers, 229)


def media(number: int, **more: str) -> MediaRow:
    row = MediaRow(CHAT, number, 900 + number, "photo", 2, 1000, "y", "a.jpg", "Telegram/a.jpg")
    return attrs.evolve(row, **more)


def register(archive: Archive, title: str = "Cats", folder: str = "Cats") -> None:
    archive.register([ArchivedChat(Chat(CHAT, "channel", title, raw={"_": "Channel"}), folder)])


def rows(archive: Archive, query: str) -> list[tuple[object, ...]]:
    return archive.connection.execute(query).fetchall()


def test_a_page_and_its_span_are_one(tmp_path: Path) -> None:
    with open_archive(tmp_path) as archive:
        register(archive)
        archive.commit_page(page(archive, 1, 100))
        archive.commit_page(page(archive, 201, 300))
        assert rows(archive, "SELECT low, high FROM spans") == [(1, 100), (201, 300)]
        archive.commit_page(page(archive, 101, 200))
        assert rows(archive, "SELECT low, high FROM spans") == [(1, 300)]
        assert rows(archive, "SELECT count(*) FROM messages") == [(300,)]


def test_a_page_that_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    with open_archive(tmp_path) as archive:
        register(archive)
        orphan = attrs.evolve(page(archive, 1, 3), media=(media(99),))
        with pytest.raises(ArchiveError):
            archive.commit_page(orphan)
        assert rows(archive, "SELECT count(*) FROM messages") == [(0,)]
        assert rows(archive, "SELECT * FROM spans") == []


def test_the_same_page_twice_is_one_page(tmp_path: Path) -> None:
    with open_archive(tmp_path) as archive:
        register(archive)
        archive.commit_page(page(archive, 1, 10, text="old"))
        archive.commit_page(page(archive, 5, 10, text="new"))
        blobs = [archive.codec.decode(blob) for (blob,) in archive.connection.execute("SELECT raw FROM messages")]
        assert [blob["message"] for blob in blobs] == ["old"] * 4 + ["new"] * 6
        assert rows(archive, "SELECT low, high FROM spans") == [(1, 10)]


def test_a_new_name_renders_the_chats_again_in_which_it_was_seen(tmp_path: Path) -> None:
    with open_archive(tmp_path) as archive:
        register(archive)
        archive.commit_page(page(archive, 1, 1, peers=(Peer(42, "private", "Ann", raw={"_": "User"}),)))
        finish_chat(archive, CHAT, 2**62, {})
        archive.commit_page(page(archive, 2, 2, peers=(Peer(42, "private", "A", raw={"_": "User", "min": True}),)))
        assert rows(archive, "SELECT name FROM peers") == [("Ann",)]
        assert rows(archive, "SELECT low, high FROM unpublished") == [(2, 2)]
        archive.commit_page(page(archive, 3, 3, peers=(Peer(42, "private", "Anna", raw={"_": "User"}),)))
        assert rows(archive, "SELECT name FROM peers") == [("Anna",)]
        assert (CHAT, -(2**63), 2**63 - 1) in rows(archive, "SELECT * FROM unpublished")


def test_a_name_that_another_chat_told_for_a_while_is_left_again(tmp_path: Path) -> None:
    ann, anna = Peer(42, "private", "Ann", raw={"id": 42}), Peer(42, "private", "Anna", raw={"id": 42})
    with open_archive(tmp_path) as archive:
        register(archive)
        archive.register([ArchivedChat(Chat(43, "private", "Bob", raw={"_": "User"}), "Bob")])
        for number, (chat, who) in enumerate([(CHAT, ann), (43, anna), (CHAT, ann)], 1):
            archive.commit_page(attrs.evolve(page(archive, number, number, peers=(who,)), chat_id=chat))
            assert rows(archive, "SELECT name FROM peers WHERE id = 42") == [(who.name,)]


def test_media_that_arrives_changes_no_note_and_media_that_fails_does(tmp_path: Path) -> None:
    with open_archive(tmp_path) as archive:
        register(archive)
        archive.commit_page(attrs.evolve(page(archive, 1, 2), media=(media(1), media(2))))
        finish_chat(archive, CHAT, 2**62, {})
        archive.record_media(media(1, state="done", sha256="00"))
        assert rows(archive, "SELECT * FROM unpublished") == []
        archive.record_media(media(2, state="failed", reason="gone"))
        assert rows(archive, "SELECT low, high FROM unpublished") == [(2, 2)]
        archive.record_media(media(2, state="done"))
        assert rows(archive, "SELECT state, reason FROM media WHERE message_id = 2") == [("done", "")]
        assert len(rows(archive, "SELECT * FROM unpublished")) == 2


def test_registering_again_keeps_folder_and_layout(tmp_path: Path) -> None:
    with open_archive(tmp_path) as archive:
        register(archive)
        archive.settle_layouts(CHAT, {0: "month"})
        register(archive, "Dogs", "Dogs")
        assert rows(archive, "SELECT title, folder, layout FROM chats") == [("Dogs", "Cats", "month")]


def test_what_is_published_is_no_longer_unpublished_but_what_came_later_is(tmp_path: Path) -> None:
    with open_archive(tmp_path) as archive:
        register(archive)
        archive.commit_page(page(archive, 1, 5))
        (seen,) = archive.connection.execute("SELECT max(rowid) FROM unpublished").fetchone()
        archive.commit_page(page(archive, 6, 9))
        finish_chat(archive, CHAT, seen, {})
        assert rows(archive, "SELECT low, high FROM unpublished") == [(6, 9)]
        note = Note("a.md", "period", CHAT, 1, 5, digest="d")
        record(archive, [Published(note)])
        record(archive, [], [note])
        assert rows(archive, "SELECT * FROM notes") == []


def test_a_second_run_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from tobs.archive.store import open_archive\n"
        f"with open_archive(Path({str(tmp_path)!r})): pass"
    )
    with open_archive(tmp_path) as archive:
        register(archive)
        other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert "another tobs is working" in other.stderr
        assert rows(archive, "SELECT count(*) FROM chats") == [(1,)]
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_newer_schema_is_refused_and_not_touched(tmp_path: Path) -> None:
    with open_archive(tmp_path) as archive:
        register(archive)
        path = archive.path
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 999")
    db.close()
    before = path.read_bytes()
    with pytest.raises(ArchiveError, match="newer tobs"), open_archive(tmp_path):
        pass
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"not a database, but long enough to look like one" * 20, b"\0" * 4096])
def test_another_file_in_its_place_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / ".tobs" / "archive.sqlite3"
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(ArchiveError), open_archive(tmp_path):
        pass
    assert path.read_bytes() == content


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / ".tobs" / "archive.sqlite3"
    path.parent.mkdir()
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE bookmarks (url TEXT)")
    db.close()
    with pytest.raises(ArchiveError, match="not a tobs archive"), open_archive(tmp_path):
        pass


def test_a_vault_that_is_a_file_is_one_sentence(tmp_path: Path) -> None:
    vault = tmp_path / "vault"
    vault.write_text("")
    with pytest.raises(VaultError, match="choose another folder"), open_archive(vault):
        pass


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="needs prlimit to make a disk full")
def test_a_full_disk_is_one_sentence_and_keeps_what_was_committed(tmp_path: Path) -> None:
    code = f"""
import sys; sys.path.insert(0, {str(Path(__file__).parent.parent)!r})
from pathlib import Path
from tests.test_archive import open_archive, page, register
with open_archive(Path({str(tmp_path)!r})) as archive:
    register(archive)
    for low in range(1, 100_000, 100):
        archive.commit_page(page(archive, low, low + 99, text=str(low) * 400))
"""
    run = subprocess.run(
        ["prlimit", "--fsize=400000", sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert "is full or failing; make room" in run.stderr
    with open_archive(tmp_path) as archive:
        ((count,),) = rows(archive, "SELECT count(*) FROM messages")
        assert isinstance(count, int)
        assert count > 0
        assert rows(archive, "SELECT low, high FROM spans") == [(1, count)]
        archive.commit_page(page(archive, count + 1, count + 100))


def test_two_accounts_do_not_share_a_vault(tmp_path: Path) -> None:
    with open_archive(tmp_path) as archive:
        reads = Reads(archive.connection, archive.codec)
        keep_owner(archive, reads, Peer(1, "private", "Ann"))
        keep_owner(archive, reads, Peer(1, "private", "Anna"))
        with pytest.raises(ArchiveError, match=r"holds the account of Anna; choose another folder for Bob"):
            keep_owner(archive, reads, Peer(2, "private", "Bob"))


def test_an_archive_of_the_first_schema_keeps_its_files(tmp_path: Path) -> None:
    (tmp_path / ".tobs").mkdir()
    old = sqlite3.connect(tmp_path / ".tobs" / "archive.sqlite3", isolation_level=None)
    old.executescript(files("tobs.archive").joinpath(STEPS[0]).read_text("utf-8"))
    old.executescript(f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 1;")
    old.execute("INSERT INTO meta VALUES ('dictionary', ?)", (DICTIONARY,))
    old.execute("INSERT INTO chats (id, kind, title, raw, folder) VALUES (?, 'group', 'C', x'', 'C')", (CHAT,))
    old.execute("INSERT INTO messages VALUES (?, 1, 0, 0, 0, 0, 0, 0, 0, x'')", (CHAT,))
    row = media(1, state="done", sha256="00")
    old.execute(f"INSERT INTO media VALUES ({','.join('?' * 12)})", attrs.astuple(row)[:12])
    old.close()
    with open_archive(tmp_path) as archive:
        reads = Reads(archive.connection, archive.codec)
        assert reads.media(CHAT, 1, 1) == [row]


def test_sizes_of_one_file_are_rows_of_their_own(tmp_path: Path) -> None:
    with open_archive(tmp_path) as archive:
        register(archive)
        both = (media(1, thumb=""), media(1, thumb="m"))
        archive.commit_page(attrs.evolve(page(archive, 1, 1), media=both))
        archive.record_media(media(1, thumb="m", state="failed", reason="gone"))
        reads = Reads(archive.connection, archive.codec)
        assert [(row.thumb, row.state) for row in reads.media(CHAT, 1, 1)] == [("", "pending"), ("m", "failed")]
        assert [row.thumb for row in pending_files(archive, CHAT, "oldest")] == [""]


def test_a_message_that_is_read_again_has_the_files_it_has_now(tmp_path: Path) -> None:
    def listed(*files: tuple[int, str, str]) -> PreparedPage:
        rows = (attrs.evolve(media(1), file_id=number, path=path, kind=kind) for number, path, kind in files)
        return attrs.evolve(page(archive, 1, 1), media=tuple(rows))

    def there() -> list[tuple[int, str, str]]:
        return [
            (row.file_id, row.path, row.state) for row in Reads(archive.connection, archive.codec).media(CHAT, 1, 1)
        ]

    with open_archive(tmp_path) as archive:
        register(archive)
        archive.commit_page(listed((1, "a.jpg", "photo"), (2, "a-2.jpg", "photo")))
        for number in (1, 2):
            archive.record_media(attrs.evolve(media(1, state="done"), file_id=number))
        archive.commit_page(listed((1, "moved.jpg", "photo"), (2, "a-2.jpg", "photo")))
        assert there() == [(1, "a.jpg", "done"), (2, "a-2.jpg", "done")], "a place that nobody else wants stays"
        archive.commit_page(listed((2, "a.jpg", "photo"), (3, "a-2.jpg", "photo")))
        assert there() == [(2, "a.jpg", "pending"), (3, "a-2.jpg", "pending")]
        archive.commit_page(listed((2, "a.jpg", "webpage")))
        assert there() == [(2, "a.jpg", "pending")]
        archive.commit_page(attrs.evolve(page(archive, 1, 5)))
        assert there() == []


@pytest.mark.parametrize("order", ["oldest", "newest", "smallest"])
def test_files_wait_in_their_order_whatever_was_fetched_in_between(tmp_path: Path, order: MediaOrder) -> None:
    count = 1203  # more than two queries
    sizes = {number: number * 7919 % 500 for number in range(1, count + 1)}
    with open_archive(tmp_path) as archive:
        register(archive)
        files = tuple(attrs.evolve(media(number), size=size, path=f"{number}.jpg") for number, size in sizes.items())
        archive.commit_page(attrs.evolve(page(archive, 1, count), media=files))
        found = []
        for row in pending_files(archive, CHAT, order):
            found.append(row.message_id)
            archive.record_media(attrs.evolve(row, state="done"))
    by_size = sorted(sizes, key=lambda number: (sizes[number], number))
    assert found == {"oldest": sorted(sizes), "newest": sorted(sizes, reverse=True), "smallest": by_size}[order]
