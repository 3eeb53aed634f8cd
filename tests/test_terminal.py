"""tobs as a person meets it: a real terminal, a real server, keys pressed one after the other."""

from __future__ import annotations

import base64
import os
import re
import signal
import stat
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import attrs
import pexpect
import pyte
import pytest
import trio
from telethon.tl.functions.auth import AcceptLoginTokenRequest

from tests.processes import serving, tobs
from tobs.configfile import load_config
from tobs.telegram.connection import open_connection

PASSWORD = "open sesame"
UP, DOWN, ENTER, CTRL_C, CTRL_D = "\x1b[A", "\x1b[B", "\r", "\x03", "\x04"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict]:
    folder = tmp_path_factory.mktemp("server")
    with serving(folder, "--scenario", "sample", "--password", PASSWORD, "--qr-seconds", "5") as facts:
        yield facts


@pytest.fixture
def config(server, tmp_path) -> Path:
    """A configuration of a person's own that knows the server and no more."""
    served = load_config(Path(server["config"]), {}).telegram.server
    path = tmp_path / "config.toml"
    path.write_text(
        f"# mine\n[telegram.server] # at home\ndc_id = {served.dc_id}\nhost = '{served.host}'\nport = {served.port}\n"
        f"public_key = '{served.public_key}'\n"
    )
    path.chmod(0o600)
    return path


@attrs.frozen
class Painter:
    """Draws what a terminal is sent."""

    stream: pyte.Stream

    def write(self, text: str) -> None:
        self.stream.feed(text)

    def flush(self) -> None:
        pass


class Terminal:
    """One command in a terminal of its own."""

    program = sys.executable
    before: tuple[str, ...] = ("-m", "tobs")

    def __init__(self, *arguments: str, columns: int = 100, rows: int = 50, **environ: str) -> None:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("TOBS_", "NO_COLOR", "COLUMNS", "LINES"))
        }
        self._process = pexpect.spawn(
            self.program,
            [*self.before, *arguments],
            env=kept | {"TERM": "xterm-256color", "PYTHONUTF8": "1"} | environ,
            dimensions=(rows, columns),
            encoding="utf-8",
            codec_errors="replace",  # Ctrl+C throws away what was not shown yet, in the middle of a character
            timeout=60,
        )
        self._process.delaybeforesend = None
        self._screen = pyte.Screen(columns, rows)
        self._process.logfile_read = Painter(pyte.Stream(self._screen))

    def sees(self, text: str) -> str:
        """Wait for a text; what stood before it."""
        self._process.expect_exact(text)
        return str(self._process.before)

    def shows(self, text: str) -> None:
        """Wait until a text stands on the screen, which is drawn in no particular order."""
        while not any(text in line for line in self._screen.display):
            self._process.expect(r"(?s).+")

    def matches(self, pattern: str) -> re.Match[str]:
        self._process.expect(pattern)
        assert isinstance(self._process.match, re.Match)
        return self._process.match

    def answers(self, question: str, answer: str = "") -> None:
        self.sees(question)
        self._process.send(answer + ENTER)

    def press(self, keys: str) -> None:
        self._process.send(keys)

    def ends(self, code: int) -> str:
        """Wait for the end; the rest of what was said."""
        self._process.expect(pexpect.EOF)
        self._process.close()
        assert self._process.exitstatus == code, self._process.before
        return str(self._process.before)

    @property
    def shows_keys(self) -> bool:
        return self._process.getecho()


def init(config: Path, server: dict) -> Terminal:
    """The dialogue up to the question whether to sign in, with a wrong answer at each prompt."""
    terminal = Terminal("init", "--config", str(config))
    terminal.answers("Folder of the Obsidian vault", str(config / "inside a file"))
    terminal.sees("is a file; name a folder")
    terminal.answers("Folder of the Obsidian vault", "my vault")
    terminal.answers("api_id:", "seven")
    terminal.sees("api_id is a number")
    terminal.answers("api_id:", str(server["api_id"]))
    terminal.answers("api_hash:", "123")
    terminal.sees("api_hash has 32")
    terminal.answers("api_hash:", server["api_hash"])
    terminal.answers("Phone number", "me")
    terminal.sees("7 to 15 digits")
    terminal.answers("[asked for at login]:", server["phone"])
    terminal.answers("Chats, as all", "")
    terminal.answers("Files to fetch", "pictures")
    terminal.sees("expected one of")
    terminal.answers("Files to fetch", "photo, voice")
    terminal.answers("Largest file", "-1")
    terminal.sees("must be at least 0")
    terminal.answers("Largest file", "20")
    terminal.answers("Time zone", "Mars/Base")
    terminal.sees("is no time zone")
    terminal.answers("Time zone", "Europe/Berlin")
    return terminal


def test_from_nothing_to_a_vault(server, config):
    """init, login with code and password, choosing, plan, export."""
    terminal = init(config, server)
    terminal.answers("Sign in now", "c")
    terminal.answers("Code that Telegram sent you in the Telegram app", "00000")
    terminal.sees("The code is wrong.")
    terminal.answers("Code that Telegram", server["code"])
    terminal.sees("two-step verification (hint: the usual one): ")
    assert not terminal.shows_keys
    terminal.press("wrong" + ENTER)
    terminal.sees("The password is wrong.")
    terminal.sees("two-step verification")
    terminal.press(PASSWORD + ENTER)
    assert PASSWORD not in terminal.sees("Logged in as")
    terminal.shows("Type to search")
    terminal.shows("0 marked")
    terminal.press("slow")
    terminal.shows("0 marked, 2 shown")  # with the group of its comments
    terminal.press(DOWN + " ")
    terminal.shows("[x] Slow News  ")
    terminal.press(ENTER)
    terminal.sees("Wrote 1 chat into")
    terminal.answers("Tell what an export would fetch", "")
    terminal.sees("Slow News")
    terminal.sees("Next: `tobs export --config ")
    terminal.ends(0)
    written = config.read_text()
    assert written.startswith("# mine\n")
    assert "[telegram.server] # at home\n" in written
    assert "# Slow News" in written
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    chosen = load_config(config, {}).export
    assert (chosen.vault, chosen.timezone) == (config.parent / "my vault", "Europe/Berlin")
    assert (chosen.media.types, chosen.media.max_size_mb) == (("photo", "voice"), 20)
    assert tobs("export", "--config", str(config)).code == 0
    assert (config.parent / "my vault" / "Telegram" / "Telegram.md").exists()


def scan(server: dict, link: str) -> None:
    """A device that is signed in scans a link."""
    code = link.removeprefix("tg://login?token=")
    token = base64.urlsafe_b64decode(code + "=" * (-len(code) % 4))
    telegram = load_config(Path(server["config"]), {}).telegram

    async def accept() -> None:
        async with open_connection(telegram, on_wait=print) as connection:
            await connection.ask(AcceptLoginTokenRequest(token))

    trio.run(accept)


def account(config: Path, server: dict) -> None:
    """The rest of what a configuration needs."""
    own = f"[telegram]\napi_id = {server['api_id']}\napi_hash = '{server['api_hash']}'\n"
    config.write_text(own + config.read_text())


def test_a_qr_code_that_expires_and_a_password(server, config):
    account(config, server)
    terminal = Terminal("login", "--qr", "--config", str(config), TERM="dumb")  # which shows the link itself
    first = terminal.matches(r"tg://login\?token=[\w-]+")[0]
    second = terminal.matches(r"tg://login\?token=[\w-]+")[0]
    assert first != second
    scan(server, second)
    terminal.sees("two-step verification")
    assert not terminal.shows_keys
    terminal.press(PASSWORD + ENTER)
    terminal.sees("Logged in as")
    terminal.ends(0)
    assert tobs("chats", "--config", str(config)).code == 0


def test_a_qr_code_is_drawn_and_left(server, config):
    account(config, server)
    for columns, encoding in ((42, "utf-8"), (80, "ascii")):
        terminal = Terminal("login", "--qr", "--config", str(config), columns=columns, PYTHONIOENCODING=encoding)
        terminal.sees("Link Desktop Device")
        terminal.sees("▀" if encoding == "utf-8" else "\x1b[48;5;16m  ")
        terminal.press(CTRL_C)
        terminal.ends(130)
    for columns, rows, encoding in ((30, 50, "utf-8"), (80, 20, "utf-8"), (80, 24, "ascii")):
        terminal = Terminal(
            "login", "--qr", "--config", str(config), columns=columns, rows=rows, PYTHONIOENCODING=encoding
        )
        terminal.sees("no room for a QR code")
        terminal.press(CTRL_C)
        assert "48;5;16m" not in terminal.ends(130), "what does not fit cannot be scanned"


QUESTIONS = (
    ("Folder of the Obsidian vault", "v"),
    ("api_id:", "1"),
    ("api_hash:", "0" * 32),
    ("Phone number", ""),
    ("Chats, as all", "all"),
    ("Files to fetch", "all"),
    ("Largest file", ""),
    ("Time zone", "UTC"),
)


@pytest.mark.parametrize(("last", "key"), [*((last, CTRL_C) for last in range(len(QUESTIONS))), (2, CTRL_D)])
def test_leaving_the_dialogue_leaves_nothing(last, key, tmp_path):
    path = tmp_path / "config.toml"
    terminal = Terminal("init", "--config", str(path))
    for question, answer in QUESTIONS[:last]:
        terminal.answers(question, answer)
    terminal.sees(QUESTIONS[last][0])
    terminal.press(key)
    assert "Traceback" not in terminal.ends(130)
    assert list(tmp_path.iterdir()) == []


def test_leaving_the_questions_of_a_login_leaves_it_signed_out(server, config):
    before = config.read_text()
    terminal = init(config, server)
    terminal.sees("Sign in now")
    assert config.read_text() != before
    terminal.press(CTRL_C)  # the configuration is whole by now
    terminal.ends(130)
    for password in (False, True):
        terminal = Terminal("login", "--config", str(config))
        terminal.sees("Code that Telegram")
        if password:
            terminal.press(server["code"] + ENTER)
            terminal.sees("two-step verification")
        terminal.press(CTRL_C)
        assert "interrupted" in terminal.ends(130)
    assert tobs("chats", "--config", str(config)).code == 3
    assert load_config(config, {}).export.vault == config.parent / "my vault"


def test_leaving_the_chooser_changes_nothing(server):
    path = Path(server["config"])
    before = path.read_bytes()
    for key, code in (("\x1b", 0), (CTRL_C, 130)):
        terminal = Terminal("chats", "--choose", "--config", str(path))
        terminal.shows("1 marked")  # all
        terminal.press(" ")
        terminal.shows("0 marked")
        terminal.press(key)
        terminal.ends(code)
    terminal = Terminal("chats", "--choose", "--config", str(path))
    terminal.shows("1 marked")
    terminal._process.kill(signal.SIGTERM)
    terminal.ends(130)
    assert path.read_bytes() == before


def test_choosing_nothing_leads_to_no_export(server):
    path = Path(server["config"])
    terminal = Terminal("chats", "--choose", "--config", str(path))
    terminal.shows("1 marked")  # all
    terminal.press(" ")
    terminal.shows("0 marked")
    terminal.press(ENTER)
    terminal.sees("Nothing was marked, so")
    assert "tobs export" not in terminal.ends(0)
    assert load_config(path, {}).export.chats == ()


def test_what_is_there_to_be_copied_is_whole_in_a_narrow_terminal(server):
    terminal = Terminal("chats", "--config", server["config"], columns=40)
    said = terminal.ends(0)
    assert all(f" {chat['id']} " in said for chat in server["chats"])
    terminal = Terminal("doctor", "--offline", "--config", server["config"], columns=40)
    assert server["session"] in "".join(terminal.ends(0).split())


def test_a_further_account_is_added(server, config):
    account(config, server)
    first = config.read_text()
    terminal = Terminal("init", "--account", "work", "--config", str(config))
    terminal.answers("A vault of its own, or a part of export, beside the first account? (own/part) [own]:", "mine")
    terminal.sees("answer own or part")
    terminal.answers("A vault of its own")
    terminal.answers("Folder of the Obsidian vault [", "export/work")
    terminal.sees("lies in the vault of the first account")
    terminal.answers("Folder of the Obsidian vault", "work notes")
    terminal.answers("api_id [1]:")
    terminal.answers("api_hash [as it is]:")
    terminal.answers("Phone number", server["phone"])
    terminal.answers("Chats, as all", "all")
    terminal.answers("Files to fetch", "none")
    terminal.answers("Time zone")
    terminal.answers("Sign in now", "no")
    terminal.sees("Next: `tobs login --account work")
    terminal.ends(0)
    assert config.read_text().startswith(first)
    work = load_config(config, {}, "work")
    assert (work.telegram.session, work.telegram.api_id, work.telegram.phone) == ("work", 1, server["phone"])
    assert (work.export.chats, work.export.vault, work.export.media.enabled) == (
        ("all",),
        config.parent / "work notes",
        False,
    )
    terminal = Terminal("init", "--account", "work", "--config", str(config))  # once more: Enter keeps everything
    before = config.read_text()
    for question in ("Folder", "api_id", "api_hash", "Phone", "Chats", "Files", "Time zone"):
        terminal.answers(question)
    terminal.answers("Sign in now", "no")
    terminal.ends(0)
    assert config.read_text() == before
    terminal = Terminal("init", "--account", "home", "--config", str(config))  # and one that shares the first one's
    terminal.answers("A vault of its own", "part")
    for question in ("api_id", "api_hash", "Phone", "Chats", "Files", "Largest", "Time zone"):
        terminal.answers(question)
    terminal.answers("Sign in now", "no")
    terminal.ends(0)
    assert tomllib.loads(config.read_text())["accounts"]["home"]["export"]["vault"] == "export"
    home = load_config(config, {}, "home").export
    assert (home.vault, home.root.name) == (config.parent / "export", "home")
    assert config.read_text().startswith(first)
