"""How fast Telegram lets us ask, found out by asking: one `Pace` for each kind of request (pure).

Telegram's limits are not published, differ between accounts and change. What is known of them is what it refused.
A server that counts requests has used up its patience whenever it refuses, so between two refusals it let through
just what it grants in that time: the second one tells the rate. Before the first one nothing is known, and
requests leave as fast as answers come.

Behind a refusal the pace is slow at first, rises to a little below the known rate, stays there, and only then tries
more; the longer the way from one refusal to the next was, the longer it stays. So the refusals of a limit that does
not change grow rarer and rarer, and one that has been lowered is known again by the second refusal.

Turns that went by, because the computer was busy or nobody asked, are made up for within a part of the burst: a server
that counts has gathered at least as much in that time. Otherwise each delay would make the whole run longer.

How many requests are under way at once is a window like TCP's: it grows while answers come in time, and shrinks when
they are late. All times are those of one clock that the caller reads. Waiting for a turn is never part of an answer's
time.
"""

from __future__ import annotations

import math
from collections import deque

import attrs

FIRST_WINDOW = 4.0  # requests under way at once before any answer came
START = 0.7  # of the known rate, behind a refusal: what the server gathers meanwhile pays for trying more later
CRUISE = 0.99  # of it; the rest is for what the measure is wrong by
RAMP = 3.0  # seconds from one to the other
STAY = 4.0  # times as long as it took from one refusal to the next, the pace is kept
SHORTEST_STAY, LONGEST_STAY = 75.0, 600.0  # seconds of that
GROWTH = 0.02  # a second, of the rate, when more is tried
SEARCH = 0.3  # the same while the rate is only guessed
STEP = 0.4  # of the rate, by which one request is quicker than the one before at most
LEAST_GUESS = 0.5  # requests a second: a pause may be a punishment, and says little about the rate behind it
CATCH_UP = 0.5  # of the burst: as many turns that went by are made up for; the server has those in store
FEW = 4  # requests between two refusals that prove little
DROP = 5.0  # what the rate is divided by at most, for so few
HISTORY = 256  # requests that are looked back at
SMALLEST = 0.001  # requests a second: one in a quarter of an hour, whatever was refused
MOST = 50.0  # of that logarithm; by then nothing holds requests back
CREDIT = 0.8  # of what was once given at one go, as long as nothing was asked
LATE_FACTOR, LATE_SECONDS = 3.0, 0.25  # an answer is late beyond so many times the best one's time and a bit
BACK = 0.8  # of the window is left when answers are late


@attrs.frozen
class Known:
    """What one run leaves to the next: requests a second, how many at one go before that, and when (Unix seconds)."""

    rate: float
    burst: float
    at: float


@attrs.frozen
class Sent:
    """A request that left."""

    number: int
    at: float


@attrs.define(eq=False)
class Pace:
    """The pace of one kind of request. `most` is how many may be under way at once.

    `even` says that answers take alike, so that one that takes longer is late.
    """

    most: int
    even: bool = True
    known: float = math.inf  # requests a second that the server grants
    burst: float = 0.0  # requests it grants at one go before that
    credit: float = 0.0  # requests that may leave at one go now
    window: float = attrs.field(default=attrs.Factory(lambda self: min(FIRST_WINDOW, self.most), takes_self=True))
    under_way: int = 0
    until: float = -math.inf  # nothing leaves before
    _number: int = 0
    _last: float = -math.inf  # when the last request was due
    _busy: float = 0.0  # seconds since the last refusal in which requests waited for their turn
    _more: float = 0.0  # how far beyond the known rate more is tried, as a logarithm
    _mark: Sent = Sent(0, math.inf)  # the first request of all, then the one that was refused last
    _heard: float = -math.inf  # when that refusal came
    _with_it: int = 0  # requests behind it that were refused with it
    _sent: deque[Sent] = attrs.field(factory=lambda: deque(maxlen=HISTORY))  # since then
    _guessed: bool = False  # whether `known` is a guess, until the second refusal
    _opening: float = 0.0  # seconds until the first one, whose rate was no part of the burst
    _stay: float = SHORTEST_STAY
    _best: float = math.inf  # seconds that an answer takes at best, and usually
    _usual: float = 0.0
    _shrunk: float = -math.inf  # when the window was made smaller because of late answers

    @classmethod
    def after(cls, known: Known, at: float, most: int, *, even: bool = True) -> Pace:
        """A pace that goes on from what is known, `at` Unix seconds. What was not asked since may leave at once."""
        credit = CREDIT * min(known.burst, known.rate * max(at - known.at, 0))
        return cls(most, even, known.rate, known.burst, credit, busy=RAMP)

    @property
    def rate(self) -> float:
        """Requests a second at the moment."""
        if self._busy < RAMP:
            return self.known * (START + (CRUISE - START) * self._busy / RAMP)
        return self.known * CRUISE * math.exp(self._more)

    @property
    def allowed(self) -> int:
        """How many requests may be under way at once at the moment."""
        return max(int(self.window), 1)

    def due(self) -> float:
        """When the next request may leave; never, while as many as allowed are under way."""
        if self.under_way >= self.allowed:
            return math.inf
        free = self.credit >= 1 or math.isinf(self.known)
        return self.until if free else max(self.until, self._last + 1 / self.rate)

    def send(self, now: float) -> Sent:
        """Note that a request leaves. It was due."""
        if self.credit >= 1:
            self.credit -= 1
            self._last = now
        elif not math.isinf(self.known):
            self._take_turn(now)
        self._number += 1
        self.under_way += 1
        sent = Sent(self._number, now)
        self._sent.append(sent)
        if math.isinf(self._mark.at):
            self._mark = attrs.evolve(self._mark, at=now)
        return sent

    def _take_turn(self, now: float) -> None:
        gap = 1 / self.rate
        self._last = max(self._last + gap, self.until, now - self._made_up * gap)
        self._busy += gap
        if self._busy > RAMP + self._stay:
            self._more = min(self._more + min((SEARCH if self._guessed else GROWTH) * gap, STEP), MOST)

    @property
    def _made_up(self) -> float:
        """How many turns that went by are made up for; few as long as the pace is slow on purpose, or a guess."""
        if not self._number:  # a run does not begin with turns that nobody missed
            return 0.0
        return 1.0 if self._guessed or self._busy < RAMP else max(CATCH_UP * self.burst, 1.0)

    def answered(self, sent: Sent, now: float) -> None:
        """Note that an answer came."""
        self.under_way -= 1
        self._judge(sent, now)

    def _judge(self, sent: Sent, now: float) -> None:
        took = now - sent.at
        self._best = min(self._best, took)
        self._usual += (took - self._usual) / 8 if self._usual else took
        if not self.even or self._usual <= LATE_FACTOR * self._best + LATE_SECONDS:
            self.window = min(self.window + 1, float(self.most))
        elif sent.at > self._shrunk:  # those that left before are late for the same reason
            self._shrunk = now
            self.window = max(self.window * BACK, 1.0)
            self._best *= 1.1  # a way that has become longer for good is not late for ever

    def failed(self) -> None:
        """Note that no answer will come."""
        self.under_way -= 1

    def refused(self, sent: Sent, now: float, seconds: float) -> bool:
        """Note a refusal for so many seconds; whether it begins a pause. What was under way then is refused with it."""
        self.under_way -= 1
        self.until = max(self.until, now + seconds)
        if sent.at < self._heard:
            self._with_it += sent.number > self._mark.number
            return False
        self._learn(sent, seconds)
        self._mark, self._heard, self._with_it = sent, now, 0
        self._sent.clear()
        self._busy = self._more = self.credit = 0.0
        self.window = max(self.window / 2, min(2.0, float(self.most)))
        return True

    def _learn(self, sent: Sent, seconds: float) -> None:
        took = sent.at - self._mark.at
        granted = max(sent.number - self._mark.number - 1 - self._with_it, 0)
        if math.isinf(self.known) or self.credit >= 1:  # the burst ends, and only the pause says what comes behind it
            self.burst, self._opening, self._guessed = float(granted), took, True
            self._know(max(granted / (took + seconds), LEAST_GUESS))
            self._stay = 0.0
            return
        # Something less than a whole request was left over at each end; counted, it makes short measures too high.
        proved = max(granted / max(took, 0.001), self._lately(sent))
        self._know(proved if granted >= FEW else max(proved, self.known / DROP))
        self.burst = max(self.burst - self._opening * self.known, 1.0)
        self._opening, self._guessed = 0.0, False
        self._stay = min(max(STAY * took, SHORTEST_STAY), LONGEST_STAY)

    def _lately(self, sent: Sent) -> float:
        """What the server grants if at some moment of late it had a whole burst in store, at least."""
        stretches = ((sent.number - each.number - self.burst, sent.at - each.at) for each in self._sent)
        return max((granted / took for granted, took in stretches if took > 0), default=0.0)

    def _know(self, rate: float) -> None:
        self.known = max(min(self.rate, rate), SMALLEST)

    def memory(self, at: float) -> Known | None:
        """What is worth remembering, at `at` in Unix seconds; None while it is only guessed."""
        return None if self._guessed or math.isinf(self.known) else Known(self.known, self.burst, at)
