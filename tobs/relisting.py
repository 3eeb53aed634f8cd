"""Looking through archived messages for files, emoji and stories that tobs did not know of when it read them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from tobs.archive.emoji import use_emoji
from tobs.archive.filing import put_files
from tobs.archive.published import remember
from tobs.archive.reads import Reads
from tobs.archive.rows import ArchivedChat
from tobs.archive.store import Archive
from tobs.archive.stories import use_stories
from tobs.prepare import Preparation, media_rows
from tobs.raw import decode_message
from tobs.rawemoji import emoji_ids
from tobs.rawstories import named_story

KNOWN = b"4"  # to be raised when more of a message is known, so that old messages are looked through again
BLOCK = 500  # messages at a time: some 30 ms, and one transaction


def relist_files(archive: Archive, reads: Reads, using: Callable[[ArchivedChat], Preparation]) -> Iterator[int]:
    """List files, custom emoji and stories that an older tobs did not; gives the number of messages a block.

    Files that are listed keep their state. Stopped anywhere, it begins again.
    """
    if reads.meta("files") == KNOWN:
        return
    for archived in reads.chats():
        ids = (outline.id for outline in reads.outlines(archived.chat.id))
        while block := list(islice(ids, BLOCK)):
            _relist(archive, reads, using(archived), block)
            yield len(block)
    remember(archive, "files", KNOWN)


def _relist(archive: Archive, reads: Reads, using: Preparation, ids: list[int]) -> None:
    chat = using.chat
    raws = reads.messages(chat.id, ids[0], ids[-1])
    messages = [decode_message(raw, chat, using.account_id) for raw in raws]
    rows = [row for message in messages for row in media_rows(message, using)]
    put_files(archive, chat.id, set(ids), rows)
    said = [*zip(ids, raws, strict=True), *((one.id, one.raw) for one in reads.versions(chat.id, ids[0], ids[-1]))]
    use_emoji(archive, chat.id, [(number, emoji) for number, raw in said for emoji in emoji_ids(raw)])
    named = [(number, story) for number, raw in zip(ids, raws, strict=True) if (story := named_story(raw))]
    use_stories(archive, chat.id, [(number, *story) for number, story in named])
