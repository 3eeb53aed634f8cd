"""``tobs logout``"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tobs.cli.outcome import Exit
from tobs.cli.settings import DEFAULT, ConfigPath, Switch, require_account, settings

if TYPE_CHECKING:
    from tobs.cli.signals import Interrupts


def logout(*, config: ConfigPath = DEFAULT, debug: Switch = False) -> int:
    """Sign out on Telegram and delete the session file. Archive and vault stay.

    Examples:
        tobs logout

    Parameters
    ----------
    config
        The configuration file.
    debug
        Log everything, and show tracebacks.
    """
    from tobs.cli.signals import run
    from tobs.telegram.login import logout as sign_out
    from tobs.telegram.sessions import delete_session

    chosen = settings(config, debug=debug)
    require_account(chosen, config)

    async def work(_interrupts: Interrupts) -> bool:
        await sign_out(chosen.telegram)
        return True

    run(work)
    delete_session(chosen.telegram)
    print(f"Logged out; the session {chosen.telegram.session} is worth nothing any more.")
    return Exit.DONE
