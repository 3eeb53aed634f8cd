"""The chats of a watch: which they are, and what they are called and look like by now."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import trio

from tobs.archive.place import Place
from tobs.archive.rows import ArchivedChat
from tobs.described import changes_crowd, renames
from tobs.live import Look, Standing, Update
from tobs.model import Chat
from tobs.watchfiles import LiveFiles
from tobs.ways import Unread

TOGETHER = 1.0  # seconds that the first change waits for others: a title and a picture often come together
DESCRIBE_SECONDS = 10.0  # between two rounds of asking what chats are like


@attrs.define(eq=False)
class Followed(Unread):
    """What is missing of the chats that are watched; one that is not found any more stays among them."""

    def choose(self, chats: Sequence[Chat]) -> list[Chat]:
        """Those of which the filters leave anything."""
        before = self.selections
        chosen = super().choose(chats)
        self.selections = {**before, **self.selections}
        return chosen


@attrs.define(eq=False)
class LiveChats(LiveFiles):
    """A run over chats that may change, and become more, while it goes on."""

    place: Place | None = None  # where the archive lay when it was opened
    archived: dict[int, ArchivedChat] = attrs.field(factory=dict)
    unread: set[int] = attrs.field(factory=set)  # of which messages may be missing
    described: set[int] = attrs.field(factory=set)  # chats to be asked what they are like now
    redescribe: trio.Event = attrs.field(factory=trio.Event)  # and some of them at once

    def _admit(self, chats: Sequence[Chat]) -> None:
        """Chats that are watched from now on."""
        counted = dict(self.progress.chats)
        if chats:
            self.archive.adopt_groups(chats)
        archived = self._register(chats) if chats else []
        self.progress.chats.update(counted)
        for each in archived:
            self.progress.chats[each.chat.id].title = each.chat.title
        self.unread |= {each.chat.id for each in archived if each.chat.id not in self.archived}
        self.archived |= {each.chat.id: each for each in archived}
        self.health.chats = len(self.archived)
        self.unshown = True

    async def _describe_for_ever(self) -> None:
        """Ask what chats are called and look like that are not what they were."""
        while True:
            await self.redescribe.wait()
            await trio.sleep(TOGETHER)
            self.redescribe = trio.Event()
            described, self.described = self.described & self.archived.keys(), set()
            names = [str(chat_id) for chat_id in sorted(described)]
            found = await self.source.find_chats(names) if names else []
            chats = [each for each in found if isinstance(each, Chat) and each.id in self.archived]
            if chats:
                self._admit(chats)
                self.portray.set()
                self.overview_due = trio.current_time()
                self.changed.set()
            await trio.sleep(DESCRIBE_SECONDS)

    def _notice_looks(self, standing: Standing) -> None:
        """What the list of chats shows otherwise than it is in the archive."""
        looks = {each.chat.id: Look.of(each.chat) for each in self.archived.values()}
        self.described |= {each for each, look in standing.looks.items() if looks.get(each, look) != look}
        if self.described & self.archived.keys():
            self.redescribe.set()

    def _describe_some_time(self, update: Update) -> None:
        messages = [(page.chat_id, message) for page in update.pages for message in page.messages]
        at_once = update.described | {chat_id for chat_id, message in messages if renames(message)}
        self.described |= at_once | {chat_id for chat_id, message in messages if changes_crowd(message)}
        if at_once & self.archived.keys():
            self.redescribe.set()

    def check_place(self) -> None:
        """Raise `VaultGone` if the archive does not lie any more where it was opened."""
        if self.place is not None:
            self.place.check()
