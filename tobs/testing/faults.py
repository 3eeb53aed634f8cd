"""What goes wrong, by script: the same script gives the same faults in every run.

All times are trio's clock.
"""

from __future__ import annotations

import math
import random
from collections import Counter, deque
from collections.abc import Container, Mapping
from fnmatch import fnmatchcase
from typing import Literal

import attrs

from tobs.testing.rpc import RpcError

INTERNAL = RpcError(500, "INTERNAL")


@attrs.frozen
class Flood:
    """At most `calls` in any `seconds`, for each account, of the methods that match, taken together.

    One more, and they are refused with FLOOD_WAIT_X (upload.getFile:
    FLOOD_PREMIUM_WAIT_X) until X seconds have passed. X is `wait`, or the time
    until there is room again, in whole seconds.
    """

    method: str  # a pattern: "messages.getHistory", "messages.*", "*"
    calls: int
    seconds: float = 1
    wait: int | None = None
    takeout: bool | None = None  # only calls inside a takeout, or only those outside; None: all
    dc_id: int = 0  # only calls on this data centre; 0: on all of them


@attrs.frozen
class Bucket:
    """A token bucket for each account: `burst` calls at one go, and `rate` a second after that.

    One more, and they are refused with FLOOD_WAIT_X until X seconds have passed, the whole seconds until there is
    room again. Behind so many calls that were let through as `later` says, the rate is another one.
    """

    method: str
    rate: float
    burst: int = 30
    later: Mapping[int, float] = attrs.field(factory=dict)
    takeout: bool | None = None
    dc_id: int = 0


@attrs.frozen
class Fail:
    """The calls numbered `on` (from 1) of the methods that match are refused with `error`; None: never answered."""

    method: str
    on: Container[int] = frozenset({1})
    error: RpcError | None = INTERNAL
    takeout: bool | None = None


@attrs.frozen
class Drop:
    """Each connection is closed after the server sent `after_frames` encrypted packets on it.

    `half_frame`: only once half of the next one is sent too. `times` limits how
    many connections suffer that.
    """

    after_frames: int
    half_frame: bool = False
    times: int | None = None


@attrs.frozen
class Damage:
    """The bytes of the parts of files numbered `on` (from 1) in the order they are given out come with a bit flipped,
    or ``cut`` with the last ones missing."""

    on: Container[int]
    how: Literal["flip", "cut"] = "flip"

    def done_to(self, data: bytes) -> bytes:
        """The bytes as they come."""
        if self.how == "cut":
            return data[: len(data) * 3 // 4]
        return data[:-1] + bytes([data[-1] ^ 1]) if data else data


@attrs.frozen
class Faults:
    """The script. Assign another one to `TelegramServer.faults` to switch; all counting then starts anew."""

    rtt: float = 0  # seconds from request to answer; requests that are under way together do not wait for each other
    jitter: float = 0  # seconds by which an answer may come later still, so that answers overtake each other
    dc_rtt: Mapping[int, float] = attrs.field(factory=dict)  # data centres where it is another
    bandwidth: float | None = None  # bytes a second the server sends on each connection
    dc_bandwidth: Mapping[int, float] = attrs.field(factory=dict)  # data centres where it is another
    dc_opening: Mapping[int, float] = attrs.field(factory=dict)  # seconds before a new connection there is served
    floods: tuple[Flood | Bucket, ...] = ()
    fails: tuple[Fail, ...] = ()
    drop: Drop | None = None
    damage: tuple[Damage, ...] = ()
    lost: Container[int] = frozenset()  # of what the server says by itself, the messages numbered so (from 1) get lost
    silent: bool = False  # connections are accepted, and whatever comes is never answered
    transport_error: int = 0  # such as 429: the only answer to any encrypted packet
    clock_offset: float = 0  # seconds the server's clock is ahead

    def rtt_to(self, dc_id: int) -> float:
        return self.dc_rtt.get(dc_id, self.rtt)

    def bandwidth_of(self, dc_id: int) -> float | None:
        return self.dc_bandwidth.get(dc_id, self.bandwidth)


class Unanswered(Exception):
    """The script says that this call never gets an answer."""


class FaultRun:
    """One script being played: it counts calls and dropped connections."""

    def __init__(self, script: Faults) -> None:
        self.script = script
        self._counts: Counter[int] = Counter()
        self._windows: dict[tuple[int, int], _Window | _Tokens] = {}
        self._dropped = 0
        self._parts = 0
        self._pushed = 0
        self._random = random.Random(0)

    def lateness(self) -> float:
        """By how many seconds the next call's answer comes later than a round trip."""
        return self._random.uniform(0, self.script.jitter) if self.script.jitter else 0

    def check(self, method: str, account: int, now: float, *, in_takeout: bool = False, dc_id: int = 0) -> None:
        """Raises the RpcError, or Unanswered, that this call meets."""
        for index, fail in enumerate(self.script.fails):
            if _means(fail, method, in_takeout):
                self._fail(index, fail)
        for index, flood in enumerate(self.script.floods):
            if _means(flood, method, in_takeout) and flood.dc_id in (0, dc_id):
                window = self._windows.setdefault((index, account), _keeper(flood, now))
                self._flood(method, window.wait(now))

    def given_out(self, data: bytes) -> bytes:
        """The bytes of one more part of a file, as the script has them come."""
        self._parts += 1
        for damage in self.script.damage:
            if self._parts in damage.on:
                data = damage.done_to(data)
        return data

    def is_lost(self) -> bool:
        """Whether one more message that nobody asked for gets lost on its way."""
        self._pushed += 1
        return self._pushed in self.script.lost

    def may_drop(self) -> bool:
        """Whether one more connection is to be dropped; counts it."""
        drop = self.script.drop
        if drop is None or (drop.times is not None and self._dropped >= drop.times):
            return False
        self._dropped += 1
        return True

    def _fail(self, index: int, fail: Fail) -> None:
        self._counts[index] += 1
        if self._counts[index] in fail.on:
            raise attrs.evolve(fail.error) if fail.error else Unanswered  # a raised one drags its traceback along

    @staticmethod
    def _flood(method: str, wait: int) -> None:
        if wait:
            # Downloads are slowed down for accounts without Premium: https://core.telegram.org/api/files#downloading-files
            kind = "FLOOD_PREMIUM_WAIT" if method == "upload.getFile" else "FLOOD_WAIT"
            raise RpcError(420, f"{kind}_{wait}")


def _means(rule: Fail | Flood | Bucket, method: str, in_takeout: bool) -> bool:
    return rule.takeout in (None, in_takeout) and fnmatchcase(method, rule.method)


class _Window:
    def __init__(self, flood: Flood) -> None:
        self._flood = flood
        self._calls: deque[float] = deque(maxlen=flood.calls)
        self._closed_until = -math.inf

    def wait(self, now: float) -> int:
        """0 if there is room for a call, which is then counted; else how many seconds there is none."""
        if now < self._closed_until:
            return _whole_seconds(self._closed_until - now)
        flood = self._flood
        if flood.calls and (len(self._calls) < flood.calls or now - self._calls[0] >= flood.seconds):
            self._calls.append(now)
            return 0
        room_in = self._calls[0] + flood.seconds - now if flood.calls else flood.seconds
        wait = flood.wait if flood.wait is not None else _whole_seconds(room_in)
        self._closed_until = now + wait
        return wait


class _Tokens:
    def __init__(self, bucket: Bucket, now: float) -> None:
        self._bucket = bucket
        self._rate = bucket.rate
        self._tokens = float(bucket.burst)
        self._at = now
        self._closed_until = -math.inf
        self._granted = 0

    def wait(self, now: float) -> int:
        """0 if there is a token, which is then taken; else how many seconds there is none."""
        self._tokens = min(self._tokens + (now - self._at) * self._rate, self._bucket.burst)
        self._at = now
        if now < self._closed_until:
            return _whole_seconds(self._closed_until - now)
        if self._tokens >= 1:
            self._take()
            return 0
        wait = _whole_seconds((1 - self._tokens) / self._rate)
        self._closed_until = now + wait
        return wait

    def _take(self) -> None:
        self._tokens -= 1
        self._granted += 1
        self._rate = self._bucket.later.get(self._granted, self._rate)


def _keeper(flood: Flood | Bucket, now: float) -> _Window | _Tokens:
    return _Window(flood) if isinstance(flood, Flood) else _Tokens(flood, now)


def _whole_seconds(seconds: float) -> int:
    return max(1, math.ceil(seconds - 1e-6))  # a clock's rounding error is no second
