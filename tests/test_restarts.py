"""A server that goes away and comes back while an account is read over real sockets, and leaving meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import pytest
import trio

from tests.loopback import open_loopback
from tests.test_client import account_with_news, read_all
from tests.test_router import account_with_files, fetch_all, wait_for
from tobs.config import DcRoutingConfig, TelegramConfig
from tobs.errors import ConnectionLost
from tobs.telegram.client import open_telegram
from tobs.telegram.mending import reconnect
from tobs.telegram.partfile import PART
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


async def test_files_wait_for_a_server_that_is_away_as_a_whole(tmp_path, monkeypatch):
    monkeypatch.setattr("tobs.telegram.connection.LOSSES", (0.01,) * 3)
    monkeypatch.setattr("tobs.telegram.senders.ATTEMPTS", 0)
    account, wanted = account_with_files(*[(dc_id, 6 * PART) for dc_id in (2, 3)] * 2)
    async with switched_on(account, tmp_path, Faults(rtt=0.05)) as machine:
        config = attrs.evolve(machine.config, dc_routing=DcRoutingConfig())
        async with open_telegram(config) as source, trio.open_nursery() as nursery:
            await source.find_chats(["@thenews"])
            nursery.start_soon(fetch_all, source, wanted, tmp_path)
            await wait_for(lambda: machine.server.calls["upload.getFile"] > 4)
            machine.off()
            await trio.sleep(2.5)  # one data centre alone would be given up in less
            await machine.on()


async def test_a_server_that_stays_away_is_tried_for_two_minutes(tmp_path, caplog):
    async with switched_on(account_with_news(), tmp_path) as machine, open_telegram(machine.config) as source:
        sender = source._connection.client._sender
        assert sender._delay == 1
        sender._delay = 0.005
        machine.off()
        with pytest.raises(ConnectionLost):
            await read_all(source)
        assert sum("at connecting failed" in record.message for record in caplog.records) == 110
