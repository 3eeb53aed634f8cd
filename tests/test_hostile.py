"""Text in, text out: whatever people and servers send, a note shows just that and does nothing.

``TOBS_FUZZ=100000`` runs so many examples of each property instead of the usual ones.
"""

from __future__ import annotations

import os
import re
import unicodedata
from typing import Any, get_args

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.markdown import Char, check_inert, read
from tests.obsidian import block_ids
from tests.test_message import RAW
from tobs.config import Hashtags, Style
from tobs.model import Attachment, Button, Entity, File, Forward, Media, MediaKind, Message, Reaction, Reply
from tobs.vault.context import Look, MediaFile, MemoryContext
from tobs.vault.frame import join_blocks
from tobs.vault.message import render_message
from tobs.vault.text import render_text

FUZZ = int(os.environ.get("TOBS_FUZZ", "0"))
BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
NEWLINES = "\r\x0b\x0c\x85\u2028\u2029"


def examples(count: int) -> settings:
    """The profile of one property: the same examples in every run, or very many new ones."""
    return settings(
        max_examples=FUZZ or count, deadline=None, derandomize=not FUZZ, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip


SIGNS = r"""
a b c 1 é 重 。 👍 👨‍👩‍👧 ا ש * ** *** _ __ ~ ~~ ` `` ``` [ ] [[ ]] ![[ ]( ) ( | || - -- --- + = == === > # ## #a $ $$ %
%% ^ ^a ^- ^[ & &amp; &#35; < <b> </b> <!-- <% %> <%* : :: a::b [k:: (k:: :- -: |-| \ \\ ! !! !\ . , ; ' " “ ” / //
http:// https://a.b/c_d?e=f&g www.a.b a@b.c obsidian://x 1. 1) 12. [!note] `= `$= $= ::= <%= {{x}} @b
Note: x =x= $x$ ^abc snake_case **b** <u> <script> [^1] [a](b) http: ://x <pre> </pre> ~~~ :/ @
"""
SPACES = [" ", "  ", "    ", "\t", "\n", "\n", "\n\n", "\u00a0", "\u3000", "- ", "- [ ] ", "1. ", "# ", "> "]
STRANGE = ["\x00", "\x1b", *NEWLINES, "\r\n", "\ud800", "\u200b", "\u200d", "\u0301", "\ufeff", "\ufffe", *sorted(BIDI)]
PIECES = [*SIGNS.split(), *SPACES, *STRANGE]
texts = st.one_of(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=14).map("".join),
    st.lists(st.one_of(st.sampled_from(PIECES), st.characters()), min_size=1, max_size=10).map("".join),
)

INLINE = ("Bold", "Italic", "Strike", "Underline", "Spoiler", "TextUrl", "Code")
KINDS = (*INLINE, "Blockquote", "Pre", "Mention", "MentionName", "CustomEmoji", "Unknown")
LEAVES = frozenset({"Code", "Pre"})
NO_MARK = frozenset({"Mention", "MentionName", "CustomEmoji", "Unknown"})


def units(text: str) -> int:
    """Length in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def fits(new: tuple[str, int, int], old: tuple[str, int, int]) -> bool:
    """Whether Telegram would send both: they nest, code holds nothing and lies in quotes only."""
    (kind, start, end), (other, low, high) = new, old
    if end <= low or high <= start:
        return not (kind == other and (end == low or high == start) and kind in LEAVES)
    if kind == other or not (low <= start <= end <= high or start <= low <= high <= end):
        return False
    for one, two, inside in ((kind, other, start <= low and high <= end), (other, kind, low <= start and end <= high)):
        if one in LEAVES and not (two == "Blockquote" and (start, end) != (low, high) and not inside):
            return (one, two) == ("Code", "Blockquote") and (start, end) == (low, high)
    return not ({kind, other} & LEAVES and "Blockquote" not in (kind, other))


@st.composite
def marked(draw: st.DrawFn) -> tuple[str, list[tuple[str, int, int]]]:
    """A text with entities as Telegram sends them, in indices of Python."""
    text = draw(texts)
    accepted: list[tuple[str, int, int]] = []
    for _ in range(draw(st.integers(0, 5))):
        low, high = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
        new = (draw(st.sampled_from(KINDS)), low, high)
        if low < high and all(fits(new, old) for old in accepted):
            accepted.append(new)
    return text, accepted


def as_entities(text: str, accepted: list[tuple[str, int, int]]) -> list[Entity]:
    return [
        Entity(
            kind, units(text[:low]), units(text[low:high]), url="https://example.com/a_b?c=d&e", language="dataviewjs"
        )
        for kind, low, high in accepted
    ]


def shown_char(char: str) -> str:
    """What tobs shows for a character, by its own documentation."""
    if char in NEWLINES:
        return "\n"
    if unicodedata.category(char) == "Cc" and char not in "\t\n":
        return chr(0x2400 + ord(char)) if ord(char) < 32 else "␡" if char == "\x7f" else "�"
    return "�" if unicodedata.category(char) == "Cs" else " " if char == "\u00a0" else char


def expected(text: str, accepted: list[tuple[str, int, int]]) -> list[Char]:
    chars = []
    for index, char in enumerate(text):
        if char == "\r" and text[index + 1 : index + 2] == "\n":
            char = " "
        marks = {"Link" if kind == "TextUrl" else "Code" if kind == "Pre" else kind
                 for kind, low, high in accepted if low <= index < high and kind not in NO_MARK}  # fmt: skip
        chars.append(Char(shown_char(char), frozenset(marks)))
    return chars


def visible(chars: list[Char]) -> list[Char]:
    """Without what may bend: white space, and the closers of directions."""
    return [char for char in chars if not char.char.isspace() and char.char not in BIDI]


def lines(chars: list[Char]) -> list[str]:
    """Lines of text as the whitespace rule leaves them."""
    text = "".join(char.char for char in chars if char.char not in BIDI).replace("\u00a0", " ")
    return [line.rstrip() for line in text.split("\n") if line.strip()]


LIST = ("bullet_list_open", "list_item_open", "list_item_close", "bullet_list_close")
looks = st.builds(
    Look, st.sampled_from(get_args(Style)), hashtags=st.sampled_from(get_args(Hashtags)), hard_breaks=st.booleans()
)


def rendered(message: Message, look: Look, **more: Any) -> str:
    """The message as it stands in a note, where Obsidian finds it by its id."""
    context = MemoryContext(**{"names": {1: "A"}, "look": look, **more})
    block = join_blocks([render_message(message, context)], look)
    assert block_ids(block) == ["m1"]
    return block


def without_id(block: str) -> str:
    """The block without its own block id, wherever that stands."""
    if block.endswith((" ^m1", "\n^m1")):
        return block[: -len(" ^m1")]
    head, _, body = block.partition("\n\n")
    assert head.endswith(" ^m1"), block
    return f"{head.removesuffix(' ^m1')}\n\n{body}"


def shown(text: str, entities: list[Entity], look: Look) -> list[Char]:
    """What a reader sees of the text in the whole block of a message."""
    block = without_id(rendered(Message(1, 5, 0, 1, text, tuple(entities)), look))
    check_inert(block, tags=look.hashtags == "tag" and any(entity.kind == "Hashtag" for entity in entities))
    strict = look.hard_breaks and not any(entity.collapsed for entity in entities)  # a callout's title ends its line
    if look.style == "compact":
        chars, head = read(block, *LIST, strict=strict), "00:00 A"
    else:
        chars, head = read(block), "[!tg] A · 00:00"
        assert all(line.startswith(">") for line in block.rstrip("\n").split("\n"))
        read(block.partition("\n")[2], strict=strict)
    assert "".join(char.char for char in chars[: len(head)]) == head
    assert chars[len(head)].char in " \n"
    return chars[len(head) + 1 :]


def framed(chars: list[Char], look: Look) -> list[Char]:
    """As in the frame of a message, which in one style is a quote, too."""
    outer = {"Blockquote"} if look.style == "callout" else set()
    return [Char(char.char, char.marks | outer) for char in chars]


@examples(1500)
@given(texts, looks)
def test_plain_text_comes_back(text: str, look: Look) -> None:
    got, want = shown(text, [], look), expected(text, [])
    if visible(want):
        assert lines(got) == lines(want)
        assert visible(got) == framed(visible(want), look)


@examples(1800)
@given(marked(), looks)
def test_marked_text_comes_back_marked(case: tuple[str, list[tuple[str, int, int]]], look: Look) -> None:
    text, accepted = case
    want = visible(expected(text, accepted))
    if not want:
        return
    markdown = render_text(text, as_entities(text, accepted))
    check_inert(markdown)
    assert visible(read(markdown)) == want
    assert visible(shown(text, as_entities(text, accepted), look)) == framed(want, look)


ANY_ENTITY = st.builds(
    Entity,
    st.sampled_from(
        (*KINDS, "Url", "Email", "Hashtag", "Phone", "Cashtag", "BotCommand", "DiffDelete", "DiffReplace", "Nonsense")
    ),
    st.integers(-3, 30),
    st.integers(-3, 30),
    url=st.one_of(
        texts, st.sampled_from(("https://a.b", "javascript:x", "obsidian://open", "tg://user?id=1", "", "x.y"))
    ),
    language=st.one_of(texts, st.just("mermaid")),
    old_text=texts,
    collapsed=st.booleans(),
)


@examples(1500)
@given(texts, st.lists(ANY_ENTITY, max_size=6), looks)
def test_no_entities_break_a_block(text: str, entities: list[Entity], look: Look) -> None:
    """Entities that overlap, lie outside or make no sense cost marks at most, never text."""
    got = [char for char in visible(shown(text, entities, look)) if char.char not in BIDI]
    want = visible(expected(text, []))
    kinds = {entity.kind for entity in entities}
    adding = {"TextUrl", "Hashtag", "DiffReplace"}  # an unsafe address, the prefix of a tag, old words
    if not kinds & adding and want:
        assert "".join(char.char for char in got).replace("[!quote]-", "") == "".join(char.char for char in want)


@examples(600)
@given(st.lists(st.tuples(texts, st.lists(ANY_ENTITY, max_size=2)), min_size=2, max_size=4), looks, st.booleans())
def test_messages_of_a_note_do_not_run_together(parts: list[tuple[str, list[Entity]]], look: Look, named: bool) -> None:
    context = MemoryContext(names={1: "A"}, look=look)
    messages = [Message(number, 5, 0, 1, text, tuple(marks)) for number, (text, marks) in enumerate(parts, 1)]
    blocks = [render_message(message, context, named=named) for message in messages]
    note = join_blocks(["## 2024-05-03", *blocks], look)
    assert block_ids(note) == [f"m{message.id}" for message in messages]
    apart = [char for block in blocks for char in visible(read(join_blocks([block], look), *LIST))]
    assert visible(read(note, *LIST, "heading_open", "heading_close"))[len("2024-05-03") :] == apart


@examples(700)
@given(texts, texts, texts, looks)
def test_names_and_quotes_are_text_too(name: str, quote: str, text: str, look: Look) -> None:
    message = Message(1, 5, 0, 1, text, post_author=quote, from_rank=name,
                      reply=Reply(origin=Forward(name=name, date=9), quote=quote))  # fmt: skip
    block = without_id(rendered(message, look, names={1: name}))
    check_inert(block)
    chars = [char.char for char in visible(read(block, *LIST))]
    for part in (quote, text):
        assert "".join(char.char for char in visible(expected(part, []))) in "".join(chars)


def filled(value: object, text: str) -> object:
    """A raw dict with the text in place of each string that a person or page may choose."""
    if isinstance(value, dict):
        return {key: part if key in ("_", "option") else filled(part, text) for key, part in value.items()}
    if isinstance(value, list):
        return [filled(part, text) for part in value]
    return text if isinstance(value, str) else value


@examples(600)
@given(texts, st.sampled_from(sorted(RAW)), looks)
def test_attachments_are_text_too(text: str, kind: MediaKind, look: Look) -> None:
    raw = filled(RAW[kind], text)
    assert isinstance(raw, dict)
    file = File(1, 2, 3, "application/zip", ".zip", name=text) if kind in ("paid", "game") else None
    buttons = tuple(Button(text, does, text) for does in ("Url", "Copy", "SwitchInline", text))
    message = Message(1, 5, 0, 1, media=Media(kind, file, raw=raw), buttons=buttons, reactions=(Reaction(text, 1),),
                      forward=Forward(2, text, author=text, saved_sender_name=text, psa=text))  # fmt: skip
    block = without_id(rendered(message, look, names={1: "A", 2: text}))
    check_inert(block)
    chars = visible(read(block, *LIST))
    assert chars == framed(chars, look)


@examples(400)
@given(texts, st.sampled_from(("video", "audio", "document", "sticker", "photo")), st.sampled_from((".mp4", ".opus")),
       st.booleans(), looks)  # fmt: skip
def test_names_of_files_are_text_too(text: str, kind: MediaKind, extension: str, spoiler: bool, look: Look) -> None:
    file = File(1, 2, 3, "video/mp4", extension, name=text, title=text, performer=text, emoji=text, duration=1)
    shown = Attachment(kind, file, spoiler=spoiler, label=text)
    message = Message(1, 5, 0, 1, media=Media("paid", raw={}, files=(shown,)))
    name = f"20240503-143205_1{extension}"
    body = without_id(rendered(message, look, files={(5, 1, 1, ""): MediaFile(name)}))
    link = re.compile(rf"!?\[\[{re.escape(name)}(?:\|([^\[\]|#^\n]*))?\]\]")
    assert len(link.findall(body)) == 1
    # The label of the link is held against the rules, too.
    check_inert(link.sub(lambda match: f" {match[1]} ", body))


@examples(300)
@given(texts)
def test_no_line_leaves_a_direction_open(text: str) -> None:
    for line in render_text(text).split("\n"):
        opened = ""  # E for an embedding or override, I for an isolate
        for char in line:
            if char == "\u2069":
                opened = opened[: max(0, opened.rfind("I"))] if "I" in opened else opened
            elif char == "\u202c":
                opened = opened.removesuffix("E")
            elif char in BIDI:
                opened += "E" if char < "\u2066" else "I"
        assert not opened
