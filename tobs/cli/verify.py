"""``tobs verify``"""

from __future__ import annotations

import json as jsonlib
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import attrs
from cyclopts import Parameter

from tobs.cli.called import Called
from tobs.cli.outcome import Exit, Says
from tobs.cli.plain import plain
from tobs.cli.settings import DEFAULT, ConfigFile, ConfigPath, Switch, require_account, settings
from tobs.config import Config

if TYPE_CHECKING:
    from tobs.cli.signals import Interrupts
    from tobs.verify.findings import Group
    from tobs.verify.verification import Verification


def verify(
    *,
    hashes: Annotated[bool, Parameter(negative="--no-hashes")] = True,
    online: Switch = False,
    refetch: Switch = False,
    config: ConfigPath = DEFAULT,
    vault: Path | None = None,
    json: Switch = False,
    debug: Switch = False,
) -> int:
    """Prove the vault: archive, files, notes and links against each other. Changes nothing. Needs no network.

    Exit codes: 0 everything is as it should be; 1 something was found; 2 there is no vault, or it is in use.

    Examples:
        tobs verify
        tobs verify --online
        tobs verify --refetch

    Parameters
    ----------
    hashes
        Read every file and compare its content; --no-hashes compares sizes only.
    online
        Ask Telegram too how many messages each chat has.
    refetch
        First have the next export fetch all files again that are gone. This alone changes the archive.
    vault
        Folder of the vault, instead of the one in the configuration.
    json
        Print one JSON object, as is done without a terminal.
    debug
        Log everything, and show tracebacks.
    """
    from tobs.verify.refetch import refetch_files
    from tobs.verify.verification import verify_vault

    chosen = settings(config, vault, debug=debug)
    if refetch:
        refetch_files(chosen.export)
    # First what may fail for want of a network, then what may take long.
    counted = count_online(chosen, config) if online else ()
    with looking(json) as watch:
        found = verify_vault(chosen.export, hashes=hashes, watch=watch)
    return show(found.with_more(counted), chosen.export.vault, json, Called(config, vault).says)


def count_online(config: Config, file: ConfigFile) -> Sequence[Group]:
    """What Telegram has more or less than the archive."""
    from tobs.cli.signals import run
    from tobs.telegram.client import open_telegram
    from tobs.vault.publish import local_zone
    from tobs.verify.online import verify_online

    require_account(config, file)

    async def work(_interrupts: Interrupts) -> Sequence[Group]:
        async with open_telegram(config.telegram, zone=local_zone(config.export.timezone)) as source:
            return await verify_online(source, config.export)

    return run(work)


@contextmanager
def looking(json: bool) -> Iterator[Callable[[str], None]]:
    """Show at a terminal what is being looked at."""
    if json or not sys.stdout.isatty():
        yield lambda what: None
        return
    from rich.console import Console
    from rich.text import Text

    with Console().status("") as status:
        yield lambda what: status.update(Text(f"Looking at {plain(what)} …"))


def show(found: Verification, vault: Path, json: bool, says: Says) -> int:
    """Print what was found; the exit code."""
    if json or not sys.stdout.isatty():
        print(jsonlib.dumps(as_dict(found, vault, says)))
    else:
        from rich.console import Console

        from tobs.cli.proof import proof

        Console().print(proof(found, vault, says))
    return Exit.DONE if found.clean else Exit.SOME_FAILED


def as_dict(found: Verification, vault: Path, says: Says) -> dict[str, object]:
    """What one object of JSON says."""
    return {
        "event": "verified",
        "clean": found.clean,
        "vault": str(vault),
        "chats": found.chats,
        "messages": found.messages,
        "notes": found.notes,
        "files": found.files,
        "findings": [group_dict(group, says) for group in found.findings],
        "information": [group_dict(group, says) for group in found.information],
    }


def group_dict(group: Group, says: Says) -> dict[str, object]:
    """A kind of finding with its count and the first of them."""
    without_kind = attrs.filters.exclude("kind")
    first = [attrs.asdict(each, filter=without_kind) | {"text": says(each.text)} for each in group.first]
    advice = says(group.kind.value.advice)
    return {"kind": group.kind.name.lower(), "count": group.count, "advice": advice, "first": first}
