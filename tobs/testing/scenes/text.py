"""Text with entities, written as nested calls: ``rich("see ", bold("this ", italic("now")))``.

Offsets are counted in UTF-16 code units, as Telegram does:
https://core.telegram.org/api/entities#entity-length
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final

import attrs
from telethon.tl import types


@attrs.frozen
class Rich:
    """A text and its entities, outermost first."""

    text: str
    entities: tuple[Any, ...] = ()


Part = str | Rich


def units(text: str) -> int:
    """The length of `text` in UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def rich(*parts: Part) -> Rich:
    """The parts one after the other."""
    text, entities = "", []
    for part in parts:
        added = Rich(part) if isinstance(part, str) else part
        entities += [_moved(entity, units(text)) for entity in added.entities]
        text += added.text
    return Rich(text, tuple(entities))


def _moved(entity: Any, by: int) -> Any:
    moved = copy.copy(entity)
    moved.offset += by
    return moved


def mark(make: Callable[..., Any], *parts: Part) -> Rich:
    """The parts, with one entity over all of them."""
    inner = rich(*parts)
    return Rich(inner.text, (make(offset=0, length=units(inner.text)), *inner.entities))


bold = partial(mark, types.MessageEntityBold)
italic = partial(mark, types.MessageEntityItalic)
underline = partial(mark, types.MessageEntityUnderline)
strike = partial(mark, types.MessageEntityStrike)
spoiler = partial(mark, types.MessageEntitySpoiler)
code = partial(mark, types.MessageEntityCode)
quote = partial(mark, types.MessageEntityBlockquote)
phone = partial(mark, types.MessageEntityPhone)
email = partial(mark, types.MessageEntityEmail)
card = partial(mark, types.MessageEntityBankCard)


def folded(*parts: Part) -> Rich:
    """A quotation that is shown collapsed."""
    return mark(partial(types.MessageEntityBlockquote, collapsed=True), *parts)


def pre(language: str, source: str) -> Rich:
    return mark(partial(types.MessageEntityPre, language=language), source)


def link(url: str, *parts: Part) -> Rich:
    return mark(partial(types.MessageEntityTextUrl, url=url), *parts)


def person(user: Any, *parts: Part) -> Rich:
    """A mention of somebody without a username."""
    return mark(partial(types.MessageEntityMentionName, user_id=user.id), *parts)


def emoji(document_id: int, alt: str) -> Rich:
    """A custom emoji; `alt` is what a client shows that cannot load it."""
    return mark(partial(types.MessageEntityCustomEmoji, document_id=document_id), alt)


_FOUND: Final = re.compile(
    r"(?P<url>https?://[^\s<>]+[^\s<>.,;:!?)'\"])"
    r"|(?P<email>[\w.+-]+@[\w-]+\.[a-z]{2,})"
    r"|(?P<mention>(?<![\w@])@[A-Za-z]\w{3,31})"
    r"|(?P<hashtag>(?<![\w#])#[^\W\d]\w*)"
    r"|(?P<cashtag>(?<![\w$])\$[A-Z]{3,8}\b)"
    r"|(?P<command>(?<![\w/])/[a-z_]{2,}(?:@\w+)?)"
)
_KINDS: Final = {
    "url": types.MessageEntityUrl,
    "email": types.MessageEntityEmail,
    "mention": types.MessageEntityMention,
    "hashtag": types.MessageEntityHashtag,
    "cashtag": types.MessageEntityCashtag,
    "command": types.MessageEntityBotCommand,
}


def found(text: str) -> Rich:
    """Plain text with the entities that Telegram finds by itself: links, addresses, mentions, tags, commands."""
    return Rich(text, tuple(_entities(text, _FOUND.finditer(text))))


def _entities(text: str, matches: Iterable[re.Match[str]]) -> Iterable[Any]:
    for match in matches:
        yield _KINDS[str(match.lastgroup)](offset=units(text[: match.start()]), length=units(match.group()))
