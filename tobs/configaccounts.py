"""``[accounts.NAME]``: further accounts, each of which says only what differs (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from tobs import strict
from tobs.config import Config


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


def account_problems(configs: Mapping[str, Config]) -> Iterator[tuple[str, str, str]]:
    """Account, key and problem: two accounts can share neither a session nor a vault.

    Message numbers of private chats are each account's own, and links in a
    vault go by the names of notes, which two accounts would have twice.
    """
    names = list(configs)
    for at, name in enumerate(names):
        for other in names[:at]:
            one, two = configs[name], configs[other]
            if _session(one) == _session(two):
                yield name, "telegram.session", f"this session is {_called(other)}'s; give each account its own"
            if _overlap(one.export.vault, two.export.vault):
                yield name, "export.vault", f"a vault holds one account, and this is {_called(other)}'s; choose another"


def _session(config: Config) -> tuple[Path, str]:
    return config.telegram.sessions_dir, config.telegram.session.casefold()


def _overlap(one: Path, two: Path) -> bool:
    """Whether one lies within the other; Obsidian reads a vault with all its folders."""
    return one == two or one in two.parents or two in one.parents


def _called(name: str) -> str:
    return f"account {name}" if name else "the first account"
