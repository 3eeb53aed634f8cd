"""``[accounts.NAME]``: further accounts, each of which says only what differs (pure)."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from tobs import strict
from tobs.accountnames import clashes, name_problem
from tobs.config import Config
from tobs.places import Place
from tobs.root import PLAIN, Root

Where = Callable[[Path], Place]

TOO_LONG = "files of a shared vault are named after the account; give it a shorter name, or a vault of its own"
OVERLAP = "this folder lies in the vault of {} or around it; name that vault itself, or a folder elsewhere"


def name_problems(accounts: Any, chosen: str) -> Iterator[str]:
    """What is wrong with the names of accounts, of which one was chosen ("": the first)."""
    if not isinstance(accounts, dict):
        yield "expected a table for each account, as in [accounts.work.telegram]"
        return
    yield from filter(None, map(name_problem, accounts))
    yield from clashes(accounts)
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


def rooted(configs: Mapping[str, Config], where: Where) -> dict[str, Config]:
    """Each account with its part of its vault: the first of those that share one has plain names there."""
    vaults: set[Place] = set()
    found = {}
    for name, config in configs.items():
        place = where(config.export.vault)
        root = Root(unicodedata.normalize("NFC", name)) if place in vaults else PLAIN
        found[name] = attrs.evolve(config, export=attrs.evolve(config.export, root=root))
        vaults.add(place)
    return found


def account_problems(configs: Mapping[str, Config], where: Where) -> Iterator[tuple[str, str, str]]:
    """Account, key and problem: no two share a session, vaults do not lie in each other, and names of files differ."""
    names = list(configs)
    for at, name in enumerate(names):
        if not configs[name].export.root.fits:
            yield name, "export.vault", TOO_LONG
        for other in names[:at]:
            one, two = configs[name], configs[other]
            if _session(one, where) == _session(two, where):
                yield name, "telegram.session", f"this session is {_called(other)}'s; give each account its own"
            if _overlap(where(one.export.vault), where(two.export.vault)):
                yield name, "export.vault", OVERLAP.format(_called(other))


def _session(config: Config, where: Where) -> tuple[Place, str]:
    return where(config.telegram.sessions_dir), config.telegram.session.casefold()


def _overlap(one: Place, two: Place) -> bool:
    """Whether one lies within the other; Obsidian reads a vault with all its folders."""
    return one.within(two) or two.within(one)


def _called(name: str) -> str:
    return f"account {name}" if name else "the first account"
