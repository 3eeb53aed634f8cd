"""A text and its entities as Markdown that shows this text, marked as it was, and does nothing else.

Quotes and code blocks become blocks of lines, everything else is rendered
line by line, since emphasis cannot cross lines everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tobs.model import Entity
from tobs.vault.code import code_block, html_code, inline_code
from tobs.vault.context import Links, NoLinks
from tobs.vault.emoji import emoji_embed, is_emoji
from tobs.vault.escape import close_bidi, escape, escape_html, escape_inline, finish_line, has_bidi, tidy
from tobs.vault.formulas import inline_formula
from tobs.vault.links import html_link, note_link, safe_url, web_link
from tobs.vault.spans import BLOCKS, CODE, EMBED, EMOJI, FORMULA, PRE, QUOTE, Span, by_order, spans, within

_LINKS = frozenset({"TextUrl", "Url", "Email", "Hashtag", "MentionName"})
_UNLINKED = _LINKS | {EMBED, EMOJI}  # what no link may hold
_STARS = {"Bold": "**", "Italic": "*", "Strike": "~~"}
_SPOILER = '<span class="tg-spoiler" tabindex="0">'  # the style sheet hides it until it is pointed at or focused
_TAGS = {"Bold": "b", "Italic": "i", "Strike": "s", "Underline": "u", "Marked": "mark", "Subscript": "sub",
         "Superscript": "sup"}  # fmt: skip
_OPEN = {"Spoiler": _SPOILER, **{kind: f"<{tag}>" for kind, tag in _TAGS.items()}}
_CLOSE = {"Spoiler": "</span>", **{kind: f"</{tag}>" for kind, tag in _TAGS.items()}}
# Beside these, a delimiter next to a sign still opens or closes emphasis, under every reading of the rule.
_AROUND = frozenset("()\"'.,;:?-/")
# Two signs that escaped text leaves alone apart, but not together: a backslash before the second, or before the first.
_SEAM = re.compile(r"(::|:/|//|==|%%|`=|[\w.+-]@)|!\[|&\w|@\w|<%")
# What Obsidian takes out of a tag (ILLEGAL_TAG_CHARS of its importer), and white space.
_NOT_IN_TAG = re.compile(r"""[\u2000-\u206f\u2e00-\u2e7f'!"#$%&()*+,.:;<=>?@^`{|}~\[\]\\\s\x00-\x1f\x7f-\x9f]""")


def render_text(text: str, entities: Sequence[Entity] = (), *, links: Links | None = None) -> str:
    """Markdown lines for a text; the caller prefixes them with ``> ``. Never starts or ends with a blank line."""
    if not entities:
        return escape(text)
    text = tidy(text)
    links = links or NoLinks()
    found = [span for each in spans(text, entities) if (span := _shown(text, each, links))]
    if not found:
        return escape(text)
    lines = _blocks(_Text(text, links), found, 0, len(text))
    return "\n".join(lines).strip("\n")


def _shown(text: str, span: Span, links: Links) -> Span | None:
    """The span as it shows here; None where the words alone do, which may hold others."""
    if span.kind == "MentionName":
        return span if links.peer(span.user_id) else None
    if span.kind == EMOJI:
        emoji = text[span.start : span.end]
        name = links.emoji_picture(span.document_id)
        return span._replace(url=emoji_embed(name, emoji), old_text=emoji) if name and is_emoji(emoji) else None
    return span


class _Text(NamedTuple):
    text: str
    links: Links


class _Place(NamedTuple):
    """Where inline text is rendered: the signs around it and what it is inside of."""

    before: str = ""
    after: str = ""
    html: bool = False
    star: bool = False


_LINE = _Place()


def _is_block(text: str, span: Span) -> bool:
    return span.kind in BLOCKS or (span.kind == CODE and "\n" in text[span.start : span.end].strip())


def _blocks(source: _Text, found: list[Span], start: int, end: int) -> list[str]:
    lines: list[str] = []
    at = start  # what is before it is rendered
    for block in [span for span in found if _is_block(source.text, span)]:
        if block.end <= at:
            continue
        block = block._replace(start=max(block.start, at))
        lines += _lines(source, found, at, block.start)
        lines += _block(source, found, block)
        at = block.end
        while source.text[at : at + 1] == " " and at < end:  # the rest of its line is a line of its own
            at += 1
    return [*lines, *_lines(source, found, at, end)]


def _block(source: _Text, found: list[Span], block: Span) -> list[str]:
    body = source.text[block.start : block.end]
    if not body.strip():
        return []
    if block.kind != QUOTE:
        code = code_block(body, block.language if block.kind == PRE else "")
        return code if len(code) > 1 else ["", *code, ""]  # an HTML block stands apart
    inside = [span for span in within(found, block.start, block.end) if span.kind != QUOTE]
    quoted = "\n".join(_blocks(source, inside, block.start, block.end)).strip("\n").split("\n")
    head = ["> [!quote]-"] if block.collapsed else []
    # A line right below a quote would be read as part of it.
    return [*head, *(f"> {line}" if line else ">" for line in quoted), ""]


def _lines(source: _Text, found: list[Span], start: int, end: int) -> Iterator[str]:
    text = source.text[start:end]
    if not text.strip():
        return
    start += len(text) - len(text.lstrip("\n"))
    for line in text.strip("\n").split("\n"):
        stop = start + len(line.rstrip())
        inside = sorted((span for span in within(found, start, stop) if span.kind not in BLOCKS), key=by_order)
        # A line that opens a direction ends with signs that close it, which are no white space.
        place = _Place(after="\u2069") if has_bidi(line) else _LINE
        yield finish_line(_inline(source, inside, start, stop, place))
        start += len(line) + 1


def _inline(source: _Text, pending: list[Span], start: int, end: int, place: _Place) -> str:
    plain = escape_html if place.html else escape_inline
    text, out, at = source.text, "", start
    while pending:
        span, others = pending[0], pending[1:]
        out = _join(out, plain(text[at : span.start]), place.html)
        first, last = _edges(text, span)
        before = " " if first > span.start else out[-1:] or place.before
        after = text[last] if last < end else place.after
        inside: list[Span] = []
        if others and others[0].start < last:
            inside = [other for other in within(others, first, last) if _may_nest(other, span)]
            others = sorted(within(others, last, end), key=by_order)
        piece = _wrap(source, span, inside, first, last, _Place(before, after, place.html, place.star))
        out = _join(out + text[span.start : first], piece, place.html)
        at, pending = last, others
    return _join(out, plain(text[at:end]), place.html)


def _join(out: str, piece: str, html: bool) -> str:
    """Both in a row, so that signs that meet do not act, as an embed's ``![`` or an address's ``://``."""
    if not out or not piece or (piece[0] not in ":/=%@[" and out[-1] not in "&@"):
        return out + piece
    if seam := _SEAM.fullmatch(out[-1] + piece[0]):
        if html:
            return f"{out}&#{ord(piece[0])};{piece[1:]}"
        if seam[1]:
            return f"{out}\\{piece}"
        body = out[:-1]
        if (len(body) - len(body.rstrip("\\"))) % 2 == 0:  # not escaped yet
            return f"{body}\\{out[-1]}{piece}"
        return f"{out[:-2]}&lt;{piece}" if out[-1] == "<" else out + piece
    return out + piece


def _edges(text: str, span: Span) -> tuple[int, int]:
    """The span without white space at its ends, which would keep emphasis from being read."""
    start, end = span.start, span.end
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end


def _may_nest(inner: Span, outer: Span) -> bool:
    if outer.kind in (CODE, FORMULA, EMBED, EMOJI, "Hashtag") or inner.kind == outer.kind:
        return False
    return not (inner.kind in _UNLINKED and outer.kind in _LINKS)


def _wrap(source: _Text, span: Span, inside: list[Span], first: int, last: int, place: _Place) -> str:
    raw = source.text[first:last]
    if not raw:
        return ""
    if span.kind == CODE:
        # Backticks that touch would be read as one row.
        return html_code(raw) if place.html or place.before == "`" else inline_code(raw)
    if span.kind == FORMULA:
        return html_code(raw) if place.html or place.before == "`" else inline_formula(raw, place.before, place.after)
    if span.kind == EMBED:
        return escape_html(raw) if place.html else f"![[{span.url}]]"
    if span.kind == EMOJI and raw == span.old_text and not place.html:  # in HTML nothing is embedded
        return span.url
    if span.kind == EMOJI:
        return escape_html(raw) if place.html else escape_inline(raw)
    if span.kind == "Hashtag":
        return _hashtag(raw, place, tags=source.links.look.hashtags == "tag")
    if span.kind == "MentionName":
        return _mention(source, span, inside, first, last, place)
    if span.kind == "DiffReplace":
        return _replaced(source, span, inside, first, last, place)
    if span.kind in _LINKS:
        return _link(source, span, inside, first, last, place)
    return _emphasis(source, span.kind, inside, first, last, place)


def _link(source: _Text, span: Span, inside: list[Span], first: int, last: int, place: _Place) -> str:
    raw = source.text[first:last]
    url = span.url if span.kind == "TextUrl" else f"mailto:{raw}" if span.kind == "Email" else raw
    target = source.links.link_for_url(url)
    if target or safe_url(url):
        place = _Place("[", "]", place.html, place.star)
    inner = _inline(source, inside, first, last, place)
    if place.html:  # where Obsidian follows links to the web only
        return html_link(inner, raw, url) if safe_url(url) or not target else inner
    return note_link(inner, raw, target) if target else web_link(inner, raw, url, marked=bool(inside))


def _mention(source: _Text, span: Span, inside: list[Span], first: int, last: int, place: _Place) -> str:
    """A person named in words: a link to the note about them."""
    target = None if place.html else source.links.peer(span.user_id)
    if target is None:
        return _inline(source, inside, first, last, place)
    inner = _inline(source, inside, first, last, _Place("[", "]", star=place.star))
    return note_link(inner, source.text[first:last], target)


def _replaced(source: _Text, span: Span, inside: list[Span], first: int, last: int, place: _Place) -> str:
    """Words in the place of others, which are told in words: struck through, they would be taken for the sender's."""
    inner = _inline(source, inside, first, last, place)
    old = close_bidi(" ".join(tidy(span.old_text).split()))
    plain = escape_html if place.html else escape_inline
    return _join(f"{inner} (before: “", f"{plain(old)}”)", place.html) if old else inner


def _emphasis(source: _Text, kind: str, inside: list[Span], first: int, last: int, place: _Place) -> str:
    if not place.html and kind in _STARS:
        mark, rest = _STARS[kind], inside
        if kind in ("Bold", "Italic"):
            other = {"Bold": "Italic", "Italic": "Bold"}[kind]
            whole = [span for span in inside if span.kind == other and span.start == first and span.end == last]
            mark, rest = ("***", [span for span in inside if span.kind != other]) if whole else (mark, inside)
        star = place.star or mark[0] == "*"
        inner = _inline(source, rest, first, last, _Place(mark[0], mark[0], star=star))
        if _flanks(mark, inner, place):
            return mark + inner + mark
    inner = _inline(source, inside, first, last, _Place(">", "<", html=True))
    return _OPEN[kind] + inner + _CLOSE[kind]


def _flanks(mark: str, inner: str, place: _Place) -> bool:
    """Whether the marks around `inner` are read as emphasis by CommonMark's flanking rules, old and new."""
    before, after, first, last = place.before, place.after, inner[0], inner[-1]
    if mark[0] in (before, after, first, last):
        return False
    if place.star and mark[0] == "*":  # within stars only what cannot be taken for the outer marks
        return not before.strip() and not after.strip()
    return (first.isalnum() or _is_edge(before)) and (last.isalnum() or _is_edge(after))


def _is_edge(char: str) -> bool:
    return not char.strip() or char in _AROUND


def _hashtag(raw: str, place: _Place, *, tags: bool) -> str:
    """``#tg/<tag>`` if hashtags become `tags`; a suffix as in ``#tag@channel`` and what cannot be a tag stay text."""
    if place.html:
        return escape_html(raw)
    if not tags:
        return escape_inline(raw)
    word, at, suffix = raw.partition("@")
    tag = tag_name(word)
    after = at or place.after
    if word[:1] != "#" or not tag.strip("/-") or _glued(place.before) or not (_NOT_IN_TAG.match(after) or not after):
        return escape_inline(raw)
    return f"#tg/{tag}\\@{escape_inline(suffix)}" if suffix else f"#tg/{tag}{at}"


def tag_name(word: str) -> str:
    """What of a hashtag, with or without its ``#`` and the suffix ``@channel``, can be a tag in Obsidian."""
    return _NOT_IN_TAG.sub("", word.partition("@")[0])


def _glued(before: str) -> bool:
    # Obsidian sees a tag after white space; within emphasis and brackets it does too.
    return bool(before.strip()) and before not in "(*~"
