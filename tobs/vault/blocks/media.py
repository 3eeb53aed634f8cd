"""Blocks that show a file, a place, another page: as embeds, links and words, never as frames or HTML."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import attrs

from tobs.model import FileRole, Raw
from tobs.rawfields import listed, mapping, plain, whole
from tobs.vault.blocks.page import Inside, Page, paragraphs, quoted
from tobs.vault.blocks.prose import Block
from tobs.vault.blocks.richtext import marked, rich_line, rich_lines, rich_plain
from tobs.vault.blocks.wording import numbers_in
from tobs.vault.escape import escape, escape_one_line
from tobs.vault.links import web_link
from tobs.vault.media import file_lines
from tobs.vault.words import bold

Holder = Callable[[Raw, Page, Inside], list[str]]


def file(icon: str, kind: str, key: str) -> Block:
    """A photo, or a document, with its caption."""

    def block(raw: Raw, page: Page) -> Iterator[str]:
        spoiler = bool(raw.get("spoiler"))
        yield from files(whole(raw, key), page, spoiler=spoiler) or [f"{icon} *({kind} that Telegram did not send)*"]
        if url := plain(raw.get("url")):
            yield link(url)
        yield from caption(raw, page)

    return block


def files(file_id: int, page: Page, *, spoiler: bool = False) -> list[str]:
    """The lines of a photo or document, by the id that blocks know it by; none if the page did not bring it."""
    found = (attrs.evolve(each, spoiler=spoiler or each.spoiler) for each in page.files.get(file_id, ()))
    return [line for each in found for line in file_lines(page.message, each, page.context)]


def leftovers(blocks: object, page: Page, role: FileRole) -> list[str]:
    """The files of a page that none of its blocks shows."""
    named = numbers_in(blocks)
    return [line for file_id in page.files if file_id not in named for line in _of_role(file_id, page, role)]


def _of_role(file_id: int, page: Page, role: FileRole) -> list[str]:
    return files(file_id, page) if page.files[file_id][0].role == role else []


def caption(raw: Raw, page: Page) -> list[str]:
    """The text below a picture, and whose picture it is."""
    told = mapping(raw, "caption")
    lines = rich_lines(marked("TextItalic", told.get("text")), page)
    credit = told.get("credit")
    return [*lines, *(rich_lines(marked("TextItalic", "© ", credit), page) if rich_plain(credit, page).strip() else [])]


def link(url: str) -> str:
    """An address that can be clicked, where that is safe."""
    return f"🔗 {web_link(escape_one_line(url), url, url)}"


def cover(raw: Raw, page: Page, inside: Inside) -> list[str]:
    """What stands at the head of an article."""
    return inside([mapping(raw, "cover")])


def gallery(raw: Raw, page: Page, inside: Inside) -> list[str]:
    """Pictures that belong together, one below the other."""
    return paragraphs([inside(listed(raw, "items")), caption(raw, page)])


def embed(raw: Raw, page: Page) -> Iterator[str]:
    """Another page's player or widget: the way to it."""
    url = plain(raw.get("url"))
    yield from files(whole(raw, "poster_photo_id"), page)
    yield link(url) if url else "*(a page's own widget: it has no address)*"
    yield from caption(raw, page)


def embedded_post(raw: Raw, page: Page, inside: Inside) -> list[str]:
    """A post of another network, with its author and date."""
    url = plain(raw.get("url"))
    title = " · ".join(filter(None, [bold(plain(raw.get("author"))), page.date(whole(raw, "date"))]))
    face = files(whole(raw, "author_photo_id"), page)
    parts = [
        [f"[!tg-link] {title}", *face],
        [link(url)] if url else [],
        inside(listed(raw, "blocks")),
        caption(raw, page),
    ]
    return quoted(paragraphs(parts))


def channel(raw: Raw, page: Page) -> list[str]:
    """A channel that the article recommends."""
    chat = mapping(raw, "channel")
    name = plain(chat.get("username"))
    title = plain(chat.get("title")) or name or "Channel"
    return [f"📣 {web_link(escape_one_line(title), '', f'https://t.me/{name}') if name else escape_one_line(title)}"]


def geo_map(raw: Raw, page: Page) -> Iterator[str]:
    """A place on the map."""
    geo = mapping(raw, "geo")
    lat, lon = geo.get("lat"), geo.get("long")
    if _is_degree(lat) and _is_degree(lon):
        yield f"📍 [{lat:.6g}, {lon:.6g}](<https://www.openstreetmap.org/?mlat={lat}&mlon={lon}>)"
    else:
        yield "📍 unknown place"
    yield from caption(raw, page)


def _is_degree(value: object) -> bool:
    return isinstance(value, (int, float)) and abs(value) <= 180


def related(raw: Raw, page: Page) -> list[str]:
    """Articles to read next."""
    title = rich_lines(marked("TextBold", raw.get("title")), page)
    return paragraphs([title, [line for article in listed(raw, "articles") for line in _article(article, page)]])


def _article(raw: Raw, page: Page) -> Iterator[str]:
    url = plain(raw.get("url"))
    title = plain(raw.get("title")) or url or "Article"
    about = escape_one_line(plain(raw.get("description")))
    parts = [escape_one_line(plain(raw.get("author"))), page.date(whole(raw, "published_date"))]
    head = web_link(escape(" ".join(title.split())), "", url)
    yield "- " + " · ".join(filter(None, [f"{head} — {about}" if about else head, *parts]))
    yield from (f"  {line}" for line in files(whole(raw, "photo_id"), page))


def buttons(raw: Raw, page: Page) -> list[str]:
    """A row of buttons."""
    row: list[object] = []
    for found in listed(raw, "buttons"):
        row += [" · " if row else "", {**found, "_": "TextButton"}]
    line = rich_line({"_": "TextConcat", "texts": row}, page)
    return [line] if line else []
