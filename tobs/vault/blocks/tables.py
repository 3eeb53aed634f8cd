"""Tables: one header row, a cell for each cell, empty cells where one spans several."""

from __future__ import annotations

import re
from collections.abc import Sequence

import attrs

from tobs.model import Raw
from tobs.rawfields import listed, whole
from tobs.vault.blocks.page import Page, paragraphs
from tobs.vault.blocks.richtext import cell_lines, marked, rich_lines
from tobs.vault.code import html_code

SPARE = 10_000  # empty cells that spans may add to a table
# What Markdown reads before it looks for cells (escapes), and what holds a bar without escaping it.
_BARS = re.compile(r"\\.|(?<!`)(?P<ticks>`+)(?!`)(?P<code>.+?)(?<!`)(?P=ticks)(?!`)|\$(?P<tex>[^$]*)\$|\|")
_RULES = {"": "---", "center": ":-:", "right": "--:"}


@attrs.frozen
class Cell:
    """What a place of the table shows, how its column should stand, and whether it is in the header row."""

    text: str = ""
    align: str = ""
    title: bool = False


def table(raw: Raw, page: Page) -> list[str]:
    """The title in bold, and the rows."""
    title = rich_lines(marked("TextBold", raw.get("title")), page)
    return paragraphs([title, _rows(_grid(listed(raw, "rows"), page))])


def _rows(grid: list[list[Cell]]) -> list[str]:
    width = max(map(len, grid), default=0)
    if not width:
        return []
    # Markdown wants a header, and as wide a one as the widest row: what goes beyond it is not shown.
    head, body = (grid[0], grid[1:]) if grid[0][0].title else ([], grid)
    rules = [_RULES[_align(grid, column)] for column in range(width)]
    titles = [cell.text for cell in head] + [""] * (width - len(head))
    return [_row(titles), _row(rules), *(_row([cell.text for cell in row]) for row in body)]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _align(grid: list[list[Cell]], column: int) -> str:
    for row in grid:
        if column < len(row) and (row[column].align or row[column].text):
            return row[column].align
    return ""


def _grid(rows: list[Raw], page: Page) -> list[list[Cell]]:
    grid: list[list[Cell]] = []
    titled = bool(rows) and all(cell.get("header") for cell in listed(rows[0], "cells"))
    below: dict[int, int] = {}  # columns that a cell above still fills, and for how many rows
    spare = SPARE
    for left, row in zip(range(len(rows), 0, -1), rows, strict=True):
        cells: list[Cell] = []
        taken = below
        below = {column: more - 1 for column, more in taken.items() if more > 1}
        for raw in listed(row, "cells"):
            _skip(cells, taken)
            wide, high = max(1, whole(raw, "colspan")), min(left, max(1, whole(raw, "rowspan")))
            if wide * high - 1 > spare:
                wide = high = 1
            spare -= wide * high - 1
            if high > 1:
                below |= dict.fromkeys(range(len(cells), len(cells) + wide), high - 1)
            cells += [_cell(raw, page, titled and not grid), *[Cell()] * (wide - 1)]
        _skip(cells, taken)
        if cells:
            grid.append(cells)
    return grid


def _skip(cells: list[Cell], taken: dict[int, int]) -> None:
    while len(cells) in taken:
        cells.append(Cell())


def _cell(raw: Raw, page: Page, title: bool) -> Cell:
    align = "right" if raw.get("align_right") else "center" if raw.get("align_center") else ""
    shown = marked("TextBold", raw.get("text")) if raw.get("header") and not title else raw.get("text")
    return Cell("<br>".join(_BARS.sub(_escape_bar, line) for line in cell_lines(shown, page)), align, title)


def _escape_bar(match: re.Match[str]) -> str:
    if match[0] == "|":  # between the name and the label of a link into the vault
        return "\\|"
    inner = match["code"] or match["tex"]
    if not inner or "|" not in inner:
        return match[0]
    return html_code(inner[1:-1] if inner[0] == " " == inner[-1] and inner.strip() else inner)
