"""``tobs demo``"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tobs.cli.outcome import Exit
from tobs.cli.settings import Switch, set_up_log
from tobs.config import ExportConfig, TelegramConfig

if TYPE_CHECKING:
    from tobs.cli.signals import Interrupts


def demo(*, vault: Path = Path("export"), json: Switch = False, debug: Switch = False) -> int:
    """Export a sample account from a Telegram server inside this process: no account, no network.

    Parameters
    ----------
    vault
        Folder of the vault.
    json
        Print one JSON object a line, as is done without a terminal.
    debug
        Show tracebacks.
    """
    from tobs.cli.signals import run
    from tobs.cli.views import choose_view, export_shown
    from tobs.telegram.client import open_telegram

    set_up_log("WARNING")
    # A fixed time zone: the demo looks the same everywhere.
    config = ExportConfig(vault=vault.absolute(), chats=("all",), timezone="Europe/Berlin")

    async def work(interrupts: Interrupts) -> int:
        async with open_sample() as telegram, open_telegram(telegram) as source:
            return await export_shown(source, config, interrupts, choose_view(json))

    code = run(work)
    if code == Exit.DONE and not json:
        print_next(config.vault)
    return code


@asynccontextmanager
async def open_sample() -> AsyncIterator[TelegramConfig]:
    """The sample account on a server that lives as long as the block; a configuration that is signed in there."""
    from tobs.config import ServerConfig
    from tobs.testing.auth import Login
    from tobs.testing.login import write_session
    from tobs.testing.methods import methods
    from tobs.testing.sample import sample_account
    from tobs.testing.server import open_server

    account = sample_account()
    login = Login(account.phone, account.me.id, user=account.me)
    with tempfile.TemporaryDirectory(prefix="tobs-demo-") as name:
        async with open_server(methods(account), logins=[login]) as server:
            keys = Path(name) / "server.pem"
            keys.write_text(server.public_keys, encoding="ascii")
            write_session(server, Path(name) / "tobs", account.me.id)
            home = server.auth.home_dc(account.me.id, otherwise=server.dc_ids[0])
            yield TelegramConfig(
                api_id=1,
                api_hash="demo",
                sessions_dir=Path(name),
                server=ServerConfig(home, server.host, server.ports[home], str(keys)),
            )


def print_next(vault: Path) -> None:
    """What to look at."""
    print(f"\nThe vault is in {vault}")
    print("In Obsidian: Open folder as vault → that folder, then open the note Telegram.")
    print(f"Without Obsidian: {vault / 'Telegram' / 'Telegram.md'} is plain Markdown.")
