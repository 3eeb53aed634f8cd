"""Numbers, sizes and lengths of time as people read them."""

from __future__ import annotations

import pytest

from tobs.vault.words import counted, duration, money, number, size, span


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0"), (999, "999"), (1_000, "1k"), (1_234, "1.2k"), (999_949, "999.9k"), (999_950, "1M"), (999_999, "1M"),
        (1_000_000, "1M"), (2_500_000, "2.5M"), (999_950_000, "1B"), (10**15, "1000000B"),
    ],
)  # fmt: skip
def test_numbers_at_a_glance(count: int, shown: str) -> None:
    assert number(count) == shown


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (-1, ""), (0, "0 B"), (999, "999 B"), (1_000, "1.0 KB"), (10_240, "10 KB"), (12_000_000, "11 MB"),
        (1_048_575, "1.0 MB"), (4 * 2**30, "4.0 GB"), (5 * 2**50, "5120 TB"),
    ],
)  # fmt: skip
def test_sizes(count: int, shown: str) -> None:
    assert size(count) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-3, "0:00"),
        (0.4, "0:00"),
        (42.3, "0:42"),
        (59.6, "1:00"),
        (62, "1:02"),
        (3_599.7, "1:00:00"),
        (3_723, "1:02:03"),
    ],
)
def test_how_long_something_plays(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-1, "0 s"), (0, "0 s"), (1, "1 s"), (90, "90 s"), (900, "15 min"), (5_400, "90 min"), (86_400, "1 d"),
        (604_800, "1 w"), (2_678_400, "31 d"), (31_536_000, "365 d"), (3_661, "1 h 1 min"), (3_601, "1 h"),
        (90_061, "1 d 1 h"), (1_000, "16 min 40 s"), (2**31, "3550 w 5 d"),
    ],
)  # fmt: skip
def test_lengths_of_time(seconds: int, shown: str) -> None:
    assert span(seconds) == shown


def test_things_are_counted() -> None:
    assert [counted(count, "file") for count in (0, 1, 2, 1_204)] == ["0 files", "1 file", "2 files", "1,204 files"]
    assert money(1250, "USD") == "12.50 USD"
