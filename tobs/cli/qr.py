"""A link as a QR code in a terminal."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence

import attrs
import segno
from rich.console import Console

BORDER = 4  # modules of white around it, without which scanners do not find it
NARROW = 3  # where a module is two characters wide: so it fits into 80 columns
_UPPER_HALF = "▀"
# Both colours are set, and are not of those that themes change: on a light background the terminal's own would turn
# the code inside out.
_BLACK, _WHITE, _PLAIN = "16", "231", "\x1b[0m"
_ESCAPES = re.compile(r"\x1b\[[\d;]*m")
_CANNOT = "This terminal cannot draw a QR code."
_OTHERWISE = "Otherwise press Ctrl+C and sign in with a code, or have another program draw this link as a QR code:"


def draw(link: str, *, blocks: bool) -> list[str]:
    """Lines that show `link` as a QR code, with the escape sequences that colour them.

    With `blocks` a character shows two modules, one above the other; without,
    which every encoding can show, a module is two spaces.
    """
    rows = [list(row) for row in segno.make_qr(link, error="l").matrix_iter(border=BORDER if blocks else NARROW)]
    return list(_halves(rows) if blocks else _spaces(rows))


def size(lines: Sequence[str]) -> tuple[int, int]:
    """How many columns and lines a terminal must have to show all of it, with the cursor below."""
    return max(len(_ESCAPES.sub("", line)) for line in lines), len(lines) + 1


def _halves(rows: Sequence[Sequence[int]]) -> Iterator[str]:
    for upper, lower in zip(rows[::2], [*rows[1::2], [0] * len(rows)], strict=False):
        pairs = zip(upper, lower, strict=True)
        cells = (f"\x1b[38;5;{_colour(up)};48;5;{_colour(low)}m{_UPPER_HALF}" for up, low in pairs)
        yield "".join(cells) + _PLAIN


def _spaces(rows: Sequence[Sequence[int]]) -> Iterator[str]:
    for row in rows:
        yield "".join(f"\x1b[48;5;{_colour(module)}m  " for module in row) + _PLAIN


def _colour(module: int) -> str:
    return _BLACK if module else _WHITE


@attrs.define(eq=False)
class QrScreen:
    """Shows one link after the other on stderr, each in the place of the one before.

    Where none can be drawn the link itself is said. Opening it is of no use: Telegram's apps take it from their own
    scanner only.
    """

    console: Console = attrs.field(factory=lambda: Console(stderr=True))
    _lines: int = 0

    def show(self, link: str) -> None:
        """Draw the link; where that cannot be, say it, and what to do."""
        lines = [_CANNOT, _OTHERWISE, link] if self._is_plain() else self._drawn(link)
        if self._lines and not self._is_plain():  # an old code must not be there to be scanned
            sys.stderr.write(f"\x1b[{self._lines}A\x1b[J")
        sys.stderr.write("".join(f"{line}\n" for line in lines))
        sys.stderr.flush()
        self._lines = sum(max(1, -(-len(line) // self.console.width)) if "\x1b" not in line else 1 for line in lines)

    def _is_plain(self) -> bool:
        return self.console.is_dumb_terminal or self.console.legacy_windows

    def _drawn(self, link: str) -> list[str]:
        lines = draw(link, blocks=self._can_show(_UPPER_HALF))
        columns, rows = size(lines)
        if columns <= self.console.width and rows <= self.console.height:
            return lines
        # A part of a code cannot be scanned. The window is looked at again with the next code, half a minute later.
        small = f"There is no room for a QR code; make this window {columns} columns wide and {rows} lines high."
        return [small, _OTHERWISE, link]

    def _can_show(self, text: str) -> bool:
        try:
            text.encode(self.console.encoding)
        except (UnicodeEncodeError, LookupError):
            return False
        return True
