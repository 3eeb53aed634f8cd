"""Connections for files: one authorisation key for each data centre, and as many connections with it as are wanted.

A key is made with a data centre once and shared by all connections to it; the account is signed in with it once, by a
word that its own data centre gives (`auth.exportAuthorization`, which Telegram grants only now and then). It is kept
for the runs to come (`tobs.telegram.centrekeys`) until the data centre does not know it any more. The account's
own data centre needs neither. Content delivery networks are given keys and never the account.
"""

from __future__ import annotations

import logging
import math
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import trio
from telethon.crypto import AuthKey, rsa
from telethon.errors import AuthKeyNotFound
from telethon.extensions import BinaryReader
from telethon.network import MTProtoSender
from telethon.tl import functions, types
from telethon.tl.alltlobjects import LAYER

from tobs.errors import SourceError
from tobs.telegram.bridge import ask, call
from tobs.telegram.centrekeys import CentreKeys
from tobs.telegram.mending import number_of
from tobs.telegram.servertime import keep_server_time

OPEN_SECONDS = 30.0  # three attempts with a second between them, and a key exchange
ATTEMPTS = 3
LEAVE_SECONDS = 5.0  # a key exchange is not needed, and several are asked at once; signing out must not hang on them
CLOSE_SECONDS = 2.0  # disconnecting took under 10 ms where measured

_LOG = logging.getLogger(__name__)

_FILE = types.upload.File.CONSTRUCTOR_ID.to_bytes(4, "little")

Ask = Callable[[Any], Awaitable[Any]]  # the answer to a request, from the account's own data centre


class _Plain(functions.InvokeWithoutUpdatesRequest):  # type: ignore[misc]
    """A request that leaves it at its answer. A part of a file is not copied out of that, but a view of it."""

    @staticmethod
    def read_result(reader: BinaryReader) -> Any:
        answer = reader.get_bytes()
        is_part = answer.startswith(_FILE)
        return BinaryReader(memoryview(answer) if is_part else answer).tgread_object()


@attrs.define(eq=False)
class Sender:
    """An open connection for files."""

    _client: Any
    _sender: Any
    _is_cdn: bool
    _greeted: bool = False

    @property
    def key(self) -> bytes:
        """The authorisation key it is made with."""
        return bytes(self._sender.auth_key.key)

    @property
    def is_open(self) -> bool:
        """Whether nothing is known of its end yet."""
        return bool(self._sender._transport_connected() and self._sender.is_connected())

    async def ask(self, request: Any, seconds: float) -> Any:
        """The answer to `request`. Raises `SourceError`."""
        answer = await ask(seconds, self._sender.send, self._wrapped(request))
        self._greeted = True
        return answer

    def _wrapped(self, request: Any) -> Any:
        # Content delivery networks know one method, and nothing of updates or takeouts.
        if self._is_cdn and isinstance(request, functions.InvokeWithTakeoutRequest):
            request = request.query
        if self._greeted:
            return request if self._is_cdn else _Plain(request)
        introduced = _introduction(self._client, request)
        return functions.InvokeWithLayerRequest(
            LAYER, introduced if self._is_cdn else functions.InvokeWithoutUpdatesRequest(introduced)
        )

    async def wait_closed(self) -> None:
        """Return when the connection is over, whoever ended it."""
        with suppress(SourceError):  # why it ended is told to those who wait for an answer on it
            await call(math.inf, _ended, self._sender)

    async def close(self) -> None:
        """End it. Never takes longer than `CLOSE_SECONDS`, also when cancelled."""
        with trio.move_on_after(CLOSE_SECONDS, shield=True), suppress(SourceError):
            await call(math.inf, self._sender.disconnect)


@attrs.define(eq=False)
class _Centre:
    """What the connections to one data centre share."""

    dc_id: int
    host: str
    port: int
    is_cdn: bool = False
    key: Any = None
    is_ready: bool = False  # the key is made, and the account signed in with it
    state: Any = None  # of the newest connection, whose salt and clock hold for the next one
    turn: trio.Lock = attrs.field(factory=trio.Lock)


class Senders:
    """Opens connections for files with what `client` knows. `ask` reaches the account's own data centre.

    Keys are kept beside `session`.
    """

    def __init__(self, client: Any, ask: Ask, session: Path) -> None:
        self._client = client
        self._session = session
        self._ask = ask
        self._asking = trio.Lock()
        self._options: list[Any] = []
        self._centres: dict[int, _Centre] = {}
        self._kept: CentreKeys | None = None

    @property
    def home(self) -> int:
        """The account's own data centre."""
        return int(self._client.session.dc_id)

    @property
    def home_number(self) -> int:
        """Another number for each connection to it for messages; 0 while there is none."""
        return number_of(self._client)

    async def open(self, dc_id: int) -> Sender:
        """A new connection to a data centre, over which its files can be asked for. Raises `SourceError`."""
        centre = await self._centre(dc_id)
        if not centre.is_ready:
            async with centre.turn:  # the first makes the key, and those that came meanwhile use it
                if not centre.is_ready:
                    return await self._open_first(centre)
        return await self._connect(centre)

    @property
    def _keys(self) -> CentreKeys:
        """What is kept for the account's own key, as it is when the first other data centre is needed."""
        if self._kept is None:
            self._kept = CentreKeys(self._session, bytes(self._client._sender.auth_key.key))
        return self._kept

    def forget(self, dc_id: int, key: bytes) -> None:
        """A key is not accepted by its data centre any more: the next connection makes another one."""
        centre = self._centres.get(dc_id)
        # Of several connections that are refused together the first one tells; then there may be a new key already.
        if centre is not None and dc_id != self.home and centre.key is not None and bytes(centre.key.key) == key:
            centre.key, centre.state, centre.is_ready = None, None, False
            self._keys.drop(dc_id)

    async def leave(self) -> None:
        """Sign the account out wherever it was left signed in, as far as can be reached in `LEAVE_SECONDS`.

        Signing out at its own data centre does not do that, and there nobody else has the key.
        """
        with trio.move_on_after(LEAVE_SECONDS):
            async with trio.open_nursery() as nursery:
                for dc_id in self._keys.dc_ids:
                    nursery.start_soon(self._leave, dc_id)

    async def _leave(self, dc_id: int) -> None:
        with suppress(SourceError):  # one that does not know the key needs no word
            sender = await self.open(dc_id)
            try:
                await sender.ask(functions.auth.LogOutRequest(), LEAVE_SECONDS)
            finally:
                await sender.close()

    async def _centre(self, dc_id: int) -> _Centre:
        async with self._asking:
            if dc_id not in self._centres:
                self._centres[dc_id] = self._own() if dc_id == self.home else await self._other(dc_id)
            return self._centres[dc_id]

    def _own(self) -> _Centre:
        session, main = self._client.session, self._client._sender
        address = (session.server_address, session.port)
        return _Centre(self.home, *address, key=main.auth_key, is_ready=True, state=main._state)

    async def _other(self, dc_id: int) -> _Centre:
        if not self._options:
            self._options = list((await self._ask(functions.help.GetConfigRequest())).dc_options)
        options = [option for option in self._options if option.id == dc_id]
        # Those for media only are as good for files; addresses of the wanted protocol come first.
        options.sort(key=lambda option: bool(option.ipv6) != self._client._use_ipv6)
        if not options:
            raise SourceError(f"Telegram does not say where data centre {dc_id} is.")
        address = (options[0].ip_address, options[0].port)
        if options[0].cdn:
            await self._learn_cdn_keys()
            return _Centre(dc_id, *address, is_cdn=True)
        key = self._keys.get(dc_id)
        return _Centre(dc_id, *address, key=AuthKey(key) if key else None, is_ready=key is not None)

    async def _learn_cdn_keys(self) -> None:
        config = await self._ask(functions.help.GetCdnConfigRequest())
        for key in config.public_keys:
            rsa.add_key(key.public_key, old=False)

    async def _open_first(self, centre: _Centre) -> Sender:
        sender = await self._connect(centre)
        try:
            if not centre.is_cdn:
                await self._sign_in(centre, sender)
                self._keys.keep(centre.dc_id, sender.key)
        except BaseException:
            await sender.close()
            raise
        centre.is_ready = True
        return sender

    async def _sign_in(self, centre: _Centre, sender: Sender) -> None:
        word = await self._ask(functions.auth.ExportAuthorizationRequest(centre.dc_id))
        await sender.ask(functions.auth.ImportAuthorizationRequest(word.id, word.bytes), OPEN_SECONDS)

    async def _connect(self, centre: _Centre) -> Sender:
        client, key = self._client, centre.key
        quiet: defaultdict[str, _Quiet] = defaultdict(lambda: _Quiet(_LOG))
        # Without reconnecting: what is under way on a connection that ends is asked for again on another one.
        sender = MTProtoSender(
            AuthKey(key.key) if key else None,
            loggers=quiet,
            retries=ATTEMPTS,
            delay=1,
            auto_reconnect=False,
            connect_timeout=client._timeout,
        )
        keep_server_time(sender)
        if centre.state is not None:  # otherwise the first request is refused for its salt, a round trip in vain
            sender._state.salt, sender._state.time_offset = centre.state.salt, centre.state.time_offset
        transport = client._connection(
            centre.host, centre.port, centre.dc_id, loggers=quiet, proxy=client._proxy, local_addr=client._local_addr
        )  # fmt: skip
        opened = Sender(client, sender, centre.is_cdn)
        try:
            await call(OPEN_SECONDS, sender.connect, transport)
        except BaseException:
            await opened.close()
            raise
        sender._disconnected.add_done_callback(partial(self._heard, opened, centre.dc_id))
        if centre.key is key:  # otherwise it was forgotten meanwhile
            centre.key, centre.state = sender.auth_key, sender._state
        return opened

    def _heard(self, sender: Sender, dc_id: int, ended: Any) -> None:
        """Of a connection that ended. Before anybody watches it asyncio would complain that nobody asked why."""
        if not ended.cancelled() and isinstance(ended.exception(), AuthKeyNotFound):
            self.forget(dc_id, sender.key)  # whether or not a request was under way that hears of it


class _Quiet(logging.LoggerAdapter[logging.Logger]):
    """A connection that ends is re-made, and an error only if that fails: then it is raised."""

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        if self.logger.isEnabledFor(logging.DEBUG):
            super().log(logging.DEBUG, msg, *args, **kwargs)


async def _ended(sender: Any) -> None:
    await sender.disconnected


def _introduction(client: Any, request: Any) -> Any:
    """`request` behind what Telegram wants to know of a program first."""
    known = client._init_request
    return functions.InitConnectionRequest(
        api_id=known.api_id,
        device_model=known.device_model,
        system_version=known.system_version,
        app_version=known.app_version,
        system_lang_code=known.system_lang_code,
        lang_pack=known.lang_pack,
        lang_code=known.lang_code,
        query=request,
        proxy=known.proxy,
    )
