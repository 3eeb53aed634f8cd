"""``tobs login``"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tobs.cli.called import Called
from tobs.cli.outcome import Exit
from tobs.cli.plain import plain
from tobs.cli.settings import DEFAULT, ConfigPath, Switch, require_account, settings
from tobs.errors import ConfigError

if TYPE_CHECKING:
    from tobs.cli.answers import Answers
    from tobs.cli.signals import Interrupts
    from tobs.config import TelegramConfig
    from tobs.model import Peer


def login(*, config: ConfigPath = DEFAULT, qr: Switch = False, code_command: str = "", debug: Switch = False) -> int:
    """Sign in: asks for phone number, code and, if you have one, password.

    On a machine without a terminal the code comes from a program (--code-command) or from TOBS_CODE, and the password
    from TOBS_PASSWORD.

    Examples:
        tobs login
        tobs login --qr
        tobs login --code-command "pass show telegram-code"

    Parameters
    ----------
    qr
        Show a QR code in place of asking for number and code. Scan it in the Telegram app on your phone: Settings,
        Devices, Link Desktop Device.
    code_command
        A program that prints the code; it is run once Telegram has sent it.
    debug
        Log everything, and show tracebacks.
    """
    from tobs.cli.answers import Answers

    chosen = settings(config, debug=debug)
    require_account(chosen, config)
    answers = Answers(code_command, terminal=sys.stdin.isatty())
    if qr and not sys.stderr.isatty():
        raise ConfigError(["`tobs login --qr` draws a QR code and needs a terminal; run it in one"])
    if not qr:
        answers.check(chosen.telegram.phone)
    account = sign_in(chosen.telegram, answers, qr=qr)
    then = Called(config).says("Next: `tobs chats --choose`, then `tobs export`")
    print(f"Logged in as {plain(account.name)}. {then}")
    return Exit.DONE


def sign_in(telegram: TelegramConfig, answers: Answers, *, qr: bool) -> Peer:
    """Sign the session in; whose it is."""
    from tobs.cli.signals import run
    from tobs.telegram.login import login, login_by_qr

    async def work(_interrupts: Interrupts) -> Peer:
        if not qr:
            return await login(telegram, answers)
        from tobs.cli.qr import QrScreen

        print("Scan this in the Telegram app on your phone: Settings > Devices > Link Desktop Device", file=sys.stderr)
        return await login_by_qr(telegram, QrScreen().show, answers)

    return run(work)
