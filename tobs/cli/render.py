"""``tobs render``"""

from __future__ import annotations

import json as jsonlib
import sys
from pathlib import Path

import attrs

from tobs.cli.outcome import Exit, complain
from tobs.cli.settings import DEFAULT, ConfigPath, Switch, settings
from tobs.config import Layout


def render(
    *,
    layout: Layout | None = None,
    config: ConfigPath = DEFAULT,
    vault: Path | None = None,
    json: Switch = False,
    debug: Switch = False,
) -> int:
    """Write all notes anew from the archive; needs no network. What you wrote into notes stays.

    Parameters
    ----------
    layout
        Notes per chat, from now on; without it every chat keeps the layout it has.
    config
        The configuration file.
    vault
        Folder of the vault, instead of the one in the configuration.
    json
        Print one JSON object, as is done without a terminal.
    debug
        Show tracebacks.
    """
    from tobs.render import render_vault

    export = settings(config, vault).export
    if layout is not None:
        export = attrs.evolve(export, layout=layout)
    rendered = render_vault(export, relayout=layout is not None)
    if json or not sys.stdout.isatty():
        print(jsonlib.dumps({"event": "rendered", **attrs.asdict(rendered), "vault": str(export.vault)}))
    else:
        print(f"{rendered.notes:,} notes of {rendered.chats:,} chats are new or different in {export.vault}")
        for notice in rendered.notices:
            complain(notice)
    return Exit.DONE
