"""Raw messages in, notes out, and read back with a parser that knows nothing of tobs: all is there, and nothing else.

``TOBS_FUZZ=100000`` runs so many examples of each property instead of the usual ones.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC
from itertools import groupby

import attrs
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.markdown import check_inert
from tests.raw_messages import (
    ACCOUNT,
    CHAT,
    SENDER,
    Part,
    Scene,
    Sent,
    Shown,
    albums,
    attached,
    context,
    histories,
    messages,
    scenes,
    services,
)
from tests.readback import WIKILINK, Block, Char, plain, read_blocks
from tests.test_hostile import BIDI, LIST, examples, shown_char, texts
from tobs.archive.rows import ArchivedChat
from tobs.model import Message
from tobs.raw import decode_message
from tobs.vault.archive_context import World
from tobs.vault.layout import PlannedNote
from tobs.vault.message import render_album, render_message
from tobs.vault.names import safe_name
from tobs.vault.period_note import render_period
from tobs.vault.streams import Stream

NO_MARK = frozenset({"Mention", "CustomEmoji", "Unknown", "Phone", "Cashtag", "BotCommand", "BankCard", "MentionName",
                     "FormattedDate", "Hashtag"})  # fmt: skip
BLOCK_ID = re.compile(r"^\^m[0-9]+$", re.MULTILINE)
BLOCK_ID_IN_ITEM = re.compile(r"^((?:- |  ).*) \^m[0-9]+$", re.MULTILINE)
OWN_MARKS = frozenset({"Bold", "Italic", "Blockquote"})
SCENES = scenes(
    texts.map(lambda title: f"{safe_name(title, 100)} 2024-05"),
    st.just("") | texts.map(lambda title: f"Telegram/Chats/{safe_name(title)}/attachments/2024-05/"),
)


def expected(shown: Shown) -> list[Char]:
    """The visible characters of a text with their marks."""
    chars = []
    text = shown.text.replace("\r\n", " \n")
    for index, char in enumerate(text):
        marks = {_mark(span.kind, span.link) for span in shown.spans if span.low <= index < span.high} - NO_MARK
        chars.append(Char(shown_char(char), shown.marks | marks))
    return visible(chars)


def _mark(kind: str, link: str) -> str:
    return link or ("Code" if kind == "Pre" else kind)


def visible(chars: Sequence[Char]) -> list[Char]:
    """Without what may bend: white space, and the closers of directions."""
    return [char for char in chars if not char.char.isspace() and char.char not in BIDI]


def find(wanted: list[Char], chars: list[Char], start: int, *, label: bool) -> int:
    """Where the characters stand in a row, from `start` on; -1 if they do not."""
    if label:
        wanted, chars = [[Char(plain(char.char), char.marks) for char in each] for each in (wanted, chars)]
    return next((at for at in range(start, len(chars) - len(wanted) + 1)
                 if chars[at : at + len(wanted)] == wanted), -1)  # fmt: skip


def told(chars: Sequence[Char]) -> str:
    """Characters for a person, those of one kind together."""
    runs = groupby(chars, key=lambda char: char.marks)
    return " ".join(f"{''.join(char.char for char in run)!r} {sorted(marks) or ''}" for marks, run in runs)


def as_promised(mark: str, scene: Scene) -> str:
    """A link in HTML as any other. There Obsidian knows no notes, so what is in the vault leads to the web."""
    if not mark.startswith("html "):
        return mark
    url = mark.removeprefix("html ")
    return scene.there if url.endswith(("t.me/c/8/881", "t.me/catchat/881")) else f"link {url}"


def as_written(char: Char, scene: Scene) -> Char:
    return Char(char.char, frozenset(as_promised(mark, scene) for mark in char.marks))


def marks_of(shown: Shown) -> frozenset[str]:
    """Every mark that a text promises somewhere."""
    return shown.marks | {_mark(span.kind, span.link) for span in shown.spans}


def check_block(block: Block, sents: Sequence[Sent], scene: Scene) -> None:
    """A block shows what its messages promise, in their order, and is built of nothing else."""
    parts = [part for sent in sents for part in sent.parts]
    if len(sents) > 1:  # the caption stands above the pictures of its album
        parts.sort(key=lambda part: "message" not in part.fields)
    chars, at, left = [as_written(char, scene) for char in visible(block.chars)], 0, []
    for shown in (shown for part in parts for shown in part.shown):
        wanted = expected(shown)
        found = find(wanted, chars, at, label=shown.label)
        assert found >= 0, f"{told(wanted)} is not in {told(chars[at:])}"
        left += chars[at:found]
        at = found + len(wanted)
    promised = {mark for part in parts for shown in part.shown for mark in marks_of(shown)}
    assert {as_promised(mark, scene) for mark in block.linked()} <= promised
    assert {mark for char in [*left, *chars[at:]] for mark in char.marks} <= OWN_MARKS | promised
    assert block.embeds == [embed for part in parts for embed in part.embeds]
    assert_callouts(block.callouts[scene.look.style == "callout" :], parts)
    assert set(block.tags) <= {f"tg/{tag}" for part in parts for shown in part.shown for tag in tags_of(shown)}
    assert block.built_of <= (set(LIST) if any(part.lists for part in parts) else set())
    assert block.anchor == f"m{sents[0].raw['id']}"


def tags_of(shown: Shown) -> list[str]:
    """The hashtags in a text, without the chat that one may name."""
    found = [shown.text[span.low + 1 : span.high] for span in shown.spans if span.kind == "Hashtag"]
    return [tag.partition("@")[0] for tag in found]


def assert_callouts(callouts: Sequence[str], parts: Sequence[Part]) -> None:
    """Those of the parts, in their order; collapsed quotes of the text are callouts too."""
    collapsed = sum(span.collapsed for part in parts for shown in part.shown for span in shown.spans)
    own = [callout for part in parts for callout in part.callouts]
    assert [one for one in callouts if one != "quote"] == [one for one in own if one != "quote"]
    assert own.count("quote") <= callouts.count("quote") <= own.count("quote") + collapsed


def check_raw(markdown: str, blocks: Sequence[Block]) -> None:
    """Nothing in the raw text acts but the links that were read back."""
    known = {embed for block in blocks for embed in block.embeds}
    known |= {mark.removeprefix("note ") for block in blocks for mark in block.linked()}
    markdown = BLOCK_ID.sub("", markdown)
    markdown = BLOCK_ID_IN_ITEM.sub(r"\1", markdown)
    bare = WIKILINK.sub(lambda match: "\u2400" if match[2] in known else match[0], markdown)
    check_inert(bare, tags=True)


def decoded(sent: Sent) -> Message:
    return decode_message(sent.raw, CHAT, ACCOUNT)


def check_message(scene: Scene, sents: Sequence[Sent], markdown: str) -> None:
    """The block of a message or album, alone."""
    blocks, outside = read_blocks(markdown)
    assert (len(blocks), outside) == (1, [])
    check_raw(markdown, blocks)
    check_block(blocks[0], sents, scene)
    assert visible(blocks[0].chars)  # whatever it holds, something shows
    if scene.look.style == "callout":
        assert blocks[0].callouts[0] in ("tg", "tg-service")
    if sents[0].raw["_"] == "Message":
        name, start = expected(scene.name(SENDER, "Bold")), len("09:06") if scene.look.style == "compact" else 0
        assert visible(blocks[0].chars)[start : start + len(name)] == name


@examples(800)
@given(st.data())
def test_messages_come_back(data: st.DataObject) -> None:
    scene = data.draw(SCENES)
    sent = data.draw(messages(scene))
    check_message(scene, [sent], render_message(decoded(sent), context(scene, [sent])))


@examples(500)
@given(st.data())
def test_attachments_come_back(data: st.DataObject) -> None:
    scene = data.draw(SCENES)
    sent = data.draw(attached(scene))
    check_message(scene, [sent], render_message(decoded(sent), context(scene, [sent])))


@examples(400)
@given(st.data())
def test_service_messages_come_back(data: st.DataObject) -> None:
    scene = data.draw(SCENES)
    sent = data.draw(services(scene))
    check_message(scene, [sent], render_message(decoded(sent), context(scene, [sent])))


@examples(200)
@given(st.data(), st.integers(2, 4))
def test_albums_come_back(data: st.DataObject, count: int) -> None:
    scene = data.draw(SCENES)
    sents = data.draw(albums(scene, count))
    check_message(scene, sents, render_album([decoded(sent) for sent in sents], context(scene, sents)))


@examples(200)
@given(st.data(), texts)
def test_whole_notes_come_back(data: st.DataObject, title: str) -> None:
    scene = data.draw(SCENES)
    history = data.draw(histories(scene))
    everything = [sent for sents in history for sent in sents]
    archived = ArchivedChat(attrs.evolve(CHAT, title=title), safe_name(title))
    stream, units = Stream(CHAT.id, archived.folder, archived.folder), [[*map(decoded, sents)] for sents in history]
    surroundings = context(scene, everything), world(scene, archived)
    text = render_period(archived, stream, "month", planned(everything), units, *surroundings).text
    head, body = text.split("%% tobs:begin %%\n")
    check_properties(head, scene, archived)
    body, _, end = body.rpartition("%% tobs:seal ")
    assert end.endswith(" %%\n%% tobs:end %%\n")
    blocks, outside = read_blocks(body)
    check_raw(body, blocks)
    assert all(line[:5] == "2024-" for line in outside)  # the days of a month
    assert len(blocks) == len(history)
    for block, sents in zip(blocks, history, strict=True):
        check_block(block, sents, scene)


def planned(sents: Sequence[Sent]) -> PlannedNote:
    dates = [sent.raw["date"] for sent in sents]
    ids = [sent.raw["id"] for sent in sents]
    return PlannedNote("Cats 2024-05.md", "2024-05", ids[0], ids[-1], len(sents), dates[0], dates[-1])


def world(scene: Scene, archived: ArchivedChat) -> World:
    names, chats = dict(scene.names), {CHAT.id: archived}
    people = {SENDER: safe_name(scene.names[SENDER])}
    return World(
        UTC, True, ACCOUNT, names, people, chats, {CHAT.id: archived.folder}, {}, frozenset(), frozenset(), scene.look
    )


def check_properties(head: str, scene: Scene, archived: ArchivedChat) -> None:
    """The properties are what tobs wrote, each on its line, and links that lead to the chat and the people."""
    assert head.startswith("---\n")
    assert head.endswith("---\n")
    found = yaml.safe_load(head[4:-4])
    assert [name for name in found if name != "tg_files"] == PROPERTIES
    assert found["tg_chat"] == f"[[{archived.folder}]]"
    assert found["cssclasses"] == ["tobs"]
    (sender,) = found["participants"]
    link = WIKILINK.fullmatch(sender)
    assert link
    assert link[2] == safe_name(scene.names[SENDER])


PROPERTIES = ["tg_kind", "tg_chat", "tg_chat_id", "tg_from", "tg_to", "tg_messages", "tg_first_id", "tg_last_id",
              "participants", "tags", "cssclasses"]  # fmt: skip
