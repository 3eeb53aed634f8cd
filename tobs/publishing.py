"""Writing the notes of a run: chat by chat when a chat has been read, and while its pages still come.

Telegram lets an account read some pages a second, which take a few hundredths of one. What is left is time to write
notes in, so that they are there soon after the last page.
"""

from __future__ import annotations

from collections.abc import Generator

import attrs
import trio

from tobs.archive.rows import Note
from tobs.progress import ChatProgress, Progress
from tobs.reading import Reading, Traffic
from tobs.vault.publish import Publisher

# Messages that came since the last time, at least: more than any chat has whose layout is meant for small ones, so what
# is written seldom has to be laid out otherwise at the end.
ENOUGH = 2_500
SHARE = 2  # and at least half of what was there: each look plans the whole chat again


@attrs.define(eq=False)
class Publishing:
    """Has a publisher write notes between other work. Cancelled, it leaves whole notes and the rest to the next run.

    `traffic` are the pages on which it waits.
    """

    publisher: Publisher
    progress: Progress
    traffic: Traffic
    _writing: trio.Lock = attrs.field(factory=trio.Lock)

    async def chat(self, chat_id: int, *, complete: bool) -> None:
        """Write the notes of a chat that changed."""
        # One chat after the other: what a chat refers to is written down when its notes stand,
        # and only then can the next one tell which of them it changes.
        async with self._writing:
            notes = self.publisher.publish_chat(chat_id, complete=complete)
            try:
                while self._write_next(notes, self.progress.chats[chat_id]):
                    await trio.lowlevel.checkpoint()
            finally:
                notes.close()

    async def meanwhile(self, reading: Reading) -> None:
        """Write notes of a chat that is being read, whenever nothing else is to be done, until no more pages come."""
        written = 0
        while not reading.over:
            if _is_enough(reading.chat, written):
                written = reading.chat.messages
                await self._calmly(reading)
            else:
                await self.traffic.moves()

    async def _calmly(self, reading: Reading) -> None:
        async with self._writing:
            notes = self.publisher.publish_chat(reading.chat.id, complete=False)
            try:
                while self._write_next(notes, reading.chat):
                    await trio.lowlevel.checkpoint()
                    while self.traffic.pages and not (reading.over or self._is_waited_for):
                        await self.traffic.moves()
            finally:
                notes.close()

    @property
    def _is_waited_for(self) -> bool:
        return self._writing.statistics().tasks_waiting > 0

    def _write_next(self, notes: Generator[Note], chat: ChatProgress) -> bool:
        stage = self.progress.stages.publish
        with stage.timed(trio.current_time):
            note = next(notes, None)
        if note is not None:
            stage.count()
            chat.wrote(note.path)
        return note is not None

    async def overview(self) -> None:
        """Write the notes that speak of more than one chat."""
        await trio.lowlevel.checkpoint()
        for _note in self.publisher.publish_overview():
            self.progress.stages.publish.count()
            await trio.lowlevel.checkpoint()


def _is_enough(chat: ChatProgress, written: int) -> bool:
    """Whether what came since so many messages were written about is worth a look at the notes."""
    return chat.messages - written >= max(ENOUGH, (chat.known + chat.messages) // SHARE)
