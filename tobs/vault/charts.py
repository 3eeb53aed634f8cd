"""Numbers as Mermaid charts, which Obsidian draws by itself (pure).

Names stand in them as labels. Mermaid has no way to escape in a label, so
signs that could end it, or that Mermaid, KaTeX, HTML or Templater would read,
become signs that look alike.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from tobs.vault.escape import tidy
from tobs.vault.names import INVISIBLE, cut

MONTHS_SHOWN = 13  # bars whose labels do not run into each other
MONTHS_IN_QUARTERS = 46  # 16 bars at most, for the same reason; beyond, years are shown
YEARS_FILLED = 40  # a longer history is one with a wrong clock, and empty years would fill the chart
SLICES = 9  # more cannot be told apart by their colours
LABEL_BYTES = 60
_ACTS = re.compile(r"""["#$%&;<>\[\\\]`{|}~^]|:(?=:)|(?<=:):""")
_FULL_WIDTH = 0xFEE0  # from an ASCII sign to the sign that looks alike and acts as nothing


def activity(months: Mapping[str, int]) -> str:
    """Messages over time as bars: months (``2024-05``), quarters or years, whatever can still be told apart.

    "" where there would be one bar.
    """
    bars = _bars(months) if months else {}
    if len(bars) < 2:
        return ""
    axis = ", ".join(f'"{label}"' for label in bars)
    values = ", ".join(str(count) for count in bars.values())
    return _fenced(["xychart-beta", f"    x-axis [{axis}]", '    y-axis "Messages"', f"    bar [{values}]"])


def _bars(months: Mapping[str, int]) -> Mapping[str, int]:
    numbers = {_number(month): count for month, count in months.items()}
    low, high = min(numbers), max(numbers)
    # A time without messages is part of the picture.
    every = range(low, high + 1) if high - low < YEARS_FILLED * 12 else sorted(numbers)
    label = _month if high - low < MONTHS_SHOWN else _quarter if high - low < MONTHS_IN_QUARTERS else _year
    bars = {label(number): 0 for number in every}
    for number, count in numbers.items():
        bars[label(number)] += count
    return bars


def _number(month: str) -> int:
    year, _, rest = month.partition("-")
    return int(year) * 12 + int(rest) - 1


def _month(number: int) -> str:
    return f"{number // 12:04}-{number % 12 + 1:02}"


def _quarter(number: int) -> str:
    return f"{number // 12:04} Q{number % 12 // 3 + 1}"


def _year(number: int) -> str:
    return f"{number // 12:04}"


def shares(parts: Sequence[tuple[str, int]]) -> str:
    """Named parts of a whole, the largest first, as a pie; "" where there is nothing to divide."""
    shown = [(name, count) for name, count in parts[:SLICES] if count > 0]
    rest = sum(count for _, count in parts[SLICES:])
    if len(shown) < 2:
        return ""
    slices = [*zip(_labels(name for name, _ in shown), (count for _, count in shown), strict=True)]
    if rest > 0:
        slices.append((f"{len(parts) - SLICES:,} more", rest))
    return _fenced(["pie showData", *(f'    "{name}" : {count}' for name, count in slices)])


def _labels(names: Iterable[str]) -> Iterator[str]:
    """Each name as a label of its own: Mermaid drops a slice that is called as another."""
    seen: Counter[str] = Counter()
    for name in map(label, names):
        seen[name] += 1
        yield f"{name} ({seen[name]})" if seen[name] > 1 else name


def label(name: str) -> str:
    """A name of any signs as text between double quotes in a chart."""
    plain = INVISIBLE.sub("", " ".join(tidy(name).split()))
    looking = _ACTS.sub(lambda match: chr(ord(match[0]) + _FULL_WIDTH), plain)
    return cut(looking, LABEL_BYTES).strip() or "Unknown"


def _fenced(lines: Iterable[str]) -> str:
    return "\n".join(["```mermaid", *lines, "```"])
