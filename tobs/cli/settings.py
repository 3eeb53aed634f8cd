"""The configuration as the command line sees it: a file, an account in it, and what the options change."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import attrs
from cyclopts import Parameter

from tobs.cli.outcome import complain
from tobs.config import Config
from tobs.errors import ConfigError

Switch = Annotated[bool, Parameter(negative=())]


@attrs.frozen
class ConfigFile:
    """Which configuration is meant."""

    path: Annotated[Path, Parameter(name=["--config", "-c"], help="The configuration file.")] = Path("config.toml")
    account: Annotated[
        str, Parameter(name="--account", help="One of the further accounts in it, those of [accounts].")
    ] = ""

    @property
    def name(self) -> str:
        """What sentences call the file."""
        return self.path.name

    def key(self, name: str) -> str:
        """A key such as ``export.chats``, with the place where this account has it."""
        prefix = f"accounts.{self.account}." if self.account else ""
        return f"{self.name}: {prefix}{name}"


ConfigPath = Annotated[ConfigFile, Parameter(name="*")]
DEFAULT = ConfigFile()


def settings(
    file: ConfigFile, vault: Path | None = None, *, takeout: bool | None = False, debug: bool = False
) -> Config:
    """The configuration that `file` means, with the vault of ``--vault``, which starts from the current folder.

    The log is set up as it says; with `debug` everything is logged. Whether
    there is to be a takeout is for a command to say, None for what the
    configuration says: Telegram tells all devices of it, so only exports do.
    """
    from tobs.cli.log import set_up_log
    from tobs.configfile import is_private, load_config

    config = load_config(file.path, account=file.account, vault=None if vault is None else vault.absolute())
    if not is_private(file.path):
        complain(f"warning: others on this computer can read {file.path}; run: chmod 600 {file.path}")
    set_up_log(config, debug=debug)
    if takeout is not None:
        config = attrs.evolve(config, telegram=attrs.evolve(config.telegram, takeout=takeout))
    return config


def require_account(config: Config, file: ConfigFile) -> None:
    """Raises `ConfigError` unless the configuration can reach Telegram."""
    missing = [name for name in ("api_id", "api_hash") if not getattr(config.telegram, name)]
    if missing:
        them, where = "them" if len(missing) > 1 else "it", f"{file.name}: telegram.{missing[0]}"
        raise ConfigError([f"{' and '.join(missing)} missing; get {them} from https://my.telegram.org @ {where}"])
