"""A server that goes away and comes back while an account is read over real sockets, and leaving meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import trio

from tests.loopback import open_loopback
from tests.test_client import account_with_news, read_all
from tests.test_router import wait_for
from tobs.config import TelegramConfig
from tobs.telegram.client import open_telegram
from tobs.telegram.mending import reconnect
from tobs.testing.account import Account
from tobs.testing.authkeys import AuthKeys
from tobs.testing.faults import Faults
from tobs.testing.server import TelegramServer


@attrs.define(eq=False)
class Machine:
    """A server that can be switched off and on, always at one address and with the keys it knew."""

    account: Account
    folder: Path
    nursery: trio.Nursery
    keys: AuthKeys = attrs.field(factory=AuthKeys)
    ports: tuple[int, ...] = ()
    config: TelegramConfig = attrs.field(init=False)
    server: TelegramServer = attrs.field(init=False)
    _scope: trio.CancelScope = attrs.field(factory=trio.CancelScope)
    _is_off: trio.Event | None = None

    async def on(self, faults: Faults | None = None) -> None:
        """Serve, as soon as the server before has gone."""
        if self._is_off is not None:
            await self._is_off.wait()
        self._scope, self._is_off = trio.CancelScope(), trio.Event()
        await self.nursery.start(self._run, faults, self._is_off)

    def off(self) -> None:
        """From this moment on there is nobody."""
        self._scope.cancel()

    async def _run(
        self, faults: Faults | None, is_off: trio.Event, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        with self._scope:
            opened = open_loopback(self.account, self.folder, keys=self.keys, ports=self.ports, faults=faults)
            async with opened as (self.server, self.config):
                self.ports = tuple(self.server.ports[dc_id] for dc_id in self.server.dc_ids)
                task_status.started()
                await trio.sleep_forever()
        is_off.set()


@asynccontextmanager
async def switched_on(account: Account, folder: Path, faults: Faults | None = None) -> AsyncIterator[Machine]:
    async with trio.open_nursery() as nursery:
        machine = Machine(account, folder, nursery)
        await machine.on(faults)
        yield machine
        nursery.cancel_scope.cancel()


async def test_leaving_does_not_wait_for_a_server_that_went_away(tmp_path, monkeypatch):
    monkeypatch.setattr("tobs.telegram.connection.CLOSE_SECONDS", 1000.0)  # else it hides what never ends by itself
    async with switched_on(account_with_news(), tmp_path) as machine:
        for moment in range(30):  # whatever making the connection anew is busy with then
            async with open_telegram(machine.config):
                machine.off()
                for _ in range(moment):
                    await trio.lowlevel.checkpoint()
                began = trio.current_time()
            assert trio.current_time() - began < 10  # a server that is away is tried for half a minute
            await machine.on()


async def test_a_connection_is_made_anew_once_at_a_time(tmp_path):
    async with switched_on(account_with_news(), tmp_path) as machine, open_telegram(machine.config) as source:
        sender = source._connection.client._sender
        machine.off()
        await wait_for(lambda: sender._reconnect_task is not None and not sender._reconnecting)
        begun = sender._reconnect_task
        for _ in range(3):  # as requests do that were not answered
            await reconnect(sender)
        assert sender._reconnect_task is begun
        await machine.on()
        assert await read_all(source) == list(range(1, 31))
        assert machine.server.accepted[2] == 1
