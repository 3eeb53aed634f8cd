"""The command line as a process: exit codes, sentences, and what stays untouched when something is wrong."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import tobs as package
from tests.processes import Ended, ended, serving, start_tobs, tobs
from tobs.cli.app import make_app
from tobs.cli.app import run as cli_run
from tobs.configfile import load_config


@pytest.fixture
def config(tmp_path: Path):
    def write(text: str, mode: int = 0o600) -> Path:
        path = tmp_path / "config.toml"
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return path

    return write


def says(run: Ended, code: int, *parts: str) -> None:
    """The run ended with this code and exactly one sentence on stderr, which has these parts."""
    assert run.code == code, run.err
    assert run.err.startswith("tobs: ")
    assert run.err.count("\n") == 1
    assert "Traceback" not in run.err
    for part in parts:
        assert part in run.err


# Without a server


def test_version_and_help():
    assert tobs("--version").out == f"tobs {package.__version__}\n"
    assert "Exit codes" in tobs("--help").out
    assert tobs("export", "--help").code == 0


def test_every_command_takes_an_account(capsys):
    """Save those that have no configuration."""
    app = make_app()
    names = [name for name in app if not name.startswith("-")]
    assert {"export", "login", "sessions"} <= {*names}
    for name in names:
        app([name, "--help"])
        assert ("--account" in capsys.readouterr().out) == (name not in WITHOUT_ACCOUNT), name


@pytest.mark.parametrize("arguments", [["expotr"], ["export", "--jsn"], ["export", "--config"], ["doctor", "x", "y"]])
def test_wrong_usage(arguments, capsys):
    assert cli_run(arguments) == 2
    assert capsys.readouterr().err.endswith("See tobs --help\n")


WITHOUT_ACCOUNT = ("completion", "demo")
BAD_CONFIG = {
    "[telegram]\napi_idd = 7": "unknown key; did you mean api_id? @ config.toml: telegram.api_idd",
    "[telegram]\napi_id = '7'": "expected a whole number, not '7' @ config.toml: telegram.api_id",
    "[telegram]": "api_id and api_hash missing; get them from https://my.telegram.org @ config.toml",
    "[telegram]\napi_id = 7": "api_hash missing; get it from https://my.telegram.org @ config.toml: telegram.api_hash",
    "[telegram": "is not valid TOML",
}


@pytest.mark.parametrize("text", BAD_CONFIG)
def test_bad_configuration(text, config, tmp_path):
    path = config(text + "\n")
    says(tobs("export", "all", "--config", str(path)), 2, BAD_CONFIG[text])
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("command", ["chats", "login", "logout"])
def test_no_account_in_the_configuration(command, config, capsys):
    assert cli_run([command, "--config", str(config(""))]) == 2
    assert "https://my.telegram.org" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["demo", "render"])
def test_cycles_are_seldom_looked_for(command, tmp_path):
    """Otherwise the collector takes a third of an export's time, and nothing else says so."""
    code = "import gc, sys; from tobs.cli.app import run; run(sys.argv[1:]); print(gc.get_threshold()[0])"
    assert tobs("demo", "--vault", str(tmp_path / "vault")).code == 0
    config = tmp_path / "config.toml"
    config.write_text(f'[export]\nvault = "{tmp_path / "vault"}"\n')
    where = ("--vault", str(tmp_path / "vault")) if command == "demo" else ("--config", str(config))
    run = subprocess.run([sys.executable, "-c", code, command, *where], capture_output=True, text=True, check=True)
    assert int(run.stdout.splitlines()[-1]) >= 10_000


def test_all_problems_at_once(config):
    run = tobs("export", "--config", str(config("[telegram]\napi_id = 'x'\n[exprot]\n")))
    assert (run.code, run.err.count("\n")) == (2, 2)


def test_no_configuration(tmp_path):
    says(tobs("export", "--config", str(tmp_path / "none.toml")), 2, "tobs init")
    says(tobs("export", "--config", str(tmp_path)), 2, "cannot be read")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_unreadable_configuration(config):
    says(tobs("chats", "--config", str(config("", mode=0))), 2, "Permission denied")


def test_others_can_read_the_configuration(config):
    run = tobs("chats", "--config", str(config("", mode=0o644)))
    assert run.err.splitlines()[0].startswith("tobs: warning: others on this computer can read ")


def test_no_chats(config):
    path = config("[telegram]\napi_id = 7\napi_hash = 'x'")
    says(tobs("export", "--config", str(path)), 2, "tobs export all")


def test_init_writes_a_private_file_once(tmp_path):
    path = tmp_path / "config.toml"
    assert tobs("init", "--config", str(path)).code == 0
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_config(path, {}).export.vault == tmp_path / "export"
    path.write_text("mine")
    says(tobs("init", "--config", str(path)), 2, "is there already")
    assert path.read_text() == "mine"


def test_login_without_a_terminal(config):
    path = config("[telegram]\napi_id = 7\napi_hash = 'x'")
    says(tobs("login", "--config", str(path)), 2, "needs a terminal")


def test_ctrl_c_while_connecting(config, tmp_path):
    """A server that accepts and stays silent."""
    import socket

    keys = tmp_path / "keys.pem"
    keys.write_text("")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        server = f"[telegram.server]\ndc_id = 2\nhost = '127.0.0.1'\nport = {port}\npublic_key = '{keys}'"
        process = start_tobs("chats", "--config", str(config(f"[telegram]\napi_id = 7\napi_hash = 'x'\n{server}")))
        silent.settimeout(20)
        connection, _ = silent.accept()
        started = time.perf_counter()
        process.send_signal(signal.SIGINT)
        run = ended(process)
        connection.close()
    says(run, 130, "interrupted")
    assert time.perf_counter() - started < 3


# With a server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict]]:
    folder = tmp_path_factory.mktemp("server")
    with serving(folder, "--scenario", "sample") as facts:
        yield folder, facts


def run_export(server, vault: Path, *more: str) -> Ended:
    return tobs("export", *more, "--config", str(server[0] / "config.toml"), "--vault", str(vault))


def events(run: Ended) -> list[dict]:
    return [json.loads(line) for line in run.out.splitlines()]


def test_chats(server):
    run = tobs("chats", "--config", str(server[0] / "config.toml"))
    assert run.code == 0, run.err
    assert {"Saved Messages", "Slow News"} <= {chat["title"] for chat in events(run)}


def test_chats_by_words(server):
    path = str(server[0] / "config.toml")
    (news,) = events(tobs("chats", "channel", "SLOW", "--count", "--config", path))
    assert {
        "kind": "channel",
        "title": "Slow News",
        "username": "slow_news_demo",
        "folders": [],
    }.items() <= news.items()
    assert news["messages"] == next(chat["messages"] for chat in server[1]["chats"] if chat["id"] == news["id"])
    assert news["last"] > 1_700_000_000
    outdoors = events(tobs("chats", "outdoors", "--config", path))
    assert "Sunday Hikers" in {chat["title"] for chat in outdoors}
    assert all(chat["folders"] == ["Outdoors"] and chat["messages"] is None for chat in outdoors)
    archived = events(tobs("chats", "archived", "--config", path))
    assert [(chat["title"], chat["archived"]) for chat in archived] == [("Weather Bot", True)]
    assert events(tobs("chats", "no such words", "--config", path)) == []


def test_choosing_needs_a_terminal(server):
    says(tobs("chats", "--choose", "--config", str(server[0] / "config.toml")), 2, "needs a terminal", "[export]")


def test_export_one_chat_as_json_lines(server, tmp_path):
    run = run_export(server, tmp_path, "@slow_news_demo")
    assert (run.code, run.err) == (0, "")
    lines = events(run)
    done = {"event": "chat", "phase": "done", "title": "Slow News"}
    assert any(done.items() <= line.items() for line in lines)
    report = lines[-1]
    assert report["event"] == "report"
    assert report["messages"] == report["chats"][0]["messages"] > 0
    assert {"fetch", "process", "write", "publish", "files"} == {stage["name"] for stage in report["stages"]}
    assert not report["interrupted"]
    assert (tmp_path / "Telegram" / "Telegram.md").exists()


def test_a_chat_that_is_not_there_fails_alone(server, tmp_path):
    run = run_export(server, tmp_path, "@slow_news_demo", "@nobody_of_that_name")
    assert run.code == 1
    report = events(run)[-1]
    assert [failure["what"] for failure in report["failures"]] == ["@nobody_of_that_name"]
    assert report["messages"] > 0


def test_not_logged_in(server, tmp_path, config):
    text = (server[0] / "config.toml").read_text()
    path = config(text.replace('session = "', 'session = "other-'))
    says(tobs("export", "all", "--config", str(path), "--vault", str(tmp_path / "v")), 3, "tobs login")
    assert not (tmp_path / "v").exists()


def test_another_account(server, tmp_path, config):
    """All that it needs stands under its name; the first account of the file is nobody's."""
    served = load_config(server[0] / "config.toml", {}).telegram
    values = f"""
        [telegram]
        api_id = 7
        sessions_dir = '{served.sessions_dir}'
        [accounts.work.telegram]
        api_hash = '{served.api_hash}'
        session = '{served.session}'
        [accounts.work.telegram.server]
        dc_id = {served.server.dc_id}
        host = '{served.server.host}'
        port = {served.server.port}
        public_key = '{served.server.public_key}'
        [accounts.work.export]
        vault = 'work'
        chats = ['@slow_news_demo']
    """
    path = str(config(values))
    run = tobs("export", "--account", "work", "--config", path)
    assert (run.code, events(run)[-1]["event"]) == (0, "report")
    assert (tmp_path / "work" / "Telegram" / "Telegram.md").exists()
    states = {line["name"]: line["state"] for line in events(tobs("sessions", "--config", path))}
    assert states[served.session] == "another account"
    says(tobs("export", "--config", path), 2, "no chats; say which, for example: `tobs export all")
    says(tobs("export", "--account", "wrk", "--config", path), 2, "did you mean work?")


def test_a_vault_that_is_a_file(server, tmp_path):
    vault = tmp_path / "file"
    vault.write_text("mine")
    says(run_export(server, vault, "all"), 2, str(vault))
    assert vault.read_text() == "mine"


def test_an_archive_from_the_future(server, tmp_path):
    assert run_export(server, tmp_path, "me").code == 0
    archive = tmp_path / ".tobs" / "archive.sqlite3"
    with sqlite3.connect(archive) as db:
        db.execute("PRAGMA user_version = 999")
    db.close()
    before = archive.read_bytes()
    says(run_export(server, tmp_path, "me"), 2, "newer")
    assert archive.read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on file sizes")
def test_a_full_disk(server, tmp_path):
    """A limit on the size of a file stands in for it. What fitted stays, and with room the rest follows."""
    code = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (90_000, 90_000));"
    code += "from tobs.cli.app import run; sys.exit(run(sys.argv[1:]))"
    options = ["--config", str(server[0] / "config.toml"), "--vault", str(tmp_path)]
    command = [sys.executable, "-c", code, "export", "all", *options]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 2, run.stderr
    assert run.stderr.count("\n") == 1
    assert "Traceback" not in run.stderr
    again = run_export(server, tmp_path, "all")
    assert (again.code, again.err) == (0, "")


def test_render_needs_no_network(server, tmp_path):
    assert run_export(server, tmp_path, "@slow_news_demo").code == 0
    notes = {path: path.read_bytes() for path in tmp_path.rglob("*.md")}
    for path in notes:
        path.unlink()
    script = (
        "import sys; from tobs.cli.app import run; code = run(sys.argv[1:]);"
        "assert not {'telethon', 'trio_asyncio', 'asyncio'} & set(sys.modules); sys.exit(code)"
    )
    path = server[0] / "config.toml"
    command = [sys.executable, "-c", script, "render", "--config", str(path), "--vault", str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.md")} == notes


def test_demo_twice(tmp_path):
    first = tobs("demo", "--vault", str(tmp_path))
    assert first.code == 0, first.err
    assert "Open folder as vault" in first.err
    assert any(tmp_path.rglob("*.md"))
    second = tobs("demo", "--vault", str(tmp_path), "--json")
    assert second.code == 0, second.err
    assert events(second)[-1]["messages"] == 0
    assert events(second)[-1]["notices"] == []


# At a terminal


class Terminal:
    """tobs at a pseudo-terminal, as a person sees it."""

    def __init__(self, *arguments: str) -> None:
        self.shown = ""
        pid, self._fd = pty.fork()
        if pid == 0:
            environ = {**os.environ, "TERM": "xterm-256color", "NO_COLOR": "1"}
            os.execve(sys.executable, [sys.executable, "-m", "tobs", *arguments], environ)
        self._pid = pid

    def wait_for(self, text: str, seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        seen = len(self.shown)
        while text not in self.shown[seen:]:
            assert time.monotonic() < deadline, self.shown
            assert self._read(), self.shown

    def type(self, text: str) -> None:
        os.write(self._fd, f"{text}\n".encode())

    def end(self) -> int:
        while self._read():
            pass
        _, status = os.waitpid(self._pid, 0)
        os.close(self._fd)
        return os.waitstatus_to_exitcode(status)

    def interrupt(self) -> None:
        os.kill(self._pid, signal.SIGINT)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._fd], [], [], 30)
        assert ready, self.shown
        try:
            data = os.read(self._fd, 65536)
        except OSError:  # Linux says EIO when the other end is closed
            return False
        self.shown += data.decode(errors="replace")
        return bool(data)


def fresh_session(server, config, name: str) -> Path:
    text = (server[0] / "config.toml").read_text()
    return config(text.replace('session = "', f'session = "{name}-').replace("phone = ", "# phone = "))


def test_login_asks_and_signs_in(server, config):
    path = fresh_session(server, config, "new")
    terminal = Terminal("login", "--config", str(path))
    terminal.wait_for("Phone number")
    terminal.type(str(server[1]["phone"]))
    terminal.wait_for("Code")
    terminal.type("00000")
    terminal.wait_for("Code")
    terminal.type(str(server[1]["code"]))
    terminal.wait_for("Logged in as")
    assert terminal.end() == 0
    assert tobs("chats", "--config", str(path)).code == 0


def test_ctrl_c_at_a_question(server, config):
    terminal = Terminal("login", "--config", str(fresh_session(server, config, "asked")))
    terminal.wait_for("Phone number")
    terminal.interrupt()
    assert terminal.end() == 130
    assert "Traceback" not in terminal.shown


def test_export_at_a_terminal(server, tmp_path):
    path = server[0] / "config.toml"
    terminal = Terminal("export", "all", "--config", str(path), "--vault", str(tmp_path))
    assert terminal.end() == 0, terminal.shown
    assert "In Obsidian, open the folder" in terminal.shown
    assert "\x1b[3" not in terminal.shown  # NO_COLOR


@pytest.mark.parametrize("command", sorted(name for name in make_app() if not name.startswith("-")))
def test_help_of_every_command_has_examples(command, capsys):
    assert cli_run([command, "--help"]) == 0
    said = capsys.readouterr().out
    examples = said.split("Examples:\n")[1].split("\n\n")[0].splitlines()
    assert all(line.strip().startswith(f"tobs {command}") for line in examples)
    assert "[default: False]" not in said, "an option that is not given is not given"
    assert "[default: ]" not in said
    assert '[default: ""]' not in said


def test_help_flows_into_the_terminal(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    assert cli_run(["sync", "--help"]) == 0
    said = capsys.readouterr().out
    assert "with a mark. New messages are for tobs export, save comments (comments = true). Ctrl+C as" in said
    assert "\n    tobs sync\n    tobs sync @durov --days 7\n" in said
    assert "As for tobs export; without any, those of the configuration, or else all that are in the vault." in said
