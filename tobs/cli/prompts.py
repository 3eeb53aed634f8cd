"""Questions to a person at a terminal, cancellable."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import trio

from tobs.cli.plain import plain
from tobs.errors import LoginFailed


class TerminalPrompts:
    """Asks on stderr and reads from the terminal. Fits `tobs.telegram.login.Prompts`."""

    async def phone(self, problem: str) -> str:
        """The phone number."""
        return await _answer(problem, "Phone number with country code, such as +4915112345678: ")

    async def code(self, problem: str, sent: str) -> str:
        """The code that Telegram sent."""
        return await _answer(problem, f"Code that Telegram sent you {sent or '(in the app, or by SMS)'}: ")

    async def password(self, problem: str, hint: str) -> str:
        """The password of two-step verification, which is not shown."""
        known = f" (hint: {plain(hint)})" if hint else ""
        return await _answer(problem, f"Password of your two-step verification{known}: ", hide=True)


async def _answer(problem: str, question: str, *, hide: bool = False) -> str:
    if problem:
        print(plain(problem, 300), file=sys.stderr)
    while True:
        answer = (await _line(question, hide)).strip()
        if answer:
            return answer


async def _line(question: str, hide: bool) -> str:
    if sys.platform == "win32":
        return await trio.to_thread.run_sync(getpass.getpass if hide else input, question, abandon_on_cancel=True)
    print(question, end="", file=sys.stderr, flush=True)
    fd = sys.stdin.fileno()
    with _hidden(fd) if hide else nullcontext():
        # Not a thread: one that sits in input() can be neither cancelled nor ended with the process.
        await trio.lowlevel.wait_readable(fd)
        data = os.read(fd, 4096)  # a terminal hands over one line at a time
    if hide:
        print(file=sys.stderr)
    if not data:
        raise LoginFailed("The answer is missing; run `tobs login` again.")
    return data.decode(errors="replace")


@contextmanager
def _hidden(fd: int) -> Iterator[None]:
    """The terminal shows nothing of what is typed."""
    import termios

    before = termios.tcgetattr(fd)
    silent = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
    termios.tcsetattr(fd, termios.TCSAFLUSH, silent)
    try:
        yield
    finally:
        termios.tcsetattr(fd, termios.TCSAFLUSH, before)
