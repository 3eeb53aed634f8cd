"""The note of an article that a message's link preview brought along (pure). Instant View, in Telegram's words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from tobs.archive.rows import ArchivedChat
from tobs.model import Message, Raw
from tobs.rawfields import listed, mapping, plain
from tobs.vault.archive_context import ArchiveContext, World
from tobs.vault.blocks.article import article_author, article_body, article_date, article_title
from tobs.vault.context import Target
from tobs.vault.frontmatter import Plain, Value, frontmatter
from tobs.vault.layout import TITLE_BYTES
from tobs.vault.names import STEP, safe_name
from tobs.vault.seal import seal


def article_of(message: Message) -> Raw:
    """The raw WebPage of a message whose article Telegram has kept, {} if there is none."""
    page = mapping(message.media.raw, "webpage") if message.media and message.media.kind == "webpage" else {}
    return page if listed(mapping(page, "cached_page"), "blocks") else {}


def article_target(message: Message, archived: ArchivedChat) -> Target:
    """The note of its article. The id makes its name the only one."""
    title = safe_name(article_title(article_of(message)), TITLE_BYTES)
    return Target(f"{title}{STEP}{archived.folder} {message.id} article")


def article_note(message: Message, archived: ArchivedChat, context: ArchiveContext, world: World) -> str:
    """The whole note, with a link back to the message. `context` has the message's note open."""
    page = article_of(message)
    head = frontmatter(_properties(page, message, archived, world))
    return seal(head, article_body(page, message, context))


def _properties(page: Raw, message: Message, archived: ArchivedChat, world: World) -> Iterator[tuple[str, Value]]:
    yield "tg_kind", "article"
    yield "tg_chat", f"[[{archived.folder}]]"
    yield "tg_chat_id", message.chat_id
    yield "tg_message_id", message.id
    if published := article_date(page):
        yield "date", Plain(f"{datetime.fromtimestamp(published, world.zone):%Y-%m-%d}")
    yield "tg_author", safe_name(author) if (author := article_author(page)) else ""
    yield "tg_url", plain(page.get("url"))
    yield "aliases", [safe_name(article_title(page))]
    yield "tags", ["telegram/article"]
    yield "cssclasses", ["tobs"]
