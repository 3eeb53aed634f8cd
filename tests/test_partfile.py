"""A file that grows in any order, and what is known of it after any ending."""

import os
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tobs.archive.rows import MediaRow
from tobs.archive.sharing import group_of
from tobs.files import part_path
from tobs.root import PLAIN
from tobs.telegram.partfile import PART, PartFile
from tobs.testing.files import Generated

SIZE = 4 * PART + 777
CONTENT = Generated(SIZE).read(0, SIZE)


def part_of(number):
    return CONTENT[number * PART : (number + 1) * PART]


def missing(path):
    with PartFile(path, SIZE) as file:
        return file.missing


@settings(max_examples=25, derandomize=True, deadline=None)
@given(st.permutations(range(5)), st.integers(0, 5))
def test_parts_in_any_order_with_a_stop_anywhere(tmp_path_factory, order, stop):
    path = tmp_path_factory.mktemp("parts") / "part"
    with PartFile(path, SIZE) as file:
        for number in order[:stop]:
            file.put(number, part_of(number))
    with PartFile(path, SIZE) as file:
        assert file.missing == sorted(order[stop:])
        for number in file.missing:
            file.put(number, part_of(number))
        file.finish()
    assert path.read_bytes() == CONTENT
    assert missing(path) == []


@pytest.mark.parametrize("length", [0, 1, PART, 3 * PART - 1, SIZE - 1])
def test_a_file_that_grew_from_its_start_is_taken_over(tmp_path, length):
    path = tmp_path / "part"
    path.write_bytes(CONTENT[:length])
    assert missing(path) == list(range(length // PART, 5))
    assert missing(path) == list(range(length // PART, 5))


def test_what_is_longer_than_the_file_can_be_is_not_trusted(tmp_path):
    path = tmp_path / "part"
    path.write_bytes(CONTENT + b"more")
    assert missing(path) == [0, 1, 2, 3, 4]


def test_a_part_whose_bytes_are_not_those_that_came_is_missing(tmp_path):
    path = tmp_path / "part"
    with PartFile(path, SIZE) as file:
        for number in range(5):
            file.put(number, part_of(number))
    with path.open("r+b") as raw:  # as after a power failure, which takes data before its mark
        raw.seek(2 * PART + 5)
        raw.write(b"\0\0\0\0\0\0\0\0\0")
    assert missing(path) == [2]


@settings(max_examples=50, derandomize=True, deadline=None)
@given(st.binary(min_size=40, max_size=40))
def test_a_table_of_nonsense_marks_nothing(tmp_path_factory, table):
    path = tmp_path_factory.mktemp("parts") / "part"
    path.write_bytes(bytes(SIZE) + table)
    assert missing(path) == [0, 1, 2, 3, 4]


def test_zeros_are_a_part_only_if_they_came(tmp_path):
    path = tmp_path / "part"
    with PartFile(path, SIZE) as file:
        file.put(1, bytes(PART))
    assert zlib.crc32(bytes(PART)) != 0
    assert missing(path) == [0, 2, 3, 4]


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="takes no room in advance")
def test_the_room_is_taken_at_once(tmp_path):
    path = tmp_path / "part"
    assert missing(path)
    assert path.stat().st_blocks * 512 >= SIZE


fetched = st.builds(
    MediaRow,
    st.integers(-3, 3),
    st.integers(1, 3),
    st.integers(1, 3),
    st.just("document"),
    st.integers(0, 2),
    st.integers(-1, 2),
    st.text(max_size=3),
    st.text(max_size=3),
    st.text(max_size=3),
)


def identity(row):
    return (*group_of(row).values, row.dc_id, row.size)


@given(fetched, fetched)
def test_the_rest_of_a_file_is_taken_for_it_through_any_message_and_for_no_other(one, other):
    folder = Path("vault")
    assert (part_path(folder, one) == part_path(folder, other)) == (identity(one) == identity(other))
    assert part_path(folder, one).parent == PLAIN.private(folder) / "parts"
