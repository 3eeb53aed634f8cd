"""``tobs export``"""

from __future__ import annotations

import logging
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Literal

import attrs

from tobs.cli.called import Called
from tobs.cli.filters import FilterOptions, with_filters
from tobs.cli.settings import DEFAULT, ConfigFile, ConfigPath, Switch, require_account, settings
from tobs.config import Config
from tobs.errors import ConfigError
from tobs.model import Peer

_LOG = logging.getLogger(__name__)


def export(
    *chats: str,
    config: ConfigPath = DEFAULT,
    vault: Path | None = None,
    filters: FilterOptions = None,
    takeout: bool | None = None,
    json: Switch = False,
    quiet: Switch = False,
    debug: Switch = False,
) -> int:
    """Export chats into the vault, going on where the last run stopped.

    Ctrl+C finishes what was read and stops; a second one within five seconds stops at once.

    Examples:
        tobs export all
        tobs export @durov "Family" --since 2024-01-01 --only photo
        tobs export folder:Work type:channel --vault ~/Notes

    Parameters
    ----------
    chats
        @name, id, t.me link, title; or several as all, archived, left, folder:NAME, type:KIND; without any,
        those of the configuration.
    vault
        Folder of the vault, instead of the one in the configuration.
    takeout
        Read in a takeout, or without one at the normal pace, whatever the configuration says.
    json
        Print one JSON object a line, as is done without a terminal.
    quiet
        Show nothing but what failed.
    debug
        Log everything, and show tracebacks.
    """
    given = settings(config, vault, takeout=takeout, debug=debug)
    chosen = with_filters(with_chats(given, chats, config), filters)
    require_account(chosen, config)
    return run_shown(chosen, "export", Called(config, vault), json=json, quiet=quiet)


def with_chats(config: Config, chats: tuple[str, ...], file: ConfigFile) -> Config:
    """The configuration with these chats, if any were given. Raises `ConfigError` if there are none at all."""
    if chats:
        config = attrs.evolve(config, export=attrs.evolve(config.export, chats=chats))
    if not config.export.chats:
        raise ConfigError([f"no chats; say which, for example: `tobs export all` @ {file.key('export.chats')}"])
    return config


def run_shown(
    config: Config, command: Literal["export", "sync"], called: Called, *, json: bool = False, quiet: bool = False
) -> int:
    """Connect and do what the command does; the exit code."""
    from tobs.cli.signals import Interrupts, run_long
    from tobs.cli.views import choose_view, export_shown, sync_shown
    from tobs.telegram.client import open_telegram
    from tobs.telegram.scope import scope_of
    from tobs.vault.publish import local_zone

    shown = {"export": export_shown, "sync": sync_shown}[command]

    async def work(interrupts: Interrupts) -> int:
        await clean_up_sessions(config)
        at_once = config.export.pipeline.requests
        zone = local_zone(config.export.timezone)
        scope = scope_of(config.export)
        async with open_telegram(config.telegram, fetch_workers=at_once, scope=scope, zone=zone) as source:
            with expected_vault(config, called, source.account):
                return await shown(source, config.export, interrupts, choose_view(json, called.says, quiet=quiet))

    return run_long(work, config.export.shutdown)


def expected_vault(config: Config, called: Called, account: Peer) -> AbstractContextManager[None]:
    """For the block, an export into the vault of the configuration, unless another one was named with the command."""
    from tobs.telegram.lastvault import same_vault
    from tobs.telegram.sessions import session_path

    if called.vault is not None:
        return nullcontext()
    return same_vault(session_path(config.telegram), config.export, account)


async def clean_up_sessions(config: Config) -> None:
    """Remove the sessions that nobody uses any more, if the configuration says so."""
    from tobs.telegram.sessiongc import collect_sessions

    if config.sessions.gc_enabled:
        removals = await collect_sessions(config.telegram, config.sessions, time.time(), config.other_sessions)
        gone = sum(not removal.problem for removal in removals)
        _LOG.log(logging.INFO if gone else logging.DEBUG, "%d old sessions signed out and deleted", gone)
