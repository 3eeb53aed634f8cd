"""The Bloom filter of files: never wrong about what it has seen, and never trusted when it may be another one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.test_sharing import Sent, commit, register
from tobs.archive.bloom import HEADER, SMALLEST, Seen, load_seen, make_seen
from tobs.archive.filing import current
from tobs.archive.store import Archive, open_archive

ids = st.binary(min_size=1, max_size=12)


@settings(deadline=None, max_examples=30)
@given(st.lists(ids), st.lists(ids))
def test_what_was_seen_is_known_also_after_a_restart(tmp_path_factory: pytest.TempPathFactory, first, later) -> None:
    path = tmp_path_factory.mktemp("bloom") / "files.bloom"
    seen = make_seen(first, len(first))
    token = seen.save(path)
    again = load_seen(path, token)
    assert again is not None
    for item in later:
        again.add(item)
    assert all(item in again for item in (*first, *later))
    assert (again.capacity, again.count) == (seen.capacity, len(first) + len(later))


def test_one_in_a_hundred_of_what_was_not_seen_is_taken_for_known() -> None:
    seen = make_seen((b"%d" % number for number in range(SMALLEST)), SMALLEST)
    assert seen.is_full
    wrong = sum(b"-%d" % number in seen for number in range(100_000))
    assert 700 < wrong < 1300  # ten standard deviations: the ids are always the same


def test_a_full_one_takes_no_more_than_12_bits_of_ten_for_an_id(tmp_path: Path) -> None:
    for count in (SMALLEST, 16 * SMALLEST):
        make_seen((), count).save(tmp_path / "files.bloom")
        assert (tmp_path / "files.bloom").stat().st_size <= 1.2 * count + HEADER.size


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    path = tmp_path_factory.mktemp("bloom") / "files.bloom"
    return path, make_seen((b"%d" % number for number in range(1000)), 1000).save(path)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_what_is_cut_off_or_changed_is_not_trusted(saved: tuple[Path, bytes], data: st.DataObject) -> None:
    path, token = saved
    whole = path.read_bytes()
    if data.draw(st.booleans()):
        damaged = whole[: data.draw(st.integers(0, len(whole) - 1))]
    else:
        at = data.draw(st.integers(0, len(whole) - 1) | st.integers(0, HEADER.size))
        damaged = whole[:at] + bytes([whole[at] ^ data.draw(st.integers(1, 255))]) + whole[at + 1 :]
    other = path.with_name("damaged.bloom")
    other.write_bytes(damaged)
    assert load_seen(other, token) is None
    assert load_seen(path, bytes(16)) is None
    assert load_seen(path, b"") is None
    assert load_seen(path, token) is not None


# Beside an archive

HERE = Sent(-1_000_000_000_001, 1, 100, 5)
THERE = Sent(-1_000_000_000_002, 1, 101, 5)


def path_of(archive: Archive, sent: Sent) -> str:
    row = current(archive, sent.row)
    assert row is not None
    return row.path


def garbage(path: Path) -> None:
    path.write_bytes(b"\x00" * 5000)


def half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:40_000])


def flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[50_000] ^= 8
    path.write_bytes(data)


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("damage", [Path.unlink, garbage, half, flipped, folder])
def test_a_file_is_known_whatever_becomes_of_the_filter(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    with open_archive(tmp_path) as archive:
        register(archive)
        commit(archive, [HERE])
    damage(tmp_path / ".tobs" / "files.bloom")
    with open_archive(tmp_path) as archive:
        commit(archive, [THERE])
        assert path_of(archive, THERE) == HERE.row.path
    if damage is folder:
        (tmp_path / ".tobs" / "files.bloom").rmdir()
    with open_archive(tmp_path) as archive:
        commit(archive, [Sent(42, 1, 102, 5)])
        assert path_of(archive, Sent(42, 1, 102, 5)) == HERE.row.path
    assert (tmp_path / ".tobs" / "files.bloom").is_file()


def test_the_filter_of_an_earlier_run_is_not_trusted(tmp_path: Path) -> None:
    bloom = tmp_path / ".tobs" / "files.bloom"
    with open_archive(tmp_path) as archive:
        register(archive)
        commit(archive, [Sent(42, 1, 100, 99)])
    shutil.copy(bloom, tmp_path / "earlier")
    with open_archive(tmp_path) as archive:
        commit(archive, [HERE])
    shutil.copy(tmp_path / "earlier", bloom)
    with open_archive(tmp_path) as archive:
        commit(archive, [THERE])
        assert path_of(archive, THERE) == HERE.row.path


def test_the_filter_of_a_run_that_was_killed_is_not_trusted(tmp_path: Path) -> None:
    """One that wrote files, or wanted to: after a transaction that failed the next one counts as well."""
    with open_archive(tmp_path) as archive:
        register(archive)
        commit(archive, [Sent(42, 1, 100, 99)])
    with pytest.raises(ZeroDivisionError):
        killed(tmp_path)
    with open_archive(tmp_path) as archive:
        commit(archive, [THERE])
        assert path_of(archive, THERE) == HERE.row.path


def killed(vault: Path) -> None:
    with open_archive(vault) as archive:
        with suppress(KeyError), archive.transaction():
            archive.seen.for_writing()
            raise KeyError
        commit(archive, [HERE])
        raise ZeroDivisionError


def test_a_filter_of_which_nothing_changed_is_kept(tmp_path: Path) -> None:
    bloom = tmp_path / ".tobs" / "files.bloom"
    with open_archive(tmp_path) as archive:
        register(archive)
        commit(archive, [HERE])
    before = bloom.stat()
    with open_archive(tmp_path) as archive:
        commit(archive, [HERE])
    assert bloom.stat().st_ino == before.st_ino
    with open_archive(tmp_path) as archive:
        with archive.transaction():
            known = archive.seen.for_writing()
        assert isinstance(known, Seen)
        assert known.count == 1, "read, and not made anew"
