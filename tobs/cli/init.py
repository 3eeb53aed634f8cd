"""``tobs init``"""

from __future__ import annotations

import os

from tobs.cli.outcome import Exit
from tobs.cli.settings import DEFAULT, ConfigPath, Switch
from tobs.errors import ConfigError


def init(*, config: ConfigPath = DEFAULT, stdout: Switch = False, debug: Switch = False) -> int:
    """Write a config.toml with every key, readable by you only.

    Parameters
    ----------
    config
        Where to write it. An existing file is left alone.
    stdout
        Print it instead.
    debug
        Log everything, and show tracebacks.
    """
    from tobs.configfile import example

    if stdout:
        print(example(), end="")
        return Exit.DONE
    try:
        descriptor = os.open(config.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConfigError([f"{config.path} is there already; edit it, or name another with --config"]) from None
    except OSError as error:
        raise ConfigError([f"{config.path} cannot be written ({error.strerror}); choose another place"]) from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(example())
    print(f"Wrote {config.path}. Put api_id and api_hash from https://my.telegram.org into it, then run: tobs login")
    return Exit.DONE
