"""``tobs login``"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tobs.cli.outcome import Exit
from tobs.cli.plain import plain
from tobs.cli.settings import DEFAULT, ConfigPath, Switch, require_account, settings
from tobs.errors import ConfigError

if TYPE_CHECKING:
    from tobs.cli.signals import Interrupts
    from tobs.model import Peer


def login(*, config: ConfigPath = DEFAULT, debug: Switch = False) -> int:
    """Sign in: asks for phone number, code and, if you have one, password.

    Parameters
    ----------
    config
        The configuration file.
    debug
        Log everything, and show tracebacks.
    """
    chosen = settings(config, debug=debug)
    require_account(chosen, config)
    if not sys.stdin.isatty():
        # Before connecting: asking for a code is counted, and too many are refused for a day.
        raise ConfigError(["tobs login asks questions and needs a terminal; run it in one"])

    from tobs.cli.prompts import TerminalPrompts
    from tobs.cli.signals import run
    from tobs.telegram.login import login as sign_in

    async def work(_interrupts: Interrupts) -> Peer:
        return await sign_in(chosen.telegram, TerminalPrompts())

    account = run(work)
    print(f"Logged in as {plain(account.name)}. Next: tobs chats, then tobs export all")
    return Exit.DONE
