"""How much memory this process has taken at most."""

from __future__ import annotations

import re
import sys
from pathlib import Path


def peak_memory() -> int:
    """Bytes in memory at the peak, 0 where the operating system does not tell."""
    try:
        # getrusage() begins with the peak of the process that started this one, which may be larger.
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return _ru_maxrss()
    found = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def _ru_maxrss() -> int:
    if sys.platform == "win32":
        return 0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # bytes there, kilobytes elsewhere
