from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tobs.archive.spans import merge, missing

ids = st.integers(1, 60)
spans = st.lists(st.tuples(ids, st.integers(0, 12)).map(lambda pair: (pair[0], pair[0] + pair[1])), max_size=12)


def members(ranges: list[tuple[int, int]]) -> set[int]:
    return {n for low, high in ranges for n in range(low, high + 1)}


@given(spans)
def test_merge_keeps_the_ids_in_as_few_spans_as_possible(given_spans: list[tuple[int, int]]) -> None:
    merged = merge(given_spans)
    assert members(merged) == members(given_spans)
    assert merged == sorted(merged)
    assert all(right[0] > left[1] + 1 for left, right in pairwise(merged))


@given(spans, ids, ids)
def test_missing_is_the_complement(given_spans: list[tuple[int, int]], low: int, high: int) -> None:
    wanted = set(range(low, high + 1))
    gaps = missing(given_spans, low, high)
    assert members(gaps) == wanted - members(given_spans)
    assert merge(gaps) == gaps
