"""What is known of a chat from exports and from Telegram is the same whatever came first."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import trio
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.desktop_export import NOT_INCLUDED, START, account, chat, message, service, write
from tests.test_desktop import config, imported
from tobs.archive.owner import keep_owner
from tobs.archive.reads import Reads
from tobs.archive.store import open_archive
from tobs.model import Chat, Page, Peer, RawMessage
from tobs.prepare import Preparation, prepare_page
from tobs.vault.names import chat_folders, homes
from tobs.vault.publish import local_zone

GROUP = -1_000_000_000_100
EXAMPLES = int(os.environ.get("TOBS_FUZZ", "12"))


def known(vault: Path) -> dict[str, Any]:
    """All that the archive says of messages, people and the chat; not where its folder is, which stays as it was."""
    db = sqlite3.connect(vault / ".tobs" / "archive.sqlite3")
    queries = {
        "chats": "SELECT id, kind, title, topics, migrated_from, raw FROM chats",
        "messages": "SELECT chat_id, id, date, sender_id, topic_id, grouped_id, weight, layer, raw FROM messages",
        "media": "SELECT chat_id, message_id, file_id, thumb, size, state, reason, sha256 FROM media",
        "peers": "SELECT id, kind, name, raw FROM peers",
        "tombstones": "SELECT * FROM tombstones",
        "versions": "SELECT * FROM versions",
    }
    try:
        return {name: sorted(db.execute(query).fetchall()) for name, query in queries.items()}
    finally:
        db.close()


# An export: how new it is, what the group and Ann were called then, and what it says of each message.
sights = st.fixed_dictionaries(
    {},
    optional={
        number: st.tuples(
            st.sampled_from(["plain", "photo", "no photo", "album"]),
            st.integers(0, 2),
            st.booleans(),
            st.integers(1, 3),
        )
        for number in (2, 3, 4, 5, 127, 128, 129, 130)
    },
)
exports = st.fixed_dictionaries(
    {
        "age": st.integers(1, 3),
        "title": st.sampled_from(["Cats", "Dogs", None]),
        "ann": st.sampled_from(["Ann", "Anna", None]),
        "says": sights,
        "has_topic": st.booleans(),
        "is_account": st.booleans(),
    }
)
answers = st.dictionaries(st.sampled_from([3, 4, 128]), st.sampled_from(["api", "api 2"]), min_size=1)


def build(folder: Path, export: dict[str, Any]) -> Path:
    """The export on disk. Messages of one second in a row are an album."""
    messages = [service(1, "topic_created", title="Ideas")] if export["has_topic"] else []
    files = {}
    for number, (kind, edited, is_reply, likes) in sorted(export["says"].items()):
        more: dict[str, Any] = {}
        if kind in ("photo", "album"):
            path = f"photos/photo_{number}@x.jpg"
            files[path] = b"picture %d" % number
            more |= {"photo": path, "photo_file_size": len(files[path]), "width": 1, "height": 1}
        if kind == "no photo":
            more |= {"photo": NOT_INCLUDED, "width": 1, "height": 1}
        if kind == "album":
            more["date_unixtime"] = str(START)
        if edited:
            more["edited_unixtime"] = str(START + 10_000 + edited)
        if is_reply and kind != "album":
            more["reply_to_message_id"] = 1
        reactions = [{"type": "emoji", "count": likes, "emoji": "❤"}]
        messages.append(message(number, f"text {edited}", name=export["ann"], reactions=reactions, **more))
    messages.append(message(1000 + export["age"], "the last one", name=export["ann"]))
    said = chat(messages, "private_supergroup", 100, export["title"])
    return write(folder, account([said]) if export["is_account"] else said, files)


def tell(vault: Path, texts: dict[int, str]) -> None:
    """What an export over the API would write for these messages."""
    group = Chat(GROUP, "forum", "Group", raw={"_": "Channel"})
    ann = Peer(42, "private", "Ann of Telegram", raw={"_": "User", "id": 42, "first_name": "Ann"})
    with open_archive(vault) as archive:
        reads = Reads(archive.connection, archive.codec)
        me = Peer(7, "private", "Me Myself", "me", raw={"_": "User", "id": 7, "first_name": "Me"})
        keep_owner(archive, reads, me)
        archive.remember_account(me)
        archive.register(chat_folders(reads.chats(), [group]))
        home = homes(reads.chats())[GROUP]
        using = Preparation(group, home, 7, local_zone("UTC"), config(vault).media, archive.codec)
        said = tuple(
            RawMessage(number, START, {"_": "Message", "id": number, "date": START, "message": text})
            for number, text in sorted(texts.items())
        )
        archive.commit_page(prepare_page(Page(GROUP, min(texts), max(texts), said, (ann,), 229), using))


def bring(vault: Path, steps: list[Any]) -> dict[str, Any]:
    """The archive after these steps: an export, several at once, or what Telegram says."""
    for step in steps:
        if isinstance(step, dict):
            tell(vault, step)
        else:
            report = trio.run(imported, vault, *(step if isinstance(step, tuple) else [step]))
            assert not report.failures, report.failures
    return known(vault)


# Without shrinking: each example is some imports.
@settings(max_examples=EXAMPLES, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.lists(exports, min_size=1, max_size=3), st.none() | answers, st.data())
def test_no_order_makes_a_difference(tmp_path_factory, found, said, data):
    folder = tmp_path_factory.mktemp("orders")
    steps: list[Any] = [build(folder / f"export{number}", export) for number, export in enumerate(found)]
    steps += [said] if said else []
    order = data.draw(st.permutations(steps))
    once_more = data.draw(st.sampled_from(steps))
    expected = bring(folder / "a", steps)
    assert bring(folder / "b", [*order, once_more]) == expected
    if said is None:
        assert bring(folder / "together", [tuple(order)]) == expected
    shutil.rmtree(folder)
