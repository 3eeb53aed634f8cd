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

from tobs.testing.faults import FaultRun, Faults, Unanswered
from tobs.testing.rpc import Caller, Methods, RpcError
from tobs.testing.rsakeys import CDN
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

# Each wrapper once, and the range inside the takeout: https://core.telegram.org/api/takeout
_TWICE = RpcError(400, "INPUT_REQUEST_INVALID")
_OUTSIDE = RpcError(403, "TAKEOUT_REQUIRED")

log = logging.getLogger(__name__)


@attrs.frozen
class Call:
    """One call of a method, as the server's log keeps it; `fault` and `late` are what the script had for it."""

    method: str
    request: Any
    caller: Caller
    late: float = 0
    fault: RpcError | Unanswered | None = None


@attrs.frozen
class Query:
    """A request without its wrappers, and what they said; `refusal` if they cannot be like that."""

    request: Any
    layer: int = 0
    takeout_id: int = 0
    after: tuple[int, ...] = ()
    message_range: tuple[int, int] | None = None
    refusal: RpcError | None = None
    subscribes: bool = True  # to what the server says by itself


def unwrap(request: Any) -> Query:
    """Takes off everything of the kind of invokeWithLayer: https://core.telegram.org/api/invoking."""
    layer = takeout_id = 0
    after: list[int] = []
    span: tuple[int, int] | None = None
    refusal = None
    subscribes = True
    while True:
        match request:
            case GzipPacked():
                request = read_object(request.data)
                continue
            case functions.InvokeWithLayerRequest():
                layer = request.layer
            case functions.InvokeWithoutUpdatesRequest():
                subscribes = False
            case functions.InvokeWithTakeoutRequest():
                refusal = refusal or (_TWICE if takeout_id or span else None)
                takeout_id = request.takeout_id
            case functions.InvokeWithMessagesRangeRequest():
                refusal = refusal or (_TWICE if span else None if takeout_id else _OUTSIDE)
                span = (request.range.min_id, request.range.max_id)
            case functions.InvokeAfterMsgRequest():
                after.append(request.msg_id)
            case functions.InvokeAfterMsgsRequest():
                after.extend(request.msg_ids)
            case _ if not type(request).__name__.startswith(("InvokeWith", "InitConnection")):
                return Query(request, layer, takeout_id, tuple(after), span, refusal, subscribes)
        request = request.query


class Calls:
    """Runs methods, and keeps what tests ask about: who called what how often, and what crashed."""

    def __init__(self, methods: Methods, home_dc: Callable[[int], int], faults: Faults) -> None:
        self._methods = methods
        self._home_dc = home_dc
        self.faults = FaultRun(faults)
        self.counts: Counter[str] = Counter()
        self.floods = 0
        self.file_bytes = 0
        self.connections: Counter[int] = Counter()
        self.accepted: Counter[int] = Counter()
        self.log: deque[Call] = deque(maxlen=LOGGED_CALLS)
        self.crashes: list[Exception] = []

    def arrive(self, caller: Caller, request: Any, refusal: RpcError | None = None) -> Call:
        """Notes one unwrapped request, and what the script has for it: in the order of arrival, which is the same
        in every run, while tasks run in any order. `refusal` is what is wrong with its wrappers."""
        name = method_name(request.__class__)
        call = Call(name, request, caller, self.faults.lateness())
        try:
            if refusal is not None:
                raise attrs.evolve(refusal)
            account = caller.user_id or caller.auth_key_id
            self.faults.check(name, account, trio.current_time(), in_takeout=caller.takeout_id != 0, dc_id=caller.dc_id)
        except (RpcError, Unanswered) as fault:
            call = attrs.evolve(call, fault=fault.with_traceback(None))
            self.floods += getattr(fault, "code", 0) == 420
        self.counts[name] += 1
        self.log.append(call)
        return call

    async def result(self, call: Call) -> bytes:
        """The boxed result, or rpc_error, of a call that arrived. Raises Unanswered if the script says so."""
        try:
            if call.fault is not None:
                raise call.fault
            self._check_login(call.method, call.caller)
            return await self._run(call)
        except RpcError as error:
            return bytes(types.RpcError(error.code, error.message))

    async def _run(self, call: Call) -> bytes:
        method = self._methods.get(call.request.__class__)
        if method is None:
            raise RpcError(400, f"INPUT_METHOD_INVALID_{getattr(call.request, 'CONSTRUCTOR_ID', 0)}_0")
        try:
            result = await method(call.caller, call.request)
            if isinstance(result, types.upload.File | types.upload.CdnFile):
                result.bytes = self.faults.given_out(result.bytes)
                self.file_bytes += len(result.bytes)
            return write_result(result)
        except RpcError:
            raise
        except Exception as crash:  # a mistake of ours: the client sees what Telegram would show, the test all of it
            log.exception("%s crashed", call.method)
            self.crashes.append(crash)
            raise RpcError(500, "INTERNAL") from crash

    def _check_login(self, name: str, caller: Caller) -> None:
        if (name == "upload.getCdnFile") != (caller.dc_id >= CDN):
            raise RpcError(400, "CDN_METHOD_INVALID")
        if caller.dc_id >= CDN:
            return
        if not caller.user_id:
            if name not in _OPEN_METHODS and not name.startswith(_OPEN_NAMESPACES):
                raise RpcError(401, "AUTH_KEY_UNREGISTERED")
        elif (home := self._home_dc(caller.user_id)) != caller.dc_id and not name.startswith(_ANY_DC_NAMESPACES):
            raise RpcError(303, f"USER_MIGRATE_{home}")
