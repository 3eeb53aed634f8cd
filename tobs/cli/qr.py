"""A link as a QR code in a terminal."""

from __future__ import annotations

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


def draw(link: str, *, columns: int, blocks: bool) -> list[str]:
    """Lines that show `link` as a QR code, with the escape sequences that colour them; none if they are too wide.

    With `blocks` a character shows two modules, one above the other; without,
    which every encoding can show, a module is two spaces.
    """
    rows = [list(row) for row in segno.make_qr(link, error="l").matrix_iter(border=BORDER if blocks else NARROW)]
    if len(rows[0]) * (1 if blocks else 2) > columns:
        return []
    return list(_halves(rows) if blocks else _spaces(rows))


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
    """Shows one link after the other on stderr, each in the place of the one before."""

    console: Console = attrs.field(factory=lambda: Console(stderr=True))
    _lines: int = 0

    def show(self, link: str) -> None:
        """Draw the link; where that cannot be, say the link itself."""
        lines = [] if self._is_plain() else self._drawn(link)
        if not lines:
            lines = ["Here is no room for a QR code; open this link on a device that is signed in to Telegram:", link]
        if self._lines and not self._is_plain():  # an old code must not be there to be scanned
            sys.stderr.write(f"\x1b[{self._lines}A\x1b[J")
        sys.stderr.write("".join(f"{line}\n" for line in lines))
        sys.stderr.flush()
        self._lines = sum(max(1, -(-len(line) // self.console.width)) if "\x1b" not in line else 1 for line in lines)

    def _is_plain(self) -> bool:
        return self.console.is_dumb_terminal or self.console.legacy_windows

    def _drawn(self, link: str) -> list[str]:
        return draw(link, columns=self.console.width, blocks=self._can_show(_UPPER_HALF))

    def _can_show(self, text: str) -> bool:
        try:
            text.encode(self.console.encoding)
        except (UnicodeEncodeError, LookupError):
            return False
        return True
