"""Exports in zip files, whatever such a file says of itself."""

from __future__ import annotations

import io
import json
import os
import stat
import struct
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.desktop_export import account, chat, every_kind, message, write
from tests.processes import tobs
from tests.test_desktop import imported, note, raws, snapshot
from tobs.desktop import spool, zipped
from tobs.desktop.places import open_places
from tobs.desktop.spool import open_spool
from tobs.errors import ConfigError, FileUnavailable

PICTURE = {"width": 1, "height": 1}


def packed(path: Path, folder: Path, prefix: str = "") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, f"{prefix}{file.relative_to(folder).as_posix()}")
    return path


def result(*messages: dict[str, Any]) -> str:
    return json.dumps(chat([*messages]), indent=1)


@pytest.mark.parametrize("prefix", ["", "ChatExport_1/"])
async def test_a_zip_file_is_the_same(tmp_path, prefix):
    messages, files = every_kind()
    export = write(tmp_path / "export", chat(messages), files)
    await imported(tmp_path / "a", export)
    await imported(tmp_path / "b", packed(tmp_path / "export.zip", export, prefix))
    assert snapshot(tmp_path / "a") == snapshot(tmp_path / "b")


async def test_several_exports_in_one(tmp_path):
    write(tmp_path / "all" / "ChatExport_1", chat([message(1, "a")]))
    write(tmp_path / "all" / "ChatExport_2", chat([message(1, "b")], number=43, name="Bob"))
    path = packed(tmp_path / "all.zip", tmp_path / "all")
    report = await imported(tmp_path / "vault", path)
    assert {each.title for each in report.chats} == {"Ann", "Bob"}
    assert len((await imported(tmp_path / "vault", path)).notices) == 2


async def test_the_json_is_unpacked_once_however_many_chats_it_has(tmp_path, monkeypatch):
    chats = [chat([message(1, f"to {number}")], number=number, name=f"P {number}") for number in range(100, 140)]
    path = packed(tmp_path / "all.zip", write(tmp_path / "all", account(chats)))
    unpacked = []
    read = zipfile.ZipExtFile.read

    def counted(self, n=-1):
        data = read(self, n)
        unpacked.append(len(data))
        return data

    monkeypatch.setattr(zipfile.ZipExtFile, "read", counted)
    report = await imported(tmp_path / "vault", path)
    assert report.messages == 40
    assert sum(unpacked) == (tmp_path / "all" / "result.json").stat().st_size


# What is unpacked lies in a file without a name


def test_it_is_for_nobody_else_and_has_no_name(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    path = packed(tmp_path / "a.zip", write(tmp_path / "a", chat([message(1, "a")])))
    before = {*tmp_path.iterdir()}
    with open_places([path]) as (place,):
        with place.open_result() as one, place.open_result() as other:  # type: ignore[attr-defined]
            assert one.read(5) == other.read(5)
            one.seek(-1, os.SEEK_END)
            assert (one.read(), one.read(), other.read(1)) == (b"}", b"", b"a")
        file = place.spool._file  # type: ignore[attr-defined]
        assert stat.S_IMODE(os.fstat(file.fileno()).st_mode) == 0o600
        assert {*tmp_path.iterdir()} == before
    assert file.closed


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(max_size=30), min_size=1, max_size=4), st.data())
def test_each_sees_its_own_part(contents, data):
    with open_spool() as kept:
        files = [kept.open(*kept.keep(io.BytesIO(content), len(content))) for content in contents]
        mirrors = [io.BytesIO(content) for content in contents]
        for _ in range(12):
            number = data.draw(st.integers(0, len(contents) - 1))
            file, mirror = files[number], mirrors[number]
            at, size = data.draw(st.integers(0, 40)), data.draw(st.integers(-1, 40))
            assert file.seek(at) == mirror.seek(at)
            assert file.read(size) == mirror.read(size)


async def test_without_room_it_says_where_and_how_much(tmp_path, monkeypatch):
    monkeypatch.setattr(spool, "ROOM", 1 << 60)
    path = packed(tmp_path / "a.zip", write(tmp_path / "a", chat([message(1, "a")])))
    report = await imported(tmp_path / "vault", path)
    assert "set TMPDIR" in report.failures[0].reason
    assert not (tmp_path / "vault").exists()


# What is no export


async def test_html_is_told_as_in_a_folder(tmp_path):
    for name in ("messages.html", "ChatExport_1/messages2.html", "DataExport/export_results.html"):
        path = tmp_path / "a.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(name, "<html>")
        with pytest.raises(ConfigError, match=r"HTML; choose “Machine-readable JSON”"):
            await imported(tmp_path / "vault", path)
        folder = tmp_path / name.replace("/", "_")
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text("<html>")
        with pytest.raises(ConfigError, match=r"HTML; choose “Machine-readable JSON”"):
            await imported(tmp_path / "vault", folder)


@pytest.mark.parametrize("damage", ["cut", "begin", "empty", "list"])
async def test_a_damaged_one_is_told_so(tmp_path, damage):
    path = packed(tmp_path / "a.zip", write(tmp_path / "a", chat([message(1, "a")])))
    whole = path.read_bytes()
    broken = (
        whole[:-10] if damage == "cut" else whole[50:] if damage == "begin" else b"" if damage == "empty" else whole
    )
    path.write_bytes(broken.replace(b"PK\1\2", b"PK\7\7") if damage == "list" else broken)
    if damage == "begin":  # zip files may have something before them, so only what lay there is gone
        report = await imported(tmp_path / "vault", path)
        assert "cannot be unpacked" in report.failures[0].reason
    else:
        with pytest.raises(ConfigError, match=r"the zip file is damaged .*copy or export it again"):
            await imported(tmp_path / "vault", path)
    assert not (tmp_path / "vault").exists()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_bytes_anywhere_are_no_traceback(tmp_path_factory, data):
    import trio

    folder = tmp_path_factory.mktemp("odd")
    text = result(message(1, "a", photo="p.jpg", photo_file_size=5, **PICTURE))
    with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("result.json", text)
        archive.writestr("p.jpg", b"12345")
    whole = bytearray((folder / "a.zip").read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    (folder / "a.zip").write_bytes(whole)
    try:
        report = trio.run(imported, folder / "vault", folder / "a.zip")
    except ConfigError:
        assert not (folder / "vault").exists()
    else:
        assert report.messages == 1 or report.failures


def test_an_encrypted_one_is_told_so(tmp_path):
    path = packed(tmp_path / "a.zip", write(tmp_path / "a", chat([message(1, "a")])))
    whole = bytearray(path.read_bytes())
    for begin, flags in ((whole.index(b"PK\3\4"), 6), (whole.index(b"PK\1\2"), 8)):
        whole[begin + flags] |= 1
    path.write_bytes(whole)
    run = tobs("import", str(path), "--vault", str(tmp_path / "vault"))
    assert run.code == 1
    assert "it is encrypted; unpack it and name the folder" in run.err + run.out
    assert "Traceback" not in run.err


# Entries that are hostile


@pytest.mark.parametrize(
    "name",
    ["../x.jpg", "../../../../etc/passwd", "/etc/passwd", "C:\\x.jpg", "C:x", "..\\x.jpg", "\\\\h\\x", "a/../b"],
)
async def test_names_that_lead_elsewhere_are_refused_by_name(tmp_path, name):
    path, vault = tmp_path / "a.zip", tmp_path / "vault"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "result.json",
            result(message(1, "a", photo=name, **PICTURE), message(2, "b", photo="good.jpg", **PICTURE)),
        )
        info = zipfile.ZipInfo("safe")
        info.filename = name
        archive.writestr(info, b"secret")
        archive.writestr("good.jpg", b"good")
    report = await imported(vault, path)
    assert report.messages == 2
    assert [each for each in report.failures if repr(name) in each.reason and "leads elsewhere" in each.reason]
    found = {each.read_bytes() for each in tmp_path.rglob("*") if each.is_file() and each.suffix == ".jpg"}
    assert found == {b"good"}


async def test_an_export_that_lies_elsewhere_is_none(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../result.json", result(message(1, "a")))
    with pytest.raises(ConfigError, match=r"it has no result\.json"):
        await imported(tmp_path / "vault", path)


async def test_links_are_refused_by_name(tmp_path):
    path, vault = tmp_path / "a.zip", tmp_path / "vault"
    link = zipfile.ZipInfo("link.jpg")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "result.json",
            result(message(1, "a", photo="link.jpg", **PICTURE), message(2, "b", photo="good.jpg", **PICTURE)),
        )
        archive.writestr(link, "/etc/passwd")
        archive.writestr("good.jpg", b"good")
    report = await imported(vault, path)
    assert any("'link.jpg' leads elsewhere" in each.reason for each in report.failures)
    assert {each.read_bytes() for each in vault.rglob("attachments/*/*")} == {b"good"}


def with_size(path: Path, name: str, size: int) -> Path:
    """The zip file with another size told of an entry, in both places."""
    whole = bytearray(path.read_bytes())
    for mark, at, length in ((b"PK\3\4", 22, 30), (b"PK\1\2", 24, 46)):
        begin = whole.index(mark + b"")
        while whole[begin + length : begin + length + len(name)] != name.encode():
            begin = whole.index(mark, begin + 1)
        whole[begin + at : begin + at + 4] = struct.pack("<I", size)
    path.write_bytes(whole)
    return path


@pytest.mark.parametrize("told", [50_000_000, 4, 4_000_000_000])
async def test_a_bomb_is_refused_whatever_it_says_of_its_size(tmp_path, told):
    path, vault = tmp_path / "bomb.zip", tmp_path / "vault"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("result.json", result(message(1, "a", file="big", file_name="big"), message(2, "b")))
        archive.writestr("big", b"\0" * 50_000_000)
    report = await imported(vault, with_size(path, "big", told))
    assert report.messages == 2
    reason = report.failures[0].reason
    assert ("which no export does" in reason) or ("cannot be unpacked" in reason and told == 4)
    assert sum(each.stat().st_size for each in vault.rglob("*") if each.is_file()) < 5_000_000


@pytest.mark.parametrize("told", [50_000_000, 4])
async def test_so_is_one_that_is_the_json_itself(tmp_path, told):
    good = packed(tmp_path / "good.zip", write(tmp_path / "good", chat([message(1, "a")], number=43, name="Bob")))
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("result.json", b" " * 50_000_000)
    report = await imported(tmp_path / "vault", with_size(path, "result.json", told), good)
    assert "bomb.zip" in report.failures[0].what
    assert [each.title for each in report.chats] == ["Bob"], "the rest is imported"


async def test_a_zip_within_is_a_file_like_any_other(tmp_path):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("result.json", b"\0" * 50_000_000)
    path, vault = tmp_path / "a.zip", tmp_path / "vault"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("result.json", result(message(1, "a", file="files/in.zip", file_name="in.zip")))
        archive.writestr("files/in.zip", inner.getvalue())
    assert not (await imported(vault, path)).failures
    assert [each.read_bytes() for each in vault.rglob("attachments/*/*")] == [inner.getvalue()]


async def test_exports_without_number_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(zipped, "MOST", 3)
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(4):
            archive.writestr(f"{number}/result.json", "{}")
    with pytest.raises(ConfigError, match="has 4 exports in it"):
        await imported(tmp_path / "vault", path)


MANY = """
import resource, sys
from pathlib import Path
from tobs.desktop.places import open_places
from tobs.errors import ConfigError
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    with open_places([Path(sys.argv[1])]) as places:
        print(len(places), end=" ")
except ConfigError as exc:
    print("longer than any" in str(exc), end=" ")
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.parametrize(("count", "answer"), [(100_000, "1"), (700_000, "True")])
def test_hundreds_of_thousands_of_entries_take_no_more_memory_than_is_given_to_them(tmp_path, count, answer):
    path = tmp_path / "many.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("result.json", result(message(1, "a")))
    begin = archive.start_dir
    local, listed = path.read_bytes()[:begin], path.read_bytes()[begin:-22]
    entry = bytearray(listed[:46])
    entry[28:30] = struct.pack("<H", 12)
    with path.open("wb") as file:
        file.write(local + listed)
        for number in range(count):
            file.write(entry + b"%012d" % number)
        size = len(listed) + count * 58
        # The 64-bit end of the list, which more than 65,535 entries need (APPNOTE 4.3.14 and 4.3.15).
        file.write(struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, count + 1, count + 1, size, begin))
        file.write(struct.pack("<4sIQI", b"PK\6\7", 0, begin + size, 1))
        file.write(struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 65535, 65535, 2**32 - 1, 2**32 - 1, 0))
    run = subprocess.run([sys.executable, "-c", MANY, path], capture_output=True, text=True, check=True)
    said, megabytes = run.stdout.split()
    assert said == answer
    assert int(megabytes) < 150


async def test_a_file_that_is_cut_short_in_the_zip_is_named(tmp_path):
    path, vault = tmp_path / "a.zip", tmp_path / "vault"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("result.json", result(message(1, "a", photo="p.jpg", **PICTURE)))
        archive.writestr("p.jpg", b"picture")
    path.write_bytes(path.read_bytes().replace(b"picture", b"PICTURE"))
    report = await imported(vault, path)
    assert "Bad CRC-32" in report.failures[0].reason
    assert not [*vault.rglob("attachments/*/*.jpg")]
    assert "a" in note(vault, "Ann messages")
    assert len(raws(vault, 42)) == 1


async def test_the_reason_is_one_of_files(tmp_path):
    with open_spool() as kept, pytest.raises(FileUnavailable, match="set TMPDIR"):
        kept.keep(io.BytesIO(), 1 << 60)
