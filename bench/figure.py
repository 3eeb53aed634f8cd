"""One line of the table."""

from __future__ import annotations

import attrs


@attrs.frozen
class Figure:
    """A measured value. `promise` is what it should be, and `holds` whether it is; None where nothing is promised."""

    name: str
    value: float
    unit: str
    promise: str = ""
    holds: bool | None = None
