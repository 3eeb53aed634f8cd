"""What is known of an account's limits, from one run to the next.

It lies beside the session and not in an archive: limits are the account's, and one account may fill several vaults.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import orjson

from tobs.pacing import Known
from tobs.telegram.private import write_private

_LOG = logging.getLogger(__name__)
SUFFIX = "-limits"


@attrs.define(eq=False)
class Limits:
    """What was `known` at the beginning; `learnt` tells what is known at the end."""

    known: Mapping[str, Known]
    learnt: Callable[[], Mapping[str, Known]]


@contextmanager
def remembered_limits(session: Path) -> Iterator[Limits]:
    """What is known for the block, and what it learnt written down at its end, however it ends."""
    path = session.with_name(session.name + SUFFIX)
    known = read_limits(path)
    limits = Limits(known, lambda: known)
    try:
        yield limits
    finally:
        if not session.exists():  # signed out: the next account has limits of its own
            path.unlink(missing_ok=True)
        elif (learnt := limits.learnt()) != known:
            _write(path, learnt)


def read_limits(path: Path) -> dict[str, Known]:
    """What a file says; nothing if it is not there or not ours, since everything in it can be found out again."""
    try:
        found = orjson.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return {kind: Known(*each) for kind, each in found.items() if _fits(each)} if isinstance(found, dict) else {}


def _fits(each: Any) -> bool:
    if not isinstance(each, list) or len(each) != len(attrs.fields(Known)):
        return False
    return all(isinstance(n, int | float) and 0 <= n < math.inf for n in each) and each[0] > 0


def _write(path: Path, limits: Mapping[str, Known]) -> None:
    try:
        write_private(path, orjson.dumps({kind: attrs.astuple(known) for kind, known in limits.items()}))
    except OSError as error:  # the next run finds the limits out again
        _LOG.warning("the account's limits could not be kept in %s: %s", path, error.strerror)
