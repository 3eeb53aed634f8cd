"""``tobs completion``"""

from __future__ import annotations

from typing import Literal

from tobs.cli.outcome import Exit
from tobs.cli.settings import Switch
from tobs.errors import ConfigError

Shell = Literal["bash", "zsh", "fish", "powershell"]


def completion(shell: Shell, *, install: Switch = False) -> int:
    """Have your shell complete commands and options when you press Tab.

    Examples:
        tobs completion bash --install
        tobs completion fish > ~/.config/fish/completions/tobs.fish

    Parameters
    ----------
    shell
        Your shell.
    install
        Write the script where the shell looks for it, and have its start-up file load it, instead of printing it.
    """
    from tobs.cli.app import make_app

    app = make_app()
    if not install:
        print(app.generate_completion(shell=shell))
        return Exit.DONE
    try:
        path = app.install_completion(shell=shell)
    except OSError as error:
        raise ConfigError([f"cannot write {error.filename} ({error.strerror}); leave --install out"]) from error
    print(f"Written to {path}; open a new terminal to use it.")
    return Exit.DONE
