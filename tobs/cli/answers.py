"""Answers that were given before the questions: by the environment, or by a program."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping

import attrs
import trio

from tobs.cli.prompts import TerminalPrompts
from tobs.errors import ConfigError, LoginFailed

CODE, PASSWORD = "TOBS_CODE", "TOBS_PASSWORD"
CODE_SECONDS = 300.0  # a program may have to wait for an SMS; the code is not good for longer


@attrs.frozen
class Answers:
    """Gives what is known and asks a person for the rest, if there is one. Fits `tobs.telegram.login.Prompts`.

    The code is what `code_command` prints, which runs once Telegram has sent
    it, else the one of ``TOBS_CODE``; the password is the one of
    ``TOBS_PASSWORD``. What was given and is wrong raises `LoginFailed`.
    """

    code_command: str = ""
    terminal: bool = True
    environ: Mapping[str, str] = os.environ
    _person: TerminalPrompts = attrs.field(factory=TerminalPrompts)

    def check(self, phone: str) -> None:
        """Raises `ConfigError` if a question would be left without an answer: asking for codes is counted."""
        if self.terminal:
            return
        if not (self.code_command or self.environ.get(CODE)):
            raise ConfigError(
                [
                    "`tobs login` asks questions and needs a terminal; run it in one, or give it the code with"
                    f" --code-command or {CODE}"
                ]
            )
        if not phone:
            raise ConfigError(["without a terminal, `tobs login` needs the phone number @ config.toml: telegram.phone"])

    async def phone(self, problem: str) -> str:
        """The phone number."""
        if not self.terminal:
            raise LoginFailed(problem)
        return await self._person.phone(problem)

    async def code(self, problem: str, sent: str) -> str:
        """The code that Telegram sent."""
        if self.code_command:
            return await _printed_by(self.code_command) if not problem else _wrong(problem, "--code-command")
        if code := self.environ.get(CODE):
            return code if not problem else _wrong(problem, CODE)
        return await self._person.code(problem, sent)

    async def password(self, problem: str, hint: str) -> str:
        """The password of two-step verification."""
        if password := self.environ.get(PASSWORD):
            return password if not problem else _wrong(problem, PASSWORD)
        if not self.terminal:
            raise LoginFailed(f"The account has a password; set {PASSWORD}, or run `tobs login` in a terminal.")
        return await self._person.password(problem, hint)


def _wrong(problem: str, source: str) -> str:
    raise LoginFailed(f"{problem} It came from {source}.")


async def _printed_by(command: str) -> str:
    """The first line that a program prints."""
    try:
        arguments = shlex.split(command)
        with trio.fail_after(CODE_SECONDS):
            run = await trio.run_process(
                arguments, stdin=subprocess.DEVNULL, capture_stdout=True, check=False, shell=False
            )
    except (OSError, ValueError, IndexError) as exc:
        raise LoginFailed(f"The program of --code-command could not be started: {exc}") from exc
    except trio.TooSlowError:
        raise LoginFailed(f"The program of --code-command gave no code within {CODE_SECONDS:g} s.") from None
    code = run.stdout.decode(errors="replace").strip().partition("\n")[0].strip()
    if run.returncode or not code:
        raise LoginFailed(f"The program of --code-command gave no code (it ended with {run.returncode}).")
    return code
