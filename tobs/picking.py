"""Of which data centre the next file is fetched (pure).

Files of all data centres share the workers. One that is slow keeps those that it has for long, and one that does not
answer keeps them until it is given up, so none may take all while others may want some.

While more files may turn up, on data centres of which none are known yet, some workers are left free for those: as in
switches that share one buffer between their ports, each data centre takes a further one only while it has fewer than a
few times those that are free. Once all are known nothing needs to be left: a worker goes to the one that has fewest,
which ends in equal shares, and in all of them for the last one that has files waiting.

A data centre begins with a few files, and takes one more with each that comes. So one that answers has as many as it
may after a few round trips, and one that never does has kept few workers from the others.
"""

from __future__ import annotations

from collections.abc import Mapping

SHARE = 3  # times the free workers: alone, a data centre has three of four
FIRST = 4  # files of a data centre that none came from yet: of 16 workers two that do not answer leave half

Place = tuple[int | bool, ...]  # the smallest is next


def pick(
    heads: Mapping[int, Place], under_way: Mapping[int, int], came: Mapping[int, int], workers: int, *, more: bool
) -> int | None:
    """The data centre that gives the next file, or None if one must end first.

    `heads` are the places of the first file of each data centre that has files waiting, `under_way` how many of each
    are being fetched, `came` how many were. `more`: others may turn up. One with none under way comes first; then,
    while there may be more, the one whose file is first, and else the one with fewest under way.
    """
    free = workers - sum(under_way.values())
    most = SHARE * free if more else workers
    found = [dc_id for dc_id in heads if free > 0 and under_way.get(dc_id, 0) < min(most, FIRST + came.get(dc_id, 0))]

    def turn(dc_id: int) -> tuple[int, Place]:
        busy = under_way.get(dc_id, 0)
        return min(busy, 1) if more else busy, heads[dc_id]

    return min(found, key=turn, default=None)
