"""A Telegram server on loopback: real MTProto over real sockets, for tests, demos and embedders.

Any client that is told the address and the RSA key of a data centre can use it.
"""

from __future__ import annotations

import functools
import math
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager

import attrs
import trio
from telethon.tl import TLObject

from tobs.testing.auth import Auth, Login
from tobs.testing.authkeys import AuthKey, AuthKeys
from tobs.testing.basics import basic_methods
from tobs.testing.calls import Call, Calls
from tobs.testing.connection import Connection, DataCentre
from tobs.testing.faults import FaultRun, Faults
from tobs.testing.rpc import Methods
from tobs.testing.rsakeys import CDN, rsa_key
from tobs.testing.sessions import Sessions
from tobs.testing.tl import gzip_packed

HOME_DC = 2  # where an account lives unless its Login says otherwise
GZIP_ABOVE = 1024  # bytes of a result

Said = tuple[float, Callable[[AuthKey], bool], bytes]  # when, to whom and what the server says by itself


@attrs.define(eq=False)
class TelegramServer:
    """A running server; made by `open_server`. `keys` may be handed to the next one."""

    host: str
    ports: dict[int, int]
    keys: AuthKeys
    auth: Auth
    _calls: Calls
    _said: trio.MemorySendChannel[Said]
    _places: Sequence[DataCentre]

    def cut(self) -> None:
        """Cut all connections, as a network does that goes down for a moment."""
        for dc in self._places:
            dc.sessions.cut()

    def push(self, user_id: int, update: TLObject) -> None:
        """Say `update` to all clients of an account that listen, half a round trip from now."""
        self._say(lambda key: key.user_id == user_id, update)

    def tell(self, dc_id: int, key_id: int, update: TLObject) -> None:
        """Say `update` to the client of one key, signed in or not."""
        self._say(lambda key: (key.dc_id, key.key_id) == (dc_id, key_id), update)

    def _say(self, concerns: Callable[[AuthKey], bool], update: TLObject) -> None:
        if not self._calls.faults.is_lost():
            self._said.send_nowait((trio.current_time() + self.faults.rtt / 2, concerns, bytes(update)))

    @property
    def dc_ids(self) -> list[int]:
        return sorted(dc_id for dc_id in self.ports if dc_id < CDN)

    def home_dc(self, user_id: int) -> int:
        return self.auth.home_dc(user_id, otherwise=min(HOME_DC, len(self.dc_ids)))

    def public_key(self, dc_id: int) -> str:
        """The RSA key of one data centre as PEM."""
        return rsa_key(dc_id).public_pem

    @property
    def public_keys(self) -> str:
        """The RSA keys of all data centres, one PEM block after the other."""
        return "".join(self.public_key(dc_id) for dc_id in self.dc_ids)

    @property
    def faults(self) -> Faults:
        """What goes wrong from now on; assign to switch."""
        return self._calls.faults.script

    @faults.setter
    def faults(self, script: Faults) -> None:
        self._calls.faults = FaultRun(script)

    @property
    def calls(self) -> Counter[str]:
        """How often each method was called, such as ``messages.getHistory``; refused calls count."""
        return self._calls.counts

    @property
    def floods(self) -> int:
        """How many calls were refused with a wait."""
        return self._calls.floods

    @property
    def file_bytes(self) -> int:
        """How many bytes of files were given out, those that were asked for twice counted twice."""
        return self._calls.file_bytes

    @property
    def connections(self) -> Counter[int]:
        """How many connections each data centre has now."""
        return self._calls.connections

    @property
    def accepted(self) -> Counter[int]:
        """How many connections each data centre has had."""
        return self._calls.accepted

    @property
    def log(self) -> deque[Call]:
        """The newest calls, in the order they arrived."""
        return self._calls.log

    @property
    def crashes(self) -> list[Exception]:
        """What methods raised besides RpcError. Clear it to keep `open_server` from raising it at the end."""
        return self._calls.crashes


@asynccontextmanager
async def open_server(
    methods: Methods,
    *,
    logins: Iterable[Login] = (),
    dcs: int = 2,
    cdns: int = 0,
    host: str = "127.0.0.1",
    ports: Sequence[int] = (),
    keys: AuthKeys | None = None,
    faults: Faults | None = None,
    gzip_above: int = GZIP_ABOVE,
) -> AsyncIterator[TelegramServer]:
    """Serves data centres 1 to `dcs`, and 203 … of a content delivery network, each on its own port, for the block.

    `methods` come on top of signing in and help.*, and may replace them. `ports`
    left out are chosen by the system. On leaving, connections are cut; what
    methods raised besides RpcError comes out as one ExceptionGroup, unless the
    block itself failed.
    """
    keys = keys or AuthKeys()
    auth = Auth(tuple(logins), keys, range(1, dcs + 1))
    bound: dict[int, int] = {}
    calls = Calls(
        {**auth.methods(), **basic_methods(host, bound), **methods},
        functools.partial(auth.home_dc, otherwise=min(HOME_DC, dcs)),
        faults or Faults(),
    )
    send, receive = trio.open_memory_channel[Said](math.inf)  # as long as what happens at once
    places: list[DataCentre] = []
    server = TelegramServer(host, bound, keys, auth, calls, send, places)
    auth.tokens.tell = server.tell
    failure: Exception | None = None
    async with trio.open_nursery() as nursery:
        dc_ids = [*range(1, dcs + 1), *range(CDN, CDN + cdns)]
        for dc_id, port in zip(dc_ids, [*ports, *[0] * len(dc_ids)], strict=False):
            dc = DataCentre(dc_id, rsa_key(dc_id), keys, Sessions(), calls, nursery, gzip_above)
            places.append(dc)
            listeners = await nursery.start(_serve, dc, host, port)
            bound[dc_id] = listeners[0].socket.getsockname()[1]
        nursery.start_soon(_say, receive, places)
        try:
            yield server
        except Exception as error:  # raised again below, outside the nursery, which would wrap it in a group
            failure = error
        nursery.cancel_scope.cancel()
    if failure is not None:
        raise failure
    if calls.crashes:
        raise ExceptionGroup("methods of the loopback server crashed", calls.crashes)


async def _say(said: trio.MemoryReceiveChannel[Said], places: Sequence[DataCentre]) -> None:
    """Bring what the server says by itself to its clients, in the order in which it was said."""
    async for at, concerns, body in said:
        await trio.sleep_until(at)
        for dc in places:
            for session in dc.sessions.listening(concerns):
                packet = session.seal(gzip_packed(body) if len(body) > dc.gzip_above else body, dc.now())
                if session.link is not None:
                    await session.link.send(packet)


async def _serve(dc: DataCentre, host: str, port: int, task_status: trio.TaskStatus[list[trio.SocketListener]]) -> None:
    async def handle(stream: trio.SocketStream) -> None:
        await Connection(dc, stream).serve()

    await trio.serve_tcp(handle, port, host=host, task_status=task_status)
