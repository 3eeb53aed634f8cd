"""Completion, as a real shell does it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import tobs

COMPLETE = 'source "$1"; COMP_WORDS=(tobs "${@:2}"); COMP_CWORD=$(($# - 1)); _tobs; echo "${COMPREPLY[@]}"'


@pytest.fixture(scope="module")
def script(tmp_path_factory) -> Path:
    path: Path = tmp_path_factory.mktemp("completion") / "tobs.bash"
    path.write_text(tobs("completion", "bash").out)
    return path


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
@pytest.mark.parametrize(
    ("typed", "offered"),
    [(["ex"], "export"), (["render", "--lay"], "--layout"), (["sessions", "g"], "gc")],
)
def test_bash_completes(typed, offered, script):
    run = subprocess.run(["bash", "-c", COMPLETE, "bash", script, *typed], capture_output=True, text=True, check=True)
    assert run.stdout.split() == [offered]
    assert run.stderr == ""


@pytest.mark.parametrize("shell", ["zsh", "fish", "powershell"])
def test_other_shells_get_every_command(shell):
    shown = tobs("completion", shell)
    assert (shown.code, shown.err) == (0, "")
    assert all(command in shown.out for command in ("export", "verify", "--layout"))


def test_it_installs_itself(tmp_path):
    run = subprocess.run(
        [sys.executable, "-m", "tobs", "completion", "bash", "--install"],
        env={**os.environ, "HOME": str(tmp_path)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    path = Path(run.stdout.removeprefix("Written to ").split(";")[0])
    assert path.is_relative_to(tmp_path)
    assert "_tobs" in path.read_text()


def test_an_unknown_shell_is_named():
    run = tobs("completion", "tcsh")
    assert run.code == 2
    assert "tcsh" in run.err
