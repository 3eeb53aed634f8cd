"""A disk that is too small for the files: a file system of its own, which is made larger later."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import serving
from tests.snapshots import notes
from tobs.testing.files import Generated

OWN_MOUNTS = ["unshare", "--mount", "--map-root-user"]
can_mount = shutil.which("unshare") and not subprocess.run([*OWN_MOUNTS, "true"], capture_output=True).returncode
pytestmark = pytest.mark.skipif(not can_mount, reason="needs mount namespaces of its own (unshare)")

SCRIPT = """
set -u
mount -t tmpfs -o size=3m tobs "$DISK"
export_all() {
    "$PYTHON" -m tobs export all --config "$CONFIG" --vault "$DISK/vault" --json > "$OUT/out$1" 2> "$OUT/err$1"
    echo $? > "$OUT/code$1"
}
export_all 1
df --output=avail -B1 "$DISK" | tail -1 > "$OUT/left"
cp -a "$DISK/vault" "$OUT/first"
mount -o remount,size=64m "$DISK"
export_all 2
"$PYTHON" -m tobs verify --config "$CONFIG" --vault "$DISK/vault" > "$OUT/verify" 2>&1; echo $? > "$OUT/code3"
cp -a "$DISK/vault" "$OUT/last"
"""
SMALL, LARGE, COUNT = 30_000, 9_000_000, 20


def test_a_full_disk_stops_the_run_with_a_sentence_and_with_room_the_rest_comes(tmp_path: Path) -> None:
    (disk := tmp_path / "disk").mkdir()
    batches = (f"{COUNT}x30k", "1x9M", f"{COUNT}x30k")
    with serving(tmp_path / "server", "--scenario", "files", *(word for each in batches for word in ("--files", each))):
        config = tmp_path / "server" / "config.toml"
        config.write_text(config.read_text() + "\n[media]\nmin_free_mb = 0\n")
        environ = {name: value for name, value in os.environ.items() if not name.startswith("TOBS_")}
        places = {"DISK": str(disk), "OUT": str(tmp_path), "CONFIG": str(config), "PYTHON": sys.executable}
        subprocess.run([*OWN_MOUNTS, "sh", "-c", SCRIPT], env=environ | places, check=True, timeout=120)
    read = {path.name: path.read_text().strip() for path in tmp_path.iterdir() if path.is_file()}
    assert (read["code1"], read["code2"], read["code3"]) == ("2", "0", "0"), read
    assert read["err1"].count("\n") == 0
    assert "Make room" in read["err1"]
    assert "run tobs again" in read["err1"]
    assert int(read["left"]) > 0
    assert read["err2"] == ""
    first, last = (attachments(tmp_path / name) for name in ("first", "last"))
    assert first
    assert first.items() <= last.items()
    sizes = [*[SMALL] * COUNT, LARGE, *[SMALL] * COUNT]
    assert sorted(last.values()) == sorted(Generated(size, n).read(0, size) for n, size in enumerate(sizes, 1))


def attachments(vault: Path) -> dict[str, bytes]:
    return {name: data for name, data in notes(vault).items() if "/attachments/" in name}
