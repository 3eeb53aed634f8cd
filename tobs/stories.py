"""Stories that messages name without their content: what they are, and their files."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

import attrs
import trio

from tobs.archive.reads import Reads
from tobs.archive.rows import ArchivedChat, MediaRow, StoryUse
from tobs.archive.store import Archive
from tobs.archive.stories import Story, due_stories, keep_stories, list_story, tries_of, unlisted_uses
from tobs.errors import STOPPING, AccessDenied, ChatNotFound, FileUnavailable, SourceError
from tobs.files import RETRY_AFTER
from tobs.model import Raw
from tobs.prepare import Preparation, media_rows
from tobs.progress import Failure
from tobs.raw import decode_message
from tobs.source import Source, StorySource

AT_ONCE = 100  # stories of one owner that one question is for, and one transaction
GONE = "deleted or expired"
REFUSED = "this account may not see it"
UNKNOWN = "nothing tells how to ask for it"


@attrs.define(eq=False)
class Stories:
    """The stories that messages of an archive name. `using` is what messages of a chat are prepared with."""

    archive: Archive
    reads: Reads
    using: Callable[[ArchivedChat], Preparation]
    expect: Callable[[Sequence[MediaRow]], None]  # hears of the files of each story
    now: Callable[[], float] = time.time
    _turn: trio.Lock = attrs.field(factory=trio.Lock)  # what two chats name is asked for once

    async def complete(self, source: Source, chat_id: int) -> list[Failure]:
        """Ask for the stories that messages of a chat name, and have their files among those of the messages.

        What is known is not asked for again; what was refused, when it is time to. Raises what stops a run.
        Stopped anywhere, it is taken up by the next run. What failed and will be asked for again is returned.
        """
        failures: list[Failure] = []
        async with self._turn:
            if isinstance(source, StorySource):
                for owner, uses in groupby(due_stories(self.archive, chat_id, int(self.now())), lambda use: use[1]):
                    failures += await self._ask(source, chat_id, owner, list(uses))
            for chat, message_id in unlisted_uses(self.archive):
                self._list(chat, message_id)
                await trio.lowlevel.checkpoint()
        return failures

    async def _ask(self, source: StorySource, chat_id: int, owner: int, uses: Sequence[StoryUse]) -> list[Failure]:
        try:
            for batch in batches(uses):
                await self._ask_batch(source, chat_id, owner, batch)
        except STOPPING:
            raise
        except SourceError as error:
            name = self.reads.names().get(owner, f"{owner}")
            return [Failure(f"stories of {name}", str(error))]
        return []

    async def _ask_batch(self, source: StorySource, chat_id: int, owner: int, uses: Sequence[StoryUse]) -> None:
        numbers = list(dict.fromkeys(number for _message, _owner, number in uses))
        try:
            shown = [(chat_id, message_id, number) for message_id, _owner, number in uses]
            found = await source.find_stories(owner, self.reads.raws_of(owner), shown)
        except (AccessDenied, ChatNotFound) as error:  # what is hidden now may be seen later
            reason = REFUSED if isinstance(error, AccessDenied) else UNKNOWN
            keep_stories(self.archive, chat_id, [self._refused(owner, number, reason) for number in numbers], 0, ())
        except FileUnavailable:
            keep_stories(self.archive, chat_id, [Story(owner, number, reason=GONE) for number in numbers], 0, ())
        else:
            stories = [told(owner, number, found.stories.get(number)) for number in numbers]
            keep_stories(self.archive, chat_id, stories, found.layer, found.peers)

    def _refused(self, owner: int, number: int, reason: str) -> Story:
        tries = tries_of(self.archive, owner, number)
        next_try = int(self.now()) + RETRY_AFTER[tries] if tries < len(RETRY_AFTER) else 0
        return Story(owner, number, reason=reason, tries=tries + 1, next_try=next_try)

    def _list(self, chat_id: int, message_id: int) -> None:
        archived, raw = self.reads.chat(chat_id), self.reads.message(chat_id, message_id)
        if archived is None or raw is None:
            return
        using = self.using(archived)
        rows = media_rows(decode_message(raw, using.chat, using.account_id), using)
        list_story(self.archive, chat_id, message_id, rows)
        self.expect(rows)


def batches(uses: Iterable[StoryUse]) -> Iterator[list[StoryUse]]:
    """The uses of stories of one owner, by number, those of so many stories together as one question is for."""
    batch: list[StoryUse] = []
    numbers: set[int] = set()
    for use in uses:
        if use[2] not in numbers and len(numbers) == AT_ONCE:
            yield batch
            batch, numbers = [], set()
        batch.append(use)
        numbers.add(use[2])
    if batch:
        yield batch


def told(owner: int, number: int, raw: Raw | None) -> Story:
    """What an answer said of a story. One that it leaves out is gone, and stays so."""
    return Story(owner, number, raw) if raw is not None else Story(owner, number, reason=GONE)
