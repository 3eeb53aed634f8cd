"""The configuration as the command line sees it: a file, and what the options change of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import attrs
from cyclopts import Parameter

from tobs.cli.outcome import complain
from tobs.config import Config
from tobs.errors import ConfigError

ConfigPath = Annotated[Path, Parameter(name=["--config", "-c"])]
Switch = Annotated[bool, Parameter(negative=())]
DEFAULT = Path("config.toml")


def settings(path: Path, vault: Path | None = None, *, debug: bool = False) -> Config:
    """The configuration at `path`, with the vault of ``--vault``, which starts from the current folder.

    The log is set up as it says; with `debug` everything is logged.
    """
    from tobs.cli.log import set_up_log
    from tobs.configfile import is_private, load_config

    config = load_config(path)
    if not is_private(path):
        complain(f"warning: others on this computer can read {path}; run: chmod 600 {path}")
    set_up_log(config, debug=debug)
    if vault is not None:
        config = attrs.evolve(config, export=attrs.evolve(config.export, vault=vault.absolute()))
    return config


def require_account(config: Config, path: Path) -> None:
    """Raises `ConfigError` unless the configuration can reach Telegram."""
    missing = [name for name in ("api_id", "api_hash") if not getattr(config.telegram, name)]
    if missing:
        them, where = "them" if len(missing) > 1 else "it", f"{path.name}: telegram.{missing[0]}"
        raise ConfigError([f"{' and '.join(missing)} missing; get {them} from https://my.telegram.org @ {where}"])
