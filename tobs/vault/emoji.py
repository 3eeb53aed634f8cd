"""Custom emoji in notes: pictures as high as text, with the emoji that each stands for beside them."""

from __future__ import annotations

import re

from tobs.vault.escape import escape_one_line

WIDTH = 20  # pixels: an emoji beside Obsidian's text of 16
# What stands beside a picture is in the note as it is: no letters, no Markdown, nothing that turns the text around. The
# longest emoji, a family or the flag of a part of a country, have ten code points or fewer.
_EMOJI = re.compile(r"[0-9]?[\u2100-\uffff\U0001f000-\U0001faff\U000e0020-\U000e007f\u200d\u20e3\u203c\u2049©®]{1,16}")
_LETTER = "\u2139"  # the one emoji that Unicode counts among letters


def is_emoji(text: str) -> bool:
    """Whether a picture may stand for this text: Telegram marks single emoji so, and a stranger may mark anything."""
    others = text.replace(_LETTER, "")
    return _EMOJI.fullmatch(text) is not None and not any(char.isalpha() or char.isspace() for char in others)


def emoji_or_picture(emoji: str, picture: str) -> str:
    """An emoji on its own, by the file `picture` if there is one; "" if there is neither."""
    return emoji_embed(picture, emoji if is_emoji(emoji) else "") if picture else escape_one_line(emoji)


def emoji_embed(name: str, emoji: str) -> str:
    """The picture `name` in a line. The emoji describes it: it can be searched for, and shows without the file."""
    return f"![[{name}|{emoji}|{WIDTH}]]" if emoji else f"![[{name}|{WIDTH}]]"
