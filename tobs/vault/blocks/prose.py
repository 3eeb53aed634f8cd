"""Blocks of text: headings, paragraphs, quotes, code, formulas, and what folds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from tobs.model import Raw
from tobs.rawfields import listed, plain, whole
from tobs.vault.blocks.page import Inside, Page, quoted
from tobs.vault.blocks.richtext import marked, rich_line, rich_lines, rich_plain
from tobs.vault.code import code_block
from tobs.vault.escape import tidy
from tobs.vault.formulas import formula_block

Block = Callable[[Raw, Page], Sequence[str] | Iterator[str]]
SMALL = 4  # headings from this level on are less than bold in a message


def paragraph(raw: Raw, page: Page) -> list[str]:
    """The text as it is."""
    return rich_lines(raw.get("text"), page)


def all_in(*kinds: str) -> Block:
    """The text, all of it marked as these constructors of RichText do."""

    def block(raw: Raw, page: Page) -> list[str]:
        text = raw.get("text")
        for kind in kinds:
            text = marked(kind, text)
        return rich_lines(text, page)

    return block


def heading(level: int) -> Block:
    """A heading in an article; a line in bold within a message, whose note has headings of its own."""
    strong = all_in("TextBold", "TextItalic") if level >= SMALL else all_in("TextBold")

    def block(raw: Raw, page: Page) -> list[str]:
        if not page.article:
            return list(strong(raw, page))
        line = rich_line(raw.get("text"), page)
        return [f"{'#' * level} {line}"] if line else []

    return block


def author_date(raw: Raw, page: Page) -> Iterator[str]:
    """Who wrote it, and when."""
    parts = [rich_line(raw.get("author"), page), page.date(whole(raw, "published_date"))]
    if shown := " · ".join(filter(None, parts)):
        yield f"✍ {shown}"


def preformatted(raw: Raw, page: Page) -> list[str]:
    """A block of code."""
    text = rich_plain(raw.get("text"), page)
    return code_block(text, plain(raw.get("language"))) if text.strip() else []


def mathematics(raw: Raw, page: Page) -> list[str]:
    """A formula that stands alone."""
    source = tidy(plain(raw.get("source")))
    return formula_block(source) if source.strip() else []


def divider(raw: Raw, page: Page) -> list[str]:
    """A line across; of stars, since dashes below a text would make it a heading."""
    return ["***"]


def blockquote(raw: Raw, page: Page) -> list[str]:
    """A quote, folded if it is in Telegram, and who said it."""
    lines = [*rich_lines(raw.get("text"), page), *_said_by(raw, page)]
    head = ["[!quote]-"] if raw.get("collapsed") and lines else []
    return quoted([*head, *lines])


def pullquote(raw: Raw, page: Page) -> list[str]:
    """A quote that is set apart from the text."""
    lines = [*rich_lines(raw.get("text"), page), *_said_by(raw, page)]
    return quoted(["[!quote]", *lines]) if lines else []


def _said_by(raw: Raw, page: Page) -> list[str]:
    caption = raw.get("caption")
    return rich_lines(marked("TextItalic", "— ", caption), page) if rich_plain(caption, page).strip() else []


def quoted_blocks(raw: Raw, page: Page, inside: Inside) -> list[str]:
    """A quote that holds blocks."""
    lines, said_by = inside(listed(raw, "blocks")), _said_by(raw, page)
    return quoted([*lines, *([""] if lines and said_by else []), *said_by])


def details(raw: Raw, page: Page, inside: Inside) -> list[str]:
    """A callout that folds, closed or open as in Telegram."""
    title = rich_line(raw.get("title"), page) or "Details"
    return quoted([f"[!tg-details]{'+' if raw.get('open') else '-'} {title}", *inside(listed(raw, "blocks"))])


def thinking(raw: Raw, page: Page) -> list[str]:
    """What a bot thought while it wrote."""
    return quoted(["[!tg-details]- Thinking", *rich_lines(raw.get("text"), page)])
