"""``tobs sync``"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import attrs
from cyclopts import Parameter

from tobs import strict
from tobs.cli.called import Called
from tobs.cli.settings import DEFAULT, ConfigPath, Switch, require_account, settings
from tobs.config import Config, SyncConfig
from tobs.errors import ConfigError


def sync(
    *chats: str,
    days: float | None = None,
    everything: Annotated[bool, Parameter(name="--all", negative=())] = False,
    config: ConfigPath = DEFAULT,
    vault: Path | None = None,
    json: Switch = False,
    quiet: Switch = False,
    debug: Switch = False,
) -> int:
    """Look again at messages that are in the vault: edits, deletions, reactions, votes and new comments.

    Earlier wordings stay, folded below the message, and so does what was deleted, with a mark. New messages are for
    tobs export, save comments (comments = true). Ctrl+C as with tobs export; the next run begins anew.

    Examples:
        tobs sync
        tobs sync @durov --days 7
        tobs sync --all

    Parameters
    ----------
    chats
        As for tobs export; without any, those of the configuration, or else all that are in the vault.
    days
        How many days to look back, instead of the number in the configuration; 0 is everything.
    everything
        Look at everything, however old.
    vault
        Folder of the vault, instead of the one in the configuration.
    json
        Print one JSON object a line, as is done without a terminal.
    quiet
        Show nothing but what failed.
    debug
        Log everything, and show tracebacks.
    """
    from tobs.cli.export import run_shown

    chosen = with_window(settings(config, vault, debug=debug), days, everything=everything)
    if chats:
        chosen = attrs.evolve(chosen, export=attrs.evolve(chosen.export, chats=chats))
    require_account(chosen, config)
    return run_shown(chosen, "sync", Called(config, vault), json=json, quiet=quiet)


def with_window(config: Config, days: float | None, *, everything: bool) -> Config:
    """The configuration with another window, if one was given. Raises `ConfigError`."""
    if everything and days is not None:
        raise ConfigError(["--all looks at everything, and --days at some of it; give only one of them"])
    if days is None and not everything:
        return config
    window, problems = strict.structure({"days": days or 0.0}, SyncConfig)
    if window is None:
        raise ConfigError([problem.replace(" @ days", " @ --days") for problem in problems])
    return attrs.evolve(config, export=attrs.evolve(config.export, sync=window))
