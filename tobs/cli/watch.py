"""``tobs watch``"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from tobs.cli.called import Called
from tobs.cli.export import clean_up_sessions, expected_vault, with_chats
from tobs.cli.filters import FilterOptions, with_filters
from tobs.cli.settings import DEFAULT, ConfigPath, Switch, require_account, settings
from tobs.config import Config

if TYPE_CHECKING:
    from tobs.telegram.client import TelegramSource


def watch(
    *chats: str,
    config: ConfigPath = DEFAULT,
    vault: Path | None = None,
    filters: FilterOptions = None,
    json: Switch = False,
    quiet: Switch = False,
    debug: Switch = False,
) -> int:
    """Export chats, and then whatever happens in them, until it is stopped.

    New messages, edits, deletions, reactions and pins are in their notes within seconds. Lost connections are made
    again for ever. Ctrl+C writes down what has arrived and stops; a second one within five seconds stops at once.

    Examples:
        tobs watch
        tobs watch all --json

    Parameters
    ----------
    chats
        @name, id, t.me link, title; or several as all, archived, left, folder:NAME, type:KIND; without any,
        those of the configuration.
    vault
        Folder of the vault, instead of the one in the configuration.
    json
        Print one JSON object a line, as is done without a terminal: how it goes, once a minute and at every change.
    quiet
        Show nothing but what ends it.
    debug
        Log everything, and show tracebacks.
    """
    chosen = with_filters(with_chats(settings(config, vault, debug=debug), chats, config), filters)
    require_account(chosen, config)
    return run_watch(chosen, Called(config, vault), json=json, quiet=quiet)


def run_watch(config: Config, called: Called, *, json: bool, quiet: bool) -> int:
    """Watch until a shutdown; the exit code."""
    from tobs.cli.pulse import choose_pulse, watch_shown
    from tobs.cli.signals import Interrupts, run_long
    from tobs.telegram.client import open_telegram
    from tobs.vault.publish import local_zone
    from tobs.watch import WATCH

    at_once = config.export.pipeline.requests
    zone = local_zone(config.export.timezone)

    async def work(interrupts: Interrupts) -> int:
        await clean_up_sessions(config)
        # A takeout is for reading much at once, and ends. However long Telegram asks to wait, nobody has to come back.
        account = attrs.evolve(config.telegram, takeout=False, max_flood_wait_seconds=math.inf)

        @asynccontextmanager
        async def opener() -> AsyncIterator[TelegramSource]:
            async with open_telegram(account, fetch_workers=at_once, zone=zone, who=WATCH) as source:
                with expected_vault(config, called, source.account):
                    yield source

        return await watch_shown(opener, config.export, interrupts, choose_pulse(json=json, quiet=quiet))

    return run_long(work, config.export.shutdown)
