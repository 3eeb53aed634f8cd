"""Games, and what is thrown."""

from __future__ import annotations

from collections.abc import Iterator

from tobs.model import Message, Raw
from tobs.rawfields import mapping, whole
from tobs.vault.cards.shape import joined, one_line
from tobs.vault.context import Context
from tobs.vault.escape import finish_line
from tobs.vault.words import money


def game(raw: Raw, message: Message, context: Context) -> Iterator[str]:
    """A game's name and description."""
    played = mapping(raw, "game")
    about = one_line(played, "description")
    yield f"🎮 **{one_line(played, 'title') or 'Game'}**" + (f" — {about}" if about else "")


def dice(raw: Raw, message: Message, context: Context) -> Iterator[str]:
    """What was thrown, and what came; with a stake, also what was won."""
    outcome = mapping(raw, "game_outcome")
    stake, won = (money(whole(outcome, key), "TON") for key in ("stake_ton_amount", "ton_amount"))
    thrown = f"{one_line(raw, 'emoticon') or '🎲'} {whole(raw, 'value')}"
    yield finish_line(joined(thrown, *((f"stake {stake}", f"won {won}") if outcome else ())))
