"""Previews of linked pages."""

from __future__ import annotations

from collections.abc import Iterator

from tobs.model import Message, Raw
from tobs.rawfields import mapping, plain, whole
from tobs.vault.cards.shape import joined, nested, one_line
from tobs.vault.context import Context
from tobs.vault.escape import escape, escape_one_line
from tobs.vault.links import web_link, wikilink
from tobs.vault.words import duration

PREVIEW = 300  # characters of a page's description: what Telegram shows, too


def webpage(raw: Raw, message: Message, context: Context) -> Iterator[str]:
    """A folded preview of a linked page; only its address if Telegram had none, nothing if the text has that."""
    page = mapping(raw, "webpage")
    title = joined(one_line(page, "site_name"), one_line(page, "title"))
    about = plain(page.get("description"))
    target = context.companion(message.chat_id, message.id)
    article = [f"📖 {wikilink(target, 'Article')}"] if target else []
    if title or about:
        head = f"[!tg-link]- {title or one_line(page, 'display_url') or 'Link'}"
        yield from nested([head, *_details(page, about), *article])
        return
    if (link := _address(page)) and not _is_in(message, plain(page.get("url"))):
        yield link
    yield from article


def _details(page: Raw, about: str) -> Iterator[str]:
    seconds = whole(page, "duration")
    author = f"✍ {author}" if (author := one_line(page, "author")) else ""
    if by := joined(author, duration(seconds) if seconds else ""):
        yield by
    if about := escape(about if len(about) <= PREVIEW else about[:PREVIEW].rstrip() + "…"):
        yield about
    if link := _address(page):
        yield link


def _address(page: Raw) -> str:
    url, shown = plain(page.get("url")), plain(page.get("display_url"))
    if not url:
        return ""
    text = url if not shown.strip() or url.partition("://")[2] == shown else shown
    return f"🔗 {web_link(escape_one_line(text), text, url)}"


def _is_in(message: Message, url: str) -> bool:
    bare = url.partition("://")[2].rstrip("/") or url
    return bare in message.text or any(bare in entity.url for entity in message.entities)
