"""RichText, Telegram's tree of marked text, as a text and its entities: what `render_text` knows how to show."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import attrs

from tobs.model import Entity, Raw
from tobs.rawfields import mapping, plain, whole
from tobs.vault.blocks.page import Page
from tobs.vault.escape import tidy
from tobs.vault.media import inline_embed
from tobs.vault.spans import CODE, EMBED, FORMULA
from tobs.vault.text import render_text

INLINE = 400  # pixels: as wide as pictures are at most


@attrs.frozen
class Part:
    """What a node of the tree comes to: its children in a row, marked as one. A string is itself."""

    children: Sequence[object]
    kind: str = ""  # of an entity; "" for none
    url: str = ""
    user_id: int = 0
    document_id: int = 0


@attrs.frozen
class _End:
    """The end of a part, and where it began."""

    part: Part
    start: int


def flatten(rich: object, page: Page) -> tuple[str, list[Entity]]:
    """The text and its entities, inner ones first. Trees may be of any depth: no frame of Python's is spent on one."""
    pieces: list[str] = []
    entities: list[Entity] = []
    at, stack = 0, [rich]
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            pieces.append(node)
            at += len(node.encode("utf-16-le", "surrogatepass")) // 2
        elif isinstance(node, _End):
            if node.start < at:
                entities.append(_entity(node.part, node.start, at))
        elif isinstance(node, Mapping):
            part = _part(node, page)
            if part.kind:
                stack.append(_End(part, at))
            stack += reversed(part.children)
    return "".join(pieces), entities


def _entity(part: Part, start: int, end: int) -> Entity:
    return Entity(part.kind, start, end - start, part.url, user_id=part.user_id, document_id=part.document_id)


def rich_lines(rich: object, page: Page) -> list[str]:
    """The lines of a text, [] if it is empty."""
    text, entities = flatten(rich, page)
    shown = render_text(text, entities, links=page.links)
    return shown.split("\n") if shown else []


def rich_line(rich: object, page: Page) -> str:
    """The text on one line, for headings and titles."""
    text, entities = flatten(rich, page)
    return render_text(tidy(text).replace("\n", " "), entities, links=page.links)


def cell_lines(rich: object, page: Page) -> list[str]:
    """Lines that are no blocks: code stays within its line."""
    text, entities = flatten(rich, page)
    if not any(entity.kind == CODE for entity in entities):
        return [line for line in render_text(text, entities, links=page.links).split("\n") if line]
    line = render_text(tidy(text).replace("\n", " "), entities, links=page.links)
    return [line] if line else []


def rich_plain(rich: object, page: Page) -> str:
    """The text alone, tidy and without marks."""
    return tidy(flatten(rich, page)[0])


def marked(kind: str, *children: object) -> Raw:
    """A node that marks its children as Telegram's constructor of this name does."""
    return {"_": kind, "text": {"_": "TextConcat", "texts": children}}


def _part(raw: Raw, page: Page) -> Part:
    name = plain(raw.get("_"))
    if part := RICH_TEXTS.get(name):
        return part(raw, page)
    # A constructor of tomorrow: its text, or its name where it has none.
    return Part([raw["text"]]) if "text" in raw else Part([f"({name})"] if name else [])


def _marks(kind: str = "") -> Callable[[Raw, Page], Part]:
    return lambda raw, page: Part([raw.get("text")], kind)


def _concat(raw: Raw, page: Page) -> Part:
    texts = raw.get("texts")
    return Part(texts if isinstance(texts, (list, tuple)) else [])


def _url(raw: Raw, page: Page) -> Part:
    url = plain(raw.get("url"))
    # A place within the page: without a target it is no address that a browser could open.
    shown = url and (not url.startswith("#") or page.links.link_for_url(url))
    return Part([raw.get("text")], "TextUrl" if shown else "", url)


def _addressed(scheme: str, key: str) -> Callable[[Raw, Page], Part]:
    def part(raw: Raw, page: Page) -> Part:
        address = plain(raw.get(key)).strip()
        return Part([raw.get("text")], "TextUrl" if address else "", f"{scheme}:{address}")

    return part


def _person(raw: Raw, page: Page) -> Part:
    return Part([raw.get("text")], "MentionName", user_id=whole(raw, "user_id"))


def _emoji(raw: Raw, page: Page) -> Part:
    return Part([plain(raw.get("alt")) or "◌"], "CustomEmoji", document_id=whole(raw, "document_id"))


def _image(raw: Raw, page: Page) -> Part:
    width = min(INLINE, max(0, whole(raw, "w")))
    found = (
        inline_embed(page.message, each, width, page.context) for each in page.files.get(whole(raw, "document_id"), ())
    )
    name = next(filter(None, found), "")
    return Part(["🖼"], EMBED if name else "", name)


def _date(raw: Raw, page: Page) -> Part:
    text = raw.get("text")
    said = isinstance(text, Mapping) and text.get("_") != "TextEmpty" and text.get("text") != ""
    return Part([text if said else page.date(whole(raw, "date"))])


def _diff(raw: Raw, page: Page) -> Part:
    return Part([marked("TextStrike", raw.get("old_text")), " ", marked("TextUnderline", raw.get("text"))])


def _math(raw: Raw, page: Page) -> Part:
    return Part([" ".join(plain(raw.get("source")).split())], FORMULA)


def button(raw: Raw, page: Page) -> Part:
    """A TextButton or PageButton: what it says, as a link if it opens a page."""
    action = mapping(raw, "type")
    url = plain(action.get("url"))
    user_id = whole(action, "user_id")
    return Part(["🔘 ", raw.get("text")], "TextUrl" if url else "MentionName" if user_id else "", url, user_id)


RICH_TEXTS: Mapping[str, Callable[[Raw, Page], Part]] = {
    "TextEmpty": lambda raw, page: Part([]),
    "TextPlain": lambda raw, page: Part([plain(raw.get("text"))]),
    "TextConcat": _concat,
    "TextBold": _marks("Bold"),
    "TextItalic": _marks("Italic"),
    "TextUnderline": _marks("Underline"),
    "TextStrike": _marks("Strike"),
    "TextSpoiler": _marks("Spoiler"),
    "TextFixed": _marks(CODE),
    "TextSubscript": _marks("Subscript"),
    "TextSuperscript": _marks("Superscript"),
    "TextMarked": _marks("Marked"),
    "TextUrl": _url,
    "TextEmail": _addressed("mailto", "email"),
    "TextPhone": _addressed("tel", "phone"),
    "TextAutoUrl": _marks("Url"),
    "TextAutoEmail": _marks("Email"),
    "TextAutoPhone": _marks("Phone"),
    "TextHashtag": _marks("Hashtag"),
    "TextCashtag": _marks("Cashtag"),
    "TextBotCommand": _marks("BotCommand"),
    "TextBankCard": _marks("BankCard"),
    "TextMention": _marks("Mention"),
    "TextMentionName": _person,
    "TextCustomEmoji": _emoji,
    "TextImage": _image,
    "TextAnchor": _marks(),
    "TextDate": _date,
    "TextDiff": _diff,
    "TextMath": _math,
    "TextButton": button,
}
