"""``tobs render``"""

from __future__ import annotations

import json as jsonlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from tobs.cli.called import Called
from tobs.cli.outcome import Exit, Says, complain
from tobs.cli.settings import DEFAULT, ConfigPath, Switch, settings
from tobs.config import ExportConfig, Layout
from tobs.errors import ConfigError

if TYPE_CHECKING:
    from tobs.render import Rendered


def render(
    *,
    layout: Layout | None = None,
    redact: Switch = False,
    to: Path | None = None,
    keep_titles: Switch = False,
    config: ConfigPath = DEFAULT,
    vault: Path | None = None,
    json: Switch = False,
    debug: Switch = False,
) -> int:
    """Write all notes anew from the archive; needs no network. What you wrote into notes stays.

    With --redact --to FOLDER the vault stays as it is, and FOLDER gets notes to
    share: pseudonyms in place of people and chats, no phone numbers, no media.
    What people tell of themselves stays: read it before you share it.

    Examples:
        tobs render
        tobs render --layout month
        tobs render --redact --to ~/Shared

    Parameters
    ----------
    layout
        Notes per chat, from now on; without it every chat keeps the layout it has. With --redact, in FOLDER only.
    redact
        Leave out who everybody is.
    to
        Folder for the redacted notes: a new one, an empty one, or one that an earlier --redact wrote.
    keep_titles
        With --redact, keep the titles of groups and channels.
    vault
        Folder of the vault, instead of the one in the configuration.
    json
        Print one JSON object, as is done without a terminal.
    debug
        Log everything, and show tracebacks.
    """
    check_options(redact=redact, to=to, keep_titles=keep_titles)
    export = settings(config, vault, debug=debug).export
    if layout is not None:
        export = attrs.evolve(export, layout=layout)
    rendered = written(export, to, relayout=layout is not None, keep_titles=keep_titles)
    show(rendered, to.absolute() if to else export.vault, Called(config, vault).says, json=json, redact=redact)
    return Exit.DONE


def written(export: ExportConfig, to: Path | None, *, relayout: bool, keep_titles: bool) -> Rendered:
    """Write the notes: those of the vault, or those to share."""
    from tobs.cli.collector import calm_collector
    from tobs.render import render_vault
    from tobs.share import render_redacted

    calm_collector()
    if to is None:
        return render_vault(export, relayout=relayout)
    return render_redacted(export, to.absolute(), relayout=relayout, keep_titles=keep_titles)


def show(rendered: Rendered, folder: Path, says: Says, *, json: bool, redact: bool) -> None:
    """What was written, for a program or for a person."""
    if json or not sys.stdout.isatty():
        print(jsonlib.dumps({"event": "rendered", **attrs.asdict(rendered), "vault": str(folder)}))
        return
    print(f"{rendered.notes:,} notes of {rendered.chats:,} chats are new or different in {folder}")
    if redact:
        print("Read them before you share them: what people tell of themselves is still there.")
    for notice in rendered.notices:
        complain(says(notice))


def check_options(*, redact: bool, to: Path | None, keep_titles: bool) -> None:
    """Raises `ConfigError` for options that do not go together."""
    if redact and to is None:
        raise ConfigError(["--redact needs a folder for the notes; add --to FOLDER"])
    if not redact and (to is not None or keep_titles):
        raise ConfigError([f"{'--keep-titles' if keep_titles else '--to'} is for notes to share; add --redact"])
