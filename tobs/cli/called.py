"""How this run of ``tobs`` was called, so that a sentence names the whole command that comes next (pure)."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import attrs

from tobs.cli.settings import DEFAULT, ConfigFile

# The sentences of all rooms have commands between backticks, and know of no options that say whose vault is meant.
_COMMAND = re.compile(r"`tobs (?P<name>[a-z]+)(?P<rest>[^`]*)`")
WITHOUT_CONFIG = frozenset({"demo", "completion"})
WITH_VAULT = frozenset({"demo", "export", "import", "plan", "render", "report", "sync", "verify", "watch"})


@attrs.frozen
class Called:
    """The options of this run that another command needs to be about the same account and the same vault."""

    file: ConfigFile = DEFAULT
    vault: Path | None = None

    @classmethod
    def of(cls, arguments: Mapping[str, object]) -> Called:
        """What the arguments of a command say of it."""
        file, vault = arguments.get("config"), arguments.get("vault")
        return cls(file if isinstance(file, ConfigFile) else DEFAULT, vault if isinstance(vault, Path) else None)

    def says(self, sentence: str) -> str:
        """The sentence with these options in each command that it names."""
        return _COMMAND.sub(self._whole, sentence)

    def _whole(self, found: re.Match[str]) -> str:
        options = {}
        if found["name"] not in WITHOUT_CONFIG:
            options["--account"] = self.file.account
            options["--config"] = str(self.file.path) if self.file.path != DEFAULT.path else ""
        if found["name"] in WITH_VAULT and self.vault is not None:
            options["--vault"] = str(self.vault)
        given = (_quoted(word) for name, value in options.items() if value for word in (name, value))
        return f"`{' '.join((found[0].strip('`'), *given))}`"


def _quoted(word: str) -> str:
    return subprocess.list2cmdline([word]) if sys.platform == "win32" else shlex.quote(word)
