"""The pace of requests: against simulated servers that count them, thousands of requests in no time."""

from __future__ import annotations

import math

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.token_bucket import Load, simulate
from tobs.pacing import CATCH_UP, Known, Pace, Sent
from tobs.testing.faults import Bucket

METHOD = "messages.getHistory"
MOST = 16
RATES = st.floats(0.5, 60)
BURSTS = st.integers(5, 100)
RTTS = st.sampled_from([0.005, 0.05, 0.2])


def theory(requests: int, rate: float, burst: int) -> float:
    return max((requests - burst) / rate, 0)


# What it must reach


@pytest.mark.parametrize("rtt", [0.005, 0.08, 0.3])
@pytest.mark.parametrize("seed", range(5))
def test_a_limit_is_used_almost_whole_and_seldom_met(rtt: float, seed: int) -> None:
    course = simulate(Pace(MOST), Bucket(METHOD, 10, 30), 1000, rtt=rtt, seed=seed)
    assert course.seconds <= 1.1 * theory(1000, 10, 30)
    assert len(course.pauses) <= 5
    assert course.refused <= 30  # those that were under way when the burst was over, and a few


@pytest.mark.parametrize("rtt", [0.005, 0.025, 0.08, 0.3])
@pytest.mark.parametrize("seed", range(20, 30))
def test_a_limit_that_halves_half_way(rtt: float, seed: int) -> None:
    course = simulate(Pace(MOST), Bucket(METHOD, 10, 30, later={500: 5}), 1000, rtt=rtt, seed=seed)
    assert course.seconds <= 1.1 * ((500 - 30) / 10 + 500 / 5)
    assert len(course.pauses) <= 5


@pytest.mark.parametrize("load", [Load(0.03), Load(0.02, 0.4), Load(0.03, 0.5)])
@pytest.mark.parametrize("seed", range(5))
def test_a_busy_computer_loses_no_turns(load: Load, seed: int) -> None:
    first = Pace(MOST)
    course = simulate(first, Bucket(METHOD, 10, 30), 1000, rtt=0.025, seed=seed, load=load)
    assert course.seconds <= 1.08 * theory(1000, 10, 30)
    assert len(course.pauses) <= 5
    known = first.memory(1000)
    assert known is not None
    again = simulate(Pace.after(known, 1000 + 60, MOST), Bucket(METHOD, 10, 30), 1000, rtt=0.025, seed=seed, load=load)
    assert again.seconds <= 1.06 * theory(1000, 10, 30)
    assert len(again.pauses) <= 2


def test_a_limit_that_is_raised_is_found() -> None:
    course = simulate(Pace(MOST), Bucket(METHOD, 10, 30, later={500: 100}), 10_000)
    assert course.seconds <= 0.5 * theory(10_000, 10, 30)


@settings(max_examples=60)
@given(rate=RATES, burst=BURSTS, rtt=RTTS, seed=st.integers(0, 99))
def test_it_converges_to_any_limit(rate: float, burst: int, rtt: float, seed: int) -> None:
    pace, requests = Pace(MOST), 1500
    course = simulate(pace, Bucket(METHOD, rate, burst), requests, rtt=rtt, seed=seed)
    fastest = max(theory(requests, rate, burst), requests * rtt * 1.125 / MOST)
    assert course.seconds <= 1.3 * fastest + 15
    assert len(course.pauses) <= 12
    if len(course.pauses) >= 3:
        assert pace.known == pytest.approx(rate, rel=0.15)


# What it must never do


@attrs.define(eq=False)
class Watched(Pace):
    """Holds each request against what was allowed when it left, and notes by how much it was early."""

    left: list[float] = attrs.field(factory=list, kw_only=True)

    def send(self, now: float) -> Sent:
        assert now >= self.until, "in a pause"
        assert self.under_way < self.allowed <= self.most
        if not math.isinf(self.known):
            self.left.append(now)
        return super().send(now)


@settings(max_examples=60)
@given(rate=RATES, burst=BURSTS, rtt=RTTS, seed=st.integers(0, 99))
def test_behind_the_first_refusal_it_never_bursts(rate: float, burst: int, rtt: float, seed: int) -> None:
    pace = Watched(MOST)
    course = simulate(pace, Bucket(METHOD, rate, burst), 400, rtt=rtt, seed=seed)
    pauses = [0.0, *course.pauses]
    highest = max((len(burst_at(pace.left, pause)) for pause in pauses), default=0)
    # In the second behind each pause the server could have granted so many; of the first guess, three times as many.
    assert highest <= 2 + max(3 * rate, burst)


def burst_at(left: list[float], pause: float) -> list[float]:
    """The requests of one second from the first that left behind a pause."""
    behind = [at for at in left if at > pause]
    return [at for at in behind if at < behind[0] + 1]


LATE = st.lists(st.floats(0, 5), min_size=2, max_size=60)


@given(rate=RATES, burst=st.floats(0, 100), late=LATE)
def test_a_caller_who_comes_late_gets_no_more_than_the_rate_and_a_part_of_the_burst(
    rate: float, burst: float, late: list[float]
) -> None:
    pace, left = come_late(Pace.after(Known(rate, burst, 0), 0, MOST), late)
    fastest, at_once = pace.rate, 2 + CATCH_UP * burst  # the rate has only risen
    assert all(len(left) - first - 1 <= at_once + 1.01 * fastest * (left[-1] - at) for first, at in enumerate(left))


@given(rate=RATES, burst=st.floats(0, 100), late=LATE)
def test_whoever_comes_late_by_less_than_that_loses_nothing(rate: float, burst: float, late: list[float]) -> None:
    pace, made_up = Pace.after(Known(rate, burst, 0), 0, MOST), max(CATCH_UP * burst, 1)
    gap, now = 1 / pace.rate, 0.0
    for turn, part in enumerate([0.0, *late]):
        now = max(now, (turn + part / 5 * made_up) * gap)  # no turn begins later than that
        assert pace.due() <= now + 1e-6
        pace.answered(pace.send(now), now)


@given(rate=RATES, burst=st.floats(10, 100), late=LATE)
def test_behind_a_pause_nothing_is_made_up_for(rate: float, burst: float, late: list[float]) -> None:
    pace = Pace.after(Known(rate, burst, 0), 0, MOST)
    for _ in range(10):
        pace.answered(pace.send(now := max(pace.due(), 0)), now)
    assert pace.refused(pace.send(now), now, 30)
    pace, left = come_late(pace, late, now)
    soon = [at for at in left if at < pace.until + 1]
    assert len(soon) <= 3 + pace.known


def come_late(pace: Pace, late: list[float], now: float = 0.0) -> tuple[Pace, list[float]]:
    """When requests leave, each of them so many seconds behind the one before at least."""
    left = []
    for seconds in late:
        now = max(pace.due(), now + seconds)
        pace.answered(pace.send(now), now)
        left.append(now)
    return pace, left


# Windows


def ask(pace: Pace, now: float, seconds: float) -> None:
    """One round: as many requests as are allowed, each answered after so many seconds."""
    sent = [pace.send(now) for _ in range(pace.allowed)]
    for each in sent:
        pace.answered(each, now + seconds)


def test_the_window_grows_while_answers_take_alike() -> None:
    pace = Pace(MOST)
    for now in range(3):
        ask(pace, now, 0.08)
    assert pace.allowed == MOST


def test_late_answers_make_it_smaller_and_it_recovers() -> None:
    pace = Pace(MOST)
    for now in range(3):
        ask(pace, now, 0.08)
    for now in range(10, 60, 10):
        ask(pace, now, 5)
    assert pace.allowed < MOST / 2
    for now in range(60, 100):
        ask(pace, now, 0.08)
    assert pace.allowed == MOST


def test_answers_of_uneven_size_are_not_judged() -> None:
    pace = Pace(MOST, even=False)
    for now in range(0, 100, 10):
        ask(pace, now, 0.01 if now == 0 else 5)
    assert pace.allowed == MOST


def test_a_pause_is_not_slowness() -> None:
    pace = Pace(MOST)
    for now in range(3):
        ask(pace, now, 0.08)
    assert pace.refused(pace.send(3), 3.08, 600)
    window = pace.window
    assert pace.due() >= 603.08
    pace.answered(pace.send(pace.due()), 603.16)
    assert pace.window >= window


def test_one_by_one_stays_one_by_one() -> None:
    pace = Pace(1)
    ask(pace, 0, 0.1)
    pace.refused(pace.send(1), 1.1, 5)
    assert pace.allowed == 1
    pace.send(7)
    assert pace.due() == math.inf


def test_what_was_under_way_is_refused_together() -> None:
    pace = Pace(MOST)
    first, second = pace.send(0), pace.send(0)
    assert pace.refused(first, 1, 3)
    assert not pace.refused(second, 1.5, 4)
    assert pace.until == 5.5


# Memory


def test_what_one_run_learnt_spares_the_next_its_refusals() -> None:
    first = Pace(MOST)
    simulate(first, Bucket(METHOD, 10, 30), 1000)
    known = first.memory(1000)
    assert known is not None
    assert known.rate == pytest.approx(10, rel=0.02)
    assert known.burst == pytest.approx(30, abs=4)
    again = simulate(Pace.after(known, 1000 + 3600, MOST), Bucket(METHOD, 10, 30), 500)
    assert again.pauses == []
    assert again.seconds <= 1.1 * theory(500, 10, 30)


def test_a_run_right_behind_another_has_no_burst_to_spend() -> None:
    pace = Pace.after(Known(10, 30, 1000), 1000, MOST)
    pace.send(0)
    assert pace.due() == pytest.approx(0.1, rel=0.05)


def test_a_guess_is_not_remembered() -> None:
    pace = Pace(MOST)
    pace.refused(pace.send(0), 0.1, 12_167)
    assert pace.memory(0) is None
    assert pace.rate >= 0.1  # once it is over, requests leave every few seconds and not every few hours


def test_a_clock_that_went_back_gives_nothing() -> None:
    assert Pace.after(Known(10, 30, 2000), 1000, MOST).credit == 0
