"""How much memory this process takes, and has taken at most."""

from __future__ import annotations

import re
import sys
from pathlib import Path


def peak_memory() -> int:
    """Bytes in memory at the peak, 0 where the operating system does not tell."""
    # getrusage() begins with the peak of the process that started this one, which may be larger.
    return _status("VmHWM") or _ru_maxrss()


def memory() -> int:
    """Bytes in memory now, 0 where the operating system does not tell."""
    return _status("VmRSS")


def _status(name: str) -> int:
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    found = re.search(rf"^{name}:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def _ru_maxrss() -> int:
    if sys.platform == "win32":
        return 0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # bytes there, kilobytes elsewhere
