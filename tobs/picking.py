"""Of which data centre the next file is fetched (pure).

Files of all data centres share the workers. One that is slow keeps those that it has for long, so none may take all:
as in switches that share one buffer between their ports, each takes a further one only while it has fewer than a few
times those that are free. So a data centre that was idle finds a worker, and one that is alone has most of them.
"""

from __future__ import annotations

from collections.abc import Mapping

SHARE = 3  # times the free workers: alone, a data centre has three of four

Place = tuple[int | bool, ...]  # the smallest is next


def pick(heads: Mapping[int, Place], under_way: Mapping[int, int], workers: int) -> int | None:
    """The data centre that gives the next file, or None if one must end first.

    `heads` are the places of the first file of each data centre that has files waiting, `under_way` how many of each
    are being fetched. One with none under way comes first, then the one whose file is first.
    """
    free = workers - sum(under_way.values())
    found = [dc_id for dc_id in heads if free > 0 and under_way.get(dc_id, 0) < SHARE * free]
    return min(found, key=lambda dc_id: (under_way.get(dc_id, 0) > 0, heads[dc_id]), default=None)
