"""An import that is stopped anywhere and run again ends in the bytes of an undisturbed one."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

from tests.desktop_export import chat, message, write
from tests.processes import tobs
from tests.snapshots import assert_same

COUNT = 3000


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    folder, files = tmp_path_factory.mktemp("export"), {}
    messages = []
    for number in range(1, COUNT + 1):
        more = {}
        if number % 10 == 0:
            path = f"photos/photo_{number}@x.jpg"
            files[path] = b"picture %d" % number
            more = {"photo": path, "photo_file_size": len(files[path]), "width": 1, "height": 1}
        messages.append(message(number, f"text {number}", **more))
    return write(folder / "ChatExport", chat(messages), files)


@pytest.fixture(scope="module")
def undisturbed(export, tmp_path_factory):
    vault = tmp_path_factory.mktemp("undisturbed")
    assert tobs("import", str(export), "--vault", str(vault)).code == 0
    return vault


def is_past(vault, share):
    """Whether that part of what an import does is on disk: messages first, then files."""
    pictures = sum(1 for _ in vault.glob("Telegram/Chats/Ann/attachments/*/*"))
    return (vault / ".tobs" / "archive.sqlite3-wal").exists() and pictures >= share * COUNT // 10


@pytest.mark.parametrize("share", [0, 0.1, 0.7])
@pytest.mark.parametrize("ending", [(signal.SIGKILL,), (signal.SIGINT,), (signal.SIGINT, signal.SIGINT)])
def test_stopped_anywhere(export, undisturbed, tmp_path, share, ending):
    command = [sys.executable, "-m", "tobs", "import", str(export), "--vault", str(tmp_path / "v"), "--json"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None and not is_past(tmp_path / "v", share):
            time.sleep(0.005)
        for number in ending:
            process.send_signal(number)
            time.sleep(0.05)
    again = tobs("import", str(export), "--vault", str(tmp_path / "v"))
    assert again.code == 0, again.err
    assert_same(tmp_path / "v", undisturbed)
