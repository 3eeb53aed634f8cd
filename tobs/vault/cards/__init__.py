"""Attachments that Markdown has no shape for, in words: one room a subject, one function a kind.

Raw dicts come from a server: any key may be missing, any text is escaped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from tobs.model import MediaKind, Message, Raw
from tobs.vault.cards.contact import contact
from tobs.vault.cards.games import dice, game
from tobs.vault.cards.giveaways import giveaway, giveaway_results
from tobs.vault.cards.page import webpage
from tobs.vault.cards.places import geo, geo_live, venue
from tobs.vault.cards.polls import poll
from tobs.vault.cards.sales import invoice, paid
from tobs.vault.cards.stories import story, stream
from tobs.vault.cards.todo import todo
from tobs.vault.context import Context

Card = Callable[[Raw, Message, Context], Iterable[str]]

CARDS: Mapping[MediaKind, Card] = {
    "poll": poll, "geo": geo, "geolive": geo_live, "venue": venue, "contact": contact, "dice": dice,
    "webpage": webpage, "game": game, "invoice": invoice, "todo": todo, "story": story, "stream": stream,
    "giveaway": giveaway, "giveaway_results": giveaway_results, "paid": paid,
}  # fmt: skip
