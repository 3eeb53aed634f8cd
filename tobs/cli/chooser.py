"""The list of `tobs.cli.choosing` on a screen."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from prompt_toolkit.application import Application
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import FormattedTextControl, Layout, Window
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.utils import get_cwidth

from tobs.cli.choosing import Choosing, Row
from tobs.cli.plain import plain
from tobs.telegram.bridge import call, open_asyncio

HELP = "Type to search, Space marks, Enter takes what is marked, Esc leaves all as it was"
TITLE_WIDTH = 44
FRAME = 3  # lines above and below the rows
PAGE = 10
ESCAPE_SECONDS = 0.05  # after Esc, what may still follow if it was the beginning of an arrow key


async def choose(rows: Sequence[Row], marked: Iterable[str]) -> set[str] | None:
    """The keys of the rows that a person marks; None if nothing is to change."""
    choosing = Choosing(rows, set(marked))
    app: Application[str] = Application(
        Layout(Window(FormattedTextControl(lambda: _text(choosing, app), show_cursor=False))),
        key_bindings=_bindings(choosing),
        full_screen=True,
        color_depth=ColorDepth.DEPTH_1_BIT,  # marks and bold say it all
    )
    app.ttimeoutlen = ESCAPE_SECONDS
    async with open_asyncio():
        # Signals stay with whoever runs this; Ctrl+C is a key here.
        end = await call(math.inf, app.run_async, handle_sigint=False)
    if end == "interrupted":  # only here: a KeyboardInterrupt inside asyncio code would hang it
        raise KeyboardInterrupt
    return choosing.marked if end == "taken" else None


def _text(choosing: Choosing, app: Application[str]) -> StyleAndTextTuples:
    size = app.output.get_size()
    lines: StyleAndTextTuples = [("bold", _cut(HELP, size.columns) + "\n"), ("", f"Search: {choosing.search}▏\n")]
    for row, here in choosing.visible(max(1, size.rows - FRAME)):
        lines.append(("reverse" if here else "", _cut(_line(row, row.key in choosing.marked), size.columns) + "\n"))
    lines.append(("bold", f"{len(choosing.marked)} marked, {len(choosing.shown)} shown"))
    return lines


def _line(row: Row, marked: bool) -> str:
    box = "[x]" if marked else "[ ]"
    title = f"{'    ' if row.parent else ''}{plain(row.title, TITLE_WIDTH)}"
    return f"{box} {title}{' ' * max(1, TITLE_WIDTH + 5 - get_cwidth(title))}{plain(row.detail, 200)}"


def _cut(line: str, columns: int) -> str:
    while get_cwidth(line) >= columns:
        line = line[:-1]
    return line


def _bindings(choosing: Choosing) -> KeyBindings:
    bindings = KeyBindings()
    for key, lines in _MOVES.items():
        bindings.add(key)(lambda event, lines=lines: choosing.move(lines))
    bindings.add(" ")(lambda event: choosing.toggle())
    bindings.add(Keys.Backspace)(lambda event: choosing.erase())
    for key in (Keys.Any, Keys.BracketedPaste):
        bindings.add(key)(lambda event: choosing.type(_printable(event)))
    bindings.add(Keys.Enter)(lambda event: event.app.exit("taken"))
    bindings.add(Keys.Escape)(lambda event: event.app.exit("left"))
    bindings.add(Keys.ControlC)(lambda event: event.app.exit("interrupted"))
    return bindings


_MOVES: dict[str, int] = {Keys.Up: -1, Keys.Down: 1, Keys.PageUp: -PAGE, Keys.PageDown: PAGE}


def _printable(event: KeyPressEvent) -> str:
    return "".join(character for character in event.data if character.isprintable())
