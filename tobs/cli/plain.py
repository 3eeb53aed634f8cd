"""Text from strangers, made harmless for a terminal (pure)."""

from __future__ import annotations

import re
import unicodedata

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)?", re.DOTALL)
# Controls, surrogates and private use; line and paragraph separators. Of the
# invisible format characters only the joiners stay, which emoji and Persian need:
# the others reverse or hide what stands beside them.
_FORBIDDEN = {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}
_JOINERS = "\u200c\u200d"


def plain(text: str, width: int = 60) -> str:
    """`text` as one line without escape sequences, controls and direction marks, cut to `width` characters."""
    kept = "".join(character if _is_harmless(character) else " " for character in _ESCAPES.sub("", text))
    line = " ".join(kept.split())
    return line if len(line) <= width else f"{line[: width - 1]}…"


def _is_harmless(character: str) -> bool:
    category = unicodedata.category(character)
    return category not in _FORBIDDEN and (category != "Cf" or character in _JOINERS)
