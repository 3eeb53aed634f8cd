"""Sizes and times as a person says them (pure)."""

from __future__ import annotations


def size_words(size: float) -> str:
    """Bytes as a person says them."""
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def counted(count: int, what: str) -> str:
    """So many of something whose plural ends with an s."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def time_words(seconds: float) -> str:
    """Seconds as a person says them."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
