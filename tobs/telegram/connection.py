"""A live connection to Telegram: one request in, its answer or one of our errors out."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import tzinfo
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, Protocol

import attrs
import trio
from telethon.tl.functions.upload import GetCdnFileRequest
from telethon.tl.tlobject import TLRequest

from tobs.config import DcRoutingConfig, TelegramConfig
from tobs.errors import BackendCrashed, ConnectionLost, SourceError
from tobs.proxy import parse_proxy
from tobs.source import Countdown
from tobs.telegram.borrowed import BorrowedConnections
from tobs.telegram.bridge import ask, call, open_asyncio
from tobs.telegram.envelope import PLAIN, Envelope
from tobs.telegram.faults import NoAnswer, ProxyRefused, ServerTrouble, Unreachable
from tobs.telegram.gates import Gates
from tobs.telegram.hearing import silenced
from tobs.telegram.limits import remembered_limits
from tobs.telegram.mending import disconnect, number_of, reconnect
from tobs.telegram.newclient import make_client
from tobs.telegram.ranking import Load
from tobs.telegram.requestkinds import kind_of
from tobs.telegram.router import Asking, open_router
from tobs.telegram.senders import Senders
from tobs.telegram.sessions import hold_session
from tobs.telegram.takeoutdelay import TakeoutDelay
from tobs.telegram.tasks import open_helpers

CONNECT_SECONDS = 30.0  # five attempts with a second between them, and a key exchange
ANSWER_SECONDS = 60.0  # Telegram answers within a second or two; a file part over a slow line takes longest
REMAKINGS = 10  # of a connection that was lost, eleven attempts each: two minutes, in which most routers start again
CLOSE_SECONDS = 2.0  # disconnecting took under 10 ms where measured
PAUSES = (0.5, 1.0, 2.0, 4.0)  # seconds between attempts while Telegram has trouble inside
ATTEMPTS = 3  # of a request whose connection died under it; all our requests only read
# Seconds before a request for a file is tried on another connection: those that die together are noticed one by one.
LOSSES = (0.05, 0.2, 1.0, 2.0, 4.0)
AWAY_SECONDS = 0.2  # between two looks whether the account's own connection is there again

NOTHING = Load()


class Routes(Protocol):
    """The ways to the data centres of files."""

    @property
    def knows_cdn(self) -> bool:
        """Whether they lead to content delivery networks too."""
        ...

    def prewarm(self, dc_ids: Iterable[int]) -> None:
        """Get ready for requests to these data centres, without waiting for it."""
        ...

    def answers(self, dc_id: int) -> int:
        """A number that grows with each answer of a data centre."""
        ...

    def lease(self, dc_id: int, load: Load) -> AbstractAsyncContextManager[Asking]:
        """A connection to a data centre for one request."""
        ...


@attrs.define(eq=False)
class _Losses:
    """The connections that died under one request. Raises when those are too many."""

    routes: Routes | None = None
    dc_id: int = 0
    count: int = 0
    answers: int = 0

    async def bear(self, exc: ConnectionLost) -> None:
        """One more died with `exc`."""
        if self.routes is None:
            # A silent connection gets one more chance on a new one, a dropped request two.
            self.count += 2 if isinstance(exc, NoAnswer) else 1
            if self.count >= ATTEMPTS:
                raise exc
            return
        if (answers := self.routes.answers(self.dc_id)) > self.answers:
            self.count, self.answers = 0, answers  # others come through
        if self.count >= len(LOSSES):
            raise Unreachable(self.dc_id) from exc
        await trio.sleep(LOSSES[self.count])
        self.count += 2 if isinstance(exc, NoAnswer) else 1


class Connection:
    """Sends requests through Telethon. Made by `open_connection`, which sets its `routes`."""

    routes: Routes

    def __init__(self, client: Any, gates: Gates, answer_seconds: float, takeout_delay: TakeoutDelay) -> None:
        self.client = client
        self.envelope: Envelope = PLAIN  # what requests leave in
        self.takeout_delay = takeout_delay
        self.hour = gates.hour
        self._gates = gates
        self._answer_seconds = answer_seconds
        self._lost: SourceError | None = None
        self._waiting: set[trio.CancelScope] = set()
        self._over = trio.Event()

    async def ask(
        self,
        request: TLRequest,
        dc_id: int = 0,
        load: Load = NOTHING,
        *,
        envelope: Envelope | None = None,
        patience: float = math.inf,
    ) -> Any:
        """The answer to `request`, which must only read.

        It leaves in `envelope`, or in that of the connection. With `dc_id` it
        is about a file there, and goes the way that the router finds for its
        `load`. Waits as long as Telegram asks to, which is for each data
        centre's files alone, tries again when Telegram has trouble inside or
        the connection dies. Raises `SourceError`.
        """
        if isinstance(request, GetCdnFileRequest):
            envelope = PLAIN  # content delivery networks know no account
        envelope = envelope or self.envelope
        kind = envelope.kind(kind_of(request, dc_id))
        send = partial(envelope.send, request, partial(self._send, dc_id=dc_id, load=load))
        pauses = iter(PAUSES)
        losses = _Losses(self.routes, dc_id) if dc_id else _Losses()
        while True:
            home = number_of(self.client)
            try:
                return await self._gates.go(kind, send, patience)
            except ServerTrouble:
                pause = next(pauses, None)
                if pause is None:
                    raise
                await trio.sleep(pause)
            except ConnectionLost as exc:
                await self._check_alive(exc)
                if dc_id and await self._was_away(home):
                    continue  # which tells nothing of that data centre
                await losses.bear(exc)
                if isinstance(exc, NoAnswer) and not dc_id:
                    await reconnect(self.client._sender)

    async def fail_at_end(self) -> NoReturn:
        """Raises `SourceError` when the connection is given up."""
        await self._over.wait()
        assert self._lost is not None
        raise self._lost

    def limit(self, kind: str, most: int) -> trio.CapacityLimiter:
        """How many requests of a kind may be under way at once: at most so many, and fewer as the server bids."""
        return self._gates.limit(self.envelope.kind(kind), most)

    @property
    def under_way(self) -> int:
        """How many requests were sent and have no answer yet."""
        return len(self._waiting)

    async def _check_alive(self, exc: ConnectionLost) -> None:
        """Raise why the connection is over, if it is."""
        if not self.client.is_connected():
            with trio.move_on_after(CLOSE_SECONDS):
                await self._over.wait()  # the watcher is about to say why
        if self._lost is not None:
            raise self._lost from (None if exc is self._lost else exc)

    async def _was_away(self, home: int) -> bool:
        """Whether the account's own connection is not that of the number `home` any more, once there is one."""
        while not (number := number_of(self.client)):
            await trio.sleep(AWAY_SECONDS)
            if self._lost is not None:
                raise self._lost
        return number != home

    async def _send(self, request: TLRequest, dc_id: int, load: Load) -> Any:
        if self._lost is not None:
            raise self._lost
        with trio.CancelScope() as scope:
            self._waiting.add(scope)
            try:
                if not dc_id:
                    # Straight to the sender: `client(request)` would write every user of every answer into
                    # the session's SQLite, and keep its own books about flood waits by the wall clock.
                    plain = silenced(request)
                    return await ask(self._answer_seconds, self.client._sender.send, plain)
                async with self.routes.lease(dc_id, load) as leased:
                    return await leased.ask(request, self._answer_seconds)
            finally:
                self._waiting.discard(scope)
        raise self._lost or ConnectionLost("The connection to Telegram was lost; run tobs again to go on.")

    async def watch(self) -> None:
        """Runs beside the work: when Telethon gives the connection up, everything that waits for it hears so."""
        try:
            await call(math.inf, _wait_disconnected, self.client)
            self._lost = ConnectionLost("The connection to Telegram was closed; run tobs again to go on.")
        except SourceError as exc:
            self._lost = exc
        except Exception as exc:  # whatever broke Telethon's loops comes out here
            self._lost = BackendCrashed("A background task of the Telegram library failed; run tobs again.")
            self._lost.__cause__ = exc
        self._over.set()
        for scope in self._waiting:
            scope.cancel()


@asynccontextmanager
async def open_connection(
    config: TelegramConfig,
    *,
    on_wait: Countdown,
    zone: tzinfo | None = None,
    connect_seconds: float = CONNECT_SECONDS,
    answer_seconds: float = ANSWER_SECONDS,
    who: str = "",
) -> AsyncIterator[Connection]:
    """A connection for the block, signed in or not.

    Raises `ConnectionLost` when no server answers in time, `SourceError` when
    the session is in use, `ConfigError` when the settings cannot be used. The
    block's own exception leaves as it was raised. What was learnt of the
    account's limits is kept beside the session.
    """
    with hold_session(config, who) as path, remembered_limits(path) as limits:
        async with open_asyncio():
            client = make_client(config, path)
            try:
                await _connect(client, config, connect_seconds)
                gates = Gates(on_wait, longest_wait=config.max_flood_wait_seconds, zone=zone, known=limits.known)
                limits.learnt = gates.memory
                connection = Connection(client, gates, answer_seconds, TakeoutDelay(path))
                async with (
                    open_helpers() as nursery,
                    open_routes(connection, config.dc_routing, path) as connection.routes,
                ):
                    nursery.start_soon(connection.watch)
                    yield connection
            finally:
                with trio.move_on_after(CLOSE_SECONDS, shield=True):
                    await disconnect(client)


@asynccontextmanager
async def open_routes(connection: Connection, config: DcRoutingConfig, session: Path) -> AsyncIterator[Routes]:
    """The ways to files that the configuration wants, for the block. Their keys are kept beside the session."""
    if config.enabled:
        # Signing in elsewhere is no part of what a takeout takes out.
        ask = partial(connection.ask, envelope=PLAIN)
        async with open_router(Senders(connection.client, ask, session), config) as router:
            yield router
    else:
        yield BorrowedConnections(connection.client)


async def _connect(client: Any, config: TelegramConfig, seconds: float) -> None:
    try:
        await call(seconds, client.connect)
        client._sender._retries = REMAKINGS
    except ProxyRefused:
        raise
    except ConnectionLost as exc:
        if config.proxy:
            proxy = parse_proxy(config.proxy)
            raise ConnectionLost(
                f"There is no way to Telegram through the proxy {proxy.host}:{proxy.port}; check it and the network,"
                " and run tobs again."
            ) from exc
        if isinstance(exc, NoAnswer):
            raise
        raise ConnectionLost("Telegram cannot be reached; check the network and run tobs again.") from exc


async def _wait_disconnected(client: Any) -> None:
    await client.disconnected
