"""The article of a link preview (Instant View) as the body of a note. https://core.telegram.org/api/instant-view"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from tobs.model import Message, Raw
from tobs.rawfields import listed, mapping, plain, whole
from tobs.vault.blocks.anchors import PageLinks, anchored, bare, block_ids, names_in, places
from tobs.vault.blocks.body import each
from tobs.vault.blocks.media import leftovers
from tobs.vault.blocks.page import LAST_DATE, Page, page_of, paragraphs
from tobs.vault.blocks.wording import wording
from tobs.vault.context import Context
from tobs.vault.escape import escape_one_line, tidy
from tobs.vault.links import web_link
from tobs.vault.paragraphs import hard_breaks
from tobs.vault.words import number

_PART = "*(Telegram has the beginning only; the rest is at its source)*"


def article_title(webpage: Raw) -> str:
    """What to call the article of a raw WebPage; one line, never empty and not escaped."""
    titles = (block for block in _blocks(webpage) if block.get("_") in ("PageBlockTitle", "PageBlockHeader"))
    found = (plain(webpage.get("title")), wording(next(titles, {})), _site(webpage))
    return next(filter(None, (" ".join(tidy(title).split()) for title in found)), "Article")


def article_author(webpage: Raw) -> str:
    """Who wrote the article, "" if it does not say; one line, not escaped."""
    named = wording(_author_date(webpage).get("author")) or plain(webpage.get("author"))
    return " ".join(tidy(named).split())


def article_date(webpage: Raw) -> int:
    """When the article was published, 0 if it does not say or says nonsense."""
    published = whole(_author_date(webpage), "published_date")
    return published if 0 < published < LAST_DATE else 0


def article_body(webpage: Raw, message: Message, context: Context) -> str:
    """The note of the article that `message` previews, without properties: where it is from, and its blocks.

    It ends without a newline. Places in it that it links to itself are block
    ids with the prefix ``a-``.
    """
    raw = mapping(webpage, "cached_page")
    page = attrs.evolve(page_of(message, context), article=True)
    rest = [leftovers(_blocks(webpage), page, "article"), [_PART] if raw.get("part") else []]
    text = "\n".join(paragraphs([list(_head(webpage, page)), *_written(webpage, page), *rest]))
    return hard_breaks(text) if context.look.hard_breaks else text


def _blocks(webpage: Raw) -> list[Raw]:
    return listed(mapping(webpage, "cached_page"), "blocks")


def _author_date(webpage: Raw) -> Raw:
    return next((block for block in _blocks(webpage) if block.get("_") == "PageBlockAuthorDate"), {})


def _site(webpage: Raw) -> str:
    return next(filter(None, (plain(webpage.get(key)) for key in ("site_name", "display_url", "url"))), "")


def _head(webpage: Raw, page: Page) -> Iterator[str]:
    url = plain(mapping(webpage, "cached_page").get("url")) or plain(webpage.get("url"))
    views = whole(mapping(webpage, "cached_page"), "views")
    site = escape_one_line(_site(webpage) or url)
    source = f"🔗 {web_link(site, '', url)}" if site else ""
    if about := " · ".join(filter(None, [source, f"👁 {number(views)}" if views > 0 and page.context.counters else ""])):
        yield about
    if not _author_date(webpage) and (author := article_author(webpage)):
        yield f"✍ {escape_one_line(author)}"


def _written(webpage: Raw, page: Page) -> list[list[str]]:
    blocks = _blocks(webpage)
    if not any(block.get("_") == "PageBlockTitle" for block in blocks):
        blocks = [_title(webpage), *blocks]
    parts = each(blocks, page)
    if next(names_in(blocks), None) is None:
        return parts
    found = places(blocks, parts, page)
    ids = block_ids(found)
    urls = {bare(plain(one.get("url"))) for one in (webpage, mapping(webpage, "cached_page"))} - {""}
    page = attrs.evolve(page, links=PageLinks(page.context, frozenset(urls), ids))
    carried: set[str] = set()
    placed = [{part: _own(names, ids, carried) for part, names in block.items()} for block in found]
    kept = [{part: anchor for part, anchor in block.items() if anchor} for block in placed]
    return each(blocks, page, lambda index, block, page: anchored(block, page, kept[index]))


def _own(names: list[str], ids: dict[str, str], carried: set[str]) -> str:
    """The id of a place; "" if its names all stand somewhere before, too."""
    anchor = next((ids[name] for name in names if ids[name] not in carried), "")
    carried.add(anchor)
    return anchor


def _title(webpage: Raw) -> Raw:
    return {"_": "PageBlockTitle", "text": {"_": "TextPlain", "text": article_title(webpage)}}
