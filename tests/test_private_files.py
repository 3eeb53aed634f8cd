"""Files that hold secrets are never created for others to read, not even for a moment: the system calls say so."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from tests.processes import serving
from tobs.configfile import load_config

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace (on Debian: apt install strace)")

CALLS = "trace=openat,open,creat,mkdir,mkdirat,chmod,fchmodat,rename,renameat,renameat2,unlink,unlinkat,link,linkat"
PATH = r'(?:AT_FDCWD, )?"((?:[^"\\]|\\.)*)"'
LINE = re.compile(rf"(\w+)\({PATH}(?:, (.*))?\)\s+= (-?\d+)")
TARGET = re.compile(PATH)


@attrs.frozen
class Made:
    """A file or folder that came into being, and with which mode."""

    path: Path
    mode: int


def traced(folder: Path, *arguments: str, **environ: str) -> list[str]:
    """Run tobs with a umask that takes nothing away; its system calls."""
    out = Path(tempfile.mkdtemp(dir=folder.parent)) / "strace"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TOBS_")}
    run = subprocess.run(
        [
            "strace",
            "-ff",  # a file for each thread: in one file a call is torn in two where another thread's comes between
            "-ttt",
            "--seccomp-bpf",
            "-s",
            "4096",
            "-e",
            CALLS,
            "-o",
            str(out),
            sys.executable,
            "-m",
            "tobs",
            *arguments,
        ],
        env=kept | environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        umask=0,
    )
    assert run.returncode == 0, run.stderr
    return sorted(line for each in out.parent.glob(f"{out.name}.*") for line in each.read_text().splitlines())


def made(lines: list[str], folder: Path, there: set[Path]) -> Iterator[Made]:
    """What was created below `folder`, where `there` is known to be before; it is kept up to date."""
    for line in lines:
        match = LINE.search(line)
        if match is None or int(match[4]) < 0 or not match[2].startswith(str(folder)):
            continue
        call, path, rest = match[1], Path(match[2]), match[3] or ""
        if call.startswith(("open", "creat", "mkdir")):
            is_new = call.startswith(("creat", "mkdir")) or "O_CREAT" in rest
            if is_new and path not in there:
                there.add(path)
                yield Made(path, int(rest.rpartition(" ")[2], 8))
        elif call.startswith(("rename", "link")):
            there.add(Path(TARGET.search(rest)[1]))  # type: ignore[index]
            if call.startswith("rename"):
                there.discard(path)
        elif call.startswith("unlink"):
            there.discard(path)
        elif call in ("chmod", "fchmodat"):
            yield Made(path, int(rest.split(", ")[0], 8))


def test_no_secret_is_created_for_others(tmp_path):
    with serving(tmp_path / "server", "--scenario", "sample", "--password", "sesame") as facts:
        served = load_config(Path(str(facts["config"])), {}).telegram.server
        folder = tmp_path / "private"
        folder.mkdir(mode=0o777)
        path = folder / "config.toml"
        there: set[Path] = {folder}
        created = list(made(traced(folder, "init", "--config", str(path)), folder, there))
        assert [each.path for each in created] == [path]
        text = path.read_text()
        for line in (
            "api_id = 1", f'api_hash = "{"0" * 32}"', f'phone = "{facts["phone"]}"', f"dc_id = {served.dc_id}",
            f'host = "{served.host}"', f"port = {served.port}", f'public_key = "{served.public_key}"',
            f'vault = "{tmp_path / "vault"}"', 'file = "tobs.log"', 'level = "DEBUG"',
        ):  # fmt: skip
            text = re.sub(rf"^{line.split()[0]} = .*$", line, text, flags=re.MULTILINE)
        path.write_text(text)
        commands = (
            ("login", {"TOBS_CODE": str(facts["code"]), "TOBS_PASSWORD": "sesame"}),
            ("export", {}),
            ("logout", {}),
        )
        for command, environ in commands:
            more = ("@slow_news_demo",) if command == "export" else ()
            lines = traced(folder, command, *more, "--config", str(path), **environ)
            created += made(lines, folder, there)
            assert all(not stat.S_IMODE(each.stat().st_mode) & 0o077 for each in folder.rglob("*"))
    names = {each.path.name for each in created}
    session = {f"tobs.{ending}" for ending in ("session", "session-journal", "session-keys.part", "lock")}
    assert session | {"config.toml", "sessions", "tobs.log"} <= names
    assert [each for each in created if each.mode & 0o077] == []
