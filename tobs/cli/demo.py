"""``tobs demo``"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tobs.cli.outcome import Exit
from tobs.cli.settings import Switch
from tobs.config import Config, ExportConfig, MediaConfig, TelegramConfig

if TYPE_CHECKING:
    from tobs.cli.signals import Interrupts


def demo(*, vault: Path = Path("export"), json: Switch = False, debug: Switch = False) -> int:
    """Export a sample account from a Telegram server inside this process: no account, no network.

    Examples:
        tobs demo
        tobs demo --vault ~/Demo

    Parameters
    ----------
    vault
        Folder of the vault.
    json
        Print one JSON object a line, as is done without a terminal.
    debug
        Log everything, and show tracebacks.
    """
    from tobs.cli.collector import calm_collector
    from tobs.cli.log import set_up_log
    from tobs.cli.signals import run
    from tobs.cli.views import choose_view, export_shown
    from tobs.telegram.client import open_telegram

    set_up_log(Config(), debug=debug)
    # A fixed time zone: the demo looks the same everywhere.
    media = MediaConfig(custom_emoji=True)
    config = ExportConfig(vault=vault.absolute(), chats=("all",), timezone="Europe/Berlin", media=media)

    async def work(interrupts: Interrupts) -> int:
        async with open_sample() as telegram, open_telegram(telegram) as source:
            return await export_shown(source, config, interrupts, choose_view(json))

    calm_collector()
    code = run(work)
    if code == Exit.DONE:
        print_next(config.vault)
    return code


@asynccontextmanager
async def open_sample() -> AsyncIterator[TelegramConfig]:
    """The sample account on a server that lives as long as the block; a configuration that is signed in there."""
    from tobs.configfile import load_config
    from tobs.testing import open_account, sample_account

    with tempfile.TemporaryDirectory(prefix="tobs-demo-") as folder:
        async with open_account(sample_account(), Path(folder)) as serving:
            yield load_config(serving.config, {}).telegram


def print_next(vault: Path) -> None:
    """What to look at. Not on stdout when that is for a program."""
    out = sys.stdout if sys.stdout.isatty() else sys.stderr
    print(f"The vault is in {vault}", file=out)
    print("In Obsidian: Open folder as vault, choose that folder, and open the note Telegram.", file=out)
    print(f"Without Obsidian: {vault / 'Telegram' / 'Telegram.md'} is plain Markdown.", file=out)
