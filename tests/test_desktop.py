"""Exports of Telegram Desktop become archive and notes, whatever is wrong with them."""

from __future__ import annotations

import io
import json
import math
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from tests.desktop_export import (
    NOT_INCLUDED,
    SERVICES,
    START,
    account,
    chat,
    every_kind,
    every_service,
    message,
    service,
    write,
)  # fmt: skip
from tests.obsidian import Vault, anchors, properties
from tests.processes import tobs
from tests.snapshots import archive as rows
from tests.snapshots import notes
from tobs import verify_vault
from tobs.archive.reads import Reads
from tobs.archive.store import open_archive
from tobs.config import ExportConfig, MediaConfig
from tobs.desktop import scan
from tobs.desktop.place import inside
from tobs.desktop.repair import read_object
from tobs.desktop.scan import Scanner
from tobs.errors import ConfigError, DiskFull, FileUnavailable
from tobs.imports import import_exports
from tobs.model import Chat, Page, RawMessage
from tobs.prepare import Preparation, prepare_page
from tobs.progress import Report
from tobs.vault.names import chat_folders, homes
from tobs.vault.publish import local_zone


def config(vault: Path, **more: Any) -> ExportConfig:
    return ExportConfig(vault=vault, timezone="UTC", **more)


async def imported(vault: Path, *paths: Path, link: bool = False) -> Report:
    return await import_exports(paths, config(vault), link=link)


def raws(vault: Path, chat_id: int) -> dict[int, dict[str, Any]]:
    with open_archive(vault) as archive:
        found = Reads(archive.connection, archive.codec).messages(chat_id, 0, 2**40)
        return {raw["id"]: dict(raw) for raw in found}


def note(vault: Path, name: str) -> str:
    (path,) = vault.rglob(f"{name}.md")
    return path.read_text()


# Boundaries of messages


def pieces(data: bytes) -> list[Any]:
    return [read_object(piece.data) for piece in Scanner(io.BytesIO(data)).pieces()]


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(st.text(max_size=5), values, max_size=4)


@settings(max_examples=300)
@given(st.lists(objects, max_size=6), st.sampled_from([None, 0, 1, "\t"]), st.integers(1, 40), st.booleans(), objects)
def test_every_message_is_found_as_it_is(messages, indent, chunk, ascii_only, other):
    export = account([{"junk": other, **chat(messages)}, chat(messages, "saved_messages", 7)])
    data = json.dumps(export, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "replace")
    expected = [each for one in json.loads(data)["chats"]["list"] for each in one["messages"]]
    before, scan.CHUNK = scan.CHUNK, chunk
    try:
        assert pieces(data) == expected
    finally:
        scan.CHUNK = before


def test_a_message_longer_than_any_costs_no_other(monkeypatch):
    monkeypatch.setattr(scan, "LONGEST", 1000)
    export = json.dumps(
        chat([message(1, "a"), message(2, 'x\\"' * 5000), {"id": 3, "t": ["y"] * 3000}, message(4, "b")])
    )
    for size in (13, 100, 4096):
        monkeypatch.setattr(scan, "CHUNK", size)
        found = [*Scanner(io.BytesIO(export.encode())).pieces()]
        assert [bool(piece.problem) for piece in found] == [False, True, True, False]


@settings(max_examples=200)
@given(st.data())
def test_a_file_that_ends_anywhere_or_has_any_byte_anywhere_is_read_on(data):
    whole = json.dumps(chat([message(number, "text {[") for number in range(1, 9)]), indent=1).encode()
    at = data.draw(st.integers(0, len(whole) - 1))
    cut = Scanner(io.BytesIO(whole[:at]))
    complete = [piece for piece in cut.pieces() if not piece.problem]
    assert all(read_object(piece.data) for piece in complete)
    odd = whole[:at] + bytes([data.draw(st.integers(0, 255))]) + whole[at + 1 :]
    list(Scanner(io.BytesIO(odd)).pieces())


def test_a_quote_that_is_missing_costs_its_message_only():
    data = json.dumps(chat([message(number, f"text {number}") for number in range(1, 9)]), indent=1).encode()
    broken = data.replace(b'"text 3"', b'"text 3', 1)
    assert sum(found is not None for found in pieces(broken)) == 7


# What Telegram Desktop writes that is no JSON


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (rb'{"a": "x\x0By"}', "x\x0by"),
        (rb'{"a": "x\\x0By"}', r"x\x0By"),
        (rb'{"a": "x\\\x0By"}', "x\\\x0by"),
        (b'{"a": "x\x00y"}', "x\x00y"),
        (b'{"a": "x\xffy"}', "x\ufffdy"),
        (rb'{"a": "x\ud83dy"}', "x\ufffdy"),
        (b'{"document_id": (File not included. Change.),\n"a": "x"}', "x"),
        (b'{"document_id": stickers/1.webp\n,"a": "x"}', "x"),
        (b'{"document_id": 123, "a": "x"}', "x"),
    ],
)
def test_what_is_no_json_is_repaired(written, text):
    found = read_object(written)
    assert found is not None
    assert found["a"] == text
    orjson.dumps(found)


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"{", b'{"a": NaN', b"[" * 100_000, b'{"a":' * 100_000, *(
        b'{"a": ' + b"[" * depth + end + b"]" * depth + b"}"
        for depth in (250, 900, 50_000) for end in (b"", b'"\\x00"')
    )],
)  # fmt: skip
def test_what_cannot_be_repaired_is_none(data):
    assert read_object(data) is None


@example(1, True, -(10**18) + 1)
@example(1, True, 2**63 - 1)
@given(st.integers(1, 199), st.booleans(), st.integers(-(2**80), 2**80) | st.floats())
def test_what_is_read_can_be_written(depth, is_odd, number):
    said = json.dumps({"a": number, "b": json.loads("[" * depth + "]" * depth)}).encode()
    found = read_object(said.replace(b'"b"', b'"\\x0Bb"') if is_odd else said)
    assert found is None or orjson.dumps({"desktop": found}, option=orjson.OPT_SORT_KEYS)
    if math.isfinite(number) and abs(number) < 2**63:
        assert found is not None
        assert found["a"] == number


# Every kind


async def test_every_kind_is_there(tmp_path):
    messages, files = every_kind()
    happened = every_service(100)
    vault = tmp_path / "vault"
    report = await imported(vault, write(tmp_path / "export", chat(messages + happened), files))
    assert not report.failures
    assert report.messages == len(messages) + len(happened)
    found = raws(vault, 42)
    kept = json.loads(json.dumps(messages + happened).replace('"text\\u0000"', '"button_text"'))
    assert [found[each["id"]]["desktop"] for each in messages + happened] == kept, "lossless"
    text = note(vault, "Ann messages")
    for words in (
        "🎉 **bold** [site](<https://example.org/>) [[Bob|Bob]]", "```python\n> x = 1", "jpg|400]]", "film.mkv",
        "Report.pdf", "👤 **Trudi** · 4930", "name: Trudi T", "**Café** · Street 1", "for 15 min",
        "yes — 2 (67 %) ●", "**Chess**", "🧾 **Shoes** · 49.00 EUR", "↩ [[Ann messages#^m3|Ann: “look”]]",
        "forwarded from **Carol**", "✍ Editor via @gif", "❤ 2 · ⭐ 1", "🔘 [Open](<https://example.org>)",
        "copies “T-1”", "asks the bot “cats”", "☐ milk", "**Deleted Account**", "**Song** — Band",
        "3 winners, until 2024-05-05 09:06", "a hat", "2 winners · 1 unclaimed", "🔒 ⭐ 50", "unknown place",
        "trip.mp4 · 0:09 · 12 B *(not downloaded: not in the export)*", "_31-2.jpg", "lines\ttab",
        "New \\[\\[x\\]\\]", *(words for _, _, words in SERVICES),
    ):  # fmt: skip
        assert words in text, words
    assert found[23]["date"] == found[22]["date"]
    assert set(anchors(vault / "Telegram/Chats/Ann/Ann messages.md")) == {f"m{number}" for number in found}
    attachments = {path.read_bytes() for path in vault.rglob("attachments/*/*") if path.suffix != ".vcf"}
    unused = {"contacts/contact_1.vcard", "video_files/clip.mp4_thumb.jpg"}
    assert attachments == {data for name, data in files.items() if name not in unused}
    checked = verify_vault(config(vault))
    assert checked.clean, checked.findings


@pytest.mark.parametrize(("action", "more"), [(action, more) for action, more, _ in SERVICES])
async def test_no_field_of_another_type_is_an_error(tmp_path, action, more):
    wrong = (None, 5, -1, 2**70, 1.5, "x", True, [], [7], ["x"], [[]], {}, {"text": 5}, [{"type": 5, "text": "y"}])
    happened = [service(number, action, **{**more, key: value}) for key in (*more, "actor", "actor_id", "date")
                for number, value in enumerate(wrong, 1)]  # fmt: skip
    for number, each in enumerate(happened, 1):
        each["id"] = number
    report = await imported(tmp_path / "vault", write(tmp_path / "export", chat(happened)))
    assert report.messages == len(happened), report.failures


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_type_in_any_field_of_any_message(tmp_path_factory, data):
    import trio

    folder = tmp_path_factory.mktemp("any")
    messages, files = every_kind()
    victim = data.draw(st.sampled_from(messages))
    key = data.draw(st.sampled_from(sorted(victim)))
    victim[key] = data.draw(values)
    export = write(folder / "export", chat(messages), files)
    report = trio.run(imported, folder / "vault", export)
    assert report.messages >= len(messages) - 1
    assert len(report.failures) <= 2
    assert verify_vault(config(folder / "vault")).messages == report.messages
    shutil.rmtree(folder)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something lies within a message, however deep."""
    if path:
        yield path
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(inner, (*path, key))


def put(value: Any, path: tuple[Any, ...], other: Any) -> None:
    for key in path[:-1]:
        value = value[key]
    value[path[-1]] = other


# Without shrinking: each example is an import of a hundred messages.
@settings(max_examples=40, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.data())
def test_any_type_at_any_depth_of_all_messages_at_once(tmp_path_factory, data):
    """Only without its id or its date a message cannot be read."""
    import trio

    folder = tmp_path_factory.mktemp("nested")
    messages, files = every_kind()
    messages = json.loads(json.dumps(messages + every_service(100)))
    odd = values | st.sampled_from([2**70, -1, 1e300, "\ud800", "\0", "user", "user" + "9" * 18, [[]], {"text": [7]}])
    for victim in messages:
        needed = ("id", "date", "date_unixtime") if "date" in victim else ("id", "type")  # not understood: no date
        inner = [path for path in places(victim) if path[0] not in needed] or [("more",)]
        put(victim, data.draw(st.sampled_from(inner)), data.draw(odd))
    export = write(folder / "export", chat(messages), files)
    report = trio.run(imported, folder / "vault", export)
    assert report.messages == len(messages)
    checked = verify_vault(config(folder / "vault"))
    assert checked.messages == len(messages)
    before = snapshot(folder / "vault")
    trio.run(imported, folder / "vault", export)
    after = snapshot(folder / "vault")
    for found, _ in (before, after):  # how often a file was asked for that is not there
        found["media"] = [(*row[:-2], row[-1]) for row in found["media"]]
    assert after[1] == before[1]
    assert after[0] == before[0]
    shutil.rmtree(folder)


async def test_exports_of_2019_and_2020(tmp_path):
    old = {"id": 1, "type": "message", "date": "2019-05-03T07:06:40", "from": "Ann", "from_id": 42,
           "text": ["so ", {"type": "bold", "text": "old"}, " 🎉", {"type": "italic", "text": "!"}]}  # fmt: skip
    vault = tmp_path / "vault"
    await imported(vault, write(tmp_path / "export", chat([old])))
    assert raws(vault, 42)[1]["date"] == 1_556_867_200
    assert "> so **old** 🎉<i>!</i>" in note(vault, "Ann messages")


async def test_whose_message_it_is(tmp_path):
    vault = tmp_path / "vault"
    mine = message(2, "mine", sender="user7", name="Me Myself")
    group = chat([message(1, "theirs"), mine], "private_supergroup", 100, "Cats")
    await imported(vault, write(tmp_path / "export", account([chat([message(1, "theirs"), mine]), group])))
    for number in (42, -1_000_000_000_100):
        assert [raw.get("out", False) for raw in raws(vault, number).values()] == [False, True]
    assert properties(vault / "Telegram/Telegram.md")["tg_account"] == "Me Myself"


# Ids


async def test_a_group_from_before_its_supergroup(tmp_path):
    old = [message(number - 1_000_000_000, f"old {number}") for number in (1, 2)]
    new = [service(1, "migrate_from_group", title="Cats"), message(2, "new", reply_to_message_id=2 - 1_000_000_000)]
    vault = tmp_path / "vault"
    report = await imported(vault, write(tmp_path / "export", chat(old + new, "private_supergroup", 100, "Cats")))
    assert not report.failures
    assert [raw["message"] for raw in raws(vault, -100).values()] == ["old 1", "old 2"]
    assert "↩ [[Cats › basic group messages#^g2|Ann: “old 2”]]" in note(vault, "Cats messages")
    assert verify_vault(config(vault)).clean


async def test_messages_say_the_id_of_their_group_once_telegram_tells_it(tmp_path):
    old = [message(number - 1_000_000_000, f"old {number}") for number in range(1, 1200)]
    new = [message(2, "new", reply_to_message_id=2 - 1_000_000_000), message(3, "told", reply_to_message_id=2)]
    vault = tmp_path / "vault"
    export = write(tmp_path / "export", chat(old + new, "private_supergroup", 100, "Cats"))
    await imported(vault, export)
    cats = Chat(-1_000_000_000_100, "supergroup", "Cats", migrated_from=-77, raw={"_": "Channel"})
    with open_archive(vault) as archive:
        archive.adopt_groups([cats])
        archive.register(chat_folders(Reads(archive.connection, archive.codec).chats(), [cats]))
    group = {"_": "PeerChat", "chat_id": 77}
    assert [raw["peer_id"] for raw in raws(vault, -77).values()] == [group] * 1199
    assert raws(vault, cats.id)[2]["reply_to"]["reply_to_peer_id"] == group
    assert raws(vault, cats.id)[2]["peer_id"] == {"_": "PeerChannel", "channel_id": 100}
    assert "PeerChat" not in str(raws(vault, cats.id)[3])
    found = {number: raws(vault, number) for number in (-77, cats.id)}
    (export / "another").write_text("")
    await imported(vault, export)
    assert {number: raws(vault, number) for number in found} == found
    assert "#^g2|Ann: “old 2”]]" in note(vault, "Cats messages")


async def test_topics_and_albums_are_inferred(tmp_path):
    picture = {"photo": NOT_INCLUDED, "width": 1, "height": 1, "date_unixtime": str(START)}
    messages = [
        service(2, "topic_created", title="Ideas"),
        message(3, "one", reply_to_message_id=2),
        message(4, "two", reply_to_message_id=3),
        message(5, "general"),
        *(message(number, **picture) for number in (6, 7, 8)),
        message(9, "end"),
    ]
    vault = tmp_path / "vault"
    await imported(vault, write(tmp_path / "export", chat(messages, "private_supergroup", 100, "Cats")))
    assert [line[2:] for line in note(vault, "Cats › Ideas messages").splitlines() if line[2:] in ("one", "two")] == [
        "one",
        "two",
    ]
    assert anchors(vault / "Telegram/Chats/Cats/Topics/General/Cats › General messages.md").keys() == {"m5", "m6", "m9"}
    found = raws(vault, -1_000_000_000_100)
    assert [found[number].get("inferred") for number in (3, 5, 6, 7)] == [
        ["topic"],
        None,
        ["grouped_id"],
        ["grouped_id"],
    ]


# Merging


def snapshot(vault: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    found = rows(vault)
    # Which exports were imported is about them, not about what is known of messages.
    found["meta"] = [row for row in found["meta"] if not str(row[0]).startswith("import")]
    return found, notes(vault)


async def test_importing_again_writes_nothing(tmp_path):
    messages, files = every_kind()
    export, vault = write(tmp_path / "export", chat(messages), files), tmp_path / "vault"
    await imported(vault, export)
    before, times = snapshot(vault), {path: path.stat().st_mtime_ns for path in vault.rglob("*.md")}
    report = await imported(vault, export)
    assert [notice for notice in report.notices if "was imported before" in notice]
    assert snapshot(vault) == before
    (export / "another file").write_text("")  # so that it is looked at again
    assert not (await imported(vault, export)).notices
    assert snapshot(vault) == before
    assert {path: path.stat().st_mtime_ns for path in vault.rglob("*.md")} == times
    assert not report.failures


async def test_overlapping_exports_in_any_order_give_the_same(tmp_path):
    messages, files = every_kind()
    edited = {**messages[0], "edited_unixtime": str(START + 5), "text": "newer", "text_entities": []}
    bare = [{**each, "photo": NOT_INCLUDED} if "photo" in each else each for each in messages[1:20]]
    exports = [
        write(tmp_path / "a", chat(messages[:15]), files),
        write(tmp_path / "b", chat([edited, *bare]), files),
        write(tmp_path / "c", chat(messages[10:]), files),
    ]
    found = []
    for number, order in enumerate(([0, 1, 2], [2, 1, 0], [1, 0, 2, 1])):
        vault = tmp_path / f"vault{number}"
        for each in order:
            await imported(vault, exports[each])
        found.append(snapshot(vault))
    together = tmp_path / "together"
    await imported(together, *exports)
    assert found[0] == found[1] == found[2] == snapshot(together)
    assert raws(together, 42)[1]["message"] == "newer"
    assert raws(together, 42)[3]["media"]["photo"]["dc_id"] == -1


def say(vault: Path, texts: dict[int, str]) -> None:
    """What an export over the API would write for these messages."""
    with open_archive(vault) as archive:
        reads = Reads(archive.connection, archive.codec)
        archived = reads.chat(42)
        assert archived is not None
        using = Preparation(
            archived.chat, homes(reads.chats())[42], 7, local_zone("UTC"), config(vault).media, archive.codec
        )
        said = tuple(
            RawMessage(number, START, {"_": "Message", "id": number, "date": START, "message": text})
            for number, text in texts.items()
        )
        low, high = min(texts), max(texts)
        archive.commit_page(prepare_page(Page(42, low, high, said, (), 229), using))


async def test_telegram_itself_goes_before(tmp_path):
    export = write(tmp_path / "export", chat([message(1, "a"), message(2, "deleted since"), message(3, "c")]))
    vault = tmp_path / "vault"
    await imported(vault, export)
    say(vault, {1: "api 1", 3: "api 3"})
    await imported(vault, export)
    assert {number: raw["message"] for number, raw in raws(vault, 42).items()} == {
        1: "api 1", 2: "deleted since", 3: "api 3",
    }  # fmt: skip
    with open_archive(vault) as archive:
        assert archive.spans(42) == [(1, 3)], "an export proves nothing"
    assert "deleted since" in note(vault, "Ann messages")


async def test_another_persons_export_is_refused(tmp_path):
    vault = tmp_path / "vault"
    await imported(vault, write(tmp_path / "a", account([chat([message(1, "a")])], user=7)))
    before = snapshot(vault)
    report = await imported(vault, write(tmp_path / "b", account([chat([message(1, "other")])], user=8)))
    assert "another folder" in report.failures[0].reason
    assert snapshot(vault) == before


# Places


@pytest.mark.parametrize(
    "path",
    ["../../etc/passwd", "/etc/passwd", "a/../../x",
     "C:\\x", "\\\\host\\x", "..\\x", "photos/../../../x", "con", "a/NUL.txt",
     "x\x00y", "a" * 300, "\n", "link/secret", "pipe", "."],
)  # fmt: skip
async def test_paths_that_lead_elsewhere_are_refused_by_name(tmp_path, path):
    (tmp_path / "secret").write_text("secret")
    export = write(tmp_path / "export", chat([message(1, "a", file=path, file_name="x"), message(2, "b")]))
    (export / "link").symlink_to(tmp_path)
    os.mkfifo(export / "pipe")
    vault = tmp_path / "vault"
    report = await imported(vault, export)
    assert report.messages == 2
    assert [
        failure
        for failure in report.failures
        if "leads elsewhere" in failure.reason or "not in the export" in failure.reason
    ]
    assert not any(path.read_bytes() == b"secret" for path in vault.rglob("*") if path.is_file())


@given(st.text(max_size=20))
def test_no_path_leaves_the_folder(path):
    try:
        found = inside(path)
    except FileUnavailable:
        return
    assert not found.is_absolute()
    assert ".." not in found.parts


async def test_only_some_extensions(tmp_path):
    messages, files = every_kind()
    vault = tmp_path / "vault"
    wanted = MediaConfig(extensions=("pdf", "webp"))
    await import_exports([write(tmp_path / "export", chat(messages), files)], config(vault, media=wanted))
    found = {path.suffix for path in vault.rglob("attachments/*/*")}
    assert found == {".pdf", ".webp", ".vcf"}
    assert "*(not downloaded: mp4 files are not wanted)*" in note(vault, "Ann messages")


async def test_no_file_takes_the_last_room_of_a_disk(tmp_path):
    messages, files = every_kind()
    export, vault = write(tmp_path / "export", chat(messages), files), tmp_path / "vault"
    with pytest.raises(DiskFull, match="min_free_mb"):
        await import_exports([export], config(vault, media=MediaConfig(min_free_mb=1e12)))
    assert not [path for path in vault.rglob("attachments/*/*") if path.suffix != ".vcf"]
    assert len(raws(vault, 42)) == len(messages), "texts are there"
    assert "plain" in note(vault, "Ann messages")
    report = await imported(vault, export)
    assert not report.failures
    assert len([path for path in vault.rglob("attachments/*/*") if path.suffix != ".vcf"]) == 11


async def test_hard_links(tmp_path):
    messages, files = every_kind()
    export, vault = write(tmp_path / "export", chat(messages), files), tmp_path / "vault"
    await imported(vault, export, link=True)
    assert all(path.stat().st_nlink == 2 for path in vault.rglob("attachments/*/*") if path.suffix != ".vcf")


async def test_several_at_once(tmp_path):
    write(tmp_path / "all" / "ChatExport_1", chat([message(1, "a")]))
    write(tmp_path / "all" / "ChatExport_2", chat([message(1, "b")], number=43, name="Bob"))
    report = await imported(tmp_path / "vault", tmp_path / "all")
    assert {each.title for each in report.chats} == {"Ann", "Bob"}


async def test_what_is_left_alone_is_said_once(tmp_path):
    export = {**account([chat([message(1, "a")])]), "stories": {"list": []}, "other_data": {"about": "", "x": [1]}}
    report = await imported(tmp_path / "vault", write(tmp_path / "export", export))
    (notice,) = report.notices
    assert "not so contacts, other data, stories" in notice
    only_one = write(tmp_path / "one", chat([message(1, "a")], number=43, name="Bob"))
    assert not (await imported(tmp_path / "vault", only_one)).notices


async def test_what_is_no_export(tmp_path):
    (tmp_path / "messages.html").write_text("<html>")
    with pytest.raises(ConfigError, match="HTML"):
        await imported(tmp_path / "vault", tmp_path)
    (tmp_path / "x.txt").write_text("x")
    for path in (tmp_path / "x.txt", tmp_path / "none"):
        with pytest.raises(ConfigError):
            await imported(tmp_path / "vault", path)
    assert not (tmp_path / "vault").exists()


@pytest.mark.parametrize(
    "data", [b"", b"null", b"[]", b"{}", b"\xff\xfe{\x00}\x00", b'{"id": 1, "messages": []}', b"\x00" * 99]
)
async def test_a_result_without_chats_is_one_failure(tmp_path, data):
    folder = write(tmp_path / "export", {})
    (folder / "result.json").write_bytes(data)
    report = await imported(tmp_path / "vault", folder)
    assert len(report.failures) == 1
    assert not (tmp_path / "vault").exists()


async def test_what_cannot_be_read_is_counted_and_named(tmp_path):
    folder = write(tmp_path / "export", chat([message(1, "a"), {"id": "x"}, {"id": 3}, message(4, "b")]))
    whole = (folder / "result.json").read_bytes()
    report = await imported(tmp_path / "vault", folder)
    assert report.messages == 2
    assert len(report.failures) == 2
    at = re.search(rb"\{\s*\"id\": \"x\"", whole)
    assert at is not None
    assert f"at byte {at.start():,}: it cannot be read." in report.failures[0].reason
    (folder / "result.json").write_bytes(whole[:-60])
    report = await imported(tmp_path / "vault2", folder)
    assert any("ends" in failure.reason for failure in report.failures)


def contact(number):
    return message(number, contact_information={"first_name": "Trudi"}, contact_vcard=f"contacts/{number}.vcard")


async def test_a_card_that_cannot_be_read_is_named_and_read_another_time(tmp_path):
    card = b"BEGIN:VCARD\nFN:Trudi\nEND:VCARD\n"
    export, vault = chat([*map(contact, range(1, 6))]), tmp_path / "vault"
    folder = write(tmp_path / "export", export, {"contacts/1.vcard": card, "contacts/2.vcard": card})
    (folder / "contacts/2.vcard").unlink()
    (folder / "contacts/2.vcard").symlink_to("/etc/hostname")
    report = await imported(vault, folder)
    assert report.messages == 5
    assert not report.failures
    said = f"{folder / 'result.json'}: the card of"
    assert set(report.notices) == {
        f"{said} 3 contacts in Ann is left out: it is not in the export.",
        f"{said} a contact in Ann is left out: its path in the export leads elsewhere.",
    }
    assert [bool(raw["media"]["vcard"]) for raw in raws(vault, 42).values()] == [True, *[False] * 4]
    write(folder, export, {f"contacts/{number}.vcard": card for number in range(3, 6)})
    (folder / "contacts/2.vcard").unlink()
    (folder / "contacts/2.vcard").write_bytes(card)
    report = await imported(vault, folder)
    assert not report.notices
    assert all(raw["media"]["vcard"] for raw in raws(vault, 42).values())


def test_the_command(tmp_path):
    messages, files = every_kind()
    export, vault = write(tmp_path / "export", chat(messages), files), tmp_path / "vault"
    run = tobs("import", str(export), "--vault", str(vault))
    assert (run.code, run.err) == (0, ""), run.err
    assert json.loads(run.out.splitlines()[-1])["messages"] == len(messages)
    assert tobs("import").code == 2
    missing = tobs("import", str(tmp_path / "none"), "--vault", str(tmp_path / "other"))
    assert missing.code == 2
    assert "there is no" in missing.err
    assert not (tmp_path / "other").exists()
    assert len([*Vault(vault).notes()]) > 3
