"""From a request that arrived to the result that goes back: wrappers, log-in, faults, method, errors."""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

import attrs
import trio
from telethon.tl import functions, types
from telethon.tl.core import GzipPacked

from tobs.testing.faults import FaultRun, Faults
from tobs.testing.rpc import Caller, Methods, RpcError
from tobs.testing.tl import method_name, read_object, write_result

LOGGED_CALLS = 10_000  # the newest ones; the counters count all

# What a key may ask before anyone signed in with it; everything else is AUTH_KEY_UNREGISTERED.
# https://core.telegram.org/api/auth
_OPEN_NAMESPACES = ("help.", "langpack.")
_OPEN_METHODS = frozenset(
    {
        "auth.sendCode",
        "auth.resendCode",
        "auth.cancelCode",
        "auth.signIn",
        "auth.signUp",
        "auth.checkPassword",
        "auth.exportLoginToken",
        "auth.importLoginToken",
        "auth.importAuthorization",
        "auth.importBotAuthorization",
        "account.getPassword",
    }
)
# What an imported authorisation is for; everything else belongs to the account's own data centre.
# https://core.telegram.org/api/datacenter
_ANY_DC_NAMESPACES = ("upload.", "auth.", "help.", "langpack.")

log = logging.getLogger(__name__)


@attrs.frozen
class Call:
    """One call of a method, as the server's log keeps it."""

    method: str
    request: Any
    caller: Caller


@attrs.frozen
class Query:
    """A request without its wrappers, and what they said."""

    request: Any
    layer: int = 0
    takeout_id: int = 0
    after: tuple[int, ...] = ()


def unwrap(request: Any) -> Query:
    """Takes off everything of the kind of invokeWithLayer: https://core.telegram.org/api/invoking."""
    layer = takeout_id = 0
    after: list[int] = []
    while True:
        match request:
            case GzipPacked():
                request = read_object(request.data)
                continue
            case functions.InvokeWithLayerRequest():
                layer = request.layer
            case functions.InvokeWithTakeoutRequest():
                takeout_id = request.takeout_id
            case functions.InvokeAfterMsgRequest():
                after.append(request.msg_id)
            case functions.InvokeAfterMsgsRequest():
                after.extend(request.msg_ids)
            case _ if not type(request).__name__.startswith(("InvokeWith", "InitConnection")):
                return Query(request, layer, takeout_id, tuple(after))
        request = request.query


class Calls:
    """Runs methods, and keeps what tests ask about: who called what how often, and what crashed."""

    def __init__(self, methods: Methods, home_dc: Callable[[int], int], faults: Faults) -> None:
        self._methods = methods
        self._home_dc = home_dc
        self.faults = FaultRun(faults)
        self.counts: Counter[str] = Counter()
        self.log: deque[Call] = deque(maxlen=LOGGED_CALLS)
        self.crashes: list[Exception] = []

    async def result(self, caller: Caller, request: Any) -> bytes:
        """The boxed result, or rpc_error, of one unwrapped request. Raises Unanswered if the script says so."""
        name = method_name(request.__class__)
        self.counts[name] += 1
        self.log.append(Call(name, request, caller))
        try:
            return await self._run(name, caller, request)
        except RpcError as error:
            return bytes(types.RpcError(error.code, error.message))

    async def _run(self, name: str, caller: Caller, request: Any) -> bytes:
        self.faults.check(name, caller.user_id or caller.auth_key_id, trio.current_time())
        self._check_login(name, caller)
        method = self._methods.get(type(request))
        if method is None:
            raise RpcError(400, f"INPUT_METHOD_INVALID_{getattr(request, 'CONSTRUCTOR_ID', 0)}_0")
        try:
            return write_result(await method(caller, request))
        except RpcError:
            raise
        except Exception as crash:  # a mistake of ours: the client sees what Telegram would show, the test all of it
            log.exception("%s crashed", name)
            self.crashes.append(crash)
            raise RpcError(500, "INTERNAL") from crash

    def _check_login(self, name: str, caller: Caller) -> None:
        if not caller.user_id:
            if name not in _OPEN_METHODS and not name.startswith(_OPEN_NAMESPACES):
                raise RpcError(401, "AUTH_KEY_UNREGISTERED")
        elif (home := self._home_dc(caller.user_id)) != caller.dc_id and not name.startswith(_ANY_DC_NAMESPACES):
            raise RpcError(303, f"USER_MIGRATE_{home}")
