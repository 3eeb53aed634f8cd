"""Pages of blocks: a bot's rich message, and an article that Telegram keeps a copy of (Instant View)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from telethon.tl import types

from tobs.testing.scenes.library import Library

ADDRESS: Final = "https://example.org/journal/rice"


def text(*parts: Any) -> Any:
    """A RichText of strings and other RichTexts."""
    texts = [types.TextPlain(part) if isinstance(part, str) else part for part in parts]
    return texts[0] if len(texts) == 1 else types.TextConcat(texts)


def paragraph(*parts: Any) -> Any:
    return types.PageBlockParagraph(text(*parts))


def caption(words: str = "", credit: str = "") -> Any:
    return types.PageCaption(text(words), text(credit))


def table(title: str, *rows: str) -> Any:
    """A table with a row of titles; cells are set apart by bars."""
    cells = [[types.PageTableCell(text=text(cell.strip())) for cell in row.split("|")] for row in rows]
    for cell in cells[0]:
        cell.header = True
    for row in cells:
        row[-1].align_right = True
    return types.PageBlockTable(text(title), [types.PageTableRow(row) for row in cells], bordered=True)


def recipe(library: Library) -> Any:
    """A rich message: what a bot answers to somebody who asks for a plan."""
    bowl = library.picture("ramen")
    steps = ("Soak the kombu.", "Heat it slowly.", "Take it out before it boils!")
    blocks = [
        types.PageBlockHeading2(text("Ramen for a weeknight 🍜")),
        paragraph(
            "For ", types.TextBold(text("4 bowls")), ", in ", types.TextItalic(text("about an hour")),
            ". Asked for by ", types.TextMention(text("@alex_demo")), " ", types.TextHashtag(text("#ramen_week")),
        ),
        types.PageBlockList([
            types.PageListItemText(text("noodles"), checkbox=True, checked=True),
            types.PageListItemText(text("eggs"), checkbox=True, checked=True),
            types.PageListItemText(text("kombu & bonito"), checkbox=True),
        ]),
        types.PageBlockHeading3(text("Dashi")),
        types.PageBlockOrderedList([types.PageListOrderedItemText(text(step)) for step in steps]),
        table("Per bowl", "what | grams", "noodles | 130", "broth | 350", "soy sauce, dark | 20"),
        types.PageBlockMath(r"m_{salt} = \frac{1.2}{100} \cdot m_{broth}"),
        types.PageBlockPhoto(bowl.id, caption("It can look like this.")),
        types.PageBlockDetails(
            [types.PageBlockPreformatted(text("for bowl in range(4):\n    fill(bowl)\n"), "python")],
            text("For programmers"),
        ),
        types.PageBlockDivider(),
        types.PageBlockFooter(text("Not every number is measured. Taste!")),
    ]  # fmt: skip
    return types.RichMessage(blocks, photos=[bowl], documents=[])


def article(library: Library) -> Any:
    """The preview of a page, with the page itself."""
    cover, pot = library.picture("plant-1"), library.picture("coffee")
    page = types.Page(ADDRESS, [*_opening(cover), *_middle(pot), *_end()], [cover, pot], [], v2=True, views=12_840)
    return types.MessageMediaWebPage(
        types.WebPage(
            id=61002,
            url=ADDRESS,
            display_url="example.org/journal/rice",
            hash=0,
            type="article",
            site_name="The Kitchen Journal",
            title="Rice, explained slowly",
            author="Mei Lin",
            description="Why the same grain is fluffy in one kitchen and sticky in the next.",
            photo=cover,
            cached_page=page,
        )
    )


def _opening(cover: Any) -> list[Any]:
    note = types.TextSuperscript(types.TextUrl(text("1"), "#note-1", 0))
    return [
        types.PageBlockCover(types.PageBlockPhoto(cover.id, caption("Before the harvest", "R. Fern"))),
        types.PageBlockKicker(text("Basics")),
        types.PageBlockTitle(text("Rice, explained slowly")),
        types.PageBlockSubtitle(text("A pot, some water, and patience")),
        types.PageBlockAuthorDate(text("Mei Lin"), datetime(2024, 10, 20, 6, 30, tzinfo=UTC)),
        paragraph(
            "There are more than ", types.TextMarked(text("40,000 kinds")), note, " of rice. You need ",
            types.TextItalic(text("one")), ", and the ",
            types.TextUrl(text("right amount of water"), f"{ADDRESS}#water", 0), ".",
        ),
        types.PageBlockPullquote(text("Rice forgives everything but hurry."), text("my grandmother")),
    ]  # fmt: skip


def _middle(pot: Any) -> list[Any]:
    water = ("kind | H₂O per cup", "basmati | 1.5", "jasmine | 1.25", "sushi | 1.1")
    wash = types.PageListItemBlocks([
        paragraph("Wash it"),
        types.PageBlockList([types.PageListItemText(text("until the water is clear,")),
                             types.PageListItemText(text("or until you are bored."))]),
    ])  # fmt: skip
    return [
        types.PageBlockAnchor("water"),
        types.PageBlockHeader(text("Water")),
        paragraph("Measure by ", types.TextBold(text("volume")), ": H", types.TextSubscript(text("2")), "O ",
                  types.TextMath(r"V \approx 1.25 \cdot V_{rice}"), "."),
        table("How much", *water),
        types.PageBlockSubheader(text("How to")),
        types.PageBlockList([wash, *(types.PageListItemText(text(step)) for step in ("Cook it, lid on", "Wait"))]),
        types.PageBlockPhoto(pot.id, caption("Waiting, illustrated")),
        types.PageBlockDetails([paragraph("Less. Really."), types.PageBlockPreformatted(
            text("water = 1.1 * rice  # | not a table |"), "python")], text("And in a pressure cooker?")),
    ]  # fmt: skip


def _end() -> list[Any]:
    source = types.TextUrl(text("the gene bank"), "https://example.org/irri?q=rice&lang=en", 0)
    return [
        types.PageBlockBlockquote(text("Lid closed, eyes closed."), text("")),
        types.PageBlockDivider(),
        types.PageBlockOrderedList([types.PageListOrderedItemText(text(
            types.TextAnchor(text(""), "note-1"), "Counted by ", source, "."))]),
        types.PageBlockRelatedArticles(text("Read next"), [
            types.PageRelatedArticle("https://example.org/garden", 61001, title="Seven plants that forgive you",
                                     description="They wait for water.", author="R. Fern")]),
    ]  # fmt: skip
