"""Starting what is measured, and what it is measured against, as processes of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import psutil

LAUNCHER = Path(__file__).with_name("launch.py")


@attrs.frozen
class Cost:
    """What a finished process took: seconds by the wall and of processors, and peak memory in MB."""

    seconds: float
    cpu: float
    peak_mb: float
    output: str

    @property
    def report(self) -> dict[str, Any]:
        """What an export with ``--json`` said at its end."""
        report: dict[str, Any] = json.loads(self.output.splitlines()[-1])
        return report


@attrs.define(eq=False)
class Server:
    """A loopback server. `folder` holds its config.toml and a signed-in session.

    `calls` counts what it was asked for, by method, and `refused` what it answered with a flood wait; known when it
    has ended.
    """

    folder: Path
    facts: dict[str, object]
    pid: int
    calls: dict[str, int] = attrs.field(factory=dict)
    refused: int = 0

    def cpu(self) -> float:
        """Its seconds of processor time so far."""
        times = psutil.Process(self.pid).cpu_times()
        return float(times.user + times.system)

    @property
    def config(self) -> Path:
        """The configuration that points at this server."""
        return self.folder / "config.toml"


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[Server]:
    """A loopback server in a process of its own."""
    command = [sys.executable, "-m", "tobs.testing", "serve", *options, "--write", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            server = Server(folder, json.loads(process.stdout.readline()), process.pid)
            yield server
        finally:
            process.send_signal(signal.SIGINT)
            process.wait()
        last = json.loads(process.stdout.readline())
        server.calls, server.refused = last["calls"], last["floods"]


def run(*command: str, code: int = 0) -> Cost:
    """Run a command to its end. Raises RuntimeError with its output if it ends with another exit code."""
    reading, writing = os.pipe()
    launched = (sys.executable, "-I", "-S", str(LAUNCHER), str(writing), *command)
    started = time.perf_counter()
    done = subprocess.run(launched, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, pass_fds=[writing])
    seconds = time.perf_counter() - started
    os.close(writing)
    with os.fdopen(reading) as costs:
        cpu, peak = map(float, costs.read().split())
    if done.returncode != code:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}")
    # ru_maxrss counts kilobytes on Linux and bytes on macOS
    return Cost(seconds, cpu, peak / (1e6 if sys.platform == "darwin" else 1e3), done.stdout)


def run_tobs(server: Server, vault: Path, *options: str) -> Cost:
    """``tobs export`` into `vault`."""
    config = ("--config", str(server.config), "--vault", str(vault), "--json")
    return run(sys.executable, "-m", "tobs", "export", *config, *options)


def run_bare(server: Server) -> Cost:
    """Bare Telethon reading the same chat into nowhere."""
    return run(sys.executable, "-m", "bench.bare", str(server.config))
