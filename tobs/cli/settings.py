"""The configuration as the command line sees it: a file, and what the options change of it."""

from __future__ import annotations

import logging
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


def settings(path: Path, vault: Path | None = None) -> Config:
    """The configuration at `path`, with the vault of ``--vault``, which starts from the current folder."""
    from tobs.configfile import is_private, load_config

    config = load_config(path)
    if not is_private(path):
        complain(f"warning: others on this computer can read {path}; run: chmod 600 {path}")
    set_up_log(config.logging.level)
    if vault is not None:
        config = attrs.evolve(config, export=attrs.evolve(config.export, vault=vault.absolute()))
    return config


def set_up_log(level: str) -> None:
    """Send log records to stderr."""
    logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s")
    if level != "DEBUG":
        # Telethon logs with tracebacks what tobs answers with a retry or a sentence.
        logging.getLogger("telethon").setLevel(logging.CRITICAL)


def require_account(config: Config, path: Path) -> None:
    """Raises `ConfigError` unless the configuration can reach Telegram."""
    missing = [name for name in ("api_id", "api_hash") if not getattr(config.telegram, name)]
    if missing:
        them, where = "them" if len(missing) > 1 else "it", f"{path.name}: telegram.{missing[0]}"
        raise ConfigError([f"{' and '.join(missing)} missing; get {them} from https://my.telegram.org @ {where}"])
