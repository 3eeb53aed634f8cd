"""Ctrl+C at what `tobs init` offers behind its questions, in a real terminal: all is whole, the terminal as before."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

from tests.processes import tobs
from tests.test_terminal import (
    CTRL_C,
    DOWN,
    ENTER,
    PASSWORD,
    Terminal,
    account,
    config,
    scan,
    server,
)
from tobs.configfile import load_config

__all__ = ["config", "server"]  # fixtures
# What the shell that started tobs does next, in the same terminal: tell how it ended, and what keys mean now.
SHELL = 'trap : INT; "$0" "$@"; echo "ended with $?"; stty -a; [ -t 0 ]'
QUESTIONS = ("Folder", "api_id", "api_hash", "Phone", "Chats", "Files", "Largest", "Time zone")


class Shell(Terminal):
    """A command that a shell runs in a terminal."""

    program = "sh"
    before = ("-c", SHELL, sys.executable, "-m", "tobs")

    def is_left_at(self, code: int) -> str:
        """It has ended, and the terminal shows what is typed, line by line; the rest of what was said."""
        said = self.sees(f"ended with {code}")
        modes = self.ends(0)
        for mode in ("echo", "icanon", "isig", "icrnl", "opost"):
            assert re.search(rf"(?<![-\w]){mode}\b", modes), (mode, modes)
        assert "Traceback" not in said
        return said


@attrs.frozen
class Person:
    """Somebody at the dialogue of a configuration that has its answers."""

    config: Path
    server: dict
    terminal: Shell

    def signs_in(self, way: str) -> None:
        for question in QUESTIONS:
            self.terminal.answers(question)
        self.terminal.answers("Sign in now", way)

    def at_the_code(self) -> None:
        self.signs_in("code")
        self.terminal.answers("Code that Telegram", "00000")
        self.terminal.sees("The code is wrong.")
        self.terminal.sees("Code that Telegram")

    def at_the_password(self) -> None:
        self.signs_in("code")
        self.terminal.answers("Code that Telegram", self.server["code"])
        self.terminal.sees("two-step verification")
        self.terminal.press("wrong" + ENTER)
        self.terminal.sees("The password is wrong.")
        self.terminal.sees("two-step verification")

    def at_a_qr_code(self) -> None:
        self.signs_in("qr")
        first = self.terminal.matches(r"tg://login\?token=[\w-]+")[0]
        assert self.terminal.matches(r"tg://login\?token=[\w-]+")[0] != first  # that one has expired

    def at_the_password_behind_it(self) -> None:
        self.signs_in("qr")
        scan(self.server, self.terminal.matches(r"tg://login\?token=[\w-]+")[0])
        self.terminal.sees("two-step verification")

    def at_the_list_of_chats(self) -> None:
        self.signs_in("code")
        self.terminal.answers("Code that Telegram", self.server["code"])
        self.terminal.sees("two-step verification")
        self.terminal.press(PASSWORD + ENTER)
        self.terminal.shows("Type to search")
        self.terminal.press(DOWN + " ")
        self.terminal.shows("1 marked")

    def at_the_plan(self) -> None:
        self.at_the_list_of_chats()
        self.terminal.press(ENTER)
        self.terminal.sees("Wrote archived into")
        self.terminal.sees("Tell what an export would fetch")


SIGNED_OUT: tuple[Callable[[Person], None], ...] = (
    Person.at_the_code, Person.at_the_password, Person.at_a_qr_code, Person.at_the_password_behind_it,
)  # fmt: skip
SIGNED_IN: tuple[Callable[[Person], None], ...] = (Person.at_the_list_of_chats, Person.at_the_plan)


@pytest.mark.parametrize("comes", [*SIGNED_OUT, *SIGNED_IN], ids=lambda comes: comes.__name__)
def test_leaving_what_init_offers(comes, server, config):
    account(config, server)
    config.write_text(config.read_text().replace("[telegram]\n", f"[telegram]\nphone = '{server['phone']}'\n"))
    environ = {"TERM": "dumb"} if comes in SIGNED_OUT else {}  # such a terminal is told the link itself
    person = Person(config, server, Shell("init", "--config", str(config), **environ))
    comes(person)
    person.terminal.press(CTRL_C)
    said = person.terminal.is_left_at(130)
    assert "interrupted; run it again to go on." in said
    assert PASSWORD not in said
    if comes is Person.at_the_list_of_chats:
        assert said.rfind("\x1b[?1049l") > said.rfind("\x1b[?1049h"), "what was on the screen before is there again"
        assert said.rfind("\x1b[?25h") > said.rfind("\x1b[?25l"), "the cursor can be seen"
    chosen = load_config(config, {})
    assert len(chosen.export.chats) == (comes is Person.at_the_plan)
    assert config.read_text().startswith("[telegram]\nphone")
    assert tobs("chats", "--config", str(config)).code == (0 if comes in SIGNED_IN else 3)
    assert {path.name for path in config.parent.iterdir()} <= {"config.toml", "sessions"}
