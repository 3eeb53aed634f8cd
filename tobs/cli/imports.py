"""``tobs import``"""

from __future__ import annotations

from pathlib import Path

from tobs.cli.called import Called
from tobs.cli.settings import DEFAULT, ConfigPath, Switch, settings
from tobs.config import Config, ExportConfig
from tobs.errors import ConfigError


def import_(
    *paths: Path,
    config: ConfigPath = DEFAULT,
    vault: Path | None = None,
    link: Switch = False,
    json: Switch = False,
    quiet: Switch = False,
    debug: Switch = False,
) -> int:
    """Import chats that Telegram Desktop exported as JSON: no account is needed, and no network.

    In Telegram Desktop: a chat's menu → Export chat history, or Settings → Advanced → Export Telegram data; format
    “Machine-readable JSON”. Importing again changes nothing, and what tobs itself read from Telegram goes before.

    Examples:
        tobs import ~/Downloads/ChatExport_2026-11-24 --vault ~/Notes
        tobs import ~/Downloads/*.zip --link

    Parameters
    ----------
    paths
        Folders of exports, result.json files, or zip files.
    config
        The configuration file; without one, and with --vault, the defaults hold.
    vault
        Folder of the vault, instead of the one in the configuration.
    link
        Make hard links to the files of the export instead of copies.
    json
        Print one JSON object a line, as is done without a terminal.
    quiet
        Show nothing but what failed.
    debug
        Log everything, and show tracebacks.
    """
    if not paths:
        raise ConfigError(["no export; say where it is, for example: `tobs import ~/Downloads/ChatExport_2026-11-24`"])
    chosen = chosen_settings(config, vault, debug=debug)

    from tobs.cli.signals import Interrupts, run_long
    from tobs.cli.views import choose_view, import_shown

    says = Called(config, vault).says

    async def work(interrupts: Interrupts) -> int:
        return await import_shown(paths, chosen, interrupts, choose_view(json, says, quiet=quiet), link=link)

    return run_long(work, chosen.shutdown)


def chosen_settings(config: ConfigPath, vault: Path | None, *, debug: bool) -> ExportConfig:
    """The configuration; the defaults where only a vault was named and no file is there."""
    if vault is None or config != DEFAULT or config.path.exists():
        return settings(config, vault, debug=debug).export
    from tobs.cli.log import set_up_log

    set_up_log(Config(), debug=debug)
    return ExportConfig(vault=vault.absolute())
