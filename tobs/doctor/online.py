"""What Telegram says: whether it answers, knows us, has our time, and can be reached in each data centre."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncGenerator
from functools import partial

import trio

from tobs.config import TelegramConfig
from tobs.doctor import Check, fine, problem, warning
from tobs.errors import ConfigError, NotAuthorized, RateLimited, SessionInUse, TobsError
from tobs.telegram.faults import ProxyRefused
from tobs.telegram.servers import ask_servers
from tobs.telegram.tasks import gather

SKEW = 30  # seconds; beyond that Telegram refuses messages until the library has corrected them
REACH_SECONDS = 5.0  # to open a connection; files wait for it


async def check_online(telegram: TelegramConfig) -> AsyncGenerator[Check, None]:
    """Connection, sign-in, clock and data centres, each as soon as it is known. Cancelling leaves nothing open."""
    started = time.time()
    try:
        answer = await ask_servers(telegram)
    except NotAuthorized as exc:
        yield problem("sign-in", str(exc).split(" Run `")[0], "Run: `tobs login`")
        return
    except TobsError as exc:
        yield problem("connection", str(exc), advice_for(exc, telegram))
        return
    yield fine("connection", f"Telegram answered in {time.time() - started:.1f} s")
    yield fine("sign-in", f"signed in as {answer.account.name}")
    yield check_clock(answer.date, time.time())
    if telegram.proxy:
        yield fine("data centres", "all are reached through the proxy")
        return
    for check in await gather([partial(check_server, *each) for each in answer.servers]):
        yield check


def advice_for(error: TobsError, telegram: TelegramConfig) -> str:
    """What to do when Telegram could not be asked."""
    match error:
        case ConfigError():
            return "Correct that in the configuration."
        case SessionInUse():
            return "Wait, or stop it with Ctrl+C where it runs; then run `tobs doctor` again."
        case RateLimited():
            return "Wait: nothing is wrong here."
        case ProxyRefused():
            return "If neither helps, take another proxy, or none: that is proxy under [telegram]."
        case _ if telegram.proxy:
            return "Try another proxy, or none: that is proxy under [telegram]. If none works, look at the network."
    return "Check the network and https://downdetector.com/status/telegram, or set a proxy under [telegram]."


def check_clock(server: float, here: float) -> Check:
    """The server's time against this computer's, both in seconds since 1970."""
    skew = here - server
    if abs(skew) < SKEW:
        return fine("clock", "right")
    way = "ahead" if skew > 0 else "behind"
    return warning("clock", f"This computer's clock is {abs(skew):.0f} s {way}.", "Have it set by the network (NTP).")


async def check_server(dc_id: int, host: str, port: int) -> Check:
    """Whether a data centre can be reached."""
    what, started = f"data centre {dc_id}", trio.current_time()
    try:
        with trio.fail_after(REACH_SECONDS):
            stream = await trio.open_tcp_stream(host, port)
            await stream.aclose()
    except (OSError, trio.TooSlowError) as exc:
        reason = "no answer" if isinstance(exc, trio.TooSlowError) else cause(exc)
        advice = "Files that lie there will fail: check the firewall, or set a proxy under [telegram]."
        return warning(what, f"{host}:{port} cannot be reached ({reason}).", advice)
    return fine(what, f"{host}:{port}, {(trio.current_time() - started) * 1e3:.0f} ms")


def cause(error: BaseException) -> str:
    """Why a connection failed. trio tries every address and puts what each said into a group behind the error."""
    for deeper in (error.__cause__, *getattr(error.__cause__, "exceptions", ())):
        if isinstance(deeper, OSError):
            error = deeper
    number = error.errno if isinstance(error, OSError) else None
    return os.strerror(number) if number and number > 0 else str(error)
