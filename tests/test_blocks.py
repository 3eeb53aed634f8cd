"""Trees of blocks: every constructor shows, text stays text, articles are notes with places of their own."""

from __future__ import annotations

import inspect
import re
from datetime import UTC, datetime
from itertools import count
from typing import Any, get_args

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from telethon.tl import types
from telethon.tl.alltlobjects import tlobjects

from tests.markdown import PARSER, check_inert, read
from tests.obsidian import block_ids
from tests.test_hostile import examples, shown_char, texts
from tobs.config import Style
from tobs.model import Chat, Message
from tobs.raw import decode_message
from tobs.telegram.convert import encode
from tobs.vault.blocks import (
    article_author,
    article_body,
    article_date,
    article_title,
    rich_message_lines,
    rich_message_text,
)
from tobs.vault.blocks.body import BLOCKS, HOLDERS
from tobs.vault.blocks.page import DEPTH
from tobs.vault.blocks.richtext import RICH_TEXTS
from tobs.vault.context import Look, MediaFile, MemoryContext, Target
from tobs.vault.formulas import is_formula
from tobs.vault.frame import join_blocks
from tobs.vault.message import render_message, reply_label

AT = datetime(2024, 5, 3, 12, 32, 5, tzinfo=UTC)
CONTEXT = MemoryContext(names={1: "Alice"}, urls={"https://t.me/cats/881": Target("Cats 2024-05-02", "m881")})
TABLES = ("table", "thead", "tbody", "tr", "th", "td")
LISTS = ("bullet_list", "ordered_list", "list_item")
ALLOWED = (
    *(f"{name}_{side}" for name in (*TABLES, *LISTS, "heading") for side in ("open", "close")),
    "hr", "math_block",
)  # fmt: skip


def rich(*blocks: Any, **fields: Any) -> Message:
    return Message(9, 5, 0, 1, raw={"rich_message": {"_": "RichMessage", "blocks": list(blocks), **fields}})


def shown(*blocks: Any, **fields: Any) -> str:
    """What a rich message of these blocks shows."""
    return "\n".join(rich_message_lines(rich(*blocks, **fields), CONTEXT)).strip("\n")


def text(words: str) -> dict[str, Any]:
    return {"_": "TextPlain", "text": words}


def marked(kind: str, inner: Any, **fields: Any) -> dict[str, Any]:
    return {"_": f"Text{kind}", "text": text(inner) if isinstance(inner, str) else inner, **fields}


def concat(*parts: Any) -> dict[str, Any]:
    return {"_": "TextConcat", "texts": [text(part) if isinstance(part, str) else part for part in parts]}


def block(kind: str, inner: Any = "", **fields: Any) -> dict[str, Any]:
    return {"_": f"PageBlock{kind}", "text": text(inner) if isinstance(inner, str) else inner, **fields}


def item(inner: Any, **fields: Any) -> dict[str, Any]:
    return {"_": "PageListItemText", "text": text(inner) if isinstance(inner, str) else inner, **fields}


def bullets(*items: Any, **fields: Any) -> dict[str, Any]:
    return {"_": "PageBlockList", "items": list(items), **fields}


def numbered(*items: Any, **fields: Any) -> dict[str, Any]:
    return {"_": "PageBlockOrderedList", "items": list(items), **fields}


def cell(inner: Any = "", **fields: Any) -> dict[str, Any]:
    return {"_": "PageTableCell", "text": text(inner) if isinstance(inner, str) else inner, **fields}


def table(*rows: list[Any], title: str = "") -> dict[str, Any]:
    return {"_": "PageBlockTable", "title": text(title), "rows": [{"_": "PageTableRow", "cells": row} for row in rows]}


# --- The layer ------------------------------------------------------------------------------------------------------


def constructors(of: type) -> dict[str, type]:
    """All constructors of the type that `of` belongs to."""
    return {cls.__name__: cls for cls in tlobjects.values() if cls.SUBCLASS_OF_ID == of.SUBCLASS_OF_ID}


PAGE_BLOCKS, TEXTS = constructors(types.PageBlockTitle), constructors(types.TextPlain)
WHOLE_FORMS = {
    "RichText": "TextPlain", "PageBlock": "PageBlockParagraph", "PageCaption": "PageCaption",
    "PageListItem": "PageListItemBlocks", "PageListOrderedItem": "PageListOrderedItemText",
    "PageTableRow": "PageTableRow", "PageTableCell": "PageTableCell", "PageButton": "PageButton",
    "PageRelatedArticle": "PageRelatedArticle", "GeoPoint": "GeoPoint", "InputGeoPoint": "InputGeoPoint",
    "InlineButtonType": "InlineButtonTypeUrl", "Chat": "ChannelForbidden",
}  # fmt: skip
# Not for people: addresses within the page, numbers of files, and looks that Markdown has not.
UNSEEN = {
    "language", "name", "html", "type", "url", "num", "email", "phone", "username", "usernames",
}  # fmt: skip


class Filled:
    """Makes objects with every field filled, and remembers the words it put where people would see them."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self._count = count()

    def make(self, cls: type) -> Any:
        init = vars(cls).get("__init__")
        if init is None:
            return cls()
        fields = list(inspect.signature(init).parameters.values())[1:]
        return cls(**{field.name: self.value(field.name, str(field.annotation)) for field in fields})

    def value(self, name: str, kind: str) -> Any:
        if kind.startswith(("typing.List", "List")) or "List[" in kind:
            return [self.value(name, kind.partition("List[")[2])] if "Type" in kind or "str" in kind else []
        if "bool" in kind:
            return True
        if "int" in kind and "Point" not in kind:
            return 1
        if "datetime" in kind:
            return AT
        if "float" in kind:
            return 12.5
        if "str" in kind:
            return self.word(name)
        form = re.search(r"Type(\w+)", kind)
        return self.make(getattr(types, WHOLE_FORMS[form[1]])) if form and form[1] in WHOLE_FORMS else None

    def word(self, name: str) -> str:
        number = next(self._count)
        if name in UNSEEN:
            return {"url": f"https://example.com/{number}", "username": "cats_demo", "type": "1"}.get(
                name, f"x{number}"
            )
        self.words.append(f"word{number}")
        return self.words[-1]


def test_every_constructor_of_the_layer_has_its_rendering() -> None:
    says = "give new constructors their rendering in tobs/vault/blocks"
    assert sorted({*BLOCKS, *HOLDERS}) == sorted(PAGE_BLOCKS), f"{says}/body.py"
    assert sorted(RICH_TEXTS) == sorted(TEXTS), f"{says}/richtext.py"
    known = {"PageListItem": 2, "PageListOrderedItem": 2, "PageTableRow": 1, "PageTableCell": 1, "PageCaption": 1,
             "PageButton": 1, "PageRelatedArticle": 1}  # fmt: skip
    for form, number in known.items():
        assert len(constructors(getattr(types, WHOLE_FORMS[form]))) == number, f"{says}: {form} has a new form"


@pytest.mark.parametrize("name", sorted(PAGE_BLOCKS))
def test_every_block_shows_all_its_words(name: str) -> None:
    filled = Filled()
    raw = encode(filled.make(PAGE_BLOCKS[name]))
    markdown = shown(raw)
    check_inert(markdown)
    words = "".join(char.char for char in read(markdown, *ALLOWED))
    assert [word for word in filled.words if word not in words] == []
    assert bool(markdown) == (name != "PageBlockAnchor")
    assert bool(filled.words) == (name not in ("PageBlockAnchor", "PageBlockDivider", "PageBlockUnsupported"))


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_every_text_shows_all_its_words(name: str) -> None:
    filled = Filled()
    markdown = shown({"_": "PageBlockParagraph", "text": encode(filled.make(TEXTS[name]))})
    check_inert(markdown)
    words = "".join(char.char for char in read(markdown))
    assert [word for word in filled.words if word not in words] == []
    assert bool(markdown) == (name != "TextEmpty")


@pytest.mark.parametrize("name", [*sorted(PAGE_BLOCKS), "PageBlockOfTomorrow", "PageBlock*[[Evil]]", "", None, 5])
def test_blocks_without_their_fields_or_with_wrong_ones_do_no_harm(name: Any) -> None:
    hostile = "*x*\n[[y]] %%z%% #t k:: v ` `"
    values: list[Any] = [None, hostile, 5, -(2**63), 2**70, True, [], [7, hostile], {"_": "X", "text": hostile}, {}]
    cls = PAGE_BLOCKS.get(name)
    init = vars(cls).get("__init__") if cls else None
    fields = list(inspect.signature(init).parameters)[1:] if init else ["text", "blocks"]
    for value in values:
        raw = {"_": name} if value is None else {**dict.fromkeys(fields, value), "_": name}
        markdown = shown(raw)
        check_inert(markdown)
        read(markdown, *ALLOWED)
        article_body({"cached_page": {"blocks": [raw, block("Paragraph", "x")]}}, rich(), CONTEXT)


def test_what_a_layer_of_tomorrow_brings_is_named_and_its_text_kept() -> None:
    assert shown(block("OfTomorrow", "well")) == "*(cannot be shown: PageBlockOfTomorrow)*\nwell"
    assert shown(block("Paragraph", concat(marked("OfTomorrow", "a"), {"_": "TextNew"}))) == "a(TextNew)"


# --- Blocks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "markdown"),
    [
        (block("Heading1", "A #b"), r"**A \#b**"),
        (block("Heading5", "A"), "***A***"),
        (block("Footer", "a"), "*a*"),
        (block("Paragraph", "# a\n- b"), "\\# a\n\\- b"),
        (block("Preformatted", "[[x]]\n", language="dataview"), "```text\n[[x]]\n```"),
        (block("Blockquote", "a\nb", caption=text("me"), collapsed=True), "> [!quote]-\n> a\n> b\n> *— me*"),
        (block("Pullquote", "a", caption=text("")), "> [!quote]\n> a"),
        ({"_": "PageBlockBlockquoteBlocks", "blocks": [block("Paragraph", "a"), bullets(item("b"))],
          "caption": text("c")}, "> a\n>\n> - b\n>\n> *— c*"),
        ({"_": "PageBlockDetails", "title": text("More"), "blocks": [block("Paragraph", "a")], "open": True},
         "> [!tg-details]+ More\n> a"),
        ({"_": "PageBlockAuthorDate", "author": text("F*n"), "published_date": 1714739525}, r"✍ F\*n · 2024-05-03"),
        ({"_": "PageBlockEmbed", "url": "https://a.b/c", "caption": {}}, "🔗 <https://a.b/c>"),
        ({"_": "PageBlockEmbed", "html": "<iframe src=x>", "caption": {}},
         "*(a page's own widget: it has no address)*"),
        ({"_": "PageBlockEmbedPost", "author": "A", "date": 1714739525, "url": "javascript:x",
          "blocks": [block("Paragraph", "a")]}, "> [!tg-link] **A** · 2024-05-03\n>\n> 🔗 javascript:x\n>\n> a"),
        ({"_": "PageBlockChannel", "channel": {"title": "C|", "username": "cats"}}, r"📣 [C\|](<https://t.me/cats>)"),
        ({"_": "PageBlockMap", "geo": {"lat": 52.5, "long": 13.4}},
         "📍 [52.5, 13.4](<https://www.openstreetmap.org/?mlat=52.5&mlon=13.4>)"),
        ({"_": "PageBlockRelatedArticles", "title": text("Next"), "articles": [
            {"url": "https://a.b", "title": "1. T", "description": "d", "published_date": 1714739525},
            {"url": "", "author": "E"}]},
         "**Next**\n\n- [1\\. T](<https://a.b>) — d · 2024-05-03\n- Article · E"),
        ({"_": "PageBlockButtonRow", "buttons": [
            {"text": text("Go"), "type": {"_": "InlineButtonTypeUrl", "url": "https://a.b"}},
            {"text": text("Buy"), "type": {"_": "InlineButtonTypeBuy"}}]}, "[🔘 Go](<https://a.b>) · 🔘 Buy"),
        ({"_": "PageBlockPhoto", "photo_id": 7, "caption": {"text": text("A sea"), "credit": text("me")}},
         "🖼 *(photo that Telegram did not send)*\n*A sea*\n*© me*"),
        ({"_": "PageBlockCollage", "items": [{"_": "PageBlockPhoto"}, {"_": "PageBlockVideo"}],
          "caption": {"text": text("two")}},
         "🖼 *(photo that Telegram did not send)*\n\n🎬 *(video that Telegram did not send)*\n\n*two*"),
        ({"_": "PageBlockUnsupported"}, "*(unsupported by the Telegram client that read it)*"),
        ({"_": "PageBlockMath", "source": "\\frac{1}{2}\n< x"}, r"$$\frac{1}{2} \lt  x$$"),
        ({"_": "PageBlockMath", "source": r"\href{x}{y}"}, "```\n\\href{x}{y}\n```"),
    ],
)  # fmt: skip
def test_blocks(raw: Any, markdown: str) -> None:
    assert shown(raw) == markdown


@pytest.mark.parametrize(
    ("raw", "markdown"),
    [
        (concat("H", marked("Subscript", "2"), "O, E=mc", marked("Superscript", "2")),
         "H<sub>2</sub>O, E=mc<sup>2</sup>"),
        (concat("a ", marked("Marked", marked("Bold", "b*"))), "a **<mark>b&#42;</mark>**"),
        (marked("Url", "Cats", url="https://t.me/cats/881"), "[[Cats 2024-05-02#^m881|Cats]]"),
        (marked("Url", marked("Bold", "Cats"), url="https://t.me/cats/881"), "[**Cats**](<Cats 2024-05-02#^m881>)"),
        (marked("Url", marked("Fixed", "x"), url="https://a.b"), "[`x`](<https://a.b>)"),
        (marked("Url", "there", url="#there"), "there"),
        (marked("Url", "x", url="javascript:x"), "x (`javascript:x`)"),
        (marked("Email", "me", email="a@b.c"), "[me](<mailto:a@b.c>)"),
        (marked("Phone", "me", phone="+1 2"), "[me](<tel:+1%202>)"),
        (marked("Hashtag", "#cats"), "#tg/cats"),
        (marked("Diff", "new", old_text=text("old")), "~~old~~ <u>new</u>"),
        ({"_": "TextDate", "text": {"_": "TextEmpty"}, "date": 1714739525}, "2024-05-03"),
        ({"_": "TextCustomEmoji", "alt": "🐈"}, "🐈"),
        (concat("so ", {"_": "TextMath", "source": "a_1 < b"}, "."), r"so $a_1 \lt  b$."),
        (concat({"_": "TextMath", "source": "5"}, "0"), "`5`0"),
        ({"_": "TextMath", "source": "x$y"}, "`x$y`"),
        ("bare", "bare"),
    ],
)  # fmt: skip
def test_texts(raw: Any, markdown: str) -> None:
    assert shown({"_": "PageBlockParagraph", "text": raw}) == markdown


@pytest.mark.parametrize(
    "source", ["a%%b", r"\def\x{y}", "a::b", "$", r"\href{a}{b}", r"x\\", "`=a`", "= 1", "&lt;", "^[a]", "x" * 2001, ""]
)
def test_what_is_no_mere_formula(source: str) -> None:
    assert not is_formula(source)


# --- Lists ----------------------------------------------------------------------------------------------------------


def ordered(*inner: Any, **fields: Any) -> dict[str, Any]:
    return {"_": "PageListOrderedItemText", "text": concat(*inner), **fields}


def test_lists_of_lists() -> None:
    inner = numbered(ordered("x\ny"), ordered("z"), start=9)
    sub = {"_": "PageListItemBlocks", "blocks": [block("Paragraph", "b"), inner, block("Paragraph", "c")]}
    quoted = {"_": "PageListItemBlocks", "blocks": [block("Blockquote", "d")]}
    short = {"_": "PageListItemBlocks", "blocks": [block("Paragraph", "e"), bullets(item("f"))]}
    assert shown(bullets(item("- a"), sub, quoted, item(""), short)) == (
        "- \\- a\n- b\n\n  9. x\n     y\n  10. z\n\n  c\n- > d\n- …\n- e\n  - f"
    )


def test_boxes_are_signs_and_no_tasks() -> None:
    boxes = bullets(item("a", checkbox=True), item("b", checkbox=True, checked=True))
    assert shown(boxes) == "- ☐ a\n- ☑ b"


@pytest.mark.parametrize(
    ("fields", "items", "markers"),
    [
        ({}, [{}, {}], ["1.", "2."]),
        ({"start": 7}, [{}, {}], ["7.", "8."]),
        ({}, [{"num": "3"}, {"num": "4."}], ["3.", "4."]),
        ({}, [{"num": "a"}, {"num": "b)"}], ["- a.", "- b)"]),
        ({"reversed": True}, [{}, {}, {}], [r"- 3\.", r"- 2\.", r"- 1\."]),
        ({"type": "a", "start": 26}, [{}, {}], ["- z.", "- aa."]),
        ({"type": "I", "start": 1994}, [{}], ["- MCMXCIV."]),
        ({}, [{"value": 5}, {}, {"value": 2, "type": "i"}], [r"- 5\.", r"- 6\.", "- ii."]),
        ({"start": -1}, [{}, {}], [r"- -1.", r"- 0\."]),
        ({"start": 10**12}, [{}], ["- 1000000000000."]),
    ],
)
def test_numbers_are_those_of_telegram(fields: Any, items: Any, markers: list[str]) -> None:
    listing = numbered(*(ordered("x", **each) for each in items), **fields)
    assert shown(listing).split("\n") == [f"{marker} x" for marker in markers]
    read(shown(listing), *ALLOWED)


def test_two_lists_in_a_row_stay_two() -> None:
    one, two = numbered(ordered("a")), numbered(ordered("b"))
    assert shown(one, {"_": "PageBlockAnchor", "name": "n"}, two, one) == "1. a\n\n1) b\n\n1. a"
    assert len([token for token in PARSER.parse(shown(one, two)) if token.type == "ordered_list_open"]) == 2


# --- Tables ---------------------------------------------------------------------------------------------------------


def test_tables() -> None:
    head = [cell("a|b", header=True, align_center=True), cell("n", header=True, align_right=True)]
    link = marked("Url", "Cats", url="https://t.me/cats/881")
    rows = [
        [cell(marked("Fixed", "x|y")), cell(link)],
        [cell("wide", colspan=2)],
        [cell("r\nr", rowspan=2), cell("1", header=True)],
        [cell({"_": "TextMath", "source": "|x|"})],
    ]
    assert shown(table(head, *rows, title="T")).split("\n") == [
        "**T**",
        "",
        r"| a\|b | n |",
        "| :-: | --: |",
        r"| <code>x&#124;y</code> | [[Cats 2024-05-02#^m881\|Cats]] |",
        "| wide |  |",
        "| r<br>r | **1** |",
        "|  | <code>&#124;x&#124;</code> |",
    ]


def test_a_table_without_a_header_gets_an_empty_one_as_wide_as_its_widest_row() -> None:
    assert shown(table([cell("a")], [], [cell("b"), cell("c")])) == "|  |  |\n| --- | --- |\n| a |\n| b | c |"
    assert shown(table([], [])) == ""


def test_huge_tables_and_spans_stay_small() -> None:
    spans = [[cell("x", colspan=2**31, rowspan=2**31)] for _ in range(50)]
    assert len(shown(table(*spans))) < 1000
    wide = [[cell("x", colspan=90, rowspan=90) for _ in range(20)] for _ in range(50)]
    markdown = shown(table(*wide))
    assert markdown.count("x") == 1000
    assert len(markdown) < 200_000


# --- Depth ----------------------------------------------------------------------------------------------------------


def test_ten_thousand_levels_of_text_are_one_text() -> None:
    tree: Any = text("deep")
    for level in range(10_000):
        tree = (
            concat(tree)
            if level % 4 == 3
            else marked(("Bold", "Italic", "Url")[level % 4], tree, url=f"https://a.b/{level}")
        )
    assert shown({"_": "PageBlockParagraph", "text": tree}) == "[***deep***](<https://a.b/2>)"


@pytest.mark.parametrize("kind", ["Details", "BlockquoteBlocks", "Collage", "Cover", "List", "EmbedPost"])
def test_ten_thousand_levels_of_blocks_end_visibly_and_keep_their_text(kind: str) -> None:
    tree = block("Paragraph", "deep")
    for _ in range(10_000):
        held = {
            "Collage": {"items": [tree]},
            "Cover": {"cover": tree},
            "List": {"items": [{"_": "PageListItemBlocks", "blocks": [tree]}]},
        }
        tree = {"_": f"PageBlock{kind}", **held.get(kind, {"blocks": [tree]})}
    markdown = shown(tree)
    assert "deep" in markdown
    assert f"*(more than {DEPTH} blocks in each other; their text only)*" in markdown
    assert rich_message_text(rich(tree)) == "deep"


# --- Trees of anything ----------------------------------------------------------------------------------------------

rich_texts: st.SearchStrategy[Any] = st.recursive(
    texts.map(text),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda parts: {"_": "TextConcat", "texts": parts}),
        st.builds(
            marked,
            st.sampled_from(("Bold", "Italic", "Underline", "Strike", "Spoiler", "Marked", "Subscript", "Superscript")),
            inner,
        ),
        st.builds(marked, st.just("Url"), inner, url=st.just("https://a.b/c_d")),
        st.builds(
            marked, st.sampled_from(("Mention", "Cashtag", "BotCommand", "BankCard", "AutoPhone", "Anchor")), inner
        ),
    ),
    max_leaves=5,
)
captions = st.builds(lambda told, credit: {"text": told, "credit": credit}, rich_texts, rich_texts)
plain_blocks = st.one_of(
    st.builds(block, st.sampled_from(("Paragraph", "Title", "Heading2", "Heading6", "Footer", "Subtitle")), rich_texts),
    st.builds(block, st.sampled_from(("Blockquote", "Pullquote")), rich_texts, caption=rich_texts,
              collapsed=st.booleans()),
    st.builds(block, st.just("Preformatted"), texts, language=texts),
    st.builds(lambda told: {"_": "PageBlockPhoto", "photo_id": 1, "caption": told}, captions),
    st.builds(lambda rows: table(*rows), st.lists(st.lists(
        st.builds(cell, rich_texts, header=st.booleans(), colspan=st.integers(0, 3), rowspan=st.integers(0, 3)),
        max_size=3), max_size=3)),
    st.just({"_": "PageBlockDivider"}),
)  # fmt: skip


def holders(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    blocks = st.lists(inner, max_size=3)
    items = st.lists(
        st.one_of(
            st.builds(item, rich_texts, checkbox=st.booleans()),
            st.builds(lambda held: {"_": "PageListItemBlocks", "blocks": held}, blocks),
        ),
        max_size=3,
    )
    return st.one_of(
        st.builds(bullets, items).map(lambda raw: {**raw, "items": raw["items"][0]}),
        st.builds(numbered, items).map(lambda raw: {**raw, "items": raw["items"][0]}),
        st.builds(lambda held, title: {"_": "PageBlockDetails", "title": title, "blocks": held}, blocks, rich_texts),
        st.builds(lambda held, who: {"_": "PageBlockBlockquoteBlocks", "blocks": held, "caption": who}, blocks,
                  rich_texts),
    )  # fmt: skip


trees = st.lists(st.recursive(plain_blocks, holders, max_leaves=4), min_size=1, max_size=4)


def said(tree: Any) -> list[str]:
    """The lines of all plain texts of a tree, each as a reader sees it, without white space."""
    if isinstance(tree, list):
        return [line for each in tree for line in said(each)]
    if not isinstance(tree, dict):
        return []
    if tree.get("_") == "TextPlain":
        return lines_of(tree["text"])
    return [line for value in tree.values() for line in said(value)]


def lines_of(words: str) -> list[str]:
    one = "".join(shown_char(char) for char in words.replace("\r\n", " \n"))
    return [bare for line in one.split("\n") if (bare := squeezed(line))]


def squeezed(line: str) -> str:
    bidi = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    return "".join(char for char in line if not char.isspace() and char not in bidi)


def check_says(markdown: str, blocks: list[Any]) -> None:
    """All texts are there, in order, and nothing acts."""
    check_inert(markdown)
    seen = squeezed("".join(char.char for char in read(markdown, *ALLOWED)))
    at = 0
    for line in said(blocks):
        found = seen.find(line, at)
        assert found >= 0, f"{line!r} is not after {seen[:at]!r} in {markdown!r}"
        at = found + len(line)


@examples(300)
@given(trees)
def test_rich_messages_say_what_was_said_and_do_nothing(blocks: list[Any]) -> None:
    rendered = render_message(rich(*blocks), CONTEXT).removesuffix("\n\n^m9")
    assert all(line.startswith(">") for line in rendered.split("\n"))
    check_says(rendered, blocks)


@examples(200)
@given(trees)
def test_articles_say_what_was_said_and_do_nothing(blocks: list[Any]) -> None:
    webpage = {"title": "T", "cached_page": {"blocks": blocks}}
    check_says(article_body(webpage, rich(), CONTEXT), blocks)


# --- Messages -------------------------------------------------------------------------------------------------------


def test_a_rich_message_stands_in_its_block_and_what_follows_stands_apart() -> None:
    message = Message(9, 5, 0, 1, "Plan: tea", views=3, raw=dict(rich(
        block("Title", "Plan"), block("Paragraph", "tea"), bullets(item("green")), part=True).raw))  # fmt: skip
    assert render_message(message, CONTEXT) == (
        "> [!tg] **Alice** · 00:00\n> Plan: tea\n>\n> **Plan**\n>\n> tea\n>\n> - green\n>\n"
        "> *(the rest of this message is not here)*\n>\n> 👁 3\n\n^m9"
    )


def test_a_text_that_the_blocks_repeat_is_shown_once() -> None:
    message = Message(9, 5, 0, 1, "Plan\ntea", raw=dict(rich(block("Title", "Plan"), block("Paragraph", "tea")).raw))
    assert render_message(message, CONTEXT) == "> [!tg] **Alice** · 00:00\n>\n> **Plan**\n>\n> tea\n\n^m9"


def test_a_link_to_a_rich_message_says_its_first_words() -> None:
    assert reply_label("Bob", rich(block("Title", "A plan"), block("Paragraph", "for tea"))) == "Bob: “A plan for tea”"


def test_a_rich_message_without_blocks_is_visible() -> None:
    assert "*(empty)*" in render_message(rich(), CONTEXT)
    assert "*(the rest of this message is not here)*" in render_message(rich(part=True), CONTEXT)


@pytest.mark.parametrize("hard_breaks", [False, True])
@pytest.mark.parametrize("style", get_args(Style))
def test_rich_messages_in_every_look(style: Style, hard_breaks: bool) -> None:
    look = Look(style, hard_breaks=hard_breaks)
    blocks = [block("Title", "Plan"), bullets(item("tea")), table([cell("a")]), block("Preformatted", "x = 1")]
    context = attrs.evolve(CONTEXT, look=look)
    shown_block = join_blocks([render_message(rich(*blocks), context)], look)
    assert block_ids(shown_block) == ["m9"]
    words = "".join(char.char for char in read(shown_block.replace(" ^m9", ""), *ALLOWED))
    assert all(word in words for word in ("Plan", "tea", "a", "x = 1"))
    kinds = [token.type for token in PARSER.parse(shown_block)]
    assert {"bullet_list_open", "table_open", "fence"} <= set(kinds)


# --- Files ----------------------------------------------------------------------------------------------------------


def photo(number: int) -> dict[str, Any]:
    sizes = [{"_": "PhotoSize", "type": "x", "w": 800, "h": 600, "size": 5000}]
    return {"_": "Photo", "id": number, "dc_id": 2, "sizes": sizes}


def with_files(*blocks: Any) -> list[str]:
    """The lines of a message that brings the photos 7 and 8 along, of which one is a name in the vault."""
    raw = {"_": "Message", "id": 9, "date": 1, "rich_message": {"blocks": list(blocks), "photos": [photo(7), photo(8)]}}
    message = decode_message(raw, Chat(5, "private", "Bob"), 1)
    context = attrs.evolve(CONTEXT, files={(5, 9, 7, "x"): MediaFile("a_9.jpg"), (5, 9, 8, "x"): MediaFile("b_9.jpg")})
    return [*rich_message_lines(message, context)][1:-1]


def test_files_are_embedded_where_they_stand_and_what_no_block_names_at_the_end() -> None:
    hidden = {"_": "PageBlockPhoto", "photo_id": 7, "spoiler": True, "url": "https://a.b", "caption": {}}
    assert with_files(hidden) == [
        "> [!spoiler]- Spoiler", "> ![[a_9.jpg|400]]", "", "🔗 <https://a.b>", "", "![[b_9.jpg|400]]",
    ]  # fmt: skip
    related = {"_": "PageBlockRelatedArticles", "articles": [{"title": "T", "url": "", "photo_id": 8}]}
    embed = {"_": "PageBlockEmbed", "url": "https://a.b", "poster_photo_id": 7}
    assert with_files(embed, related) == ["![[a_9.jpg|400]]", "🔗 <https://a.b>", "", "- T", "  ![[b_9.jpg|400]]"]


def test_pictures_stand_within_lines_and_cells() -> None:
    image = {"_": "TextImage", "document_id": 7, "w": 20, "h": 20}
    told = concat("so ", image, "!", marked("Url", image, url="https://a.b"), marked("Marked", image))
    assert with_files(block("Paragraph", told))[0] == (r"so ![[a_9.jpg|20]]\![🖼](<https://a.b>)![[a_9.jpg|20]]")
    assert with_files(table([cell(image)]))[2] == r"| ![[a_9.jpg\|20]] |"


# --- Articles -------------------------------------------------------------------------------------------------------


def webpage(*blocks: Any, **page: Any) -> dict[str, Any]:
    return {"url": "https://e.org/p", "site_name": "The [Site]", "title": "A  title",
            "cached_page": {"url": "https://e.org/p/", "blocks": list(blocks), **page}}  # fmt: skip


def body(*blocks: Any, **page: Any) -> list[str]:
    """The lines of an article below its source and title."""
    source, blank, *rest = article_body(webpage(*blocks, **page), rich(), CONTEXT).split("\n")
    assert (source, blank) == (r"🔗 [The \[Site\]](<https://e.org/p/>)", "")
    return rest


def test_an_article() -> None:
    head = {"_": "PageBlockAuthorDate", "author": text("R. Fern"), "published_date": 1714739525}
    blocks = [
        block("Kicker", "Garden"), block("Title", "Seven # plants"), block("Subtitle", "that forgive"), head,
        {"_": "PageBlockCover", "cover": {"_": "PageBlockPhoto", "photo_id": 7, "caption": {"text": text("One")}}},
        block("Header", "Water"), block("Paragraph", concat("Once a ", marked("Bold", "week"), ".")),
        block("Subheader", "1. How"), numbered(ordered("wait"), ordered("pour")), block("Heading4", "Or"),
        {"_": "PageBlockDivider"}, block("Footer", "end"),
    ]  # fmt: skip
    page = webpage(*blocks, views=12_345, part=True)
    assert (
        article_body(page, rich(), CONTEXT)
        == """\
🔗 [The \\[Site\\]](<https://e.org/p/>) · 👁 12.3k

**Garden**

# Seven # plants

*that forgive*

✍ R. Fern · 2024-05-03

🖼 *(photo that Telegram did not send)*
*One*

## Water

Once a **week**.

### 1\\. How

1. wait
2. pour

#### Or

***

*end*

*(Telegram has the beginning only; the rest is at its source)*""".replace("# plants", "\\# plants")
    )
    assert (article_title(page), article_author(page), article_date(page)) == ("A title", "R. Fern", 1714739525)


def test_articles_without_anything() -> None:
    assert article_body({}, rich(), CONTEXT) == "# Article"
    assert article_title({"cached_page": {"blocks": [block("Header", "a\nb")]}}) == "a b"
    assert article_title({"display_url": "e.org/p"}) == "e.org/p"
    assert (article_author({"author": "A\nB"}), article_author({}), article_date({})) == ("A B", "", 0)
    assert "✍ A" in article_body({"author": "A"}, rich(), CONTEXT)
    assert article_date(webpage({"_": "PageBlockAuthorDate", "published_date": 2**62})) == 0


def test_an_article_with_hard_breaks() -> None:
    hard = attrs.evolve(CONTEXT, look=Look(hard_breaks=True))
    page = webpage(block("Paragraph", "a\nb"), bullets(item("c\nd")), block("Preformatted", "e\nf"), table([cell("g")]))
    soft, written = article_body(page, rich(), CONTEXT), article_body(page, rich(), hard)
    assert written == soft.replace("a\nb", "a  \nb").replace("c\n", "c  \n")
    read(written, *ALLOWED, strict=True)


def test_links_of_an_article_lead_to_its_own_places() -> None:
    blocks = [
        block("Paragraph", concat(
            marked("Url", "water", url="#Water%20it"), " ", marked("Url", "again", url="http://e.org/p#Water it"), " ",
            marked("Superscript", marked("Url", "2", url="#fn2")), " ", marked("Url", "no", url="#nowhere"), " ",
            marked("Url", "else", url="https://e.org/q#fn2"))),
        {"_": "PageBlockAnchor", "name": "Water it"},
        block("Header", marked("Anchor", "Water", name="h")),
        block("Paragraph", "a\nb"),
        numbered(ordered(marked("Anchor", "one", name="fn1")), ordered(marked("Anchor", "two", name="fn2"))),
        {"_": "PageBlockAnchor", "name": "m885"},
        block("Blockquote", "said"),
        block("Paragraph", concat(marked("Anchor", "x", name="fn1"), marked("Anchor", "y", name="Fn 1"))),
        {"_": "PageBlockAnchor", "name": "end"},
    ]  # fmt: skip
    assert body(*blocks)[2:] == [
        "[[#^a-water-it|water]] [[#^a-water-it|again]] [<sup>2</sup>](<#^a-fn2>) no [else](<https://e.org/q#fn2>)", "",
        "## Water", "", "a", "b ^a-water-it", "",
        "1. one ^a-fn1", "2. two ^a-fn2", "",
        "> said", "", "^a-m885", "",
        "xy ^a-fn-1",
    ]  # fmt: skip


@examples(200)
@given(st.lists(st.one_of(texts, st.sampled_from(("a", "A", "m1", "a-1", "a 1", "é", "#"))), min_size=1, max_size=6))
def test_every_place_has_one_id_and_every_link_to_it_arrives(names: list[str]) -> None:
    places = [block("Paragraph", marked("Anchor", "here", name=name)) for name in names]
    ways = [block("Paragraph", marked("Url", "way", url=f"#{name}")) for name in names]
    found = block_ids(article_body(webpage(*places, *ways), rich(), CONTEXT))
    markdown = article_body(webpage(*places, *ways), rich(), CONTEXT)
    targets = re.findall(r"^\[\[#\^([a-z0-9-]+)\|way\]\]$", markdown, re.MULTILINE)
    assert len(found) == len(set(found)) == len({name for name in names if name})
    assert all(anchor.startswith("a-") for anchor in found)
    assert set(targets) == set(found)
    assert len(targets) == len([name for name in names if name])
