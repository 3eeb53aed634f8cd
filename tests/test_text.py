"""Each entity as Markdown, and each thing that a text must not become."""

from __future__ import annotations

import pytest

from tests.markdown import read
from tobs.model import Entity
from tobs.vault.code import code_block, safe_language
from tobs.vault.context import MemoryContext, Target
from tobs.vault.escape import escape, escape_one_line
from tobs.vault.links import safe_url, web_link, wikilink
from tobs.vault.text import render_text

LINKS = MemoryContext(
    urls={
        "https://t.me/cats/5": Target("Cat Chat 2024", "m5"),
        "https://t.me/cats": Target("Cat Chat"),
        "https://t.me/kot/5": Target("Кот 2024", "m5"),
        "https://t.me/and/5": Target("A &amp; B", "m5"),
    },
    peers={7: Target("Alice Doe")},
)


def mark(text: str, *marks: tuple[str, str], **fields: str) -> str:
    """The text with entities on the first place where each given part stands."""
    entities = [Entity(kind, len(text[: text.index(part)].encode("utf-16-le")) // 2, len(part.encode("utf-16-le")) // 2,
                       **fields) for kind, part in marks]  # type: ignore[arg-type]  # fmt: skip
    return render_text(text, entities, links=LINKS)


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("plain text, with (signs) and 10:30!", "plain text, with (signs) and 10:30!"),
        ("*a* _b_ `c` ~~d~~", r"\*a\* \_b\_ \`c\` \~\~d\~\~"),
        ("[[Note]] ![[x.png]]", r"\[\[Note\]\] !\[\[x.png\]\]"),
        ("#tag C#", r"\#tag C\#"),
        ("==mark== a=b", r"\=\=mark\=\= a=b"),
        ("%%hidden%% 5%", r"\%\%hidden\%\% 5%"),
        ("key:: value", r"key\:\: value"),
        ("$x$", r"\$x\$"),
        ("text ^id", r"text \^id"),
        ("&amp; &#35; R&D a & b", r"\&amp; \&#35; R\&D a & b".replace("&#35", r"&\#35")),
        ("<b>", r"\<b>"),
        ("<% tp.file %>", "&lt;% tp.file %>"),
        ("https://a.b obsidian://open", r"https\://a.b obsidian\://open"),
        ("me@example.com @name", r"me\@example.com @name"),
        ("- a\n+ b\n> c\n1. d\n2) e\n12.5", "\\- a\n\\+ b\n\\> c\n1\\. d\n2\\) e\n12.5"),
        ("title\n===\ntitle\n---", "title\n\\=\\=\\=\ntitle\n\\---"),
        ("a\n:-\nb", "a\n\\:-\nb"),
        ("  two\n\tone", "&nbsp;&nbsp;two\n&#9;one"),
        ("\n\na  \r\nb\u2028c\n", "a\nb\nc"),
        ("a\x00b\x7f\x85", "a␀b␡"),
        ("half \ud83d", "half �"),
        ("\u202eabc\ndef", "\u202eabc\u202c\ndef"),
        ("\u2067a\u202ab\u2069c", "\u2067a\u202ab\u2069c"),
        ("`= 1 + 1`", r"\`\= 1 + 1\`"),
    ],
)  # fmt: skip
def test_text_is_text(text: str, markdown: str) -> None:
    assert escape(text) == markdown


def test_names_stay_on_one_line() -> None:
    assert escape_one_line(" a\n*b* \u202e ") == "a \\*b\\* \u202e\u202c"


@pytest.mark.parametrize(
    ("text", "kind", "part", "markdown"),
    [
        ("so bold it is", "Bold", "bold", "so **bold** it is"),
        ("so italic it is", "Italic", "italic", "so *italic* it is"),
        ("so struck it is", "Strike", "struck", "so ~~struck~~ it is"),
        ("so underlined it is", "Underline", "underlined", "so <u>underlined</u> it is"),
        ("a secret", "Spoiler", "secret", 'a <span class="tg-spoiler" tabindex="0">secret</span>'),
        ("some code", "Code", "code", "some `code`"),
        ("👍👍 bold", "Bold", "bold", "👍👍 **bold**"),
        ("a bold b", "Bold", " bold ", "a **bold** b"),
        ("wwordw", "Bold", "word", "w**word**w"),
        ("Note:text", "Bold", "Note:", "<b>Note:</b>text"),
        ("重要。文本", "Bold", "重要。", "<b>重要。</b>文本"),
        ("one\ntwo", "Bold", "one\ntwo", "**one**\n**two**"),
        ("see @alice", "Mention", "@alice", "see @alice"),
        ("/start now", "BotCommand", "/start", "/start now"),
        ("pay $USD", "Cashtag", "$USD", r"pay \$USD"),
        ("👍", "CustomEmoji", "👍", "👍"),
        ("call +1 555", "Phone", "+1 555", "call +1 555"),
        ("at noon", "FormattedDate", "noon", "at noon"),
        ("a #cat b", "Hashtag", "#cat", "a #tg/cat b"),
        ("a #cat@chan b", "Hashtag", "#cat@chan", r"a #tg/cat\@chan b"),
        ("#كتاب\u200cخانه", "Hashtag", "#كتاب\u200cخانه", "#tg/كتابخانه"),
        ("#!?", "Hashtag", "#!?", r"\#!?"),
        ("x#cat", "Hashtag", "#cat", r"x\#cat"),
        ("@", "Hashtag", "@", "@"),
        ("see https://a.b/c_d", "Url", "https://a.b/c_d", "see <https://a.b/c_d>"),
        ("see a.b/c_d", "Url", "a.b/c_d", r"see [a.b/c\_d](<https://a.b/c_d>)"),
        ("see a.b:8080/c", "Url", "a.b:8080/c", "see [a.b:8080/c](<https://a.b:8080/c>)"),
        ("obsidian://open", "Url", "obsidian://open", r"obsidian\://open"),
        ("mail me@a.b", "Email", "me@a.b", r"mail [me\@a.b](<mailto:me@a.b>)"),
        ("https://t.me/cats/5", "Url", "https://t.me/cats/5", r"[https\://t.me/cats/5](<Cat Chat 2024#^m5>)"),
    ],
)  # fmt: skip
def test_one_entity(text: str, kind: str, part: str, markdown: str) -> None:
    assert mark(text, (kind, part)) == markdown


@pytest.mark.parametrize(
    ("url", "markdown"),
    [
        ("https://a.b/c d?e=[f]", "a [link](<https://a.b/c%20d?e=%5Bf%5D>)!"),
        ("tg://resolve?domain=x", "a [link](<tg://resolve?domain=x>)!"),
        ("javascript:alert(1)", "a link (`javascript:alert(1)`)!"),
        ("obsidian://open?vault=x", "a link (`obsidian://open?vault=x`)!"),
        ("https://a.b/?x==&y%%z", "a [link](<https://a.b/?x%3D%3D&y%25%25z>)!"),
        ("https://t.me/cats/5", "a [[Cat Chat 2024#^m5|link]]!"),
        ("https://t.me/cats", "a [[Cat Chat|link]]!"),
        ("", "a link!"),
    ],
)
def test_a_text_with_an_address(url: str, markdown: str) -> None:
    assert mark("a link!", ("TextUrl", "link"), url=url) == markdown


def test_people_named_in_words() -> None:
    assert render_text("hi Al!", [Entity("MentionName", 3, 2, user_id=7)], links=LINKS) == "hi [[Alice Doe|Al]]!"
    assert render_text("hi A*l", [Entity("MentionName", 3, 3, user_id=7)], links=LINKS) == "hi [A\\*l](<Alice Doe>)"
    assert render_text("hi A*l", [Entity("MentionName", 3, 3, user_id=8)], links=LINKS) == "hi A\\*l"
    bold = [Entity("Bold", 0, 5), Entity("MentionName", 3, 2, user_id=7)]
    assert render_text("hi Al, you", bold, links=LINKS) == "**hi [[Alice Doe|Al]]**, you"


def test_words_in_the_place_of_others() -> None:
    replaced = [Entity("DiffReplace", 2, 3, old_text="<o>\nld")]
    assert render_text("a new b", replaced) == "a new (before: “\\<o> ld”) b"


def test_notes_of_any_name_are_linked_to() -> None:
    """Where a label needs Markdown; ``<%`` would be Templater's, and a reference is not read as what it stands for."""
    assert mark("[a]", ("TextUrl", "[a]"), url="https://t.me/kot/5") == r"[\[a\]](%D0%9A%D0%BE%D1%82%202024#^m5)"
    assert mark("[a]", ("TextUrl", "[a]"), url="https://t.me/and/5") == r"[\[a\]](<A %26amp; B#^m5>)"


def test_what_is_found_in_a_text_keeps_its_marks() -> None:
    url = "https://a.b/c"
    assert mark(url, ("Url", url), ("Bold", url)) == r"[**https\://a.b/c**](<https://a.b/c>)"
    assert mark("t.me/cats/5", ("TextUrl", "t.me/cats/5"), ("Bold", "cats"), url="https://t.me/cats/5") == (
        "[t.me/**cats**/5](<Cat Chat 2024#^m5>)"
    )
    assert mark("a #cat", ("Hashtag", "#cat"), ("Italic", "#cat")) == "a *#tg/cat*"


def test_no_link_becomes_an_embed() -> None:
    assert mark("wow!link", ("TextUrl", "link"), url="https://a.b") == "wow\\![link](<https://a.b>)"
    assert mark("a\\!link", ("TextUrl", "link"), url="https://a.b") == "a\\\\\\![link](<https://a.b>)"
    assert mark("a!link", ("TextUrl", "link"), url="https://t.me/cats/5") == "a\\![[Cat Chat 2024#^m5|link]]"


def test_nesting() -> None:
    assert mark("one two three", ("Bold", "one two three"), ("Italic", "two")) == "**one *two* three**"
    assert mark("one two", ("Bold", "two"), ("Italic", "two")) == "one ***two***"
    assert mark("one two", ("TextUrl", "two"), ("Bold", "two"), url="https://a.b") == "one [**two**](<https://a.b>)"
    assert mark("ab", ("Bold", "a"), ("Bold", "b")) == "**ab**"
    assert mark("ab", ("Bold", "a"), ("Italic", "b")) == "**a**<i>b</i>"
    assert mark("one two", ("Underline", "one two"), ("Bold", "two")) == "<u>one <b>two</b></u>"
    assert mark("one two", ("Strike", "one two"), ("Code", "two")) == "~~one `two`~~"


def test_touching_code_is_one() -> None:
    assert render_text("ab", [Entity("Code", 0, 1, url="x"), Entity("Code", 1, 1)]) == "`ab`"
    assert render_text("。ab", [Entity("Url", 0, 2), Entity("Code", 1, 2)]) == "。`a`<code>b</code>"


def test_entities_that_cross_are_split() -> None:
    crossed = [Entity("Bold", 0, 7), Entity("Italic", 4, 9)]
    assert render_text("one two three", crossed) == "**one <i>two</i>** *three*"
    marks = [char.marks for char in read(render_text("one two three", crossed)) if char.char.strip()]
    assert marks == [{"Bold"}] * 3 + [{"Bold", "Italic"}] * 3 + [{"Italic"}] * 5


def test_offsets_that_lie() -> None:
    for entity in (Entity("Bold", -5, 3), Entity("Bold", 9, 3), Entity("Bold", 1, 0), Entity("Bold", 1, -4)):
        assert render_text("text", [entity]) == "text"
    assert render_text("text", [Entity("Bold", -2, 100)]) == "**text**"
    assert render_text("👍a", [Entity("Bold", 1, 2)]) == "**👍a**"  # in the middle of a surrogate pair


@pytest.mark.parametrize(
    ("code", "markdown"),
    [
        ("a`b", "`` a`b ``"),
        ("a``b", "<code>a&#96;&#96;b</code>"),
        ("= 1 + 1", "<samp>&#61; 1 + 1</samp>"),
        (" $= dv.x", "<samp>&#36;&#61; dv.x</samp>"),
        ("std::x", "<code>std&#58;&#58;x</code>"),
        ("<% x %>", "<code>&#60;&#37; x &#37;&#62;</code>"),
        ("[[x]] #tag", "`[[x]] #tag`"),
    ],
)
def test_inline_code_does_not_run(code: str, markdown: str) -> None:
    assert mark(f"see {code} there", ("Code", code)) == f"see {markdown} there".replace(
        "see <samp>&#36;", "see  <samp>&#36;"
    )


def test_code_of_several_lines_is_a_block() -> None:
    assert mark("see a\nb there", ("Code", "a\nb")) == "see\n```\na\nb\n```\nthere"


def test_blocks_of_code() -> None:
    assert mark("x = 1", ("Pre", "x = 1"), language="Python") == "```python\nx = 1\n```"
    assert code_block("a ```` b", "") == ["`````", "a ```` b", "`````"]
    assert code_block("a::b\n\nc", "cpp") == ["<pre>a&#58;&#58;b&#10;&#10;c</pre>"]
    assert code_block("= 1", "") == ["<pre>&#61; 1</pre>"]


RUNNING = "dataview dataviewjs Tasks mermaid base query button meta-bind js-engine ad-note plantuml tikz python`x {.x}"


@pytest.mark.parametrize("language", [*RUNNING.split(), "a b"])
def test_languages_that_run_are_text(language: str) -> None:
    assert safe_language(language) == "text"


def test_languages_that_colour_stay() -> None:
    assert [safe_language(name) for name in ("C++", "rust", "", "JSON")] == ["cpp", "rust", "", "json"]


def test_quotes() -> None:
    assert mark("said\nyes\nthen", ("Blockquote", "yes")) == "said\n> yes\n\nthen"
    folded = render_text("yes\nno", [Entity("Blockquote", 0, 6, collapsed=True), Entity("Bold", 0, 6)])
    assert folded == "> [!quote]-\n> **yes**\n> **no**"
    assert render_text("[!note] x", [Entity("Blockquote", 0, 9)]) == "> \\[!note\\] x"


def test_safe_addresses() -> None:
    assert safe_url("EXAMPLE.com") == "https://EXAMPLE.com"
    assert [safe_url(url) for url in ("file:///etc", "data:x", "//x", "", "-")] == [""] * 5
    assert web_link("x", "x", "magnet:?xt=1") == "[x](<magnet:?xt=1>)"


def test_labels_of_wikilinks() -> None:
    target = Target("Note", "m1")
    assert wikilink(target, "Bob: “see you”") == "[[Note#^m1|Bob: “see you”]]"
    assert wikilink(target, "a|b]]\n[[c]] ![[d") == "[[Note#^m1|a｜b］］ ［［c］］ !［［d]]"
    assert wikilink(target, " \n") == "[[Note#^m1]]"


def test_signs_in_a_label_do_not_meet_where_a_direction_was_turned() -> None:
    label = "%\u202a% =\u2066= :\u202e: a@\u202ab"
    assert wikilink(Target("Note"), label) == "[[Note|％％ ＝＝ ：： a＠b]]"
