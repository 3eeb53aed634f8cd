"""Questions to a person at a terminal, cancellable."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TypeVar

import trio

from tobs.cli.plain import plain
from tobs.errors import LoginFailed

T = TypeVar("T")


class EndOfInput(Exception):
    """There are no more answers: the terminal was closed, or Ctrl+D was pressed."""


class Unfit(Exception):
    """An answer cannot be used; str() says why."""


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
    try:
        while True:
            answer = await read_line(question, hide=hide)
            answer = answer.rstrip("\r\n") if hide else answer.strip()  # a password may begin with a space
            if answer:
                return answer
    except EndOfInput:
        raise LoginFailed("The answer is missing; run `tobs login` again.") from None


async def ask(question: str, understand: Callable[[str], T]) -> T:
    """What `understand` makes of the answer; asked again when it raises `Unfit`. Raises `EndOfInput`."""
    while True:
        try:
            return understand((await read_line(f"{question}: ")).strip())
        except Unfit as unfit:
            print(plain(str(unfit), 300), file=sys.stderr)


async def ask_choice(question: str, choices: Sequence[str]) -> str:
    """One of `choices`, of which the beginning is enough; Enter is the first. Raises `EndOfInput`."""

    def understand(text: str) -> str:
        found = [choice for choice in choices if choice.startswith(text.casefold())]
        if not found:
            raise Unfit(f"answer {', '.join(choices[:-1])} or {choices[-1]}")
        return found[0]

    return await ask(f"{question}? ({'/'.join(choices)}) [{choices[0]}]", understand)


async def read_line(question: str, *, hide: bool = False) -> str:
    """One line with its end, not shown while it is typed if `hide`. Raises `EndOfInput`."""
    if sys.platform == "win32":
        try:
            return await trio.to_thread.run_sync(getpass.getpass if hide else input, question, abandon_on_cancel=True)
        except EOFError:
            raise EndOfInput from None
    fd = sys.stdin.fileno()
    with _hidden(fd) if hide else nullcontext():  # before the question: whoever sees it may type at once
        print(question, end="", file=sys.stderr, flush=True)
        # Not a thread: one that sits in input() can be neither cancelled nor ended with the process.
        await trio.lowlevel.wait_readable(fd)
        data = os.read(fd, 4096)  # a terminal hands over one line at a time
    if hide:
        print(file=sys.stderr)
    if not data:
        raise EndOfInput
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
