"""Which connection a request takes: rules that hold whatever the connections are like."""

import attrs
from hypothesis import given
from hypothesis import strategies as st

from tobs.telegram.partfile import PART
from tobs.telegram.ranking import DEPTH, QUEUED, TELLING, Load, Measure, Seat, rank

seats = st.lists(
    st.builds(
        Seat,
        st.just(0),
        st.sampled_from([0.0, 0.0, 0.05, 1.5]),
        st.booleans(),
        st.integers(0, DEPTH),
        st.integers(0, QUEUED),
        st.floats(0.001, 2),
        st.floats(1e4, 1e8),
    ),
    min_size=1,
    max_size=6,
).map(lambda found: [attrs.evolve(seat, number=number) for number, seat in enumerate(found)])
loads = st.builds(Load, st.integers(0, PART), st.booleans())


@given(seats, loads, st.booleans())
def test_smart_takes_what_should_answer_first_of_what_has_room(seats, load, mixed):
    ranked = rank(seats, load, "smart", mixed=mixed)
    kept = {0} if mixed and load.bulk and len(seats) > 1 else set()
    best = [seat.answers_in(load) for seat in ranked if seat.number not in kept]
    assert best == sorted(best)
    assert all(seat.has_room(load) for seat in ranked)
    others = {seat.number for seat in seats if seat.has_room(load)} - kept
    assert {seat.number for seat in ranked} in (others, others | kept)
    if kept & {seat.number for seat in ranked}:
        assert all(seat.is_new for seat in seats[1:])
        assert ranked[-1].number == 0


@given(seats, loads, st.permutations(range(6)))
def test_the_order_in_which_connections_are_told_does_not_matter(seats, load, order):
    mixed_up = [seats[number] for number in order if number < len(seats)]
    for strategy in ("smart", "sticky", "round_robin"):
        assert rank(mixed_up, load, strategy, turn=7) == rank(seats, load, strategy, turn=7)


@given(seats, loads, st.integers(0, 1))
def test_an_open_connection_goes_before_one_that_would_have_to_be_opened(seats, load, new):
    alike = [attrs.evolve(seats[0], number=number, is_new=number == new, opens_in=number == new) for number in range(2)]
    assert [seat.number for seat in rank(alike, load, "smart")][:1] in ([], [1 - new])


@given(seats, loads, st.integers(0, 1000))
def test_sticky_is_always_the_same_and_round_robin_is_fair(seats, load, turn):
    assert rank(seats, load, "sticky", turn=turn) == seats[:1]
    turns = [rank(seats, load, "round_robin", turn=turn + n) for n in range(2 * len(seats))]
    assert sorted(seat.number for (seat,) in turns) == sorted([*range(len(seats))] * 2)


@given(seats, loads)
def test_no_connection_is_given_more_than_its_share(seats, load):
    for seat in seats:
        if seat.has_room(load) and seat.leases:
            assert seat.leases < DEPTH
            assert seat.queued + load.size <= QUEUED


rtts, bandwidths = st.floats(0.001, 1), st.floats(1e4, 1e8)
sizes = st.one_of(st.integers(1, 2000), st.integers(20_000, 40_000), st.integers(1, PART))


@attrs.define
class Line:
    """A connection that sends one answer behind the other, each a round trip behind its question at the earliest."""

    rtt: float
    bandwidth: float
    free_at: float = 0.0
    measure: Measure = attrs.field(factory=Measure)

    def answer(self, size: int, asked: float) -> float:
        self.free_at = max(self.free_at, asked + self.rtt) + size / self.bandwidth
        self.measure.answered(size, asked, self.free_at)
        return self.free_at


@given(rtts, bandwidths, st.lists(sizes, min_size=2, max_size=60))
def test_what_is_asked_for_together_tells_round_trip_and_bandwidth_whatever_its_sizes(rtt, bandwidth, wanted):
    line = Line(rtt, bandwidth)
    line.answer(0, 0.0)
    for size in wanted:
        line.answer(size, 10.0)
    assert abs(line.measure.latency - rtt) < 1e-6
    behind = sum(wanted[1:])  # how long the first one took is known with its round trip, and not alone
    assert bool(line.measure.rate) == (behind >= TELLING)
    assert not line.measure.rate or abs(line.measure.rate / bandwidth - 1) < 0.01


@given(rtts, bandwidths, st.lists(st.tuples(sizes, st.integers(0, 12), st.floats(0, 3)), min_size=1, max_size=80))
def test_no_time_in_which_nothing_was_asked_for_is_taken_for_slowness(rtt, bandwidth, wanted):
    """Each question comes when so many of those before it are answered, and some time later."""
    line, answers, asked = Line(rtt, bandwidth), [0.0], 0.0
    for size, outstanding, pause in wanted:
        asked = max(asked, answers[max(len(answers) - 1 - outstanding, 0)]) + pause
        answers.append(line.answer(size, asked))
        assert line.measure.latency >= rtt - 1e-6
        assert not line.measure.rate or abs(line.measure.rate / bandwidth - 1) < 0.01


@given(bandwidths, bandwidths, st.integers(20_000, 40_000))
def test_a_line_that_changes_is_followed(before, after, size):
    line = Line(0.05, before)
    for _ in range(40):
        line.answer(size, 0.0)
    line.bandwidth = after
    for _ in range(120):
        line.answer(size, 0.0)
    assert abs(line.measure.rate - after) < 0.01 * after + 0.001 * abs(before - after)
