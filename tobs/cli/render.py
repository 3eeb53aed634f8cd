"""``tobs render``"""

from __future__ import annotations


def render() -> int:
    """."""
    return 0
