"""Docstrings as ``--help`` shows them: paragraphs flow into the width of the terminal, not into that of the source."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
_PARAMETERS = "\n\nParameters\n----------\n"
_BREAK = re.compile(r"\n(?! )")  # a line that goes on at the margin
_GOES_ON = re.compile(r"(?m)(?<=\S)\n +(?=\S)")


def flowing(command: Callable[P, T]) -> Callable[P, T]:
    """The same command with a docstring that flows."""

    @wraps(command)
    def called(*args: P.args, **kwargs: P.kwargs) -> T:
        return command(*args, **kwargs)

    called.__doc__ = flowed(command.__doc__ or "")
    return called


def flowed(docstring: str) -> str:
    """A docstring with a line for each paragraph, and for what is said of each parameter; examples keep theirs."""
    said, parameters, listed = inspect.cleandoc(docstring).partition(_PARAMETERS)
    paragraphs = (_BREAK.sub(" ", paragraph) for paragraph in said.split("\n\n"))
    entries = (_entry(entry) for entry in re.split(r"\n(?! )", listed))
    return "\n\n".join(paragraphs) + parameters + "\n".join(entries)


def _entry(entry: str) -> str:
    """A parameter's name, and all that is said of it in one line."""
    name, newline, said = entry.partition("\n")
    return name + newline + _GOES_ON.sub(" ", said)
