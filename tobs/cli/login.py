"""``tobs login``"""

from __future__ import annotations


def login() -> int:
    """."""
    return 0
