"""Runs a command and writes down, into a file descriptor, its processor seconds and its peak memory.

In a small process of its own, because a child's peak begins with the memory of the process that started it.
"""

from __future__ import annotations

import os
import sys

costs, program, *arguments = sys.argv[1:]
_, status, usage = os.wait4(os.posix_spawn(program, [program, *arguments], os.environ), 0)
os.write(int(costs), f"{usage.ru_utime + usage.ru_stime} {usage.ru_maxrss}".encode())
sys.exit(os.waitstatus_to_exitcode(status))
