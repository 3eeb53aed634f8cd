"""Telegram's page blocks as Markdown lines: one table of all constructors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import attrs

from tobs.model import Raw
from tobs.rawfields import plain
from tobs.vault.blocks import lists, media, prose
from tobs.vault.blocks.page import DEPTH, Page, one_by_one, paragraphs
from tobs.vault.blocks.tables import table
from tobs.vault.blocks.wording import wording
from tobs.vault.escape import escape, escape_one_line

Render = Callable[[int, Raw, Page], list[str]]  # a block by its place in the row

LISTS = frozenset({"PageBlockList", "PageBlockOrderedList"})
HEADINGS: Mapping[str, int] = {
    "PageBlockTitle": 1, "PageBlockHeader": 2, "PageBlockSubheader": 3,
    **{f"PageBlockHeading{level}": level for level in range(1, 7)},
}  # fmt: skip
BLOCKS: Mapping[str, prose.Block] = {
    **{name: prose.heading(level) for name, level in HEADINGS.items()},
    "PageBlockSubtitle": prose.all_in("TextItalic"),
    "PageBlockKicker": prose.all_in("TextBold"),
    "PageBlockFooter": prose.all_in("TextItalic"),
    "PageBlockParagraph": prose.paragraph,
    "PageBlockThinking": prose.thinking,
    "PageBlockPreformatted": prose.preformatted,
    "PageBlockMath": prose.mathematics,
    "PageBlockDivider": prose.divider,
    "PageBlockAnchor": lambda raw, page: [],  # a place and no text; see anchors.py
    "PageBlockAuthorDate": prose.author_date,
    "PageBlockBlockquote": prose.blockquote,
    "PageBlockPullquote": prose.pullquote,
    "PageBlockPhoto": media.file("🖼", "photo", "photo_id"),
    "PageBlockVideo": media.file("🎬", "video", "video_id"),
    "PageBlockAudio": media.file("🎵", "audio", "audio_id"),
    "PageBlockDocument": media.file("📎", "file", "document_id"),
    "PageBlockEmbed": media.embed,
    "PageBlockChannel": media.channel,
    "PageBlockMap": media.geo_map,
    "InputPageBlockMap": media.geo_map,
    "PageBlockTable": table,
    "PageBlockRelatedArticles": media.related,
    "PageBlockButtonRow": media.buttons,
    "PageBlockUnsupported": lambda raw, page: ["*(unsupported by the Telegram client that read it)*"],
}
HOLDERS: Mapping[str, media.Holder] = {
    "PageBlockList": lists.listing,
    "PageBlockOrderedList": lists.listing,
    "PageBlockBlockquoteBlocks": prose.quoted_blocks,
    "PageBlockDetails": prose.details,
    "PageBlockCover": media.cover,
    "PageBlockCollage": media.gallery,
    "PageBlockSlideshow": media.gallery,
    "PageBlockEmbedPost": media.embedded_post,
}


def body(blocks: Sequence[Raw], page: Page) -> list[str]:
    """The lines of blocks, a blank line between two. What lies too deep is shown without its form."""
    if page.depth > DEPTH:
        return _too_deep(blocks)
    return paragraphs(each(blocks, page))


def each(blocks: Sequence[Raw], page: Page, render: Render | None = None) -> list[list[str]]:
    """The lines of each block."""
    parts: list[list[str]] = []
    before = None
    for index, raw in enumerate(blocks):
        name = raw.get("_")
        page = attrs.evolve(page, again=name in LISTS and name == before and not page.again)
        parts.append(render(index, raw, page) if render else block_lines(raw, page))
        before = name if parts[-1] else before
    return parts


def block_lines(raw: Raw, page: Page) -> list[str]:
    """The lines of one block; none if there is nothing to see."""
    name = plain(raw.get("_"))
    if block := BLOCKS.get(name):
        return one_by_one(block(raw, page))
    if holder := HOLDERS.get(name):
        return one_by_one(holder(raw, page, inside(page)))
    lines = [f"*(cannot be shown: {escape_one_line(name)})*"] if name else []
    return [*lines, *one_by_one([escape(wording(raw))])]


def inside(page: Page) -> partial[list[str]]:
    """What renders the blocks within a block of `page`."""
    return partial(body, page=attrs.evolve(page, depth=page.depth + 1, again=False))


def _too_deep(blocks: Sequence[Raw]) -> list[str]:
    text = escape(wording(blocks))
    return [f"*(more than {DEPTH} blocks in each other; their text only)*", "", *text.split("\n")] if text else []
