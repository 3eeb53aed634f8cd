"""``python -m tobs.testing serve``, as a process."""

import json
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from telethon.tl import functions

from tests.telethon_client import open_telethon
from tobs.testing import open_account, sample_account


def start(folder: Path, *options: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tobs.testing", "serve", *options, "--write", str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_is_and_ends_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with start(tmp_path, "--scenario", "big", "--messages", "1234", "--dcs", "3", "--flood", "30/30") as process:
        assert process.stdout is not None
        facts = json.loads(process.stdout.readline())
        process.send_signal(number)
        assert process.wait(10) == 0
        assert json.loads(process.stdout.readline()) == {"calls": {}, "floods": 0, "file_bytes": 0}
    assert sorted(facts["ports"]) == ["1", "2", "3"]
    assert facts["chats"] == [{"id": -1001600000001, "title": "Big Chat", "username": "bigchat", "messages": 1234}]
    assert Path(facts["public_key"]).read_text().count("BEGIN RSA PUBLIC KEY") == 3
    for private in (facts["config"], facts["session"]):
        assert stat.S_IMODE(Path(private).stat().st_mode) == 0o600


@pytest.mark.parametrize("options", [["--flood", "often"], ["--messages", "0"], ["--scenario", "odd"]])
def test_wrong_use(tmp_path: Path, options: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    with start(tmp_path, *options) as process:
        assert process.wait(10) == 2
    assert options[0] in capfd.readouterr().err


@pytest.mark.parametrize("fixed", [True, False], ids=["same port", "another port"])
async def test_a_client_stays_signed_in_when_the_server_comes_back(tmp_path: Path, fixed: bool) -> None:
    port = free_port() if fixed else 0
    keys = set()
    for _ in range(2):
        # One data centre: only one port is known to be free.
        async with (
            open_account(sample_account((1,)), tmp_path, dcs=1, port=port) as serving,
            open_telethon(serving.server, session=str(serving.session)) as telethon,
        ):
            keys.add(telethon.client.session.auth_key.key_id)
            state = await telethon(functions.updates.GetStateRequest())
            assert state.pts
    assert len(keys) == 1
