"""The words of the big chat: openers that may carry entities, bodies of many lengths, a few sets of reactions."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import attrs

from tobs.testing.scenes import text as t
from tobs.testing.scenes.scene import reactions

OPENERS: Final = 64
BODIES: Final = 2048
REACTIONS: Final = 6
FIRST: Final = ("Anna", "Boris", "Chen", "Dalia", "Emre", "Fatou", "Goran", "Hana", "Igor", "Jun")
LAST: Final = ("Abbott", "Berg", "Castro", "Dubois", "Evans")

_PLAIN: Final = (
    "",
    "",
    "Ok, ",
    "Hm. ",
    "So, ",
    "Yes: ",
    "No, wait. ",
    "By the way, ",
    "😂 ",
    "Да, ",
    "嗯，",
    "نعم، ",
    "Well… ",
    "🤔 ",
)
_WORDS: Final = (
    "the train leaves at nine and nobody has the tickets",
    "did anyone try the new version on an old machine",
    "I wrote it down somewhere",
    "let us meet at the bridge",
    "it rained the whole week",
    "the second photo is better than the first one",
    "can you send me the file again",
    "the meeting moved to Thursday",
    "my cat disagrees",
    "there is still soup",
    "we should ask the neighbours first",
    "this works on my side",
    "nobody told me about it",
    "see the pinned message",
    "the numbers do not add up (again)",
    "good morning everyone ☀️",
    "спасибо, посмотрю вечером",
    "明天见",
    "¿alguien sabe a qué hora empieza?",
    "ça marche très bien maintenant",
    "שבת שלום",
    "3 * 4 = 12, not 11",
    "look under #logistics or ask the bot",
    "a_b_c is a bad name for a file",
)
_ENDS: Final = (".", ".", "!", "?", "…", " 🙂", " 👍", "\n\nThat is all.", "")


@attrs.frozen
class Opener:
    """The first words of a message, UTF-8, with their entities also as a packed vector."""

    text: bytes
    entities: tuple[Any, ...]
    packed: bytes = attrs.field(repr=False)


@attrs.frozen
class ReactionSet:
    reactions: Any
    packed: bytes = attrs.field(repr=False)


@attrs.frozen
class Tables:
    openers: tuple[Opener, ...]
    bodies: tuple[bytes, ...]
    reactions: tuple[ReactionSet, ...]


@cache
def tables() -> Tables:
    """Made once; immutable."""
    return Tables(tuple(map(_opener, range(OPENERS))), tuple(map(_body, range(BODIES))), tuple(_reactions()))


def _opener(number: int) -> Opener:
    marked = (
        t.rich(t.bold("Important:"), " "),
        t.rich("See ", t.link("https://example.com/wiki?page=7", "the wiki"), ": "),
        t.rich(t.italic("(thinking)"), " ", t.code("v1.2"), " "),
        t.found("@big_admin https://example.org/a_b "),
        t.rich(t.bold(t.italic("Reminder")), ", "),
        t.rich(t.spoiler("secret"), " — "),
    )
    chosen = marked[number // 6 % len(marked)] if number % 6 == 5 else t.Rich(_PLAIN[number % len(_PLAIN)])
    vector = b"\x15\xc4\xb5\x1c" + len(chosen.entities).to_bytes(4, "little") + b"".join(map(bytes, chosen.entities))
    return Opener(chosen.text.encode(), chosen.entities, vector if chosen.entities else b"")


def _body(number: int) -> bytes:
    """Two to ten sentences: about 20 to 400 characters."""
    count = (2, 2, 3, 2, 4, 3, 2, 6, 3, 10)[number % 10]
    words = [_WORDS[(number * 7 + step * (number % 11 + 5)) % len(_WORDS)] for step in range(count)]
    return ". ".join(words).encode() + _ENDS[number % len(_ENDS)].encode()


def _reactions() -> Iterator[ReactionSet]:
    sets: tuple[tuple[tuple[str, int], ...], ...] = (
        (("👍", 3),),
        (("❤", 1),),
        (("😂", 7), ("👍", 2)),
        (("🔥", 4),),
        (("🎉", 2), ("❤", 2), ("👏", 1)),
        (("🤯", 1),),
    )
    for chosen in sets[:REACTIONS]:
        made = reactions(*chosen)
        yield ReactionSet(made, bytes(made))
