"""tobs and its loopback server as processes of their own, with real signals."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs


@attrs.frozen
class Ended:
    """How a process ended, and after how many seconds."""

    code: int
    out: str
    err: str
    seconds: float


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[dict[str, object]]:
    """A loopback server; its configuration and signed-in session lie in `folder`.

    What it gives has what the server counted as well, when it has ended.
    """
    command = [sys.executable, "-m", "tobs.testing", "serve", *options, "--write", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            facts = json.loads(process.stdout.readline())
            yield facts
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(10)
        facts.update(json.loads(process.stdout.readline()))


def start_tobs(*arguments: str) -> "subprocess.Popen[str]":
    """Start ``tobs`` with arguments."""
    # Nothing here may depend on a terminal or on the settings of the person who runs the tests.
    environ = {name: value for name, value in os.environ.items() if not name.startswith("TOBS_")}
    return subprocess.Popen(
        [sys.executable, "-m", "tobs", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environ,
    )


def ended(process: "subprocess.Popen[str]", seconds: float = 120) -> Ended:
    """Wait for the end of a process."""
    started = time.perf_counter()
    out, err = process.communicate(timeout=seconds)
    return Ended(process.returncode, out, err, time.perf_counter() - started)


def tobs(*arguments: str) -> Ended:
    """Run ``tobs`` to its end."""
    return ended(start_tobs(*arguments))


def export(folder: Path, vault: Path, *more: str) -> Ended:
    """Export everything that the server of `folder` has."""
    return tobs("export", "--config", str(folder / "config.toml"), "--vault", str(vault), *more)


def start_export(folder: Path, vault: Path) -> "subprocess.Popen[str]":
    """Start such an export."""
    return start_tobs("export", "--config", str(folder / "config.toml"), "--vault", str(vault))
