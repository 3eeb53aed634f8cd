"""``[accounts.NAME]``: further accounts, each of which says only what differs (pure)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from tobs import strict
from tobs.config import Config, ExportConfig
from tobs.root import PLAIN, Root

TOO_LONG = "files of a shared vault are named after the account; give it a shorter name, or a vault of its own"


def name_problems(accounts: Any, chosen: str) -> Iterator[str]:
    """What is wrong with the names of accounts, of which one was chosen ("": the first)."""
    if not isinstance(accounts, dict):
        yield "expected a table for each account, as in [accounts.work.telegram]"
        return
    for name in accounts:
        if not re.fullmatch(r"[\w-]{1,40}", name):
            yield f"an account must be called by letters, digits, '-' or '_', not {name!r}"
    if chosen and chosen not in accounts:
        known = ", ".join(accounts) or "none"
        yield f"there is no account {chosen!r} (there are: {known}){strict.hint(chosen, list(accounts))}"


def successor(first: Config, name: str) -> Config:
    """What the account `name` begins with: all that the first one has, save what cannot be another's."""
    telegram = attrs.evolve(first.telegram, phone="", session=name)
    return attrs.evolve(first, telegram=telegram, export=attrs.evolve(first.export, chats=(), chat=()))


def overlaid(base: Any, own: Any, written: Mapping[str, Any]) -> Any:
    """`base` with the values of `own` where they were written; tables in tables alike."""
    changes = {}
    for name, inner in written.items():
        value = getattr(own, name)
        nested = attrs.has(type(value)) and isinstance(inner, Mapping)
        changes[name] = overlaid(getattr(base, name), value, inner) if nested else value
    return attrs.evolve(base, **changes)


def rooted(configs: Mapping[str, Config]) -> dict[str, Config]:
    """Each account with its part of its vault: the first of those that share one has plain names there."""
    vaults: set[Path] = set()
    found = {}
    for name, config in configs.items():
        root = Root(unicodedata.normalize("NFC", name)) if config.export.vault in vaults else PLAIN
        found[name] = attrs.evolve(config, export=attrs.evolve(config.export, root=root))
        vaults.add(config.export.vault)
    return found


def account_problems(configs: Mapping[str, Config]) -> Iterator[tuple[str, str, str]]:
    """Account, key and problem: no two share a session, vaults do not lie in each other, and names of files differ."""
    names = list(configs)
    for at, name in enumerate(names):
        if not configs[name].export.root.fits:
            yield name, "export.vault", TOO_LONG
        for other in names[:at]:
            one, two = configs[name], configs[other]
            if _session(one) == _session(two):
                yield name, "telegram.session", f"this session is {_called(other)}'s; give each account its own"
            if problem := _meeting(one.export, two.export):
                yield name, "export.vault", problem.format(_called(other))


def _meeting(one: ExportConfig, two: ExportConfig) -> str:
    """What is wrong with the places of two accounts, "" if nothing is."""
    if one.vault == two.vault and one.root.name.casefold() == two.root.name.casefold():
        return "this is the vault of {} too, whose name differs in case alone; call one of them otherwise"
    if one.vault != two.vault and _overlap(one.vault, two.vault):
        return "this folder lies in the vault of {} or around it; name that vault itself, or a folder elsewhere"
    return ""


def _session(config: Config) -> tuple[Path, str]:
    return config.telegram.sessions_dir, config.telegram.session.casefold()


def _overlap(one: Path, two: Path) -> bool:
    """Whether one lies within the other; Obsidian reads a vault with all its folders."""
    return one in two.parents or two in one.parents


def _called(name: str) -> str:
    return f"account {name}" if name else "the first account"
