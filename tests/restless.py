"""A chat whose messages are deleted and sent while it is being read, by a seeded script."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import attrs
import trio
from telethon.tl import types

from tests.loopback import EPOCH, add_channel, text
from tobs.testing.account import Account
from tobs.testing.faults import INTERNAL, Drop, Fail, Faults, Flood
from tobs.testing.history import ListHistory

KINDS = ("dense supergroup", "thinned supergroup", "private chat", "basic group")


class RestlessHistory(ListHistory):
    """Wakes its `world` after each page that it gave."""

    world: World | None = None

    def slice(self, start: int, stop: int) -> Sequence[Any]:
        if self.world is not None and stop - start > 1:
            self.world.wake(stop)
        return super().slice(start, stop)


@attrs.define(eq=False)
class World:
    """What happens in one chat. `ever` are all ids that were in it at some time."""

    account: Account
    chat: Any
    history: RestlessHistory
    random: random.Random
    nursery: trio.Nursery | None = None
    unrest: float = 0.5
    ever: set[int] = attrs.field(factory=set)

    @property
    def ids(self) -> list[int]:
        """The ids that are there now."""
        return list(self.history.ids(0, len(self.history)))

    def wake(self, position: int) -> None:
        """Something may happen near this position, or anywhere, once the server is done with what it is doing."""
        if self.nursery is not None and self.random.random() < self.unrest:
            self.nursery.start_soon(self._happen, position)

    async def _happen(self, position: int) -> None:
        await trio.lowlevel.checkpoint()
        ids = self.ids
        if self.random.random() < 0.7 and len(ids) > 1:
            near = (position + self.random.randint(-120, 300)) % len(ids)
            at = self.random.choice((near, near, self.random.randrange(len(ids))))
            self.account.delete(self.chat, *ids[at : at + self.random.choice((1, 1, 2, 30))])
        if self.random.random() < 0.5 or not len(self.history):
            self.send(self.random.randint(1, 3))

    def send(self, count: int) -> None:
        """New messages, with other chats' messages between them where ids are the account's."""
        for _ in range(count):
            next_id = self.account.next_id(self.chat)
            if self.account.key_of(self.chat) > 0 or isinstance(self.chat, types.Chat):
                next_id += self.random.randint(0, 5)
            self.account.add_message(self.chat, text(next_id, message_id=next_id))
            self.ever.add(next_id)


def weather(rng: random.Random) -> Faults:
    """What goes wrong in one run."""
    rough = rng.random() < 0.5
    return Faults(
        rtt=0.02,
        jitter=rng.choice((0, 0.1)),
        floods=(Flood("messages.getHistory", 4, 1, wait=1),) if rng.random() < 0.3 else (),
        fails=(Fail("messages.getHistory", {rng.randrange(3, 20)}, INTERNAL),) if rough else (),
        drop=Drop(rng.randrange(8, 30), half_frame=rng.random() < 0.5, times=2) if rough else None,
    )


def restless(account: Account, kind: str, rng: random.Random, count: int) -> World:
    """A chat called "Restless" with `count` messages."""
    history = RestlessHistory()
    chat: Any
    if kind == "private chat":
        chat = types.User(7009, access_hash=33, first_name="Restless")
        account.add_user(chat)
        account.histories[7009] = history
        account.open_dialog(7009)
    elif kind == "basic group":
        chat = types.Chat(600, "Restless", types.ChatPhotoEmpty(), 2, EPOCH, 1)
        account.add_chat(chat, history=history)
    else:
        chat = add_channel(account, 500, "Restless", broadcast=False, megagroup=True)
        account.histories[account.key_of(chat)] = history
    world = World(account, chat, history, rng)
    widest = {"dense supergroup": 1, "thinned supergroup": 9}.get(kind, 40)
    message_id = 0
    for _ in range(count):
        message_id += rng.randint(1, widest)
        account.add_message(chat, text(message_id, message_id=message_id))
        world.ever.add(message_id)
    history.world = world
    return world
