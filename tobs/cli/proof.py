"""The end of a verification, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.console import Group as Lines
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from tobs.cli.outcome import Says
from tobs.cli.plain import plain
from tobs.cli.units import counted
from tobs.verify.findings import Group
from tobs.verify.verification import Verification

SHOWN = 5  # findings of a kind: enough to see what they have in common


def proof(found: Verification, vault: Path, says: Says) -> RenderableType:
    """A table of kinds, the first findings of each with what to do, and the verdict."""
    parts: list[RenderableType] = [_table(found)] if found.groups else []
    for group in found.groups:
        parts += _first(group, says)
    return Lines(*parts, _verdict(found, vault))


def _table(found: Verification) -> Table:
    table = Table("", "what", "count")
    table.columns[2].justify = "right"
    for group in found.groups:
        about = group.kind.value
        sign, style = ("✗", "red") if about.problem else ("·", "")
        table.add_row(sign, Text(about.title), f"{group.count:,}", style=style)
    return table


def _first(group: Group, says: Says) -> Iterator[Text]:
    about = group.kind.value
    yield Text(f"{about.title}. {says(about.advice)}".rstrip(), "bold red" if about.problem else "bold")
    for finding in group.first[:SHOWN]:
        yield Text(f"  {plain(says(finding.text), 300)}")
    if group.sentences > SHOWN:
        yield Text(f"  and {group.sentences - SHOWN:,} more", "dim")


def _verdict(found: Verification, vault: Path) -> Text:
    looked = f"{counted(found.messages, 'message')} of {counted(found.chats, 'chat')}, {counted(found.notes, 'note')}"
    looked += f" and {counted(found.files, 'file')}"
    where = plain(str(vault), 500)
    if found.clean:
        return Text(f"✓ {looked} are as they should be in {where}", "green")
    count = sum(group.count for group in found.findings)
    return Text(f"✗ {counted(count, 'finding')} in {looked} in {where}", "red")
