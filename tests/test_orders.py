"""The same messages give the same bytes, whatever the order of pages, publications, stops and layouts on the way.

``TOBS_FUZZ=1000`` tries so many worlds instead of the usual ones.
"""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from tests.obsidian import Vault as Obsidian
from tests.obsidian import broken
from tests.snapshots import different_lines
from tests.snapshots import notes as files
from tests.test_publish import ME, START, Vault, opened
from tests.test_streams import FORUM, NEW, NEWS, OLD, TALK
from tobs.archive.owner import keep_owner
from tobs.config import ExportConfig
from tobs.model import Chat, Peer
from tobs.render import render_vault

FUZZ = int(os.environ.get("TOBS_FUZZ", "0"))
PEOPLE = [Peer(number, "private", f"Person {number}", f"person{number}") for number in range(42, 48)]
PRIVATE = Chat(42, "private", "Person 42", username="person42")
CATS = Chat(-1_000_000_000_007, "supergroup", "Cats", username="catchat")
CHATS = (PRIVATE, CATS, FORUM, NEWS, TALK, OLD, NEW)
LAYOUTS = ("auto", "single", "day", "month", "post", "message")
WORDS = ("tea", "#idea", "a *b* [c]", "x\ny", "https://t.me/catchat/{n}", "https://t.me/c/60/{n}", "@person43", "")


@attrs.frozen
class PageOf:
    """A page of a chat, with the people that came along."""

    chat: Chat
    messages: Sequence[dict[str, Any]]
    people: Sequence[Peer]


def world(dice: random.Random) -> list[PageOf]:
    """The histories of some chats as pages, each chat's in ascending order."""
    chosen = [chat for chat in CHATS if dice.random() < 0.6] or [CATS]
    return [page for chat in chosen for page in pages_of(chat, dice)]


def pages_of(chat: Chat, dice: random.Random) -> list[PageOf]:
    messages, date, number = [], START, 0
    for _ in range(dice.randint(1, 24)):
        number += dice.choice((1, 1, 1, 2, 7))
        date += dice.choice((0, 60, 4_000, 90_000, 3_000_000))
        messages.append(one(chat, number, date, messages, dice))
    size = dice.randint(1, 8)
    return [
        PageOf(chat, messages[at : at + size], [peer for peer in PEOPLE if dice.random() < 0.4])
        for at in range(0, len(messages), size)
    ]


def one(chat: Chat, number: int, date: int, before: list[dict[str, Any]], dice: random.Random) -> dict[str, Any]:
    peer = (
        {"_": "PeerChannel", "channel_id": -chat.id - 10**12}
        if chat.id < -(10**12)
        else {"_": "PeerUser", "user_id": 42}
    )
    raw: dict[str, Any] = {"_": "Message", "id": number, "date": date, "peer_id": peer}
    raw["from_id"] = {"_": "PeerUser", "user_id": dice.choice(PEOPLE).id}
    raw["message"] = dice.choice(WORDS).format(n=dice.randint(1, 30))
    if raw["message"].startswith("http"):
        raw["entities"] = [{"_": "MessageEntityUrl", "offset": 0, "length": len(raw["message"])}]
    if raw["message"] == "#idea":
        raw["entities"] = [{"_": "MessageEntityHashtag", "offset": 0, "length": 5}]
    match dice.randint(0, 9):
        case 0:
            raw["reply_to"] = {"_": "MessageReplyHeader", "reply_to_msg_id": dice.randint(1, 30)}
        case 1:
            target = dice.choice(CHATS)
            there = {"_": "PeerChannel", "channel_id": -target.id - 10**12} if target.id < -(10**12) else None
            if there:
                raw["reply_to"] = {
                    "_": "MessageReplyHeader",
                    "reply_to_msg_id": dice.randint(1, 30),
                    "reply_to_peer_id": there,
                }
        case 2:
            raw["pinned"] = True
        case 3 | 4 if before and before[-1].get("media") and before[-1]["date"] == date:
            raw |= {"grouped_id": before[-1].setdefault("grouped_id", before[-1]["id"] + 10**6), **photo(number)}
        case 3 | 4 | 5:
            raw |= photo(number)
        case 6:
            raw["action"] = {"_": "MessageActionPinMessage"}
            raw |= {
                "_": "MessageService",
                "reply_to": {"_": "MessageReplyHeader", "reply_to_msg_id": dice.randint(1, 30)},
            }
        case 7:
            raw["fwd_from"] = {"_": "MessageFwdHeader", "from_id": {"_": "PeerUser", "user_id": 46}, "date": START}
    if chat is FORUM and dice.random() < 0.6:
        raw["reply_to"] = {"_": "MessageReplyHeader", "forum_topic": True, "reply_to_msg_id": dice.choice((5, 9, 12))}
    if chat is TALK and dice.random() < 0.3:
        raw["fwd_from"] = {
            "_": "MessageFwdHeader", "date": START, "from_id": {"_": "PeerChannel", "channel_id": 60},
            "saved_from_peer": {"_": "PeerChannel", "channel_id": 60}, "saved_from_msg_id": dice.randint(1, 30),
        }  # fmt: skip
    return raw


def photo(number: int) -> dict[str, Any]:
    sizes = [{"_": "PhotoSize", "type": "y", "w": 8, "h": 6, "size": 10}]
    return {"media": {"_": "MessageMediaPhoto", "photo": {"_": "Photo", "id": number, "dc_id": 2, "sizes": sizes}}}


def chats_of(pages: Sequence[PageOf]) -> list[Chat]:
    return [chat for chat in CHATS if any(page.chat is chat for page in pages)]


def undisturbed(path: Path, pages: Sequence[PageOf], look: dict[str, Any]) -> dict[str, bytes]:
    with opened(path, **look) as vault:
        vault.register(*chats_of(pages))
        for page in pages:
            vault.add(page.chat, page.messages, page.people)
        vault.publish()
    return files(path)


def disturbed(path: Path, pages: Sequence[PageOf], look: dict[str, Any], dice: random.Random) -> dict[str, bytes]:
    """Pages in any order, notes written whenever, stopped anywhere, with another layout for a while."""
    waiting = dice.sample(pages, len(pages))
    while waiting:
        layout = dice.choice(LAYOUTS) if dice.random() < 0.2 else look["layout"]
        with opened(path, **{**look, "layout": layout}) as vault:
            vault.register(*chats_of(pages))
            for _ in range(dice.randint(1, len(waiting))):
                page = waiting.pop()
                vault.add(page.chat, page.messages, page.people)
                stop_somewhere(vault, page.chat, dice)
    with opened(path, **look) as vault:
        keep_owner(vault.archive, vault.reads, ME)
        vault.publish()
        assert vault.reads.dirty() == {}
        assert vault.publish() == [], "a second run has nothing to do"
        assert vault.publisher.notices == []
    return files(path)


def stop_somewhere(vault: Vault, chat: Chat, dice: random.Random) -> None:
    """Publish some of what is to be published, and leave the rest."""
    if dice.random() < 0.5:
        steps = vault.publisher.publish_chat(chat.id, complete=False)
        for _ in range(dice.randint(0, 4)):
            next(steps, None)
        steps.close()
    if dice.random() < 0.2:
        overview = vault.publisher.publish_overview()
        for _ in range(dice.randint(0, 6)):
            next(overview, None)
        overview.close()


def assert_equal(found: dict[str, bytes], wanted: dict[str, bytes]) -> None:
    assert sorted(found) == sorted(wanted)
    different = [name for name in found if found[name] != wanted[name]]
    assert not different, different_lines(found[different[0]], wanted[different[0]], different)


@settings(max_examples=FUZZ or 60, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.integers(0, 2**32))
@example(128)  # stopped behind a note that the archive does not yet know
def test_whatever_the_order(seed: int) -> None:
    dice = random.Random(seed)
    pages = world(dice)
    look = {"layout": dice.choice(LAYOUTS), "promote": ("pinned", "hashtag:idea") if dice.random() < 0.4 else ()}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wanted = undisturbed(folder / "calm", pages, look)
        assert_equal(disturbed(folder / "wild", pages, look, dice), wanted)
        # Pictures are not there, since nobody fetched them.
        assert [link for link in broken(Obsidian(folder / "wild")) if ".jpg" not in link] == []
        render_again(folder / "wild", look)
        assert_equal(files(folder / "wild"), wanted)


def render_again(path: Path, look: dict[str, Any]) -> None:
    """All notes anew, of which some were lost."""
    for note in sorted(path.rglob("*.md"))[::2]:
        note.unlink()
    render_vault(ExportConfig(vault=path, timezone="Europe/Berlin", **look))
