"""Python's collector of cycles, where a program makes many objects and hardly a cycle."""

from __future__ import annotations

import gc


def calm_collector() -> None:
    """Have cycles looked for a hundred times less often than by default. To be called when everything is imported.

    A page is thousands of objects and not one cycle: looking for some took a
    third of an export's time. What Telethon and trio leave in cycles is little.
    """
    gc.freeze()
    gc.set_threshold(70_000, 20, 20)
