"""What stands in the way of an export, found before it does: each check says what to do."""

from __future__ import annotations

from typing import Literal

import attrs


@attrs.frozen
class Check:
    """One thing that was looked at. `advice` says what to do unless `state` is ok."""

    what: str
    state: Literal["ok", "warning", "problem"]
    finding: str
    advice: str = ""


def fine(what: str, finding: str) -> Check:
    """Nothing to do."""
    return Check(what, "ok", finding)


def warning(what: str, finding: str, advice: str) -> Check:
    """An export works, but something is not as it should be."""
    return Check(what, "warning", finding, advice)


def problem(what: str, finding: str, advice: str) -> Check:
    """An export would fail."""
    return Check(what, "problem", finding, advice)
